"""Train the interest model on songs with choruses or curves; measure it as the field does.

`python -m utawaku.models.training.highlights [FILE]` makes the shipped model from composed songs
alone: no recording of anybody, and no demo song, so both are there to measure it by.
"""

import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
import numpy.typing as npt

from utawaku.library.errors import ConfigError, MediaError
from utawaku.library.progress import Progress, silent
from utawaku.models.highlight.features import second_features
from utawaku.models.highlight.model import SHIPPED, HighlightModel
from utawaku.models.highlight.window import HIGHLIGHT_S, best_window
from utawaku.models.tempo.features import Heard, listen_file
from utawaku.models.training.highlight_songs import (
    LeftOut,
    marked_songs,
    read_interest,
    read_spans,
    share_inside,
)

Array = npt.NDArray[np.float32]
Spans = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Example:
    """One song with its truth."""

    name: str
    """Songs of one name are never in the training and the test set at once."""
    heard: Heard
    chorus_spans: Spans = ()
    interest: Array | None = None
    """float32 (n_seconds,) in [0, 1], where a curve is known and no choruses are."""
    path: Path | None = None
    """File that it was heard from."""


def targets(example: Example) -> Array:
    """Interest of each second, or its share that lies in a chorus: float32 (n_seconds,)."""
    if example.interest is not None:
        return example.interest
    return share_inside(example.chorus_spans, example.heard.duration_s)


def train(
    examples: Sequence[Example],
    *,
    n_members: int = 5,
    n_hidden: int = 24,
    steps: int = 400,
    batch: int = 1024,
    rate: float = 0.004,
    decay: float = 0.01,
    noise: float = 0.15,
    seed: int = 0,
) -> HighlightModel:
    """Fit an ensemble; every song counts the same, choruses and the rest of it too.

    The same examples and seed give the same model.
    """
    x = np.concatenate([second_features(example.heard) for example in examples])
    wanted = [targets(example) for example in examples]
    weights = np.concatenate([_weights(one) for one in wanted])
    members = tuple(
        _member(
            x,
            np.concatenate(wanted),
            np.cumsum(weights / weights.sum()),
            n_hidden=n_hidden,
            steps=steps,
            batch=batch,
            rate=rate,
            decay=decay,
            noise=noise,
            rng=np.random.default_rng(seed + number),
        )
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
    drawn_below: Array,
    *,
    n_hidden: int,
    steps: int,
    batch: int,
    rate: float,
    decay: float,
    noise: float,
    rng: np.random.Generator,
) -> tuple[Array, Array, Array, Array]:
    """One network by Adam, its seconds drawn by their weights (`drawn_below`, summed up)."""
    n_in = x.shape[1]
    layers = [
        rng.normal(0, 1 / np.sqrt(n_in), (n_in, n_hidden)).astype(np.float32),
        np.zeros(n_hidden, np.float32),
        rng.normal(0, 1 / np.sqrt(n_hidden), (n_hidden, 1)).astype(np.float32),
        np.zeros(1, np.float32),
    ]
    first, second = [np.zeros_like(a) for a in layers], [np.zeros_like(a) for a in layers]
    for step in range(1, steps + 1):
        some = np.searchsorted(drawn_below, rng.random(batch)).clip(0, len(x) - 1)
        # Noise and missing cues: no single one of them may be leant on.
        noisy = x[some] + noise * rng.standard_normal((batch, n_in), dtype=np.float32)
        noisy *= rng.random((batch, n_in)) > 0.1
        hidden = np.tanh(noisy @ layers[0] + layers[1])
        said = 1 / (1 + np.exp(-(hidden @ layers[2] + layers[3])[:, 0]))
        error = ((said - y[some]) / batch)[:, None].astype(np.float32)
        back = (error @ layers[2].T) * (1 - hidden**2)
        gradients = [noisy.T @ back, back.sum(axis=0), hidden.T @ error, error.sum(axis=0)]
        now = rate * min(1.0, 2 * (1 - step / (steps + 1)))
        for i, gradient in enumerate(gradients):
            first[i] = 0.9 * first[i] + 0.1 * gradient
            second[i] = 0.99 * second[i] + 0.01 * gradient**2
            change = first[i] / (1 - 0.9**step) / (np.sqrt(second[i] / (1 - 0.99**step)) + 1e-8)
            shrink = decay * layers[i] if i in (0, 2) else 0.0
            layers[i] = (layers[i] - now * (change + shrink)).astype(np.float32)
    return layers[0], layers[1], layers[2], layers[3]


