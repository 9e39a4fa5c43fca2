"""Spleeter's separation: 44.1 kHz, windows of 4096, masks from two networks, in flat memory."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from utawaku.library.errors import EngineError
from utawaku.models.onnx_session import load_network
from utawaku.models.separator.engine import Audio, Stems
from utawaku.models.separator.resampling import stream_at
from utawaku.models.separator.spleeter.network import N_BINS, N_CHANNELS, N_FRAMES
from utawaku.models.separator.stft import Block, MasksOf, Spectrum, masked_stream

SAMPLE_RATE_HZ = 44_100
N_WINDOW = 4096
HOP = 1024
EXTENSIONS = ("zeros", "average")


class SpleeterSeparator:
    """Gives what Spleeter gives on its own checkpoint; other rates are resampled to and fro.

    `zeros` drops all above 11 kHz from both stems, as Spleeter does by default; `average` shares
    it out, so that the stems add up to the mix. Mono is put on both channels; more than two
    channels share the mask of their mean.
    """

    name = "spleeter"
    version = "1"

    def __init__(
        self,
        weights: Path,
        *,
        threads: int = 0,
        extension: str = "zeros",
        model_version: str = "",
    ) -> None:
        """Load the networks; through OpenVINO where that provider is installed.

        Raises:
            WeightsCorruptError: not the converted networks. EngineError: no such extension.
        """
        if extension not in EXTENSIONS:
            raise EngineError(
                "there is no such mask extension",
                subject=extension,
                next_step=f"Choose one of {', '.join(EXTENSIONS)}",
            )
        self.model_version = model_version
        self._extension = extension
        self._session = load_network(
            weights,
            shape=(None, N_CHANNELS, N_FRAMES, N_BINS),
            pull="spleeter-2stems",
            threads=threads,
            keeps_memory=False,
            accelerated=True,
            openvino=True,
        )

    def stream(self, chunks: Iterable[Audio], sample_rate_hz: int) -> Iterator[Stems]:
        """See `utawaku.models.separator.engine.Separator`."""
        yield from stream_at(
            SAMPLE_RATE_HZ,
            self._stems,
            chunks,
            sample_rate_hz,
            adds_up=self._extension == "average",
        )

    def _stems(self, chunks: Iterable[Audio]) -> Iterator[Stems]:
        pieces = masked_stream(
            chunks,
            self._masks,
            n_window=N_WINDOW,
            hop=HOP,
            n_block=N_FRAMES,
            n_margin=0,
            lead=N_WINDOW,
        )
        for mix, (vocals, *rest) in pieces:
            yield Stems(vocals, rest[0] if rest else mix - vocals)

    def _masks(self, block: Block) -> MasksOf:
        mix = np.zeros((1, N_CHANNELS, N_FRAMES, N_BINS), np.float32)
        # What is not stereo is one channel, which goes to both.
        n_heard = N_CHANNELS if block.n_channels == N_CHANNELS else 1
        for some, spectrum in block:
            heard = spectrum[:, :, :N_BINS]
            if n_heard == 1:
                heard = heard.mean(axis=0, keepdims=True)
            mix[0, :, some] = np.abs(heard)
        (out,) = self._session.run(None, {"mix": mix})
        seen = out[0, :n_heard]

        def masks_of(some: slice, _spectrum: Spectrum) -> list[npt.NDArray[np.float32]]:
            of_voice = seen[:, some]
            vocals = np.zeros((*of_voice.shape[:2], block.n_bins), np.float32)
            vocals[:, :, :N_BINS] = of_voice
            if self._extension == "average":
                vocals[:, :, N_BINS:] = of_voice.mean(axis=2, keepdims=True)
                return [vocals]
            accompaniment = np.zeros_like(vocals)
            accompaniment[:, :, :N_BINS] = 1 - of_voice
            return [vocals, accompaniment]

        return masks_of
