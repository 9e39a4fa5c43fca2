"""K-weighting of ITU-R BS.1770: what of a sound counts for its loudness.

The two filters are recursive, and a recursion sample by sample is slow outside of compiled code.
Here a block of samples is a row, and all that is recursive about it are products of matrices.
"""

from math import ceil

import numpy as np

_MEMORY_S = 0.1
"""After so long the K-weighting has forgotten a sample: what is left of it is below -180 dB."""
_BLOCK, _GROUP = 32, 16
"""Samples of a block, and blocks of a group."""
_N_STATES = 4
_BLOCKS_AT_ONCE = 2048
"""Blocks whose products stay in the processor's cache."""


def k_weighting(sample_rate_hz: int) -> np.ndarray:
    """The two K-weighting filters for any rate, float64 second-order sections (2, 6).

    BS.1770 gives coefficients at 48 kHz only; these are its analogue prototypes (a high shelf of
    4 dB and a high pass), warped to the rate by the bilinear transform, as libebur128 does.
    """
    sections = []
    for is_shelf, frequency_hz, gain_db, q in (
        (True, 1681.974450955533, 3.999843853973347, 0.7071752369554196),
        (False, 38.13547087602444, 0.0, 0.5003270373238773),
    ):
        k = np.tan(np.pi * frequency_hz / sample_rate_hz)
        a0 = 1 + k / q + k * k
        high = 10 ** (gain_db / 20)
        middle = high**0.4996667741545416
        if is_shelf:
            b = [(high + middle * k / q + k * k) / a0, 2 * (k * k - high) / a0]
            b.append((high - middle * k / q + k * k) / a0)
        else:
            b = [1.0, -2.0, 1.0]
        sections.append([*b, 1.0, 2 * (k * k - 1) / a0, (1 - k / q + k * k) / a0])
    return np.array(sections)


