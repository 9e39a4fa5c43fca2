"""A mask network of 1 M parameters up to 8 kHz, times a mask for what sits in the stereo centre."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from utawaku.models.onnx_session import load_network
from utawaku.models.separator.engine import Audio, Stems
from utawaku.models.separator.stft import Block, MasksOf, Spectrum, masked_stream

N_BINS = 512
"""Bins that the network sees: 0 to 8 kHz."""
HOP_S = 0.016
_FRAMES_MULTIPLE = 32
_BLOCK_FRAMES = 448
_MARGIN_FRAMES = 32
_TOP_BINS = 16
"""Highest bins of the network whose mean stands for all above 8 kHz."""
_QUIET = 1e-4
"""Mean magnitude per sample of the window below which nothing is scaled up."""
_GRID = 16
"""Hops are multiples of this, so that transforms have friendly lengths."""


class BuiltinSeparator:
    """The shipped network; any sample rate, any number of channels.

    Stereo is masked per bin by how central it is as well. Other channel counts share one mask.
    """

    name = "builtin"
    version = "1"

    def __init__(self, weights: Path, *, threads: int = 0, model_version: str = "") -> None:
        """Load the network.

        Raises:
            WeightsCorruptError: not an ONNX file of the expected shape.
        """
        self.model_version = model_version
        self._session = load_network(
            weights,
            shape=(None, N_BINS, None),
            pull="vocal-unet",
            threads=threads,
            keeps_memory=False,
            accelerated=True,
        )

    def stream(self, chunks: Iterable[Audio], sample_rate_hz: int) -> Iterator[Stems]:
        """See `utawaku.models.separator.engine.Separator`."""
        hop = network_hop(sample_rate_hz)
        pieces = masked_stream(
            (np.nan_to_num(np.atleast_2d(chunk)) for chunk in chunks),
            self._mask,
            n_window=4 * hop,
            hop=hop,
            n_block=_BLOCK_FRAMES,
            n_margin=_MARGIN_FRAMES,
        )
        for mix, (vocals,) in pieces:
            yield Stems(vocals, mix - vocals)

    def _mask(self, block: Block) -> MasksOf:
        """Vocals' share of each bin: one mask, float32 (1, n_some, n_bins)."""
        n_bins = block.n_bins
        n_seen = min(N_BINS, n_bins)
        padded = -(-block.n_frames // _FRAMES_MULTIPLE) * _FRAMES_MULTIPLE
        magnitude = np.zeros((1, N_BINS, padded), np.float32)
        for some, spectrum in block:
            magnitude[0, :n_seen, some] = np.abs(spectrum[:, :, :n_seen].mean(axis=0)).T
        level = 8 * float(magnitude[0, :, : block.n_frames].mean())
        level = max(level, _QUIET * (n_bins - 1))
        magnitude /= np.float32(level)
        (out,) = self._session.run(None, {"mag": magnitude})
        seen = out[0, :n_seen, : block.n_frames].T

        def mask_of(some: slice, spectrum: Spectrum) -> list[npt.NDArray[np.float32]]:
            of_voice = seen[some]
            mask = np.zeros((len(of_voice), n_bins), np.float32)
            mask[:, :n_seen] = of_voice
            if n_bins > N_BINS:
                mask[:, N_BINS:] = mask[:, N_BINS - _TOP_BINS : N_BINS].mean(axis=1, keepdims=True)
            if block.n_channels == 2:
                mask *= centre_mask(spectrum)
            return [mask[None]]

        return mask_of


def network_hop(sample_rate_hz: int) -> int:
    """Samples between the network's frames at a rate; its window is four of them."""
    return max(_GRID, int(sample_rate_hz * HOP_S) // _GRID * _GRID)


def centre_mask(spectrum: Spectrum) -> npt.NDArray[np.float32]:
    """Return how central each bin of complex stereo spectra (2, n_frames, n_bins) is, squared:
    1 centre, 0 side.

    2 max(0, Re(L conj R)) / (|L|^2 + |R|^2), squared; 1 where there is silence.
    """
    left, right = spectrum
    cross = np.maximum(0, left.real * right.real + left.imag * right.imag)
    power = left.real**2 + left.imag**2 + right.real**2 + right.imag**2
    tiny = np.float32(1e-12)
    result: npt.NDArray[np.float32] = np.square((2 * cross + tiny) / (power + tiny))
    return result
