"""Spleeter's separation: 44.1 kHz, windows of 4096, masks from two networks, in flat memory."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from utawaku.library.errors import EngineError
from utawaku.models.onnx_session import CPU_OR_OPENVINO, load_network
from utawaku.models.separator.engine import Audio, Stems
from utawaku.models.separator.spleeter.network import N_BINS, N_CHANNELS, N_FRAMES
from utawaku.models.separator.stft import Spectrum, masked_stream

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
            providers=CPU_OR_OPENVINO,
        )

    def stream(self, chunks: Iterable[Audio], sample_rate_hz: int) -> Iterator[Stems]:
        """See `utawaku.models.separator.engine.Separator`."""
        clean = (np.nan_to_num(np.atleast_2d(chunk)) for chunk in chunks)
        if sample_rate_hz == SAMPLE_RATE_HZ:
            yield from self._stems(clean)
        else:
            yield from self._resampled(clean, sample_rate_hz)

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

    def _resampled(self, chunks: Iterable[Audio], rate: int) -> Iterator[Stems]:
        """As `_stems`, with the mix at `rate` brought to 44.1 kHz and the stems brought back."""
        import soxr

        waiting: list[Audio] = []
        n_in = 0

        def converted() -> Iterator[Audio]:
            nonlocal n_in
            resampler = None
            for chunk in chunks:
                if resampler is None:
                    resampler = soxr.ResampleStream(rate, SAMPLE_RATE_HZ, len(chunk))
                waiting.append(chunk)
                n_in += chunk.shape[1]
                yield resampler.resample_chunk(np.ascontiguousarray(chunk.T)).T.reshape(
                    len(chunk), -1
                )
            if resampler is not None:
                n_channels = len(waiting[0])
                last = resampler.resample_chunk(np.zeros((0, n_channels), np.float32), last=True)
                yield last.T.reshape(n_channels, -1)

        back: list[soxr.ResampleStream] = []
        n_out = 0
        for stems in self._stems(converted()):
            n_channels = len(stems.vocals)
            back = back or [soxr.ResampleStream(SAMPLE_RATE_HZ, rate, n_channels) for _ in stems]
            pair = [
                resampler.resample_chunk(np.ascontiguousarray(part.T)).T.reshape(n_channels, -1)
                for resampler, part in zip(back, stems, strict=True)
            ]
            n_now = min(pair[0].shape[1], n_in - n_out)
            n_out += n_now
            if n_now:
                yield self._with_mix(waiting, pair[0][:, :n_now], pair[1][:, :n_now])
        if n_out < n_in:
            n_channels = len(waiting[0])
            missing = n_in - n_out
            pair = []
            for resampler in back:
                last = resampler.resample_chunk(np.zeros((0, n_channels), np.float32), last=True)
                rest = last.T.reshape(n_channels, -1)[:, :missing]
                pair.append(np.pad(rest, ((0, 0), (0, missing - rest.shape[1]))))
            yield self._with_mix(waiting, pair[0], pair[1])

    def _with_mix(self, waiting: list[Audio], vocals: Audio, accompaniment: Audio) -> Stems:
        """Return where the stems are to add up, take the accompaniment from the mix at its own
        rate.
        """
        n_now = vocals.shape[1]
        mix = np.concatenate(waiting, axis=1) if len(waiting) > 1 else waiting[0]
        waiting[:] = [mix[:, n_now:]]
        if self._extension == "average":
            accompaniment = mix[:, :n_now] - vocals
        return Stems(vocals, accompaniment)

    def _masks(self, spectrum: Spectrum) -> list[npt.NDArray[np.float32]]:
        n_channels, n_frames, n_bins = spectrum.shape
        heard = spectrum if n_channels == N_CHANNELS else spectrum.mean(axis=0, keepdims=True)
        mix = np.zeros((1, N_CHANNELS, N_FRAMES, N_BINS), np.float32)
        mix[0, :, :n_frames] = np.abs(heard[:, :, :N_BINS])
        (out,) = self._session.run(None, {"mix": mix})
        seen = out[0, : len(heard), :n_frames]
        vocals = np.zeros((len(heard), n_frames, n_bins), np.float32)
        vocals[:, :, :N_BINS] = seen
        if self._extension == "average":
            vocals[:, :, N_BINS:] = seen.mean(axis=2, keepdims=True)
            return [vocals]
        accompaniment = np.zeros_like(vocals)
        accompaniment[:, :, :N_BINS] = 1 - seen
        return [vocals, accompaniment]
