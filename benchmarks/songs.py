"""Song cutting against truth: both strategies, on the corpus streams and on composed ones.

    UTAWAKU_CORPUS=path/to/corpus python benchmarks/songs.py
    python benchmarks/songs.py --corpus DIR --karaoke MIR-1K/Wavfile --streams 6 --perturb

Prints found F1 (intersection over union above 0.5) and clean F1 (start within 3 s, stop within
5 s), and how far the chances that are told of songs, starts and stops are true. Composed streams
come from the two halves `a` and `b` of the sources, which share no recording; their segmentations
are kept in `--work` for the next run.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.song_scores import Score, causes, is_clean, score
from utawaku.library.config import load_settings
from utawaku.models.segmentation import Segmentation
from utawaku.models.segmenter import Segmenter
from utawaku.models.songs import SongRules, find_songs, segment_and_listen
from utawaku.models.songs.doubt import Chances
from utawaku.models.training.song_data import EVENINGS, MIXES, composed
from utawaku.models.training.song_doubt import reliability_lines, right_of
from utawaku.models.training.stream_parts import Parts
from utawaku.models.training.stream_sounds import (
    Audio,
    decode_mono,
    gain,
    in_room,
    recompressed,
    write_wave,
)

STRATEGIES = ("classic", "smart")


@dataclass(frozen=True)
class Case:
    """A segmented stream with its truth."""

    group: str
    name: str
    segmentation: Segmentation
    truth: dict[str, Any]

    @property
    def songs(self) -> list[tuple[float, float]]:
        return [(song["start"], song["end"]) for song in self.truth["songs"]]


def segmented(
    segmenter: Segmenter, work: Path, name: str, path: Path | None, audio: Audio | None = None
) -> Segmentation:
    """The segmentation of a file, or of samples by way of a temporary file; kept in `work`."""
    kept = work / f"{name}.npz"
    if kept.is_file():
        return Segmentation.load(kept)
    if path is None:
        assert audio is not None
        path = work / f"{name}.wav"
        write_wave(path, audio)
    result = segment_and_listen(segmenter, path)
    result.save(kept)
    if path.parent == work:
        path.unlink()
    return result


def corpus_streams(corpus: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    for truth_path in sorted((corpus / "streams").glob("*.truth.json")):
        truth = json.loads(truth_path.read_text())
        yield corpus / "streams" / truth["stream"], truth


def perturbed(audio: Audio, kind: str, rng: np.random.Generator) -> Audio:
    """The same stream at another level, over a noise floor, in a room, or recompressed."""
    if kind.endswith("dB"):
        return np.clip(gain(audio, float(kind.removesuffix("dB"))), -1, 1)
    if kind.startswith("floor"):
        noise = rng.standard_normal(len(audio)).astype(np.float32)
        return audio + gain(noise, -float(kind.removeprefix("floor")))
    if kind == "room":
        return in_room(audio, rng, 0.5, 0.4)
    if kind == "opus24":
        return recompressed(audio, "libopus", 24_000)
    if kind == "mp3_32":
        return recompressed(audio, "libmp3lame", 32_000)
    raise ValueError(kind)


PERTURBATIONS = ("-12dB", "6dB", "floor60", "floor50", "room", "opus24", "mp3_32")


def cases(options: argparse.Namespace, segmenter: Segmenter) -> Iterator[Case]:
    work: Path = options.work
    for path, truth in corpus_streams(options.corpus):
        yield Case("corpus", path.stem, segmented(segmenter, work, path.stem, path), truth)
    if options.perturb:
        for path, truth in corpus_streams(options.corpus):
            audio = decode_mono(path)
            for number, kind in enumerate(PERTURBATIONS):
                name = f"{path.stem}_{kind}"
                changed = perturbed(audio, kind, np.random.default_rng(number))
                found = segmented(segmenter, work, name, None, changed)
                yield Case(f"corpus {kind}", name, found, truth)
    for half in options.halves:
        parts = Parts(options.corpus, half, options.karaoke, options.music)
        for mix in options.mixes:
            for seed in range(options.first_seed, options.first_seed + options.streams):
                found, truth = composed(segmenter, parts, mix, seed, work)
                name = f"{mix}_{half}_{seed}"
                yield Case(f"half {half} {mix}", name, found, truth)


def misses(case: Case, found: Sequence[tuple[float, float]]) -> Iterator[str]:
    """One line for each song that is not cleanly cut and each find that is no song."""
    for song in case.truth["songs"]:
        true = (song["start"], song["end"])
        if any(is_clean(span, true) for span in found):
            continue
        over = [
            f"{a - true[0]:+.1f}/{b - true[1]:+.1f}"
            for a, b in found
            if min(b, true[1]) > max(a, true[0])
        ]
        note = song.get("note") or song.get("title", "")
        yield f"  {case.name}: {true[0]:.1f}-{true[1]:.1f} {note}: {' '.join(over) or 'lost'}"
    for a, b in found:
        if not any(min(b, stop) - max(a, start) > 0.3 * (b - a) for start, stop in case.songs):
            yield f"  {case.name}: {a:.1f}-{b:.1f} is no song"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--corpus", type=Path, default=os.environ.get("UTAWAKU_CORPUS"))
    parser.add_argument("--karaoke", type=Path, help="folder of MIR-1K wave files")
    parser.add_argument("--music", type=Path, help="folder of more instrumental music")
    parser.add_argument("--work", type=Path, default=Path("song_benchmark"))
    parser.add_argument("--weights", type=Path, help="folder of the segmenter's weights")
    parser.add_argument("--streams", type=int, default=2, help="composed streams a half and mix")
    parser.add_argument("--first-seed", type=int, default=100)
    parser.add_argument("--halves", nargs="*", default=["a", "b"], choices=["a", "b", "ab"])
    parser.add_argument(
        "--mixes", nargs="*", default=["plain"], choices=sorted((*MIXES, *EVENINGS))
    )
    parser.add_argument("--perturb", action="store_true")
    parser.add_argument("--misses", action="store_true", help="tell what smart gets wrong")
    options = parser.parse_args()
    if options.corpus is None:
        parser.error("say where the corpus is: --corpus DIR or UTAWAKU_CORPUS")
    options.corpus = Path(options.corpus)
    options.work.mkdir(parents=True, exist_ok=True)
    weights = options.weights or load_settings().weights_dir
    segmenter = Segmenter.from_registry(weights)
    totals: dict[tuple[str, str], Score] = {}
    told: list[str] = []
    why: dict[tuple[str, str], Counter[str]] = {}
    said: list[Chances] = []
    right: list[dict[str, bool]] = []
    cost_s = hours = 0.0
    for case in cases(options, segmenter):
        hours += case.segmentation.duration_s / 3600
        for strategy in STRATEGIES:
            began = time.process_time()
            spans = find_songs(case.segmentation, SongRules(strategy=strategy))
            if strategy == "smart":
                cost_s += time.process_time() - began
            found = [(span.start_s, span.stop_s) for span in spans]
            key = (case.group, strategy)
            totals[key] = totals.get(key, Score()) + score(found, case.songs)
            why.setdefault(key, Counter()).update(causes(found, case.songs))
            if strategy == "smart":
                told += misses(case, found)
                said += [
                    Chances(span.confidence, span.start_confidence or 0, span.stop_confidence or 0)
                    for span in spans
                ]
                right += [right_of(span, case.songs) for span in found]
    print(f"{'streams':22} {'strategy':9} {'true':>5} {'found':>6} {'found F1':>9} {'clean F1':>9}")
    for (group, strategy), total in totals.items():
        print(
            f"{group:22} {strategy:9} {total.n_true:5} {total.n_found:6} "
            f"{total.found_f1:9.3f} {total.clean_f1:9.3f}"
        )
    for (group, strategy), counted in why.items():
        listed = ", ".join(f"{n} {cause}" for cause, n in counted.most_common())
        print(f"{group:22} {strategy:9} {listed or 'nothing missed'}")
    print(f"find_songs (smart): {cost_s / max(hours, 1e-9):.2f} CPU-s an hour of stream")
    print(
        "how far what is said of a cut is true (smart)", *reliability_lines(said, right), sep="\n"
    )
    if options.misses:
        print("\n".join(told))


if __name__ == "__main__":
    main()
