"""Make the training streams of the song scorer, and train it on them.

    python -m utawaku.models.training.song_data compose WORK --corpus DIR --weights DIR \\
        [--karaoke DIR] [--music DIR] [--streams N] [--mixes MIX...] [--evenings N]
    python -m utawaku.models.training.song_data train WORK --out models/songs
    python -m utawaku.models.training.song_data sequence WORK --out models/songs
    python -m utawaku.models.training.song_data rehearsal WORK --out models/songs

`compose` reads a folder with `songs speech instrumental noise` (`stream_material` lays out one) and
leaves pairs `NAME.npz` (segmentation with features) and `NAME.truth.json` in WORK;
`train` reads all pairs there, adds streams spliced out of their spans, and writes both scorers:
`scorer_full.npz` and, for segmentations without features, `scorer_plain.npz`. `sequence` reads the
pairs, too, and writes the network that listens to a minute, `sequence.npz`. `rehearsal` writes
crops of them, `rehearsal.npz`, which `utawaku train songs` mixes with what a user taught.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from utawaku.library.progress import Progress
from utawaku.models.segmentation import Segmentation
from utawaku.models.segmenter import Segmenter
from utawaku.models.segmenter.engine import active_runs
from utawaku.models.segmenter.patches import PatchGrid, log_probabilities
from utawaku.models.segmenter.spool import MelSpool
from utawaku.models.segmenter.strips import StripScores
from utawaku.models.songs import segment_and_listen
from utawaku.models.songs.boundary_features import cues_of
from utawaku.models.songs.sequence import shipped_sequence_scorer
from utawaku.models.songs.sequence_inputs import sequence_inputs
from utawaku.models.training.evenings import CROWDED, USUAL, compose_evening
from utawaku.models.training.rehearsal import (
    N_CHECKED,
    N_LEARNT,
    REHEARSAL_FILE,
    Scale,
    write_rehearsal,
)
from utawaku.models.training.sequences import Lesson, lesson_of, train_sequences
from utawaku.models.training.song_splices import (
    Span,
    features_of,
    spans_of,
    splice,
    without_features,
)
from utawaku.models.training.song_streams import compose
from utawaku.models.training.songs import Example, train_scorer
from utawaku.models.training.stream_parts import HARD, SOFT, VARIED, Mix, Parts
from utawaku.models.training.stream_sounds import write_wave

EVENINGS = {"evening": USUAL, "crowded": CROWDED}
"""Makes of evenings, composed by `evenings.compose_evening`."""
MIXES = {
    "plain": Mix(),
    "hard": HARD,
    "varied": VARIED,
    "studio": Mix(karaoke_share=0.0, n_songs=6),
    "soft": SOFT,
}
"""Makes of other streams by name, composed by `song_streams.compose`."""
USUAL_MIXES = ("plain", "hard", "varied", "studio")
N_MEMBERS = 4
N_HIDDEN = 64
NOISE = 0.3
EPOCHS = 5
N_NETWORKS = 2
N_CHANNELS = 48
N_UPDATES = 2_500


class QuickSegmenter(Segmenter):
    """The segmenter without the second look at what is uncertain.

    All its probabilities are the approximate ones; that halves the time, and training bears it.
    """

    def _settle(
        self, spool: MelSpool, active: np.ndarray, approximate: StripScores, progress: Progress
    ) -> tuple[np.ndarray, np.ndarray]:
        labels = np.zeros(len(active), np.int8)
        scores = np.full((len(active), len(self.labels)), np.nan, np.float32)
        grid = PatchGrid(spool.n_frames)
        for start, stop in active_runs(active):
            patches = grid.patch_of(np.arange(start, stop))
            scores[start:stop] = log_probabilities(approximate.logits[patches])
            labels[start:stop] = 1 + np.argmax(scores[start:stop], axis=1)
        return labels, scores


def composed(
    segmenter: Segmenter, parts: Parts, mix: str, seed: int, work: Path
) -> tuple[Segmentation, dict[str, Any]]:
    """A composed stream, segmented, and its truth; both kept in `work` for the next time."""
    name = f"{mix}_{parts.half}_{seed}"
    kept, truth_path = work / f"{name}.npz", work / f"{name}.truth.json"
    if not (kept.is_file() and truth_path.is_file()):
        if mix in EVENINGS:
            audio, truth = compose_evening(parts, seed, habits=EVENINGS[mix])
        else:
            audio, truth = compose(parts, 2 * seed + (parts.half == "b"), MIXES[mix])
        sound = work / f"{name}.wav"
        write_wave(sound, audio)
        segment_and_listen(segmenter, sound).save(kept)
        sound.unlink()
        truth_path.write_text(json.dumps(truth, indent=1))
    return Segmentation.load(kept), json.loads(truth_path.read_text())


def stored_pairs(work: Path) -> list[tuple[Segmentation, dict[str, Any]]]:
    """All segmented streams with truth in `work`, in the order of their names."""
    return [_stored(work, name) for name in pair_names(work)]


def pair_names(work: Path) -> list[str]:
    """Names of the stored streams in `work` of which segmentation and truth are there."""
    names = sorted(path.name.removesuffix(".truth.json") for path in work.glob("*.truth.json"))
    return [name for name in names if (work / f"{name}.npz").is_file()]


def _stored(work: Path, name: str) -> tuple[Segmentation, dict[str, Any]]:
    truth = json.loads((work / f"{name}.truth.json").read_text())
    return Segmentation.load(work / f"{name}.npz"), truth


def example_of(segmentation: Segmentation, truth: dict[str, Any]) -> Example:
    """Return a training example: features of a stream and its true songs."""
    return Example(
        cues_of(segmentation, features_of(segmentation)),
        [(song["start"], song["end"]) for song in truth["songs"]],
        [(song["start"], song["end"]) for song in truth.get("aborted_songs", [])],
    )


def examples_of(
    pairs: Sequence[tuple[Segmentation, dict[str, Any]]], n_spliced: int, plain: bool
) -> list[Example]:
    """Each stream twice, and `n_spliced` new ones out of their spans."""
    heard = [(without_features(s) if plain else s, truth) for s, truth in pairs]
    examples = [example_of(segmentation, truth) for segmentation, truth in heard] * 2
    whole = [(stream, truth) for stream, truth in heard if "regions" in truth]
    spans: list[Span] = [span for stream, truth in whole for span in spans_of(stream, truth)]
    for seed in range(n_spliced):
        made = splice(spans, seed)
        cues = cues_of(made.segmentation, features_of(made.segmentation))
        examples.append(Example(cues, made.songs, made.unjudged))
    return examples


def lessons_of(pairs: Iterable[tuple[Segmentation, dict[str, Any]]]) -> list[Lesson]:
    """Lessons for the sequence network from streams with features and their truth."""
    found = (_lesson_of(segmentation, truth) for segmentation, truth in pairs)
    return [lesson for lesson in found if lesson is not None]


def _lesson_of(segmentation: Segmentation, truth: dict[str, Any]) -> Lesson | None:
    features = features_of(segmentation)
    if features is None:
        return None
    inputs = sequence_inputs(features, cues_of(segmentation, features))
    songs, aborted = (
        [(song["start"], song["end"]) for song in truth.get(name, [])]
        for name in ("songs", "aborted_songs")
    )
    return lesson_of(inputs, songs, aborted, truth.get("tracks"))


def named_lessons(work: Path) -> dict[str, Lesson]:
    """Lessons of all stored streams with features, by name."""
    found: dict[str, Lesson] = {}
    for name in pair_names(work):
        lesson = _lesson_of(*_stored(work, name))
        if lesson is not None:
            found[name] = lesson
    return found


def main() -> None:
    """Run the command line of this module."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    commands = parser.add_subparsers(dest="command", required=True)
    making = commands.add_parser("compose")
    making.add_argument("work", type=Path)
    making.add_argument("--corpus", type=Path, required=True)
    making.add_argument("--karaoke", type=Path)
    making.add_argument("--music", type=Path)
    making.add_argument("--weights", type=Path, required=True, help="the segmenter's weights")
    making.add_argument("--streams", type=int, default=6, help="of each mix")
    making.add_argument("--mixes", nargs="*", default=USUAL_MIXES, choices=sorted(MIXES))
    making.add_argument("--evenings", type=int, default=240, help="half of them crowded")
    training = commands.add_parser("train")
    sequence = commands.add_parser("sequence")
    rehearsal = commands.add_parser("rehearsal")
    for command in (training, sequence, rehearsal):
        command.add_argument("work", type=Path)
        command.add_argument("--out", type=Path, required=True)
    training.add_argument("--spliced", type=int, default=300)
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    if options.command == "compose":
        segmenter = QuickSegmenter.from_registry(options.weights)
        halves = [
            Parts(options.corpus, half, options.karaoke, options.music) for half in ("a", "b")
        ]
        wanted = [(mix, seed) for seed in range(options.evenings // 2) for mix in EVENINGS]
        wanted += [(mix, seed) for seed in range(options.streams) for mix in options.mixes]
        for mix, seed in wanted:
            composed(segmenter, halves[seed % 2], mix, seed, options.work)
            print(f"{mix} {seed}", flush=True)
        return
    if options.command == "rehearsal":
        shipped = shipped_sequence_scorer()
        lessons = named_lessons(options.work)
        scale = Scale(shipped.mean, shipped.deviation)
        write_rehearsal(lessons, scale, options.out / REHEARSAL_FILE.name)
        print(
            f"{N_LEARNT} crops to learn from and {N_CHECKED} to check by, of {len(lessons)} streams"
        )
        return
    pairs = stored_pairs(options.work)
    if options.command == "sequence":
        network = train_sequences(
            lessons_of(pairs), n_members=N_NETWORKS, n_channels=N_CHANNELS, n_updates=N_UPDATES
        )
        network.save(options.out / "sequence.npz")
        print(f"trained on {len(pairs)} streams")
        return
    for plain in (False, True):
        scorer = train_scorer(
            examples_of(pairs, options.spliced, plain),
            n_members=N_MEMBERS,
            n_hidden=N_HIDDEN,
            noise=NOISE,
            epochs=EPOCHS,
        )
        scorer.save(options.out / ("scorer_plain.npz" if plain else "scorer_full.npz"))
    print(f"trained on {len(pairs)} streams and {options.spliced} spliced ones")


if __name__ == "__main__":
    main()
