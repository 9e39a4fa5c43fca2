"""A highlight model measured on marked songs that it has not learned from, beside baselines."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from utawaku.library.errors import ConfigError
from utawaku.library.progress import Progress, part, silent
from utawaku.media.decode import decode
from utawaku.models.highlight.engine import InterestEngine
from utawaku.models.highlight.window import best_window
from utawaku.models.training.highlight_baselines import BASELINES
from utawaku.models.training.highlight_songs import LeftOut
from utawaku.models.training.highlights import Judgement, judge_example, read_examples


@dataclass(frozen=True)
class Measured:
    """Quality of highlights, as means over songs."""

    coverage: float
    """Share of the interest inside: of choruses their share of the half minute."""
    gain: float
    """0 is chance, 1 the best half minute there is."""
    iou: float
    """Intersection over union with the best half minute there is."""


@dataclass(frozen=True)
class Evaluation:
    """A model and the baselines on the same songs."""

    model: Measured
    baselines: Mapping[str, Measured]
    songs: Mapping[str, Judgement]
    """The model on each song, by name."""
    left_out: tuple[LeftOut, ...] = ()


def evaluate(folder: Path, engine: InterestEngine, progress: Progress = silent) -> Evaluation:
    """Measure an engine on a folder of marked songs (`models.training.highlight_songs`).

    Raises:
        ConfigError: no song is marked, none can be read, or marks are not as they should be.
    """
    examples, left_out = read_examples(folder, part(progress, 0.0, 0.5), n_least=1)
    told = part(progress, 0.5, 1.0)
    songs = {}
    for number, example in enumerate(examples):
        told(number / len(examples), f"judging {example.name}")
        curve = engine.curve(example.heard, partial(_decoded, example.path))
        songs[example.name] = judge_example(example, best_window(curve, example.heard.duration_s))
    by_baseline = {
        name: [judge_example(example, pick(example.heard)) for example in examples]
        for name, pick in BASELINES.items()
    }
    return Evaluation(
        _mean(list(songs.values())),
        {name: _mean(judged) for name, judged in by_baseline.items()},
        songs,
        tuple(left_out),
    )


def _mean(judged: list[Judgement]) -> Measured:
    numbers = np.mean([[one.coverage, one.gain, one.iou] for one in judged], axis=0)
    return Measured(*(float(number) for number in numbers))


def _decoded(path: Path | None, sample_rate_hz: int) -> Iterator[npt.NDArray[np.float32]]:
    """Sound of a song again, mono chunks float32 (n_samples,)."""
    if path is None:
        raise ConfigError("a song without a file cannot be heard again")
    return decode(path, sample_rate_hz=sample_rate_hz, n_channels=1)