class Weighting:
    """K-weighting of audio in pieces.

    The weighted samples of a block are the block times a triangular matrix, plus what four numbers,
    the state, tell of all samples before it. The states of a group's blocks are products of that
    group and of the few groups before it; what lies further back the filters have forgotten. In
    single precision: what it rounds lies 130 dB below the sound. This takes half the time of
    transforms, and needs no scipy.signal, whose import takes a second or two in every process.
    """

    def __init__(self, sample_rate_hz: int, n_channels: int) -> None:
        self._n_before = ceil(_MEMORY_S * sample_rate_hz)
        self._before = np.zeros((n_channels, self._n_before), np.float32)
        self._filter = _BlockFilter(k_weighting(sample_rate_hz), self._n_before)

    def of(self, samples: np.ndarray) -> np.ndarray:
        """Return the weighted samples, as many as given; float32 (n_channels, n_samples)."""
        n_channels, n_samples = samples.shape
        n_all = self._n_before + n_samples
        signal = np.zeros((n_channels, -(-n_all // _ALIGNED) * _ALIGNED), np.float32)
        signal[:, : self._n_before] = self._before
        signal[:, self._n_before : n_all] = samples
        self._before = signal[:, n_samples:n_all].copy()
        weighted = np.empty_like(signal)
        for channel, out in zip(signal, weighted, strict=True):
            self._filter.apply(channel.reshape(-1, _BLOCK), out.reshape(-1, _BLOCK))
        return weighted[:, self._n_before : n_all]


_ALIGNED = _BLOCK * _GROUP


class _BlockFilter:
    """Recursive filters of order four, as products of matrices."""

    def __init__(self, sections: np.ndarray, n_memory: int) -> None:
        """Prepare the matrices.

        Args:
            sections: float64 second-order sections (2, 6).
            n_memory: samples after which they have forgotten.
        """
        step, given, told, straight = _balanced(*_state_space(sections))
        powers = [np.eye(_N_STATES)]
        for _ in range(_BLOCK):
            powers.append(step @ powers[-1])
        tail = np.concatenate([[straight], [told @ power @ given for power in powers[:-1]]])
        later = np.arange(_BLOCK)[None, :] - np.arange(_BLOCK)[:, None]
        self._response = _single(np.where(later >= 0, tail[np.maximum(later, 0)], 0.0))
        """(block, block): what samples of a block give to those behind them in it."""
        self._told = _single(np.stack([told @ power for power in powers[:-1]], axis=1))
        """(states, block): what the state at a block's start gives to its samples."""
        self._given = _single(np.stack([power @ given for power in powers[_BLOCK - 1 :: -1]]))
        """(block, states): what a block gives to the state at its end."""
        over = [np.eye(_N_STATES)]
        for _ in range(_GROUP):
            over.append(powers[_BLOCK] @ over[-1])
        inside = np.zeros((_GROUP, _N_STATES, _GROUP, _N_STATES))
        for earlier in range(_GROUP):
            for block in range(earlier + 1, _GROUP):
                inside[earlier, :, block] = over[block - 1 - earlier].T
        n = _GROUP * _N_STATES
        self._inside = _single(inside.reshape(n, n))
        """From what a group's blocks give to the states inside that group."""
        self._to_next = _single(np.concatenate([power.T for power in over[_GROUP - 1 :: -1]]))
        """From the same to the state at the group's end."""
        self._from_start = _single(np.concatenate([power.T for power in over[:-1]], axis=1))
        """From the state at a group's start to those of its blocks."""
        n_reach = ceil(n_memory / _ALIGNED) + 1
        self._reach = [_single(np.linalg.matrix_power(over[_GROUP], k).T) for k in range(n_reach)]
        """From the state at a group's end to those at the starts of the groups behind it."""

    def apply(self, blocks: np.ndarray, out: np.ndarray) -> None:
        """Filter blocks that follow each other, after silence; float32 (n, 32), whole groups."""
        states = self._states(blocks)
        for start in range(0, len(blocks), _BLOCKS_AT_ONCE):
            some = slice(start, start + _BLOCKS_AT_ONCE)
            np.matmul(blocks[some], self._response, out=out[some])
            out[some] += states[some] @ self._told

    def _states(self, blocks: np.ndarray) -> np.ndarray:
        """States at the starts of the blocks: float32 (n, 4)."""
        given = (blocks @ self._given).reshape(-1, _GROUP * _N_STATES)
        ends = given @ self._to_next
        starts = np.zeros_like(ends)
        for k, power in enumerate(self._reach[: len(ends) - 1], 1):
            starts[k:] += ends[:-k] @ power
        states: np.ndarray = given @ self._inside
        states += starts @ self._from_start
        return states.reshape(-1, _N_STATES)


def _single(matrix: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(matrix, np.float32)


def _state_space(sections: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """Two second-order sections, one after the other, as s' = A s + B x, y = C s + D x.

    Returns:
        A (4, 4), B (4,), C (4,) and D, float64.
    """
    parts = []
    for b0, b1, b2, _, a1, a2 in sections.tolist():
        step = np.array([[-a1, 1.0], [-a2, 0.0]])
        parts.append((step, np.array([b1 - a1 * b0, b2 - a2 * b0]), np.array([1.0, 0.0]), b0))
    (step, given, told, straight), (step_2, given_2, told_2, straight_2) = parts
    both = np.block([[step, np.zeros((2, 2))], [np.outer(given_2, told), step_2]])
    return (
        both,
        np.concatenate([given, given_2 * straight]),
        np.concatenate([straight_2 * told, told_2]),
        straight_2 * straight,
    )


def _balanced(
    step: np.ndarray, given: np.ndarray, told: np.ndarray, straight: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """The same filters with states that noise moves equally far, so that little is rounded."""
    moved, power = np.outer(given, given), step
    while np.abs(power).max() > 1e-12:  # the sum of all that noise has given, ever
        moved = moved + power @ moved @ power.T
        power = power @ power
    root = np.linalg.cholesky(moved)
    return np.linalg.solve(root, step @ root), np.linalg.solve(root, given), told @ root, straight
