"""Train the interest model on songs whose choruses are known, and measure it as the field does.

`python -m models.training.highlights` makes the shipped model anew from demo songs alone.
"""

import glob
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from library.errors import ConfigError
from library.progress import Progress, silent
from models.highlight.features import second_features
from models.highlight.model import HighlightModel
from models.highlight.window import HIGHLIGHT_S, best_window, n_seconds
from models.tempo.listening import Heard, listen_file

Array = npt.NDArray[np.float32]
Spans = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Example:
    """One song with its truth."""

    name: str
    """Songs of one name are never in the training and the test set at once."""
    heard: Heard
    chorus_spans: Spans


def targets(example: Example) -> Array:
    """Share of each second that lies in a chorus: float32 (n_seconds,)."""
    seconds = np.arange(n_seconds(example.heard.duration_s))
    share = np.zeros(len(seconds))
    for start, stop in example.chorus_spans:
        share += np.clip(np.minimum(seconds + 1, stop) - np.maximum(seconds, start), 0, 1)
    return np.minimum(share, 1).astype(np.float32)


def train(
    examples: Sequence[Example],
    *,
    n_members: int = 5,
    n_hidden: int = 10,
    steps: int = 400,
    rate: float = 0.01,
    decay: float = 3e-3,
    noise: float = 0.25,
    seed: int = 0,
) -> HighlightModel:
    """Fit an ensemble; every song counts the same, choruses and the rest of it too."""
    x = np.concatenate([second_features(example.heard) for example in examples])
    wanted = [targets(example) for example in examples]
    y = np.concatenate(wanted)
    weights = np.concatenate([_weights(one) for one in wanted])
    members = tuple(
        _member(x, y, weights, n_hidden, steps, rate, decay, noise, seed + number)
        for number in range(n_members)
    )
    return HighlightModel(members)


def _weights(wanted: Array) -> Array:
    share = float(np.clip(wanted.mean(), 0.05, 0.95))
    each = np.where(wanted > 0.5, 0.5 / share, 0.5 / (1 - share))
    return (each / len(wanted)).astype(np.float32)


def _member(
    x: Array,
    y: Array,
    weights: Array,
    n_hidden: int,
    steps: int,
    rate: float,
    decay: float,
    noise: float,
    seed: int,
) -> tuple[Array, Array, Array, Array]:
    rng = np.random.default_rng(seed)
    flat = [
        rng.normal(0, 1 / np.sqrt(x.shape[1]), (x.shape[1], n_hidden)),
        np.zeros(n_hidden),
        rng.normal(0, 1 / np.sqrt(n_hidden), (n_hidden, 1)),
        np.zeros(1),
    ]
    first, second = [np.zeros_like(a) for a in flat], [np.zeros_like(a) for a in flat]
    weights = weights / weights.sum()
    for step in range(1, steps + 1):
        # A shift common to a whole song and noise a second: the order of a few songs is not it.
        noisy = x + noise * rng.standard_normal(x.shape)
        noisy *= rng.random(x.shape[1]) > 0.15
        hidden = np.tanh(noisy @ flat[0] + flat[1])
        said = 1 / (1 + np.exp(-(hidden @ flat[2] + flat[3])[:, 0]))
        error = ((said - y) * weights)[:, None]
        back = (error @ flat[2].T) * (1 - hidden**2)
        gradients = [noisy.T @ back, back.sum(axis=0), hidden.T @ error, error.sum(axis=0)]
        for i, gradient in enumerate(gradients):
            first[i] = 0.9 * first[i] + 0.1 * gradient
            second[i] = 0.99 * second[i] + 0.01 * gradient**2
            change = first[i] / (1 - 0.9**step) / (np.sqrt(second[i] / (1 - 0.99**step)) + 1e-8)
            shrink = decay * flat[i] if i in (0, 2) else 0
            flat[i] = flat[i] - rate * (change + shrink * 10)
    w1, b1, w2, b2 = (array.astype(np.float32) for array in flat)
    return w1, b1, w2, b2


@dataclass(frozen=True)
class Judgement:
    """How good one window is."""

    coverage: float
    """Share of the window inside choruses."""
    gain: float
    """(coverage - random) / (oracle - random): 0 is chance, 1 the best window there is."""
    iou: float
    """Intersection over union with the nearest-best window of the same length."""


