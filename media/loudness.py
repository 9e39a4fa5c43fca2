"""Loudness of a song: EBU R128 loudness, range, true peak and ReplayGain 2.0.

ITU-R BS.1770-5 (K-weighting, gating, true peak by four-fold oversampling), EBU Tech 3342 (loudness
range). ReplayGain 2.0 is the gain to -18 LUFS. Everything is incremental, so that a song can be
measured while it is being encoded, in constant memory but for two numbers every 100 ms.
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from math import inf, log10
from pathlib import Path

import av
import numpy as np

from utawaku.library.progress import Progress, silent
from utawaku.media.decode import decode
from utawaku.media.true_peak import TruePeak
from utawaku.media.weighting import Weighting

REPLAYGAIN_REFERENCE_LUFS = -18.0
_ABSOLUTE_GATE_LUFS = -70.0
_OFFSET_DB = -0.691


@dataclass(frozen=True)
class Loudness:
    """Measured loudness of one piece of audio."""

    integrated_lufs: float
    """Gated programme loudness; -inf for silence."""
    range_lu: float
    """Loudness range (LRA); 0 for less than 3 s."""
    true_peak_db: float
    """dBTP, at four times the sample rate; -inf for silence."""
    sample_peak: float
    """Largest absolute sample."""

    @property
    def replaygain_db(self) -> float:
        """Gain that brings it to -18 LUFS; 0 for silence."""
        if self.integrated_lufs == -inf:
            return 0.0
        return REPLAYGAIN_REFERENCE_LUFS - self.integrated_lufs

    @property
    def peak(self) -> float:
        """True peak as a factor of full scale, as ReplayGain tags want it."""
        return 0.0 if self.true_peak_db == -inf else 10 ** (self.true_peak_db / 20)


_GAINS = dict.fromkeys(
    ("BL", "BC", "BR", "SL", "SR", "SDL", "SDR", "TBL", "TBC", "TBR"), 1.41
) | dict.fromkeys(("LFE", "LFE2"), 0.0)
"""Gains of the channels at the sides, behind and below; FFmpeg's names and values."""
_UNPLACED = frozenset(("NONE", "UNK"))


def channel_weights(n_channels: int, layout: str) -> np.ndarray:
    """BS.1770 channel gains, float64 (n_channels,): surrounds 1.41, LFE none.

    `layout` is FFmpeg's name of the channel layout; where it names no places or has another number
    of channels, FFmpeg's layout for so many channels holds.
    """
    for name in (layout, f"{n_channels}c"):
        with suppress(ValueError):
            places = [channel.name for channel in av.AudioLayout(name).channels]
            if len(places) == n_channels and not _UNPLACED.intersection(places):
                return np.array([_GAINS.get(place, 1.0) for place in places])
    return np.ones(n_channels)


class LoudnessMeter:
    """Takes audio in pieces of any length; `result` may be asked for at any time."""

    def __init__(self, sample_rate_hz: int, n_channels: int, layout: str = "") -> None:
        """`layout` is FFmpeg's name of the channel layout; empty is the usual one."""
        self._rate = sample_rate_hz
        self._n_channels = n_channels
        self._weighting = Weighting(sample_rate_hz, n_channels)
        self._weights = channel_weights(n_channels, layout)
        self._step = max(1, round(sample_rate_hz / 10))
        self._rest = np.zeros((n_channels, 0), np.float32)
        self._energies: list[np.ndarray] = []
        self._peak = TruePeak(sample_rate_hz, n_channels)

    def add(self, samples: np.ndarray) -> None:
        """Take float samples of shape (n_samples,) or (n_channels, n_samples)."""
        samples = np.atleast_2d(samples)
        if samples.shape[0] != self._n_channels:
            raise ValueError(f"{samples.shape[0]} channels where {self._n_channels} were promised")
        if samples.shape[1] == 0:
            return
        self._peak.add(samples)
        weighted = self._weighting.of(samples)
        weighted = np.concatenate([self._rest, weighted], axis=1) if self._rest.size else weighted
        n_steps = weighted.shape[1] // self._step
        whole = weighted[:, : n_steps * self._step].reshape(self._n_channels, n_steps, self._step)
        squares = np.einsum("cst,cst->cs", whole, whole).astype(np.float64)
        self._energies.append(self._weights @ squares / self._step)
        self._rest = weighted[:, n_steps * self._step :]

    def result(self) -> Loudness:
        """Return the loudness of all that was added.

        Pieces shorter than one 400 ms block count as one block, so that a short jingle has a
        loudness; the standard leaves that open.
        """
        energies = np.concatenate([*self._energies, np.zeros(0)])
        if not energies.size and self._rest.size:
            energies = np.array([self._weights @ np.mean(self._rest.astype(float) ** 2, axis=1)])
        return loudness_of(energies, self._peak.result(), self._peak.sample_peak)