NEARLY = 0.95
"""Gain from which a window is as good as the best."""


@dataclass(frozen=True)
class Judgement:
    """The quality of one window."""

    coverage: float
    """Share of the window inside choruses."""
    gain: float
    """(coverage - random) / (oracle - random): 0 is chance, 1 the best window there is."""
    iou: float
    """Intersection over union with the nearest-best window of the same length."""
    iou_of_good: float
    """The same with the nearest window that reaches `NEARLY` of the best gain: choruses of a song
    are mostly as good as each other, and the best is one of them by a tenth of a second."""


def judge(window: tuple[float, float], duration_s: float, spans: Spans) -> Judgement:
    """Measure a window of up to 30 s against the choruses of its song."""
    return _judged(window, duration_s, lambda start, stop: _covered(start, stop, spans))


def judge_example(example: Example, window: tuple[float, float]) -> Judgement:
    """Measure a window of up to 30 s against what is known of its song."""
    if example.interest is None:
        return judge(window, example.heard.duration_s, example.chorus_spans)
    summed = np.concatenate([[0.0], np.cumsum(example.interest, dtype=np.float64)])
    seconds = np.arange(len(summed))

    def area(start: float, stop: float) -> float:
        return float(np.interp(stop, seconds, summed) - np.interp(start, seconds, summed))

    return _judged(window, example.heard.duration_s, area)


def _judged(
    window: tuple[float, float], duration_s: float, area: Callable[[float, float], float]
) -> Judgement:
    """Measure a window by `area`, which tells how much interest lies between two times."""
    seconds = min(HIGHLIGHT_S, duration_s)
    starts = np.arange(0, max(duration_s - seconds, 0) + 0.05, 0.1)
    shares = np.array([area(start, start + seconds) / seconds for start in starts])
    coverage = area(*window) / max(1e-9, window[1] - window[0])
    room = shares.max() - shares.mean()

    def iou_with(others: Array) -> float:
        shared = np.minimum(others + seconds, window[1]) - np.maximum(others, window[0])
        together = np.maximum(0, shared)
        return float((together / (2 * seconds - together)).max())

    return Judgement(
        coverage=float(coverage),
        gain=float((coverage - shares.mean()) / room) if room > 1e-6 else 1.0,
        iou=iou_with(starts[shares >= shares.max() - 1e-6]),
        iou_of_good=iou_with(starts[shares >= shares.max() - (1 - NEARLY) * room - 1e-6]),
    )


def _covered(start: float, stop: float, spans: Spans) -> float:
    return sum(max(0.0, min(stop, b) - max(start, a)) for a, b in spans)


def read_examples(
    folder: Path, progress: Progress = silent, *, n_least: int = 3
) -> tuple[list[Example], list[LeftOut]]:
    """Songs of a folder with their choruses or curves (`models.training.highlight_songs`).

    Returns:
        the songs, and those that cannot be read with the reason.

    Raises:
        ConfigError: fewer than `n_least` songs are marked, or marks are not as they should be.
    """
    marked = marked_songs(folder)
    examples: list[Example] = []
    left_out: list[LeftOut] = []
    for number, (name, song, marks) in enumerate(marked):
        progress(number / len(marked), f"listening to {song.name}")
        has_spans = marks.name.endswith(".chorus.csv")
        spans = read_spans(marks) if has_spans else ()
        try:
            heard = listen_file(song)
        except MediaError as error:
            left_out.append((song.name, str(error)))
            continue
        interest = None if has_spans else read_interest(marks, heard.duration_s)
        examples.append(Example(name, heard, spans, interest, song))
    if len(examples) < n_least:
        raise ConfigError(
            f"{n_least} marked songs at least must be readable",
            subject=str(folder),
            next_step="Write NAME.chorus.csv (start,stop in seconds a line) or NAME.curve.csv "
            "beside each song",
        )
    return examples, left_out