def judge(window: tuple[float, float], duration_s: float, spans: Spans) -> Judgement:
    """Measure a window of up to 30 s against the choruses of its song."""
    seconds = min(HIGHLIGHT_S, duration_s)
    starts = np.arange(0, max(duration_s - seconds, 0) + 0.05, 0.1)
    shares = np.array([_covered(start, start + seconds, spans) / seconds for start in starts])
    coverage = _covered(*window, spans) / max(1e-9, window[1] - window[0])
    room = shares.max() - shares.mean()
    best = starts[shares >= shares.max() - 1e-6]
    together = np.maximum(0, np.minimum(best + seconds, window[1]) - np.maximum(best, window[0]))
    return Judgement(
        coverage=float(coverage),
        gain=float((coverage - shares.mean()) / room) if room > 1e-6 else 1.0,
        iou=float((together / (2 * seconds - together)).max()),
    )


def _covered(start: float, stop: float, spans: Spans) -> float:
    return sum(max(0.0, min(stop, b) - max(start, a)) for a, b in spans)


def read_examples(folder: Path, progress: Progress = silent) -> list[Example]:
    """Songs of a folder with their choruses: `NAME.chorus.csv` beside each, `start,stop` a line.

    Raises:
        ConfigError: fewer than three songs are marked, or a line is no span.
    """
    marked = sorted(folder.glob("*.chorus.csv"))
    examples = []
    for number, table in enumerate(marked):
        stem = table.name.removesuffix(".chorus.csv")
        song = next((p for p in sorted(folder.glob(f"{glob.escape(stem)}.*")) if p != table), None)
        if song is None:
            raise ConfigError("there is no song of this name", subject=str(table))
        progress(number / len(marked), f"listening to {song.name}")
        try:
            rows = [line.split(",") for line in table.read_text("utf-8").split()]
            spans = [(float(start), float(stop)) for start, stop in rows]
        except ValueError as error:
            raise ConfigError(
                "a line is not `start,stop` in seconds", subject=str(table)
            ) from error
        examples.append(Example(stem, listen_file(song), spans))
    if len(examples) < 3:
        raise ConfigError(
            "three songs at least must be marked",
            subject=str(folder),
            next_step="Write NAME.chorus.csv beside each song: start,stop in seconds a line",
        )
    return examples


def cross_validated(examples: Sequence[Example], progress: Progress = silent) -> list[Judgement]:
    """How the best window of each song does, by a model trained on all the others."""
    judged = []
    for number, example in enumerate(examples):
        progress(number / len(examples), "judging")
        model = train([other for other in examples if other.name != example.name])
        duration_s = example.heard.duration_s
        window = best_window(model.curve(example.heard), duration_s)
        judged.append(judge(window, duration_s, example.chorus_spans))
    return judged


def with_other_levels(
    samples: Array, sample_rate_hz: int, spans: Spans, rng: np.random.Generator
) -> Array:
    """The song with every chorus, and all between, made louder or softer by a few dB.

    In demo songs choruses are always the loudest part; singers and mixes are not like that.
    """
    edges = sorted({0.0, *(time for span in spans for time in span), len(samples) / sample_rate_hz})
    gains_db = rng.normal(0, 4, len(edges))
    times = np.arange(len(samples)) / sample_rate_hz
    # A second of glide, so that no click gives a border away.
    which = np.searchsorted(edges, times, side="right").clip(1, len(edges) - 1) - 1
    gain = gains_db[which]
    n_glide = sample_rate_hz
    total = np.cumsum(np.concatenate([[0.0], np.pad(gain, n_glide // 2, mode="edge")]))
    glided = (total[n_glide:] - total[:-n_glide])[: len(samples)] / n_glide
    return (samples * 10 ** (glided / 20)).astype(np.float32)


def demo_examples(n_rounds: int, seed: int) -> list[Example]:
    """Demo songs in other tempos, keys and lengths, each with levels of its own."""
    from models.demo import SONGS, render_song
    from models.tempo.listening import SAMPLE_RATE_HZ, listen

    rng = np.random.default_rng(seed)
    examples = []
    for number in range(n_rounds):
        for name in SONGS:
            song = render_song(
                name,
                seconds=float(rng.uniform(80, 160)),
                tempo_factor=float(rng.uniform(0.85, 1.2)),
                transpose=int(rng.integers(-4, 5)),
                sample_rate_hz=SAMPLE_RATE_HZ,
                seed=number,
            )
            mono = song.mix.mean(axis=0)
            changed = with_other_levels(mono, SAMPLE_RATE_HZ, song.chorus_spans, rng)
            examples.append(Example(name, listen(changed), song.chorus_spans))
    return examples


def main() -> None:
    """Make the shipped model anew; the same seed gives the same file."""
    from models.highlight import model

    target = model._HERE / "highlight_model.npz"
    train(demo_examples(4, seed=2026)).save(target)
    print(target, target.stat().st_size)


if __name__ == "__main__":
    main()