def loudness_of(energies: np.ndarray, true_peak: float, sample_peak: float) -> Loudness:
    """The loudness of audio whose mean K-weighted energy each 100 ms is known.

    Args:
        energies: float64 (n,), the channels weighted and summed.
        true_peak, sample_peak: as factors of full scale.
    """
    return Loudness(
        integrated_lufs=_integrated(_windows(energies, 4)),
        range_lu=_loudness_range(_windows(energies, 30)) if energies.size >= 30 else 0.0,
        true_peak_db=20 * log10(true_peak) if true_peak > 0 else -inf,
        sample_peak=sample_peak,
    )


def _windows(energies: np.ndarray, n_steps: int) -> np.ndarray:
    """Mean energy of each run of `n_steps` steps of 100 ms, one step apart."""
    n_steps = min(n_steps, energies.size)
    if not n_steps:
        return energies
    return np.convolve(energies, np.full(n_steps, 1 / n_steps), "valid").clip(0)


def _lufs(energy: np.ndarray | float) -> np.ndarray:
    with np.errstate(divide="ignore"):
        return _OFFSET_DB + 10 * np.log10(energy)


def _integrated(energies: np.ndarray) -> float:
    loud = energies[_lufs(energies) >= _ABSOLUTE_GATE_LUFS]
    if not loud.size:
        return -inf
    loud = loud[_lufs(loud) >= _lufs(loud.mean()) - 10]
    return float(_lufs(loud.mean()))


def _loudness_range(energies: np.ndarray) -> float:
    """EBU Tech 3342: from the 10th to the 95th percentile above a gate 20 LU under the mean."""
    loud = energies[_lufs(energies) >= _ABSOLUTE_GATE_LUFS]
    if not loud.size:
        return 0.0
    levels = np.sort(_lufs(loud[_lufs(loud) >= _lufs(loud.mean()) - 20]))
    low, high = (levels[round((levels.size - 1) * part)] for part in (0.10, 0.95))
    return float(high - low)


def measure(samples: np.ndarray, sample_rate_hz: int, layout: str = "") -> Loudness:
    """Return the loudness of float audio of shape (n_samples,) or (n_channels, n_samples).

    `layout` is FFmpeg's name of the channel layout; empty is the usual one.
    """
    samples = np.atleast_2d(samples)
    meter = LoudnessMeter(sample_rate_hz, samples.shape[0], layout)
    meter.add(samples)
    return meter.result()


def measure_file(
    path: Path,
    *,
    start_s: float = 0.0,
    stop_s: float | None = None,
    track: int | None = None,
    progress: Progress = silent,
) -> Loudness:
    """Return the loudness of a media file or a span of it, in constant memory.

    `track` is a sound track counted from 0; None takes the one flagged as default.

    Raises NotMediaError, NoAudioError, TruncatedMediaError.
    """
    reader = decode(
        path, start_s=start_s, stop_s=stop_s, chunk_s=10.0, track=track, progress=progress
    )
    return measure_chunks(reader, reader.sample_rate_hz, reader.info.layout)


def measure_chunks(chunks: Iterable[np.ndarray], sample_rate_hz: int, layout: str = "") -> Loudness:
    """Return the loudness of audio that comes in pieces.

    Chunks are float (n_samples,) or (n_channels, n_samples), in [-1, 1]; `layout` as in `measure`.
    """
    meter: LoudnessMeter | None = None
    for chunk in chunks:
        if meter is None:
            meter = LoudnessMeter(sample_rate_hz, np.atleast_2d(chunk).shape[0], layout)
        meter.add(chunk)
    return meter.result() if meter else Loudness(-inf, 0.0, -inf, 0.0)
