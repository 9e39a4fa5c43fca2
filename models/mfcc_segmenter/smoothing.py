"""Trimming of short runs: noise under a second becomes speech, then speech under two does not."""

import numpy as np
import numpy.typing as npt

Labels = npt.NDArray[np.int8]

SPEECH, OTHER = 0, 1
SHORTEST_NOISE_FRAMES = 100
SHORTEST_SPEECH_FRAMES = 200


def smooth(labels: Labels) -> Labels:
    """Labels (0 speech, 1 other) with short runs trimmed; a run at the very end is kept as is."""
    return _trim(_trim(labels, OTHER, SHORTEST_NOISE_FRAMES), SPEECH, SHORTEST_SPEECH_FRAMES)


def _trim(labels: Labels, label: int, shortest: int) -> Labels:
    out = labels.copy()
    starts, stops = runs(labels)
    for start, stop in zip(starts[:-1], stops[:-1], strict=True):
        if labels[start] == label and stop - start < shortest:
            out[start:stop] = 1 - label
    return out


def runs(labels: Labels) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """First and past-the-last index of each run of equal labels.

    `labels` is (n,); both results are int64 (n_runs,).
    """
    if not len(labels):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    edges = np.flatnonzero(np.diff(labels)) + 1
    return np.concatenate([[0], edges]), np.concatenate([edges, [len(labels)]])


def speech_spans(labels: Labels) -> list[tuple[int, int]]:
    """Speech as (first frame, last frame), as `segmented.tsv` has it.

    A span that ends with the recording ends one later, at the number of frames.
    """
    starts, stops = runs(labels)
    return [
        (int(start), int(stop) - (stop < len(labels)))
        for start, stop in zip(starts, stops, strict=True)
        if labels[start] == SPEECH
    ]
