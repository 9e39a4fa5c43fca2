"""Short-time spectra of audio that comes in chunks, and back, exactly as long as it was."""

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
import numpy.typing as npt
from scipy.fft import irfft, rfft

Audio = npt.NDArray[np.float32]
Spectrum = npt.NDArray[np.complex64]
Masks = Sequence[npt.NDArray[np.float32]]
MasksOf = Callable[[slice, Spectrum], Masks]
"""Gives one or more masks of some frames of a block and their spectra, of a shape that fits."""


_AT_ONCE = 64
"""Frames transformed together."""


def hann(n_samples: int) -> Audio:
    """The periodic Hann window, float32 (n_samples,)."""
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n_samples) / n_samples)).astype(np.float32)


def spectra(samples: Audio, window: Audio, hop: int) -> Spectrum:
    """Spectra of all whole frames: complex64 (n_channels, n_frames, window // 2 + 1)."""
    block = Block(samples, window, hop)
    out = np.empty((len(samples), block.n_frames, len(window) // 2 + 1), np.complex64)
    for some, spectrum in block:
        out[:, some] = spectrum
    return out


class Block:
    """Spectra of samples, a few frames at a time: all at once take more memory than a network."""

    def __init__(self, samples: Audio, window: Audio, hop: int) -> None:
        """Take float32 (n_channels, n_samples); nothing is transformed yet."""
        self._window = window
        frames = np.lib.stride_tricks.sliding_window_view(samples, len(window), axis=1)[:, ::hop]
        self._frames = frames
        self.n_channels, self.n_frames = frames.shape[:2]
        self.n_bins = len(window) // 2 + 1

    def __iter__(self) -> Iterator[tuple[slice, Spectrum]]:
        """Yield frames and their spectra, complex64 (n_channels, n_some, n_bins)."""
        return self.spectra_of(slice(0, self.n_frames))

    def spectra_of(self, frames: slice) -> Iterator[tuple[slice, Spectrum]]:
        """Yield the frames of a span, and their spectra."""
        for start in range(frames.start, frames.stop, _AT_ONCE):
            some = slice(start, min(start + _AT_ONCE, frames.stop))
            yield some, rfft(self._frames[:, some] * self._window, axis=2)


Masker = Callable[[Block], MasksOf]
"""Hears a block as a whole."""


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
    zeros come before the audio, by default as few as put every sample under four windows. Pieces
    are far shorter than blocks, so that what is done with them needs little memory.
    """
    if n_window != 4 * hop:
        raise ValueError("the window must be four hops long")
    # As many zeros as put every sample under four windows.
    lead = n_window - hop if lead is None else lead
    yield from _MaskedStream(masker, hop, n_block, n_margin, lead).pieces(chunks)


class _MaskedStream:
    """Audio on its way through a masker; see `masked_stream`."""

    def __init__(self, masker: Masker, hop: int, n_block: int, n_margin: int, lead: int) -> None:
        self._masker = masker
        self._hop, self._n_window = hop, 4 * hop
        self._n_block, self._n_margin, self._lead = n_block, n_margin, lead
        self._window = hann(self._n_window)
        # Hann squared at a fourfold overlap adds up to 1.5.
        self._synthesis = self._window / np.float32(1.5)
        self._buffer: Audio = np.zeros((0, 0), np.float32)
        self._first = 0
        """Frame at which the buffer starts."""
        self._n_in = self._n_out = 0
        self._tails: list[Audio] = []
        """For each mask the samples that frames to come are added to."""

    def pieces(self, chunks: Iterable[Audio]) -> Iterator[tuple[Audio, list[Audio]]]:
        hop, n_block, n_margin = self._hop, self._n_block, self._n_margin
        done = 0
        """Frames that are masked."""
        for chunk in chunks:
            if not chunk.shape[1]:
                continue
            if not self._n_in:
                self._buffer = np.zeros((len(chunk), self._lead), np.float32)
            self._n_in += chunk.shape[1]
            self._buffer = np.concatenate([self._buffer, chunk.astype(np.float32, copy=False)], 1)
            while self._n_ready() >= done + n_block + n_margin:
                yield from self._masked(done, done + n_block)
                done += n_block
                drop = max(0, done - n_margin - self._first)
                self._buffer = self._buffer[:, drop * hop :].copy()
                self._first += drop
        if not self._n_in:
            return
        # Enough zeros for every sample to lie under four windows.
        n_frames = -(-(self._lead + self._n_in) // hop)
        wanted = (n_frames - 1 - self._first) * hop + self._n_window
        missing = max(0, wanted - self._buffer.shape[1])
        self._buffer = np.pad(self._buffer, ((0, 0), (0, missing)))
        for start in range(done, n_frames, n_block):
            yield from self._masked(start, min(start + n_block, n_frames))

    def _n_ready(self) -> int:
        """Return how many frames from the start of the audio on are in the buffer whole."""
        n_samples: int = self._buffer.shape[1]
        return self._first + (n_samples - self._n_window) // self._hop + 1

    def _masked(self, start: int, stop: int) -> Iterator[tuple[Audio, list[Audio]]]:
        """Yield the samples that are complete with the frames [start, stop)."""
        low = max(self._first, start - self._n_margin)
        high = min(self._n_ready(), stop + self._n_margin)
        heard = slice((low - self._first) * self._hop, None)
        n_samples = (high - 1 - low) * self._hop + self._n_window
        block = Block(self._buffer[:, heard][:, :n_samples], self._window, self._hop)
        masks_of = self._masker(block)
        # Transformed again, which is cheaper than to hold on to all of it.
        for some, spectrum in block.spectra_of(slice(start - low, stop - low)):
            at = some.start + low
            done = self._complete(spectrum, masks_of(some, spectrum))
            # The first `lead` samples are the zeros put before the audio.
            skip = max(0, self._lead - at * self._hop)
            n_now = max(0, min(done[0].shape[1] - skip, self._n_in - self._n_out))
            if n_now:
                self._n_out += n_now
                mix = self._buffer[:, (at - self._first) * self._hop + skip :][:, :n_now]
                yield mix, [one[:, skip : skip + n_now] for one in done]

    def _complete(self, spectrum: Spectrum, masks: Masks) -> list[Audio]:
        """Return for each mask the samples (n_channels, n_frames * hop) that no later frame adds
        to, and keep those that one does.
        """
        n_channels, n_frames, _ = spectrum.shape
        hop, n_kept = self._hop, self._n_window // self._hop - 1
        if not self._tails:
            self._tails = [np.zeros((n_channels, n_kept, hop), np.float32) for _ in masks]
        done: list[Audio] = []
        for number, mask in enumerate(masks):
            hops = np.zeros((n_channels, n_frames + n_kept, hop), np.float32)
            hops[:, :n_kept] = self._tails[number]
            samples = irfft(spectrum * mask, self._n_window, axis=2) * self._synthesis
            for part in range(n_kept + 1):
                hops[:, part : part + n_frames] += samples[:, :, part * hop : (part + 1) * hop]
            self._tails[number] = hops[:, n_frames:].copy()
            done.append(hops[:, :n_frames].reshape(n_channels, -1))
        return done
