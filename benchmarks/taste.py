"""Taste from few grades: embedding against mel statistics, and what hearing a song costs.

    python benchmarks/taste.py                                # songs that utawaku renders itself
    UTAWAKU_CORPUS=/path python benchmarks/taste.py           # and real music
    python benchmarks/taste.py --cnn                          # and a network from scratch (`train`)

Simulated users like one of two kinds of music. The model learns from 10, 20 and 50 graded clips
and is tested on clips of recordings of which it has heard nothing.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

# As `utawaku` itself starts; NumPy reads it when it is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from utawaku.demo import SONGS, render_song
from utawaku.demo.songbook import find_song
from utawaku.library.config import load_settings
from utawaku.media.decode import load
from utawaku.models.tagger import N_PATCHES, Tagger
from utawaku.models.tagger.features import PATCH_SAMPLES, SAMPLE_RATE_HZ, patch_of
from utawaku.models.taste import fit, joined
from utawaku.models.taste.evaluation import auc_of

LABELS = (10, 20, 50)
N_USERS = 60
CLIP_S = 6.1
QUIET = {"ballad", "city", "folk", "waltz", "bossa", "gospel", "lofi"}
"""Styles of the demo's band without a loud kit."""


@dataclass(frozen=True)
class Clips:
    """Short clips of pieces of two kinds."""

    name: str
    patches: list[np.ndarray]
    """float32 (n_patches, 187, 96) of each clip."""
    liked: np.ndarray
    """bool (n_clips,): of the kind that the user likes."""
    piece: np.ndarray
    """What each clip is a piece of."""


