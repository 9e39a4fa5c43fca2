"""Short-time spectra of audio that comes in chunks, and back, exactly as long as it was."""

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
import numpy.typing as npt
from scipy.fft import irfft, rfft

Audio = npt.NDArray[np.float32]
Spectrum = npt.NDArray[np.complex64]
Masks = Sequence[npt.NDArray[np.float32]]
Masker = Callable[[Spectrum], Masks]
"""Maps spectra (n_channels, n_frames, n_bins) to one or more masks of a shape that fits."""


_AT_ONCE = 64
"""Frames transformed together: the copies of a whole block take more memory than a network."""


def hann(n_samples: int) -> Audio:
    """The periodic Hann window, float32 (n_samples,)."""
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n_samples) / n_samples)).astype(np.float32)


def spectra(samples: Audio, window: Audio, hop: int) -> Spectrum:
    """Spectra of all whole frames: complex64 (n_channels, n_frames, window // 2 + 1)."""
    frames = np.lib.stride_tricks.sliding_window_view(samples, len(window), axis=1)[:, ::hop]
    out = np.empty((*frames.shape[:2], len(window) // 2 + 1), np.complex64)
    for at in range(0, frames.shape[1], _AT_ONCE):
        some = slice(at, at + _AT_ONCE)
        out[:, some] = rfft(frames[:, some] * window, axis=2)
    return out


def overlap_add(
    spectrum: Spectrum, mask: npt.NDArray[np.float32], window: Audio, hop: int
) -> Audio:
    """Masked frames back to samples, float32 (n_channels, (n_frames - 1) * hop + window).

    `mask` fits `spectrum`. `window` is the synthesis window, a multiple of `hop` long.
    """
    n_channels, n_frames, _ = spectrum.shape
    mask = np.broadcast_to(mask, spectrum.shape)
    n_parts = len(window) // hop
    out = np.zeros((n_channels, n_frames + n_parts - 1, hop), np.float32)
    for at in range(0, n_frames, _AT_ONCE):
        some = slice(at, min(at + _AT_ONCE, n_frames))
        frames = irfft(spectrum[:, some] * mask[:, some], len(window), axis=2) * window
        for part in range(n_parts):
            out[:, some.start + part : some.stop + part] += frames[
                :, :, part * hop : (part + 1) * hop
            ]
    return out.reshape(n_channels, -1)


def masked_stream(
    chunks: Iterable[Audio],
    masker: Masker,
    *,
    n_window: int,
    hop: int,
    n_block: int,
    n_margin: int,
    lead: int | None = None,
) -> Iterator[tuple[Audio, list[Audio]]]:
    """Yield (mix, [masked, ...]) pieces, sample by sample the length of what came.

    Each block of `n_block` frames is masked with `n_margin` frames before and after it for
    context, so that a network sees no edge inside the audio. Windows overlap fourfold. `lead`
    zeros come before the audio, by default as few as put every sample under four windows.
    """
    if n_window != 4 * hop:
        raise ValueError("the window must be four hops long")
    window = hann(n_window)
    # Hann squared at a fourfold overlap adds up to 1.5.
    synthesis = window / np.float32(1.5)
    lead = n_window - hop if lead is None else lead
    buffer: Audio | None = None
    first = 0
    """Frame at which `buffer` starts."""
    done = 0
    """Frames that are masked."""
    n_in = n_out = 0
    tails: list[Audio] = []

    def render(
        ready: Audio, start: int, stop: int, last: bool
    ) -> Iterator[tuple[Audio, list[Audio]]]:
        nonlocal tails, n_out
        low = max(first, start - n_margin)
        high = min(first + (ready.shape[1] - n_window) // hop + 1, stop + n_margin)
        piece = ready[:, (low - first) * hop : (high - 1 - first) * hop + n_window]
        spectrum = spectra(piece, window, hop)
        inner = slice(start - low, stop - low)
        sums = [
            overlap_add(spectrum[:, inner], mask[:, inner], synthesis, hop)
            for mask in masker(spectrum)
        ]
        for total, tail in zip(sums, tails, strict=False):
            total[:, : tail.shape[1]] += tail
        keep = (stop - start) * hop
        tails = [total[:, keep:] for total in sums]
        # The first `lead` samples are the zeros put before the audio.
        skip = max(0, lead - start * hop)
        at = (start - first) * hop
        n_now = max(0, min(keep - skip, n_in - n_out)) if last else max(0, keep - skip)
        mix = ready[:, at + skip : at + skip + n_now]
        masked = [total[:, skip : skip + n_now] for total in sums]
        n_out += mix.shape[1]
        if mix.shape[1]:
            yield mix, masked

    for chunk in chunks:
        if not chunk.shape[1]:
            continue
        if buffer is None:
            buffer = np.zeros((chunk.shape[0], lead), np.float32)
        n_in += chunk.shape[1]
        buffer = np.concatenate([buffer, chunk.astype(np.float32, copy=False)], axis=1)
        while buffer.shape[1] >= (done - first + n_block + n_margin - 1) * hop + n_window:
            yield from render(buffer, done, done + n_block, last=False)
            done += n_block
            drop = max(0, done - n_margin - first)
            buffer = buffer[:, drop * hop :]
            first += drop
    if buffer is None:
        return
    # Enough zeros for every sample to lie under four windows.
    n_frames = -(-(lead + n_in) // hop)
    wanted = (n_frames - 1 - first) * hop + n_window
    buffer = np.pad(buffer, ((0, 0), (0, max(0, wanted - buffer.shape[1]))))
    while done < n_frames:
        stop = min(done + n_block, n_frames)
        yield from render(buffer, done, stop, last=stop == n_frames)
        done = stop
