"""FLAC and WAV written piece by piece, and pairs of stems that add up to their mix exactly."""

from collections.abc import Mapping
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import numpy as np
from av.audio.format import AudioFormat
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.error import FFmpegError

from utawaku.library.errors import UtawakuError
from utawaku.library.files import atomic_path
from utawaku.media.cut.encode import LAYOUTS
from utawaku.media.write_errors import write_error
from utawaku.models.separator.engine import Audio, Stems

FULL_SCALE = 1 << 15
MADE_BY_TAG = "utawaku_made_by"
_KINDS = {
    "flac": ("flac", MADE_BY_TAG, {}),
    # Beyond 4 GiB a WAV file needs the header of RF64; of its tags this one takes any text.
    "wav": ("pcm_s16le", "comment", {"rf64": "auto"}),
}
"""By format: encoder, tag that tells who made it, options of the container."""


def made_by(tags: Mapping[str, str]) -> str:
    """Return the maker that a file's tags name; empty where they name none."""
    return tags.get(MADE_BY_TAG) or tags.get("comment", "")


class SoundWriter:
    """Writes 16-bit FLAC, or WAV where the file is named so; it appears when all is written.

    A context manager.
    """

    def __init__(
        self, target: Path, sample_rate_hz: int, n_channels: int, *, made_by: str = ""
    ) -> None:
        """Nothing is opened yet; `made_by` is kept in the file as a tag: see `made_by`."""
        self._target = target
        self._kind = "wav" if target.suffix.lower() == ".wav" else "flac"
        self._made_by = made_by
        self._rate = sample_rate_hz
        self._n_channels = n_channels
        self._stack = ExitStack()
        self.n_samples = 0

    def __enter__(self) -> Self:
        with self._stack:
            encoder, tag, options = _KINDS[self._kind]
            path = self._stack.enter_context(atomic_path(self._target))
            try:
                self._container = self._stack.enter_context(
                    av.open(str(path), "w", format=self._kind, options=options)
                )
                if self._made_by:
                    self._container.metadata[tag] = self._made_by
                stream = self._container.add_stream(
                    encoder, rate=self._rate, layout=LAYOUTS[self._n_channels]
                )
            except (FFmpegError, KeyError, ValueError) as error:
                raise self._failure(error) from error
            assert isinstance(stream, AudioStream)
            stream.codec_context.format = AudioFormat("s16")
            self._stream = stream
            self._stack = self._stack.pop_all()
        return self

    def write(self, samples: Audio) -> None:
        """Append float32 (n_channels, n_samples); what is beyond full scale is clipped.

        Raises:
            EncodeError: it cannot be written.
        """
        if not samples.shape[1]:
            return
        whole = np.rint(samples * np.float32(FULL_SCALE))
        packed = np.clip(whole, -FULL_SCALE, FULL_SCALE - 1).astype(np.int16)
        frame = AudioFrame.from_ndarray(
            np.ascontiguousarray(packed.T).reshape(1, -1), "s16", LAYOUTS[self._n_channels]
        )
        frame.sample_rate = self._rate
        frame.time_base = Fraction(1, self._rate)
        frame.pts = self.n_samples
        self.n_samples += samples.shape[1]
        try:
            self._container.mux(self._stream.encode(frame))
        except FFmpegError as error:
            raise self._failure(error) from error

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._stack:
            if error is not None:
                raise error
            try:
                self._container.mux(self._stream.encode(None))
            except FFmpegError as failed:
                raise self._failure(failed) from failed

    def _failure(self, error: Exception) -> UtawakuError:
        return write_error(
            f"{self._kind} could not be written",
            error,
            self._target,
            "Files hold 1, 2, 6 or 8 channels here",
        )


def exact_pair(mix: Audio, stems: Stems) -> Stems:
    """Stems on the 16-bit grid whose sum is the 16-bit mix, sample by sample.

    The accompaniment is what the vocals leave; where that would clip, the vocals give way.
    """
    low, high = -1.0, 1.0 - 1.0 / FULL_SCALE
    mix = on_grid(mix)
    accompaniment = np.clip(mix - on_grid(stems.vocals), low, high)
    return Stems((mix - accompaniment).astype(np.float32), accompaniment.astype(np.float32))


def on_grid(samples: Audio) -> Audio:
    """Samples rounded to 16 bits, within full scale."""
    whole = np.clip(np.rint(samples * np.float32(FULL_SCALE)), -FULL_SCALE, FULL_SCALE - 1)
    result: Audio = (whole / FULL_SCALE).astype(np.float32)
    return result