def clips_of(samples: np.ndarray, n: int) -> Iterator[np.ndarray]:
    """Up to `n` clips of two patches, evenly spread over mono samples at 16 kHz."""
    n = min(n, samples.size // (2 * PATCH_SAMPLES))
    for start in np.linspace(0, samples.size - 2 * PATCH_SAMPLES, n).astype(int):
        pair = samples[start : start + 2 * PATCH_SAMPLES].reshape(2, PATCH_SAMPLES)
        yield np.stack([patch_of(one) for one in pair])


def demo_clips(n_variants: int = 4, n_each: int = 3) -> Clips:
    """The demo's songs in several keys, tempi and voices; liked is what has no loud kit.

    A piece is one rendering: held out are other renderings of styles that were heard, as one who
    likes ballads hears a new ballad. With whole songs, and so whole styles, held out, nobody could
    know from ten grades that a waltz is as quiet as a ballad.
    """

    def pieces() -> Iterator[tuple[str, bool, np.ndarray]]:
        for name in SONGS:
            for variant in range(n_variants):
                song = render_song(
                    name,
                    sample_rate_hz=SAMPLE_RATE_HZ,
                    transpose=(-3, 2, 0, 4)[variant % 4],
                    tempo_factor=(1.0, 0.92, 1.08, 1.0)[variant % 4],
                    seed=variant,
                    seconds=20,
                )
                style = find_song(name).style
                yield f"{name} {variant}", style in QUIET, song.mix.mean(axis=0)

    return _gather("rendered songs: quiet or loud band", pieces(), n_each)


def corpus_clips(corpus: Path, n_each: int = 12) -> Clips:
    """Real music: songs with a voice are liked, instrumental pieces are not."""

    def pieces() -> Iterator[tuple[str, bool, np.ndarray]]:
        for folder in ("songs", "instrumental"):
            for path in sorted((corpus / folder).iterdir()):
                if path.suffix in (".mp3", ".ogg"):
                    samples, _ = load(path, sample_rate_hz=SAMPLE_RATE_HZ, n_channels=1)
                    yield path.name, folder == "songs", samples

    return _gather("real music: sung or instrumental", pieces(), n_each)


def _gather(name: str, pieces: Iterable[tuple[str, bool, np.ndarray]], n_each: int) -> Clips:
    patches, liked, piece = [], [], []
    for title, is_liked, samples in pieces:
        for clip in clips_of(samples.astype(np.float32), n_each):
            patches.append(clip)
            liked.append(is_liked)
            piece.append(title)
    return Clips(name, patches, np.array(liked), np.array(piece))


def embeddings(clips: Clips, tagger: Tagger) -> np.ndarray:
    """What the taste model sees: float32 (n_clips, 443)."""
    told = [tagger.impression_of(patches) for patches in clips.patches]
    parts = ([getattr(one, name) for one in told] for name in ("embedding", "timbre", "tags"))
    return joined(*map(np.stack, parts))


def mel_statistics(clips: Clips) -> np.ndarray:
    """Mean and spread of each mel band: float32 (n_clips, 192)."""
    return np.stack(
        [np.concatenate([p.mean(axis=(0, 1)), p.std(axis=(0, 1))]) for p in clips.patches]
    )


Score = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
"""`(graded places, held-out places, targets)` to scores of the held-out clips."""


def by_model(vectors: np.ndarray) -> Score:
    """The taste model over these vectors."""

    def score(graded: np.ndarray, held_out: np.ndarray, targets: np.ndarray) -> np.ndarray:
        return fit(vectors[graded], targets[graded], everything=vectors).scores(vectors[held_out])

    return score


def learning_curve(
    clips: Clips, score: Score, *, n_users: int = N_USERS, labels: Iterable[int] = LABELS
) -> dict[int, float]:
    """Mean AUC after each number of grades, on a third of the pieces, held out whole."""
    aucs: dict[int, list[float]] = {n: [] for n in labels}
    for user in range(n_users):
        rng = np.random.default_rng(user)
        held_out = np.zeros(len(clips.piece), bool)
        for kind in (False, True):
            names = np.unique(clips.piece[clips.liked == kind])
            chosen = rng.choice(names, max(1, len(names) // 3), replace=False)
            held_out |= np.isin(clips.piece, chosen)
        pool, tested = np.flatnonzero(~held_out), np.flatnonzero(held_out)
        order = rng.permutation(pool)
        for n, found in aucs.items():
            graded = order[:n]
            if clips.liked[graded].all() or not clips.liked[graded].any():
                continue
            scores = score(graded, tested, clips.liked.astype(float))
            auc = auc_of(scores, clips.liked[tested])
            if auc is not None:
                found.append(auc)
    return {n: float(np.mean(found)) for n, found in aucs.items() if found}


def cost_of(tagger: Tagger, paths: Iterable[Path], *, kept: bool) -> dict[str, float]:
    """Median CPU seconds a song: finding its pieces, log-mel, network.

    Args:
        kept: cut the pieces out of samples in memory, as the pipeline does, which keeps the sound
            that it decoded to segment the stream; else jump to them in the song's file.
    """
    from utawaku.models.tagger.excerpts import excerpts, pieces_of

    spent = {"pieces": [], "mel": [], "network": []}  # type: dict[str, list[float]]
    for path in paths:
        samples, _ = load(path, sample_rate_hz=SAMPLE_RATE_HZ, n_channels=1)
        at = [time.process_time()]
        pieces = pieces_of(samples, N_PATCHES) if kept else excerpts(path, N_PATCHES)
        if len(pieces) < N_PATCHES:
            continue
        at.append(time.process_time())
        patches = np.stack([patch_of(piece) for piece in pieces])
        at.append(time.process_time())
        tagger.impression_of(patches)
        at.append(time.process_time())
        for values, a, b in zip(spent.values(), at[:-1], at[1:], strict=True):
            values.append(b - a)
    return {name: float(np.median(values)) for name, values in spent.items()}


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--users", type=int, default=N_USERS)
    parser.add_argument("--cnn", action="store_true", help="also a network from scratch")
    wanted = parser.parse_args()
    tagger = Tagger.from_registry(load_settings().weights_dir)
    corpus = os.environ.get("UTAWAKU_CORPUS")
    sets = [demo_clips()] + ([corpus_clips(Path(corpus))] if corpus else [])
    for clips in sets:
        print(f"\n{clips.name}: {len(clips.patches)} clips of {len(set(clips.piece))} recordings")
        print(f"{'AUC, recordings held out':28}" + "".join(f"{n:>8}" for n in LABELS) + "  labels")
        rows: list[tuple[str, Score, int]] = [
            ("built in", by_model(embeddings(clips, tagger)), wanted.users),
            ("mel statistics + logistic", by_model(mel_statistics(clips)), wanted.users),
        ]
        if wanted.cnn:
            from utawaku.models.training.taste_cnn import scratch_scorer

            rows.append(("network from scratch", scratch_scorer(clips.patches), 4))
        for name, score, n_users in rows:
            curve = learning_curve(clips, score, n_users=n_users)
            print(f"{name:28}" + "".join(f"{curve.get(n, float('nan')):8.3f}" for n in LABELS))
    if corpus:
        songs = [
            path
            for path in sorted((Path(corpus) / "songs").iterdir())
            if path.suffix in (".mp3", ".ogg")
        ]
        print(f"\nhearing a song ({N_PATCHES} pieces), CPU-s, median of {len(songs)} songs")
        for kept, where in ((True, "sound kept by the pipeline"), (False, "the song's own file")):
            cost = cost_of(tagger, songs, kept=kept)
            parts = " + ".join(f"{name} {seconds:.3f}" for name, seconds in cost.items())
            print(f"  from {where}: {sum(cost.values()):.3f} = {parts}")


if __name__ == "__main__":
    main()
