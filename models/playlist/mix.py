"""Highlights or whole songs joined by crossfades of equal power, in flat memory."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import soxr
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.error import FFmpegError
from mutagen import MutagenError
from mutagen.flac import FLAC

from utawaku.library.errors import EncodeError, MediaError, NotFoundError
from utawaku.library.files import atomic_path
from utawaku.library.progress import Progress, silent
from utawaku.media.decode import decode
from utawaku.media.loudness import Loudness, measure_chunks
from utawaku.media.probe import default_track, probe
from utawaku.media.write_errors import write_error
from utawaku.models.playlist.beats import LISTEN_S, Overlap, Pulse, aligned_overlap, pulse_of
from utawaku.models.tempo import listen_file

Audio = npt.NDArray[np.float32]

TARGET_LUFS = -16.0
_CEILING = 10 ** (-1.0 / 20)
_MOST_GAIN_DB = 20.0
_CHUNK_S = 5.0
_STEEPNESS = 6.0
_CONTAINERS = {
    ".flac": ("flac", "flac"),
    ".m4a": ("aac", "ipod"),
    ".mka": ("libopus", "matroska"),
    ".mp3": ("libmp3lame", "mp3"),
    ".ogg": ("libopus", "opus"),
    ".opus": ("libopus", "opus"),
    ".wav": ("pcm_s16le", "wav"),
}
"""Encoder and muxer by ending."""
NO_CHAPTERS = {".wav"}
"""Formats that hold none."""
_WHOLE_SECONDS = {"opus"}
"""FFmpeg writes half seconds of a chapter twice here: once rounded up and once as milliseconds."""


@dataclass(frozen=True)
class PlaylistItem:
    """A song of a playlist, or a span of one."""

    path: Path
    title: str
    artist: str = ""
    start_s: float = 0.0
    stop_s: float | None = None
    bpm: float | None = None
    key: str = ""


@dataclass(frozen=True)
class Chapter:
    """The span of an item in the joined file."""

    title: str
    start_s: float
    stop_s: float
    item: PlaylistItem
    length_s: float
    """Of the item itself: neighbours overlap in the joined file."""


@dataclass(frozen=True)
class Rendered:
    """The result of `render_playlist`."""

    path: Path
    duration_s: float
    chapters: tuple[Chapter, ...]
    left_out: tuple[tuple[PlaylistItem, str], ...]
    """Items that cannot be played, and why."""
    overlaps: tuple[Overlap, ...] = ()
    """The transition from each item to the next."""


def fades(n_samples: int) -> tuple[Audio, Audio]:
    """Gains of a crossfade, out and in, float32 (n_samples,): sigmoids whose squares add up to 1.

    Two sigmoids that add up to 1 would dip by 3 dB in the middle, as two songs are uncorrelated.
    """
    at = (np.arange(n_samples) + 0.5) / max(1, n_samples)
    steps = 1 / (1 + np.exp(-2 * _STEEPNESS * (at - 0.5)))
    low = 1 / (1 + np.exp(_STEEPNESS))
    # Stretched, so that it begins at silence and ends at full power.
    power = np.clip((steps - low) / (1 - 2 * low), 0, 1)
    return np.sqrt(1 - power).astype(np.float32), np.sqrt(power).astype(np.float32)


def render_playlist(
    items: Sequence[PlaylistItem],
    target: Path,
    *,
    crossfade_s: float = 4.0,
    align_beats: bool = True,
    target_lufs: float = TARGET_LUFS,
    sample_rate_hz: int = 48_000,
    progress: Progress = silent,
) -> Rendered:
    """Join items in order into one stereo file with chapters; any mix of rates and channels.

    WAV has no chapters in it.

    Each item is brought to `target_lufs`, turned down where it would exceed -1 dBTP. A crossfade
    takes at most a third of the shorter neighbour; where both have a steady pulse of about the
    same tempo it is made longer or shorter by less than a beat, so that beats fall on beats. Items
    that cannot be read are left out.

    Raises:
        NotFoundError: no item can be played. EncodeError: it cannot be written, or the ending of
            `target` names no format.
    """
    if target.suffix.lower() not in _CONTAINERS:
        raise EncodeError(
            "no format has this ending",
            subject=target.name,
            next_step=f"Choose one of {', '.join(_CONTAINERS)}",
        )
    rate = 44_100 if target.suffix.lower() == ".mp3" else sample_rate_hz
    kept: list[_Kept] = []
    left_out: list[tuple[PlaylistItem, str]] = []
    for number, item in enumerate(items):
        progress(0.4 * number / len(items), f"measuring {item.title}")
        try:
            n_samples, loudness = _measured(item, rate)
            if n_samples < 0.05 * rate:
                raise MediaError("there is nothing in it", subject=str(item.path))
            ends = _ends(item, n_samples / rate) if align_beats and crossfade_s else (None, None)
        except (MediaError, OSError) as error:
            left_out.append((item, str(error)))
            continue
        gain_db = 0.0
        if np.isfinite(loudness.integrated_lufs):
            gain_db = min(target_lufs - loudness.integrated_lufs, _MOST_GAIN_DB)
            gain_db = min(gain_db, 20 * np.log10(_CEILING) - loudness.true_peak_db)
        kept.append(_Kept(item, n_samples / rate, 10 ** (gain_db / 20), *ends))
    if not kept:
        raise NotFoundError(
            "no song of the playlist can be played",
            subject=target.name,
            next_step="; ".join(why for _, why in left_out[:3]) or "Choose songs that have files",
        )
    joined = _Joined(kept, rate, crossfade_s)
    target.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(target) as temporary:
        _write(joined, temporary, target, rate, progress)
    return Rendered(
        target,
        joined.n_samples / rate,
        tuple(joined.chapters),
        tuple(left_out),
        tuple(joined.overlaps),
    )


@dataclass(frozen=True)
class _Kept:
    """An item that can be played, as it was measured."""

    item: PlaylistItem
    length_s: float
    """As decoded: headers and beats do not always agree."""
    gain: float
    starting: Pulse | None = None
    """Beats of its first seconds."""
    ending: Pulse | None = None
    """Beats of its last seconds."""


def _measured(item: PlaylistItem, rate: int) -> tuple[int, Loudness]:
    """Number of samples, and loudness as it will be heard: mono on both sides is 3 dB louder."""
    n_samples = 0

    def counted() -> Iterator[Audio]:
        nonlocal n_samples
        for chunk in _heard(item, rate):
            n_samples += chunk.shape[1]
            yield chunk

    loudness = measure_chunks(counted(), rate)
    return n_samples, loudness


def _ends(item: PlaylistItem, length_s: float) -> tuple[Pulse | None, Pulse | None]:
    """Beats of the first and of the last seconds of an item."""
    if length_s < 2 * LISTEN_S:
        pulse = pulse_of(listen_file(item.path, start_s=item.start_s, stop_s=item.stop_s))
        if pulse is None or length_s <= LISTEN_S:
            return pulse, pulse
        later = pulse.beats_s - (length_s - LISTEN_S)
        return pulse, replace(pulse, beats_s=later[later >= 0])
    stop_s = item.start_s + length_s
    first = listen_file(item.path, start_s=item.start_s, stop_s=item.start_s + LISTEN_S)
    last = listen_file(item.path, start_s=stop_s - LISTEN_S, stop_s=stop_s)
    return pulse_of(first), pulse_of(last)


def _heard(item: PlaylistItem, rate: int) -> Iterator[Audio]:
    """The item as it will be heard: (2, n_samples) chunks at `rate`; mono is put on both sides."""
    reader = decode(
        item.path,
        n_channels=1 if probe(item.path).n_channels == 1 else 2,
        start_s=item.start_s,
        stop_s=item.stop_s,
        chunk_s=_CHUNK_S,
    )
    resampler = soxr.ResampleStream(reader.sample_rate_hz, rate, 2)
    for chunk in reader:
        stereo = np.broadcast_to(np.atleast_2d(chunk), (2, chunk.shape[-1]))
        out = resampler.resample_chunk(np.ascontiguousarray(stereo.T))
        yield np.ascontiguousarray(out.T).reshape(2, -1)
    last = resampler.resample_chunk(np.zeros((0, 2), np.float32), last=True)
    yield np.ascontiguousarray(last.T).reshape(2, -1)


def _overlap(one: _Kept, other: _Kept, crossfade_s: float) -> Overlap:
    """A third of the shorter item at the most; its beats together where both have some."""
    most_s = min(one.length_s, other.length_s) / 3
    return aligned_overlap(
        one.ending,
        other.starting,
        min(one.length_s, LISTEN_S),
        min(crossfade_s, most_s),
        most_s,
        fades,
    )


class _Joined:
    """The samples of the joined items, chunk by chunk; chapters grow as it goes."""

    def __init__(self, items: Sequence[_Kept], rate: int, crossfade_s: float) -> None:
        self._items = items
        self._rate = rate
        self.overlaps = [_overlap(*two, crossfade_s) for two in pairwise(items)]
        self.chapters: list[Chapter] = []
        self.n_samples = 0
        self.planned_s = max(0.1, sum(kept.length_s for kept in items))

    def n_fade(self, number: int) -> int:
        """Samples of the crossfade from item `number` to the next; 0 after the last."""
        if number < 0 or number + 1 >= len(self._items):
            return 0
        return round(self.overlaps[number].seconds * self._rate)

    def __iter__(self) -> Iterator[Audio]:
        tail = np.zeros((2, 0), np.float32)
        for number, kept in enumerate(self._items):
            item, gain = kept.item, kept.gain
            start = self.n_samples
            n_out = self.n_fade(number)
            held = np.zeros((2, 0), np.float32)
            n_in = tail.shape[1]
            rising = fades(n_in)[1]
            for chunk in _heard(item, self._rate):
                piece = chunk * np.float32(gain)
                if n_in:
                    n_now = min(n_in, piece.shape[1])
                    piece[:, :n_now] *= rising[:n_now]
                    piece[:, :n_now] += tail[:, :n_now]
                    rising, tail, n_in = rising[n_now:], tail[:, n_now:], n_in - n_now
                held = np.concatenate([held, piece], axis=1)
                if (n_ready := held.shape[1] - n_out) > 0:
                    yield self._told(held[:, :n_ready])
                    held = held[:, n_ready:]
            # An item shorter than its header says leaves less to fade.
            tail = held * fades(held.shape[1])[0] if n_out else np.zeros((2, 0), np.float32)
            if not n_out and held.shape[1]:
                yield self._told(held)
            stop = self.n_samples + tail.shape[1] // 2
            start += 0 if not self.chapters else self.n_fade(number - 1) // 2
            names = " - ".join(name for name in (item.artist, item.title) if name)
            self.chapters.append(
                Chapter(names, start / self._rate, stop / self._rate, item, kept.length_s)
            )

    def _told(self, samples: Audio) -> Audio:
        self.n_samples += samples.shape[1]
        return samples


def _write(joined: _Joined, path: Path, target: Path, rate: int, progress: Progress) -> None:
    """Encode, then put the chapters in: they are only known once all is joined."""
    ending = target.suffix.lower()
    encoder, container_name = _CONTAINERS[ending]
    try:
        if ending in NO_CHAPTERS or ending == ".flac":
            _encode(joined, path, encoder, container_name, rate, progress)
            if ending == ".flac":
                _comment_chapters(path, joined.chapters)
            return
        raw = path.with_name(path.name + ".audio")
        try:
            _encode(joined, raw, encoder, container_name, rate, progress)
            _with_chapters(raw, path, container_name, joined.chapters)
        finally:
            raw.unlink(missing_ok=True)
    except (FFmpegError, MutagenError, OSError, ValueError) as error:
        raise write_error(
            "the playlist could not be written", error, target, "Choose another format"
        ) from error


def _encode(
    joined: _Joined, path: Path, encoder: str, container_name: str, rate: int, progress: Progress
) -> None:
    with av.open(str(path), "w", format=container_name) as container:
        stream = container.add_stream(encoder, rate=rate, layout="stereo")
        assert isinstance(stream, AudioStream)
        stream.bit_rate = 192_000
        position = 0
        for chunk in joined:
            clipped = np.clip(chunk, -1, 1)
            frame = AudioFrame.from_ndarray(np.ascontiguousarray(clipped), "fltp", "stereo")
            frame.sample_rate = rate
            frame.pts = position
            position += chunk.shape[1]
            container.mux(stream.encode(frame))
            progress(min(0.99, 0.4 + 0.6 * position / rate / joined.planned_s), "joining")
        container.mux(stream.encode(None))


def _comment_chapters(path: Path, chapters: Sequence[Chapter]) -> None:
    """Write chapters into a FLAC file as comments: FFmpeg reads them there, but writes none."""
    file = FLAC(path)
    for number, chapter in enumerate(chapters):
        seconds, ms = divmod(round(chapter.start_s * 1000), 1000)
        clock = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{ms:03}"
        file[f"CHAPTER{number:03}"] = clock
        file[f"CHAPTER{number:03}NAME"] = chapter.title
    file.save()


def _with_chapters(
    source: Path, target: Path, container_name: str, chapters: Sequence[Chapter]
) -> None:
    """Copy the packets behind a header that has the chapters."""
    milli = Fraction(1, 1000)
    step = 1000 if container_name in _WHOLE_SECONDS else 1
    with (
        av.open(str(source)) as read,
        av.open(str(target), "w", format=container_name) as written,
    ):
        written.set_chapters(
            [
                {
                    "id": number,
                    "start": int(chapter.start_s * 1000) // step * step,
                    "end": int(chapter.stop_s * 1000) // step * step,
                    "time_base": milli,
                    "metadata": {"title": chapter.title},
                }
                for number, chapter in enumerate(chapters)
            ]
        )
        stream_in = default_track(read)
        assert stream_in is not None, "the joined songs are its only track"
        stream_out = written.add_stream_from_template(stream_in)
        for packet in read.demux(stream_in):
            if packet.dts is None:
                continue
            packet.stream = stream_out
            written.mux(packet)
