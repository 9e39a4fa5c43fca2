"""MFCC as librosa 0.8 computes them by default, in two passes and flat memory.

16 kHz mono, Hann frames of 2048 every 160 samples centred with reflected ends, power spectrum, 128
Slaney mel bands from 0 to 8 kHz, decibels no more than 80 below the loudest of the whole file,
orthonormal DCT-II, the first 40. The loudest value of the file decides, hence the two passes.
"""

from collections.abc import Callable, Iterable, Iterator

import numpy as np
import numpy.typing as npt
from scipy.fft import dct, rfft

Array = npt.NDArray[np.float32]
Reader = Callable[[], Iterable[Array]]
"""Starts reading the same audio again: float32 (n_samples,) chunks at 16 kHz."""

SAMPLE_RATE_HZ = 16_000
HOP = 160
N_FFT = 2048
N_MEL = 128
N_MFCC = 40
_TOP_DB = 80.0
_LEAST = 1e-10
_BLOCK = 2048


def mfcc(samples: Array) -> Array:
    """Float32 (n_frames, 40) of audio that is all in memory; n_frames is 1 + n_samples // 160."""
    blocks = list(mfcc_stream(lambda: [samples]))
    return np.concatenate(blocks) if blocks else np.zeros((0, N_MFCC), np.float32)


def mfcc_stream(read: Reader) -> Iterator[Array]:
    """Yield float32 (n, 40) blocks of a file's MFCC in order; reads it twice."""
    loudest = max((float(block.max()) for block in _mel_db(read())), default=0.0)
    for block in _mel_db(read()):
        clipped = np.maximum(block, loudest - _TOP_DB)
        yield dct(clipped, type=2, norm="ortho", axis=1)[:, :N_MFCC].astype(np.float32)


def _mel_db(chunks: Iterable[Array]) -> Iterator[Array]:
    """Decibel mel spectra, float32 (n, 128) blocks."""
    window = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(N_FFT) / N_FFT)).astype(np.float32)
    filters = slaney_filters()
    for samples in _framed(chunks):
        frames = np.lib.stride_tricks.sliding_window_view(samples, N_FFT)[::HOP]
        for at in range(0, len(frames), _BLOCK):
            power = np.abs(rfft(frames[at : at + _BLOCK] * window, axis=1)) ** 2
            yield (10 * np.log10(np.maximum(_LEAST, power @ filters))).astype(np.float32)


def _framed(chunks: Iterable[Array]) -> Iterator[Array]:
    """Pieces that hold whole frames, with both ends of the audio reflected by half a frame."""
    half = N_FFT // 2
    buffer = np.zeros(0, np.float32)
    started = False
    for chunk in chunks:
        buffer = np.concatenate([buffer, np.nan_to_num(chunk)])
        if not started and len(buffer) > half:
            buffer = np.concatenate([buffer[half:0:-1], buffer])
            started = True
        # One half frame stays behind: the end must be there to be reflected.
        n_frames = (len(buffer) - half - 1 - N_FFT) // HOP + 1
        if started and n_frames > 0:
            yield buffer[: (n_frames - 1) * HOP + N_FFT]
            buffer = buffer[n_frames * HOP :]
    if not started:
        if not len(buffer):
            return
        yield np.pad(buffer, half, mode="reflect" if len(buffer) > 1 else "edge")
        return
    buffer = np.concatenate([buffer, buffer[-2 : -half - 2 : -1]])
    if len(buffer) >= N_FFT:
        yield buffer


def slaney_filters() -> Array:
    """Slaney's mel filters of equal area: float32 (1025, 128)."""
    step_hz, break_hz = 200.0 / 3, 1000.0
    log_step = np.log(6.4) / 27
    top = break_hz / step_hz + np.log(SAMPLE_RATE_HZ / 2 / break_hz) / log_step
    mels = np.linspace(0, top, N_MEL + 2)
    linear = mels * step_hz
    edges = np.where(
        mels < break_hz / step_hz,
        linear,
        break_hz * np.exp(log_step * (mels - break_hz / step_hz)),
    )
    bins = np.linspace(0, SAMPLE_RATE_HZ / 2, N_FFT // 2 + 1)[:, None]
    low, centre, high = edges[:-2], edges[1:-1], edges[2:]
    rising, falling = (bins - low) / (centre - low), (high - bins) / (high - centre)
    weights = np.maximum(0, np.minimum(rising, falling)) * (2 / (high - low))
    result: Array = weights.astype(np.float32)
    return result