def cross_validated(
    examples: Sequence[Example], progress: Progress = silent, *, n_folds: int = 5
) -> list[Judgement]:
    """Return how the best window of each song does, by a model that has not heard a song of its
    name.
    """
    names = sorted({example.name for example in examples})
    fold_of = {name: number % n_folds for number, name in enumerate(names)}
    judged = []
    for fold in range(min(n_folds, len(names))):
        progress(fold / min(n_folds, len(names)), "judging")
        held_out = [example for example in examples if fold_of[example.name] == fold]
        learned = [example for example in examples if fold_of[example.name] != fold]
        model = train(learned, n_members=2)
        for example in held_out:
            duration_s = example.heard.duration_s
            window = best_window(model.curve(example.heard), duration_s)
            judged.append(judge_example(example, window))
    return judged


N_COMPOSED, N_PLAIN = 240, 120


def composed_examples(
    numbers: Iterable[int],
    *,
    unheard: bool = False,
    levels: bool | None = None,
    plain: bool = False,
    progress: Progress = silent,
) -> list[Example]:
    """Songs made by chance (`utawaku.models.training.composed_songs`).

    Args:
        numbers: of the songs; the shipped model has heard those below `N_COMPOSED`, and of the
            plain ones those below `N_PLAIN`.
        unheard: by bands and in tempos that the shipped model has not heard.
        levels: with sections louder or softer by chance; None is every second song.
        plain: of verses and choruses alone.
        progress: told after every song.
    """
    from utawaku.models.tempo.features import listen
    from utawaku.models.training.composed_songs import compose

    examples = []
    for done, number in enumerate(numbers):
        progress(done / (done + 1), f"song {done + 1}")
        loud = number % 2 == 1 if levels is None else levels
        song = compose(number, unheard=unheard, levels=loud, plain=plain)
        examples.append(Example(f"composed {number}", listen(song.samples), song.chorus_spans))
    return examples


def demo_examples(n_rounds: int, seed: int) -> list[Example]:
    """Demo songs in other tempos, keys and lengths, each with levels of its own."""
    from utawaku.demo import SONGS, render_song
    from utawaku.models.tempo.features import SAMPLE_RATE_HZ, listen

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


def with_other_levels(
    samples: Array, sample_rate_hz: int, spans: Spans, rng: np.random.Generator
) -> Array:
    """The song with every chorus, and all between, made louder or softer by a few dB.

    In demo songs choruses are always the loudest part; singers and mixes are not like that.
    """
    from utawaku.models.training.composed_songs import with_section_levels

    edges = sorted({0.0, *(time for span in spans for time in span), len(samples) / sample_rate_hz})
    gains_db = rng.normal(0, 4, len(edges))[: len(edges) - 1]
    return with_section_levels(samples, sample_rate_hz, edges, gains_db.tolist())


def main(target: Path) -> None:
    """Make the shipped model again, in four and a half minutes of computing.

    On the same machine the same file comes out, with one thread (`OMP_NUM_THREADS=1`, which is also
    the fastest: the products are small). See `models/highlight/MODEL_CARD.md`.
    """
    examples = composed_examples(range(N_COMPOSED))
    examples += composed_examples(range(N_PLAIN), plain=True)
    train(examples, steps=2500).save(target)
    print(sha256(target.read_bytes()).hexdigest(), target)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else SHIPPED)
