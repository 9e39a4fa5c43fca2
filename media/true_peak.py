"""Peaks between samples: the true peak of ITU-R BS.1770, annex 2, by four-fold oversampling.

Oversampling everything costs more than all the rest of a measurement. A value between two samples
is a mean of both plus what the twelve samples around them bend: it is at most the largest of these
samples and `_BEND` times their largest second difference. Only where that could beat the peak
known so far anything is oversampled.
"""

import numpy as np

OVERSAMPLING = 4
TAPS = 12
"""Samples that a value between two of them is made of."""
DENSE_FROM_HZ = 96_000
"""From this rate on the samples themselves are dense enough."""
_BLOCK = 480
_BLOCKS_AT_ONCE = 100
_AT_ONCE = 16


def _phases() -> np.ndarray:
    """Filters for 1/4, 2/4 and 3/4 of the way from a sample to the next: float32 (3, 12)."""
    n_taps = OVERSAMPLING * TAPS + 1
    taps = np.kaiser(n_taps, 5) * np.sinc(np.arange(-(n_taps // 2), n_taps // 2 + 1) / 4)
    phases = [taps[phase::OVERSAMPLING][:TAPS] for phase in (1, 2, 3)]
    return np.array([phase / phase.sum() for phase in phases], np.float32)


def _bend(phases: np.ndarray) -> float:
    """Largest weight that second differences have in a value between samples.

    A filter less the two neighbouring samples in the proportion of its centre of gravity sums to
    0, and so do its running sums: it is a filter of second differences.
    """
    most = 0.0
    for phase in phases.astype(np.float64):
        centre = float(np.arange(TAPS) @ phase)
        first = int(centre)
        rest = phase.copy()
        rest[first : first + 2] -= (first + 1 - centre, centre - first)
        most = max(most, float(np.abs(np.cumsum(np.cumsum(rest))).sum()))
    return most


_PHASES = _phases()
BOUND = float(np.abs(_PHASES).sum(axis=1).max())
"""Largest factor by which a value between samples can exceed them, whatever they are."""
_BEND = _bend(_PHASES)


def tops(signal: np.ndarray, n_block: int) -> tuple[np.ndarray, np.ndarray]:
    """The largest absolute sample of each block, and what no value between its samples exceeds.

    `signal` is float32 (n_channels, 11 + n n_block) with the samples before the first block in
    front; values between samples belong to the block of the last sample they are made of. Both
    results are float32 (n_channels, n).
    """
    before = TAPS - 1
    n_channels = signal.shape[0]
    highest = _highest(signal[:, before:].reshape(n_channels, -1, n_block))
    steps = np.diff(signal, axis=1)
    bends = np.diff(steps, axis=1)
    bend = _highest(bends[:, before - 2 :].reshape(n_channels, -1, n_block))
    # What is bent or high at the end of the block before reaches into this one.
    start = np.abs(signal[:, :before]).max(axis=1, keepdims=True)
    near = np.maximum(highest, np.concatenate([start, highest[:, :-1]], axis=1))
    start = np.abs(bends[:, : before - 2]).max(axis=1, keepdims=True)
    bend = np.maximum(bend, np.concatenate([start, bend[:, :-1]], axis=1))
    return highest, np.minimum(BOUND * near, near + np.float32(_BEND) * bend)


def _highest(blocks: np.ndarray) -> np.ndarray:
    result: np.ndarray = np.abs(blocks).max(axis=-1)
    return result


def peaks_between(blocks: np.ndarray) -> np.ndarray:
    """The largest absolute value between the samples of each row.

    `blocks` is float32 (n, at least 12); the result is float32 (n,). A row of k samples has values
    between k - 11 pairs of them.
    """
    n = blocks.shape[1] - TAPS + 1
    half = TAPS // 2
    # The filter for 3/4 mirrors that for 1/4, that for 2/4 itself: sums and differences of samples
    # at equal distance from the middle serve all of them.
    near, middle = _PHASES[0, ::-1], _PHASES[1, ::-1]
    even, odd, centre = (np.zeros((len(blocks), n), np.float32) for _ in range(3))
    for k in range(half):
        left, right = blocks[:, half - 1 - k :][:, :n], blocks[:, half + k :][:, :n]
        both = left + right
        centre += both * middle[half + k]
        both *= (near[half - 1 - k] + near[half + k]) / 2
        even += both
        apart = right - left
        apart *= (near[half + k] - near[half - 1 - k]) / 2
        odd += apart
    quarters = np.abs(even, out=even)
    quarters += np.abs(odd, out=odd)
    result: np.ndarray = np.maximum(quarters.max(axis=1), np.abs(centre).max(axis=1))
    return result


def known_peaks(
    signal: np.ndarray,
    n_block: int,
    known: float,
    seen: tuple[np.ndarray, np.ndarray] | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Oversample the blocks that could hold a higher peak than all others and `known`.

    Args:
        signal: float32 (n_channels, 11 + n n_block), see `tops`.
        n_block: samples of a block.
        known: a peak that is reached elsewhere.
        seen: what `tops` gave for the same, float32 (n_channels, n) both; they stay as they are.

    Returns:
        The largest absolute value known to be in each block, and the value that none in it
        exceeds; float32 (n_channels, n). They are equal where the block was oversampled.
    """
    reached, ceiling = tops(signal, n_block) if seen is None else (seen[0].copy(), seen[1].copy())
    known = max(known, float(reached.max(initial=0.0)))
    channel, block = np.nonzero(ceiling > known)
    order = np.argsort(-ceiling[channel, block])
    windows = np.lib.stride_tricks.sliding_window_view(signal, n_block + TAPS - 1, axis=1)
    # The highest ones first: after a few the known peak rules most of the others out.
    for start in range(0, order.size, _AT_ONCE):
        batch = order[start : start + _AT_ONCE]
        at = channel[batch], block[batch]
        batch = batch[ceiling[at] > known]
        if not batch.size:
            break
        at = channel[batch], block[batch]
        found = peaks_between(windows[at[0], at[1] * n_block])
        reached[at] = np.maximum(reached[at], found)
        ceiling[at] = reached[at]
        known = max(known, float(found.max()))
    return reached, ceiling


class TruePeak:
    """The true peak of audio that comes in pieces."""

    def __init__(self, sample_rate_hz: int, n_channels: int) -> None:
        self._between = sample_rate_hz < DENSE_FROM_HZ
        # Samples not looked at yet, and those before them.
        self._waiting = np.zeros((n_channels, TAPS - 1), np.float32)
        self.sample_peak = 0.0
        self._true_peak = 0.0

    def add(self, samples: np.ndarray) -> None:
        """Take float samples of shape (n_channels, n_samples), at least one."""
        self.sample_peak = max(self.sample_peak, float(samples.max()), -float(samples.min()))
        self._true_peak = max(self._true_peak, self.sample_peak)
        if not self._between:
            return
        signal = np.concatenate([self._waiting, samples.astype(np.float32, copy=False)], axis=1)
        n_whole = (signal.shape[1] - TAPS + 1) // _BLOCK * _BLOCK
        for start in range(0, n_whole, _BLOCKS_AT_ONCE * _BLOCK):
            stop = min(start + _BLOCKS_AT_ONCE * _BLOCK, n_whole)
            self._take(signal[:, start : stop + TAPS - 1], _BLOCK)
        self._waiting = signal[:, n_whole:].copy()

    def _take(self, signal: np.ndarray, n_block: int) -> None:
        reached, _ = known_peaks(signal, n_block, self._true_peak)
        self._true_peak = max(self._true_peak, float(reached.max()))

    def result(self) -> float:
        """Return the largest absolute value of all that was added, on and between samples."""
        if n_rest := self._waiting.shape[1] - TAPS + 1:
            self._take(self._waiting, n_rest)
        return self._true_peak
