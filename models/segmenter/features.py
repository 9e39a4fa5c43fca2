"""Log-mel frames and frame energies of 16 kHz mono sound, as inaSpeechSegmenter computes them.

Frames of 400 samples every 160, a frame only where 400 samples are left; pre-emphasis 0.97 inside
the frame (its first sample against itself), symmetric Hann window, power spectrum of 512 points,
24 triangular filters of equal area on the HTK mel scale from 100 to 8000 Hz, natural logarithm.
"""

import numpy as np
from scipy import fft

SAMPLE_RATE_HZ = 16000
FRAME_SAMPLES = 400
HOP_SAMPLES = 160
N_BANDS = 24

_PRE_EMPHASIS = np.float32(0.97)
_N_FFT = 512
_BLOCK_FRAMES = 500  # frames worked on at once: small enough to stay in the processor's cache


def n_frames(n_samples: int) -> int:
    """Return how many whole frames fit in `n_samples`."""
    return 0 if n_samples < FRAME_SAMPLES else (n_samples - FRAME_SAMPLES) // HOP_SAMPLES + 1


def mel_filters() -> np.ndarray:
    """The filter bank, float32 (257, 24).

    Corners fall on whole bins (rounded down, plus one), the slopes are those of the true
    frequencies, the height makes every triangle's area equal (Slaney's normalisation).
    """

    def to_mel(hz: float) -> float:
        return 2595 * float(np.log10(1 + hz / 700.0))

    low, high = to_mel(100), to_mel(8000)
    step = (high - low) / (N_BANDS + 1)
    corners = 700.0 * (10 ** ((low + np.arange(N_BANDS + 2) * step) / 2595.0) - 1)
    bins_hz = np.arange(_N_FFT) / (1.0 * _N_FFT) * SAMPLE_RATE_HZ
    first_bin = np.floor(corners * _N_FFT / SAMPLE_RATE_HZ).astype(int) + 1
    bank = np.zeros((N_BANDS, _N_FFT // 2 + 1), np.float32)
    for band in range(N_BANDS):
        left, centre, right = corners[band : band + 3]
        height = 2.0 / (right - left)
        rising = np.arange(first_bin[band], first_bin[band + 1])
        falling = np.arange(first_bin[band + 1], min(first_bin[band + 2], _N_FFT))[:-1]
        bank[band, rising] = height / (centre - left) * (bins_hz[rising] - left)
        bank[band, falling] = height / (right - centre) * (right - bins_hz[falling])
    return np.ascontiguousarray(bank.T)


class FrontEnd:
    """Turns a stream of sample chunks into frames; what does not fill a frame waits for more.

    `precise` uses double precision in the transform, as inaSpeechSegmenter does; without it the
    transform runs in single precision (twice as fast, differences around 1e-6 in the logarithm).
    """

    def __init__(self, *, precise: bool) -> None:
        self._window = np.hanning(FRAME_SAMPLES).astype(np.float64 if precise else np.float32)
        self._filters = mel_filters()
        self._rest = np.zeros(0, np.float32)
        self._padded = np.zeros((_BLOCK_FRAMES, _N_FFT), self._window.dtype)

    def push(self, samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Frames completed by `samples` (float32, (n,)).

        Returns:
            log-mel float32 (n_frames, 24) and log energy float32 (n_frames,), natural logarithms,
            -inf for digital silence.
        """
        samples = np.concatenate([self._rest, samples]) if len(self._rest) else samples
        n = n_frames(len(samples))
        self._rest = samples[n * HOP_SAMPLES :].copy()
        mel = np.empty((n, N_BANDS), np.float32)
        energy = np.empty(n, np.float32)
        if not n:
            return mel, energy
        emphasised = np.empty_like(samples)
        emphasised[0] = 0
        np.subtract(samples[1:], samples[:-1] * _PRE_EMPHASIS, out=emphasised[1:])
        firsts = samples[: n * HOP_SAMPLES : HOP_SAMPLES]
        firsts = firsts - firsts * _PRE_EMPHASIS
        frames = np.lib.stride_tricks.sliding_window_view(emphasised, FRAME_SAMPLES)[::HOP_SAMPLES]
        with np.errstate(divide="ignore"):
            for start in range(0, n, _BLOCK_FRAMES):
                stop = min(start + _BLOCK_FRAMES, n)
                block = frames[start:stop]
                squares = np.square(block)
                squares[:, 0] = np.square(firsts[start:stop])
                energy[start:stop] = np.log(squares.sum(axis=1))
                padded = self._padded[: stop - start]
                np.multiply(block, self._window, out=padded[:, :FRAME_SAMPLES])
                spectrum = fft.rfft(padded, axis=-1)
                power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32, copy=False)
                mel[start:stop] = np.log(power @ self._filters)
        return mel, energy
