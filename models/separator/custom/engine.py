"""Runs a network of the user's own over chunks that are faded over into each other."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from scipy.fft import irfft, rfft

from utawaku.library.errors import EngineError
from utawaku.models.onnx_session import make_session
from utawaku.models.separator.custom.description import MORE, Description
from utawaku.models.separator.engine import Audio, Stems
from utawaku.models.separator.resampling import stream_at
from utawaku.models.separator.stft import hann

if TYPE_CHECKING:
    import onnxruntime

NAME = "custom"


class CustomSeparator:
    """An ONNX network as its description says; any sample rate, any number of channels.

    Channels go through the network in pairs, a single one on both. The memory is that of one chunk,
    whatever the length.
    """

    name = NAME
    version = "1"

    def __init__(
        self, network: Path, description: Description, *, threads: int = 0, model_version: str = ""
    ) -> None:
        """Load the network and compare it with its description.

        Raises:
            EngineError: it is not there, cannot be run, or has another shape than described.
        """
        self.model_version = model_version
        self._description = description
        self._path = network
        self._session = _load(network, threads)
        self._input = self._session.get_inputs()[0].name
        if description.form == "spectrum":
            self._n_bins, self._n_frames = self._spectrum_shape()
            self.chunk_samples = description.hop * (self._n_frames - 1)
            self._wanted: Callable[[Audio], Audio] = self._by_spectrum
        else:
            self.chunk_samples = self._waveform_length()
            self._wanted = self._by_waveform
        self._try_out()

    def stream(self, chunks: Iterable[Audio], sample_rate_hz: int) -> Iterator[Stems]:
        """See `utawaku.models.separator.engine.Separator`."""
        yield from stream_at(
            self._description.sample_rate_hz, self._stems, chunks, sample_rate_hz, adds_up=True
        )

    def _stems(self, chunks: Iterable[Audio]) -> Iterator[Stems]:
        n_overlap = int(self.chunk_samples * self._description.overlap)
        for mix, wanted in faded_over(chunks, self._all_channels, self.chunk_samples, n_overlap):
            rest = mix - wanted
            if self._description.gives == "vocals":
                yield Stems(wanted, rest)
            else:
                yield Stems(rest, wanted)

    def _all_channels(self, mix: Audio) -> Audio:
        """Map (n_channels, n_samples) to the stem of the same shape."""
        at_once = self._description.channels
        parts = []
        for first in range(0, len(mix), at_once):
            some = mix[first : first + at_once]
            heard = np.repeat(some, at_once, axis=0) if len(some) < at_once else some
            found = self._wanted(heard)
            parts.append(found[: len(some)] if len(some) == len(heard) else _mean(found))
        return np.concatenate(parts) * np.float32(self._description.gain)

    def _by_waveform(self, mix: Audio) -> Audio:
        (out,) = self._run(mix[None])
        if out.ndim == 3:
            out = out[min(self._description.stem, len(out) - 1)]
        return np.asarray(out, np.float32)

    def _by_spectrum(self, mix: Audio) -> Audio:
        """Short-time spectra as torch.stft makes them, centred and with reflected ends."""
        n_fft, hop = self._description.n_fft, self._description.hop
        window = hann(n_fft)
        margin = n_fft // 2
        padded = np.pad(mix, ((0, 0), (margin, margin)), mode="reflect")
        frames = np.lib.stride_tricks.sliding_window_view(padded, n_fft, axis=1)[:, ::hop]
        spectrum = rfft(frames * window, axis=2)  # (n_channels, n_frames, n_fft // 2 + 1)
        seen = spectrum[:, :, : self._n_bins].transpose(0, 2, 1)
        parts = np.stack([seen.real, seen.imag], axis=1).astype(np.float32)
        parts[:, :, : self._description.silent_bins] = 0
        (out,) = self._run(parts.reshape(1, -1, *parts.shape[2:]))
        found = np.asarray(out, np.float32).reshape(parts.shape)
        whole = np.zeros(spectrum.shape, np.complex64)
        whole[:, :, : self._n_bins] = (found[:, 0] + 1j * found[:, 1]).transpose(0, 2, 1)
        return _inverse(whole, window, hop)[:, margin : margin + mix.shape[1]]

    def _run(self, value: npt.NDArray[np.float32]) -> Any:
        try:
            return self._session.run(None, {self._input: value})[0]
        except Exception as error:  # ONNX Runtime's errors share no base class
            raise self._wrong(f"the network cannot take {list(value.shape)} ({error})") from error

    def _spectrum_shape(self) -> tuple[int, int]:
        """Bins and frames of the network's input."""
        shape = self._session.get_inputs()[0].shape
        most = self._description.n_fft // 2 + 1
        if len(shape) != 4 or not all(isinstance(length, int) for length in shape[1:]):
            raise self._wrong(f"takes input of shape {shape}, not (n, parts, n_bins, n_frames)")
        _, n_parts, n_bins, n_frames = shape
        if n_parts != 2 * self._description.channels:
            raise self._wrong(f"takes {n_parts} parts, not real and imaginary of each channel")
        if n_bins > most:
            raise self._wrong(f"takes {n_bins} bins, and n_fft has {most}")
        if (n_frames - 1) * self._description.hop <= self._description.n_fft:
            raise self._wrong(f"takes {n_frames} frames, less than two windows")
        return n_bins, n_frames

    def _waveform_length(self) -> int:
        """Samples of a chunk."""
        shape = self._session.get_inputs()[0].shape
        # A length that is free is a name or None.
        channels = shape[1] if len(shape) == 3 else 0
        if len(shape) != 3 or (
            channels != self._description.channels and isinstance(channels, int)
        ):
            raise self._wrong(f"takes input of shape {shape}, not (n, channels, n_samples)")
        length = shape[2] if isinstance(shape[2], int) else self._description.chunk
        if length <= 0:
            raise self._wrong("takes any length: set `chunk` to the samples of a chunk")
        if self._description.chunk not in (0, length):
            raise self._wrong(f"takes {length} samples, not {self._description.chunk}")
        return length

    def _try_out(self) -> None:
        """Run a chunk of silence: an output of the wrong shape is told before any work."""
        silence = np.zeros((self._description.channels, self.chunk_samples), np.float32)
        try:
            found = self._wanted(silence)
        except ValueError as error:
            raise self._wrong(f"gives another shape than it takes ({error})") from error
        if found.shape != silence.shape:
            raise self._wrong(f"gives {list(found.shape)} for {list(silence.shape)}")

    def _wrong(self, problem: str) -> EngineError:
        return EngineError(problem, subject=str(self._path), next_step=MORE)


