"""The mixing desk: reverb, loudness after ITU-R BS.1770, and a limiter that tells its gain."""

import numpy as np
from numpy.typing import NDArray

Audio = NDArray[np.float32]


_BLOCK = 1 << 17


def reverb(
    track: Audio, sample_rate_hz: int, *, seconds: float, seed: int, bright_hz: float = 5000.0
) -> Audio:
    """The room's answer to a mono track: (n,) in, (2, n) out, about as loud as the track.

    The room is a decaying noise, another one for each ear; the convolution goes block by block.
    """
    from scipy.fft import irfft, next_fast_len, rfft
    from scipy.signal import butter, sosfilt

    rng = np.random.default_rng(seed)
    time = np.arange(int(seconds * sample_rate_hz)) / sample_rate_hz
    response = rng.standard_normal((2, time.size)) * np.exp(-6.9 * time / seconds)
    response *= 1.0 - np.exp(-time / 0.004)
    response = np.pad(response, ((0, 0), (int(0.018 * sample_rate_hz), 0)))
    band = (180.0, min(bright_hz, 0.45 * sample_rate_hz))
    response = sosfilt(butter(1, band, "bandpass", fs=sample_rate_hz, output="sos"), response)
    response /= np.sqrt(np.sum(response**2, axis=1, keepdims=True))

    n = track.size
    n_fft = next_fast_len(_BLOCK + response.shape[1], real=True)
    kernels = rfft(response.astype(np.float32), n_fft)
    out = np.zeros((2, n + n_fft), np.float32)
    for start in range(0, n, _BLOCK):
        spectrum = rfft(track[start : start + _BLOCK], n_fft)
        out[:, start : start + n_fft] += irfft(spectrum * kernels, n_fft)
    return out[:, :n]


def loudness_lufs(audio: Audio, sample_rate_hz: int) -> float:
    """Integrated loudness of (2, n) audio with both gates of ITU-R BS.1770-4; -70 for silence."""
    return gated_lufs(block_powers(audio, sample_rate_hz))


def block_powers(audio: Audio, sample_rate_hz: int) -> NDArray[np.float64]:
    """K-weighted power of overlapping blocks of 0.4 s, one each 0.1 s, channels summed.

    `audio` is float32 (n_samples,) or (n_channels, n_samples); the result is float64
    (n_blocks,).

    Powers of tracks that have nothing to do with each other add up to that of their mix.
    """
    from scipy.signal import sosfilt

    hop = int(0.1 * sample_rate_hz)
    n_hops = audio.shape[-1] // hop
    if n_hops < 4:
        return np.zeros(0)
    sections = _k_weighting(sample_rate_hz)
    power = np.zeros(n_hops)
    for channel in audio:
        weighted = sosfilt(sections, channel[: n_hops * hop])
        power += np.einsum("ij,ij->i", *[weighted.reshape(n_hops, hop)] * 2) / hop
    return np.convolve(power, np.full(4, 0.25), "valid")


def gated_lufs(powers: NDArray[np.float64]) -> float:
    """Integrated loudness of block powers, after the absolute and the relative gate.

    `powers` is float64 (n_blocks,), as of `block_powers`; the result is in LUFS.
    """
    loud = powers[_lufs(powers) > -70.0]
    if not loud.size:
        return -70.0
    loud = loud[_lufs(loud) > _lufs(loud.mean()) - 10.0]
    return float(_lufs(loud.mean()))


def _lufs(power: NDArray[np.float64] | np.float64) -> NDArray[np.float64]:
    return np.asarray(-0.691 + 10.0 * np.log10(np.maximum(power, 1e-12)))


def _k_weighting(rate: int) -> NDArray[np.float64]:
    """The standard's two filters, made again for any sample rate from their analogue
    description."""
    gain = 10.0 ** (3.999843853973347 / 20.0)
    half = gain**0.4996667741545416
    k = np.tan(np.pi * 1681.974450955533 / rate)
    q = 0.7071752369554196
    a0 = 1.0 + k / q + k * k
    shelf = [
        (gain + half * k / q + k * k) / a0,
        2.0 * (k * k - gain) / a0,
        (gain - half * k / q + k * k) / a0,
        1.0,
        2.0 * (k * k - 1.0) / a0,
        (1.0 - k / q + k * k) / a0,
    ]
    k = np.tan(np.pi * 38.13547087602444 / rate)
    q = 0.5003270373238773
    a0 = 1.0 + k / q + k * k
    high_pass = [1.0, -2.0, 1.0, 1.0, 2.0 * (k * k - 1.0) / a0, (1.0 - k / q + k * k) / a0]
    return np.array([shelf, high_pass])


def limiter_gain(audio: Audio, sample_rate_hz: int, ceiling: float) -> Audio:
    """Gain (n,) that keeps (2, n) audio under `ceiling`; smooth over 5 ms, never above one."""
    from scipy.ndimage import minimum_filter1d, uniform_filter1d

    block = 32
    n = audio.shape[-1]
    n_blocks = -(-n // block)
    peaks = np.zeros(n_blocks * block, np.float32)
    np.max(np.abs(audio), axis=0, out=peaks[:n])
    need = np.minimum(1.0, ceiling / np.maximum(peaks.reshape(n_blocks, block).max(1), 1e-9))
    width = max(int(0.005 * sample_rate_hz / block), 1)
    held = minimum_filter1d(need, 4 * width + 3, mode="nearest")
    smooth = np.asarray(uniform_filter1d(held, 2 * width + 1, mode="nearest"))
    centres = (np.arange(n_blocks) + 0.5) * block
    result: Audio = np.interp(np.arange(n), centres, smooth).astype(np.float32)
    return result
