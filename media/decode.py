"""The samples of a recording, at any rate and channel count, in chunks, on one timeline.

Times are seconds on the recording's own timeline as a player shows it (see `utawaku.media.frames`):
zero is the earlier of first picture and first sound, what cannot be decoded and what is missing is
silence, a clock that starts again goes on where it was. Every consumer of sound reads it here.
"""

import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from utawaku.library.errors import MediaError, TruncatedMediaError
from utawaku.library.progress import Progress, silent
from utawaku.media.frames import FrameReader, OffGridError, Placed, TrackStart
from utawaku.media.graph import MOST_PLANES, LayoutError, Output, SoundAssembler, n_channels
from utawaku.media.probe import MediaInfo, probe, probe_part
from utawaku.media.straight import OwnSound, StraightReader
from utawaku.media.timeline import Timeline

_log = logging.getLogger(__name__)

_SHORT_S = 1.0
"""A recording that ends this much before its header says is called truncated."""
_MOST_BELIEVED = 1000
"""A header that claims so many times what is there lies: nothing is cut off."""


class AudioReader(Iterator[np.ndarray]):
    """Iterator over float32 chunks, (n_samples,) for mono, else (n_channels, n_samples).

    After the last chunk `n_samples` is the count delivered, `truncated` says whether the file ended
    before its own header says, and `timeline` what was found on the way.
    """

    def __init__(
        self,
        info: MediaInfo,
        source: "_Source",
        *,
        sample_rate_hz: int,
        span_s: float,
        open_end: bool,
        progress: Progress,
    ) -> None:
        self.info = info
        self.sample_rate_hz = sample_rate_hz
        self.n_samples = 0
        self.truncated = False
        self._source = source
        self._chunks = source.chunks()
        self._span_s = span_s
        self._open_end = open_end
        self._progress = progress

    def __next__(self) -> np.ndarray:
        try:
            chunk = next(self._chunks)
        except StopIteration:
            self._finish()
            raise
        self.n_samples += chunk.shape[-1]
        if self._span_s > 0:
            self._progress(min(self.duration_s / self._span_s, 1.0), "decoding")
        return chunk

    @property
    def duration_s(self) -> float:
        """Seconds delivered so far."""
        return self.n_samples / self.sample_rate_hz

    @property
    def timeline(self) -> Timeline:
        """Facts about the stretch that was read; complete after the last chunk."""
        return self._source.timeline

    def _finish(self) -> None:
        # A list of one file says which track is read: it is the file that is damaged.
        lone = len(self.info.parts) == 1
        path = str(self.info.parts[0].path if lone else self.info.path)
        missing_s = self._span_s - self.duration_s
        if not self.n_samples and (
            self.timeline.n_holes or (self._open_end and self._span_s > _SHORT_S)
        ):
            raise TruncatedMediaError(
                "no sound could be decoded",
                subject=path,
                next_step="The file is damaged or cut short: fetch or copy it again",
            )
        is_lie = self._open_end and self._span_s > _MOST_BELIEVED * max(self.duration_s, 1.0)
        if missing_s > max(_SHORT_S, 0.01 * self._span_s) and not is_lie:
            self.truncated = self.timeline.cut_off = True
        for sentence in self.timeline.warnings():
            _log.warning("%s: %s", path, sentence, extra={"lost": (path, self.timeline)})
        self._progress(1.0, "decoding")


def decode(
    path: Path,
    *,
    sample_rate_hz: int | None = None,
    n_channels: int | None = None,
    start_s: float = 0.0,
    stop_s: float | None = None,
    chunk_s: float = 30.0,
    as_s16: bool = False,
    track: int | None = None,
    own: OwnSound | None = None,
    progress: Progress = silent,
) -> AudioReader:
    """Decode `path` in chunks of `chunk_s` seconds; the memory does not grow with the length.

    Args:
        sample_rate_hz: output rate; None keeps the recording's own.
        n_channels: 1 or 2 (FFmpeg's default downmix), or None for the recording's own.
        start_s, stop_s: the span, rounded to output samples. ``decode(start_s=a)`` gives what a
            decode of the whole file gives from sample ``round(a * rate)`` on.
        as_s16: round to 16 bits before the conversion to float, as ffmpeg does into a WAV file.
        track: which sound track, counted from 0; None takes the one flagged as default.
        own: is given the samples at the recording's own rate and layout, too; is told at the end
            where the whole recording could be read without any doubt, which is never so for a span.

    Raises:
        NotMediaError, NoAudioError, TruncatedMediaError: at once, or (the last one) on the first
            chunk when nothing can be decoded. Damage on the way is silence, told in
            `AudioReader.timeline`.
    """
    info = probe(path, track=track)
    rate = sample_rate_hz or info.sample_rate_hz
    if n_channels not in (None, 1, 2):
        raise ValueError("n_channels must be 1, 2 or None")
    first = max(0, round(start_s * rate))
    stop = None if stop_s is None else round(stop_s * rate)
    output = Output(
        sample_rate_hz=rate,
        layout={1: "mono", 2: "stereo", None: info.layout}[n_channels],
        sample_format="s16" if as_s16 else "flt",
        # A short span is decoded as far as it goes, not to the end of a long chunk.
        n_chunk=max(
            1, round(chunk_s * rate) if stop is None else min(round(chunk_s * rate), stop - first)
        ),
        first=first,
    )
    end_s = info.duration_s if stop_s is None else min(stop_s, info.duration_s or stop_s)
    n_wanted = None if stop is None else max(0, stop - first)
    if len(info.parts) == 1:
        source = _Source(probe_part(info.parts[0], track), output, n_wanted)
    elif info.parts:
        source = _JoinedSource(info, output, n_wanted)
    else:
        # More planes cannot be reached from Python.
        source = _Source(info, output, n_wanted, own if info.n_channels <= MOST_PLANES else None)
    return AudioReader(
        info,
        source,
        sample_rate_hz=rate,
        span_s=max(0.0, end_s - max(0.0, start_s)),
        open_end=stop_s is None,
        progress=progress,
    )


