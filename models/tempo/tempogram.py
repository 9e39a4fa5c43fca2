"""Tempo from a compressed tempogram.

The autocorrelation of onsets is taken through a spectrum whose magnitudes are compressed (a
generalised autocorrelation), which keeps a few loud hits from drowning a regular pulse; windows
of twelve seconds are averaged, and multiples of a period speak for it.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.fft import irfft, next_fast_len, rfft

from utawaku.models.tempo.features import FRAME_RATE_HZ, Heard

SLOWEST_BPM, FASTEST_BPM = 50.0, 210.0
_WINDOW_S = 12.0
_COMPRESSION = 0.5
_USUAL_BPM = 108.0
_SPREAD_OCTAVES = 0.9
_GRID_BPM = 0.25
_MULTIPLES = (1.0, 0.75, 0.5, 0.5)
"""Weights of the first multiples of a period."""


@dataclass(frozen=True)
class TempoEstimate:
    """The pulse of a song."""

    bpm: float | None
    """Beats a minute; None where there is no pulse (silence, a fraction of a second)."""
    strength: float
    """Regularity, 0 to 1."""
    alternative_bpm: float | None = None
    """The next best reading, often half or twice the tempo."""


def estimate_tempo(heard: Heard) -> TempoEstimate:
    """Tempo of a song that was listened to."""
    pulse = _periodicity(heard.onsets)
    if pulse is None:
        return TempoEstimate(None, 0.0)
    bpms = np.arange(SLOWEST_BPM, FASTEST_BPM + _GRID_BPM / 2, _GRID_BPM)
    lags = 60 * FRAME_RATE_HZ / bpms
    index = np.arange(len(pulse))
    support = np.zeros(len(bpms))
    for multiple, weight in enumerate(_MULTIPLES, 1):
        support += weight * np.interp(multiple * lags, index, pulse)
    support /= sum(_MULTIPLES)
    usual = np.exp(-0.5 * (np.log2(bpms / _USUAL_BPM) / _SPREAD_OCTAVES) ** 2)
    scores = np.maximum(0, support) * usual
    best = int(scores.argmax())
    if scores[best] <= 0:
        return TempoEstimate(None, 0.0)
    far = np.abs(np.log2(bpms / bpms[best])) > 0.1
    other = int(np.where(far, scores, -1).argmax())
    return TempoEstimate(
        bpm=_refined(pulse, float(bpms[best])),
        strength=float(np.clip(support[best], 0, 1)),
        alternative_bpm=float(bpms[other]) if scores[other] > 0 else None,
    )


def _periodicity(onsets: npt.NDArray[np.float32]) -> npt.NDArray[np.float64] | None:
    """Mean compressed autocorrelation by lag, 1 at lag 0; None where nothing starts."""
    n_window = round(_WINDOW_S * FRAME_RATE_HZ)
    n_lags = int(len(_MULTIPLES) * 60 * FRAME_RATE_HZ / SLOWEST_BPM) + 2
    if len(onsets) < FRAME_RATE_HZ or not onsets.any():
        return None
    if len(onsets) < n_window:
        onsets = np.pad(onsets, (0, n_window - len(onsets)))
    starts = np.arange(0, len(onsets) - n_window + 1, n_window // 2)
    size = next_fast_len(2 * n_window, real=True)
    window = np.hanning(n_window).astype(np.float32)
    total = np.zeros(n_lags)
    n_heard = 0
    for at in range(0, len(starts), 64):
        rows = onsets[starts[at : at + 64, None] + np.arange(n_window)] * window
        rows = rows - rows.mean(axis=1, keepdims=True) * (window > 0)
        spectrum = np.abs(rfft(rows, size, axis=1)) ** (2 * _COMPRESSION)
        lags = irfft(spectrum, size, axis=1)[:, :n_lags]
        heard = lags[:, 0] > 1e-9
        total[: lags.shape[1]] += (lags[heard] / lags[heard, :1]).sum(axis=0)
        n_heard += int(heard.sum())
    return total / n_heard if n_heard else None


def _refined(pulse: npt.NDArray[np.float64], bpm: float) -> float:
    """Sharpen by the peak at the highest multiple that can be told from its neighbours."""
    refined = bpm
    for multiple in (1, 2, 4):
        lag = multiple * 60 * FRAME_RATE_HZ / refined
        reach = max(1, round(0.03 * lag))
        low, high = max(1, round(lag) - reach), min(len(pulse) - 2, round(lag) + reach)
        if high <= low:
            break
        peak = low + int(pulse[low : high + 1].argmax())
        if peak in (low, high):
            break
        before, at, after = pulse[peak - 1 : peak + 2]
        curve = before - 2 * at + after
        exact = peak + (0.5 * (before - after) / curve if curve < 0 else 0.0)
        refined = multiple * 60 * FRAME_RATE_HZ / exact
    return float(refined)
