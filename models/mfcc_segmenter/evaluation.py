"""Frame accuracy of speech detection, as broadcast news (HUB4) is scored."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from utawaku.library.records import Segment
from utawaku.models.mfcc_segmenter.engine import FRAME_S


class Region(NamedTuple):
    """A stretch of which it is known whether somebody speaks."""

    is_speech: bool
    start_s: float
    stop_s: float


@dataclass(frozen=True)
class FrameScores:
    """Counts of frames of 10 ms over any number of recordings; add them with `+`."""

    n_right_speech: int = 0
    n_right_other: int = 0
    n_false_speech: int = 0
    """Said to be speech, and is not."""
    n_missed_speech: int = 0

    def __add__(self, other: "FrameScores") -> "FrameScores":
        return FrameScores(
            self.n_right_speech + other.n_right_speech,
            self.n_right_other + other.n_right_other,
            self.n_false_speech + other.n_false_speech,
            self.n_missed_speech + other.n_missed_speech,
        )

    @property
    def n_frames(self) -> int:
        """Frames of which the truth is known."""
        right = self.n_right_speech + self.n_right_other
        return right + self.n_false_speech + self.n_missed_speech

    @property
    def accuracy(self) -> float:
        """Share of frames that are right."""
        return _share(self.n_right_speech + self.n_right_other, self.n_frames)

    @property
    def precision(self) -> float:
        """Of the frames said to be speech, how many are."""
        return _share(self.n_right_speech, self.n_right_speech + self.n_false_speech)

    @property
    def recall(self) -> float:
        """Of the frames of speech, how many are found."""
        return _share(self.n_right_speech, self.n_right_speech + self.n_missed_speech)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall of speech."""
        wrong = self.n_false_speech + self.n_missed_speech
        return _share(2 * self.n_right_speech, 2 * self.n_right_speech + wrong)


def score_frames(segments: Iterable[Segment], truth: Sequence[Region]) -> FrameScores:
    """Compare segments with regions; what no region covers is left out of account."""
    n_frames = round(max((region.stop_s for region in truth), default=0.0) / FRAME_S)
    said = np.zeros(n_frames, bool)
    for segment in segments:
        if segment.label == "speech":
            said[_frames(segment.start_s, segment.stop_s)] = True
    is_speech, known = np.zeros(n_frames, bool), np.zeros(n_frames, bool)
    for region in truth:
        inside = _frames(region.start_s, region.stop_s)
        known[inside] = True
        is_speech[inside] = region.is_speech
    return FrameScores(
        _count(known & said & is_speech),
        _count(known & ~said & ~is_speech),
        _count(known & said & ~is_speech),
        _count(known & ~said & is_speech),
    )


def _frames(start_s: float, stop_s: float) -> slice:
    return slice(round(start_s / FRAME_S), round(stop_s / FRAME_S))


def _count(frames: npt.NDArray[np.bool_]) -> int:
    return int(np.count_nonzero(frames))


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 1.0