def load(
    path: Path,
    *,
    sample_rate_hz: int | None = None,
    n_channels: int | None = None,
    start_s: float = 0.0,
    stop_s: float | None = None,
    track: int | None = None,
) -> tuple[np.ndarray, int]:
    """Decode a span at once: float32 (n_samples,) or (n_channels, n_samples), and its rate."""
    reader = decode(
        path,
        sample_rate_hz=sample_rate_hz,
        n_channels=n_channels,
        start_s=start_s,
        stop_s=stop_s,
        track=track,
    )
    chunks = list(reader)
    if chunks:
        return np.concatenate(chunks, axis=-1), reader.sample_rate_hz
    count = n_channels or reader.info.n_channels
    shape = (0,) if count == 1 else (count, 0)
    return np.zeros(shape, np.float32), reader.sample_rate_hz


class _Source:
    """The chunks of a span and the facts about its timeline."""

    def __init__(
        self, info: MediaInfo, output: Output, n_wanted: int | None, own: OwnSound | None = None
    ) -> None:
        self._own = own
        self._info = info
        self._output = output
        self._n_wanted = n_wanted
        self.timeline = Timeline()

    def chunks(self) -> Iterator[np.ndarray]:
        """Yield float32 chunks, full ones but for the last."""
        n_left = self._n_wanted
        for samples in _rechunked(self._arrays(), self._output.n_chunk):
            if n_left is not None:
                samples = samples[:, :n_left]
                n_left -= samples.shape[1]
            if samples.shape[1]:
                yield _as_float(samples)
            if n_left == 0:
                return

    def _arrays(self) -> Iterator[np.ndarray]:
        """Yield int16 or float32 (n_channels, n_samples) of any length."""
        start = TrackStart.of(self._info)
        straight = StraightReader(self._info, self._output, start, self._own)
        yield from straight
        rate = self._output.sample_rate_hz
        if straight.is_whole:
            self.timeline.duration_s = straight.n_samples / rate
            return
        output = replace(self._output, first=self._output.first + straight.n_samples)
        try:
            yield from SoundAssembler(output).arrays(self._frames(start, output.first / rate))
        except LayoutError as error:
            raise MediaError(
                f"its channel layout ({error}) cannot be mixed",
                subject=str(self._info.path),
                next_step="Convert it to stereo with ffmpeg -ac 2",
            ) from error

    def _frames(self, start: TrackStart, from_s: float) -> Iterator[Placed]:
        for seek in (True, False):
            reader = FrameReader(self._info, start, from_s=from_s, seek=seek)
            self.timeline = reader.timeline
            try:
                yield from reader
                return
            except OffGridError:
                _log.debug("%s: read from its start to find %.3f s", self._info.path, from_s)


class _JoinedSource(_Source):
    """The chunks of a span of a recording in several files, each in its place to the sample."""

    def _arrays(self) -> Iterator[np.ndarray]:
        rate, first = self._output.sample_rate_hz, self._output.first
        for part in self._info.parts:
            begin, end = round(part.start_s * rate), round(part.stop_s * rate)
            if end <= first:
                continue
            if self._n_wanted is not None and begin >= first + self._n_wanted:
                return
            output = replace(self._output, first=max(0, first - begin))
            n_left = end - max(begin, first)
            source = _Source(probe_part(part, self._info.track), output, n_left)
            for samples in source._arrays():
                samples = samples[:, :n_left]
                n_left -= samples.shape[1]
                yield samples
                if not n_left:
                    break
            self.timeline.join(source.timeline, part.start_s)
            if not n_left:
                self.timeline.duration_s = part.stop_s
            if n_left and part is not self._info.parts[-1]:
                self.timeline.add_gap((end - n_left) / rate, n_left / rate)
                kind = np.int16 if self._output.sample_format == "s16" else np.float32
                yield np.zeros((n_channels(self._output.layout), n_left), kind)


def _rechunked(arrays: Iterator[np.ndarray], n_chunk: int) -> Iterator[np.ndarray]:
    """Join what a change of format left in pieces: (n_channels, n_chunk) each but the last."""
    waiting: list[np.ndarray] = []
    n_waiting = 0
    for array in arrays:
        if not waiting and array.shape[1] == n_chunk:
            yield array
            continue
        waiting.append(array)
        n_waiting += array.shape[1]
        if n_waiting >= n_chunk:
            joined = np.concatenate(waiting, axis=1)
            n_whole = n_waiting // n_chunk * n_chunk
            for at in range(0, n_whole, n_chunk):
                yield joined[:, at : at + n_chunk]
            n_waiting -= n_whole
            waiting = [joined[:, n_whole:]] if n_waiting else []
    if n_waiting:
        yield np.concatenate(waiting, axis=1)


def _as_float(samples: np.ndarray) -> np.ndarray:
    """Return int16 or float32 (n_channels, n_samples) as a float32 chunk."""
    if samples.dtype == np.int16:
        samples = samples.astype(np.float32) / np.float32(32768)
    return samples[0] if samples.shape[0] == 1 else np.ascontiguousarray(samples)