def faded_over(
    chunks: Iterable[Audio], separated: Callable[[Audio], Audio], n_chunk: int, n_overlap: int
) -> Iterator[tuple[Audio, Audio]]:
    """Yield (mix, stem) pieces of audio that `separated` maps chunk by chunk.

    Args:
        chunks: the mix, each float32 (n_channels, n_samples), of any length.
        separated: maps float32 (n_channels, n_chunk) to the same shape.
        n_chunk: samples of a chunk; the last one is filled up with zeros.
        n_overlap: samples that two chunks share, in which one fades over into the next.
    """
    step = n_chunk - n_overlap
    rise = np.linspace(0, 1, n_overlap + 2, dtype=np.float32)[1:-1]
    buffer: Audio | None = None
    tail: Audio | None = None
    """The end of the chunk before, already faded out."""

    def joined(chunk: Audio) -> tuple[Audio, Audio]:
        """Separate a chunk; its first `step` samples are complete then."""
        found = separated(chunk).astype(np.float32, copy=True)
        if tail is not None:
            found[:, :n_overlap] = found[:, :n_overlap] * rise + tail
        return found[:, :step], found[:, step:] * rise[::-1]

    for chunk in chunks:
        buffer = chunk if buffer is None else np.concatenate([buffer, chunk], axis=1)
        while buffer.shape[1] > n_chunk:
            ready, tail = joined(buffer[:, :n_chunk])
            yield buffer[:, :step], ready
            buffer = buffer[:, step:]
    if buffer is None or not buffer.shape[1]:
        return
    n_left = buffer.shape[1]
    last = separated(np.pad(buffer, ((0, 0), (0, n_chunk - n_left)))).astype(np.float32, copy=True)
    if tail is not None:
        last[:, :n_overlap] = last[:, :n_overlap] * rise + tail
    yield buffer, last[:, :n_left]


def _load(network: Path, threads: int) -> "onnxruntime.InferenceSession":
    if not network.is_file():
        raise EngineError(
            "the network of the separator is not there", subject=str(network), next_step=MORE
        )
    try:
        return make_session(
            str(network), threads=threads, keeps_memory=False, accelerated=True, openvino=True
        )
    except EngineError:
        raise
    except Exception as error:  # ONNX Runtime's errors share no base class
        raise EngineError(
            f"not a network that can be run ({error})", subject=str(network), next_step=MORE
        ) from error


def _inverse(spectrum: npt.NDArray[np.complex64], window: Audio, hop: int) -> Audio:
    """Overlap-add of (n_channels, n_frames, n_bins), divided by what the windows add up to."""
    n_fft = len(window)
    frames = irfft(spectrum, n_fft, axis=2).astype(np.float32) * window
    n_channels, n_frames, _ = frames.shape
    total = np.zeros((n_channels, (n_frames - 1) * hop + n_fft), np.float32)
    weight = np.zeros(total.shape[1], np.float32)
    for number in range(n_frames):
        span = slice(number * hop, number * hop + n_fft)
        total[:, span] += frames[:, number]
        weight[span] += window * window
    return np.asarray(total / np.maximum(weight, np.float32(1e-8)), np.float32)


def _mean(found: Audio) -> Audio:
    mean: Audio = found.mean(axis=0, keepdims=True)
    return mean
