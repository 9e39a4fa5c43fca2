"""A stream's sound, decoded once for all who listen to its songs.

`segments` decodes the whole recording anyway; it leaves the samples in the cache, where labels,
highlights and embeddings read the spans of their songs, and its loudness, which the cut asks for
that of its copies. The last who listens takes the files away.
"""

import logging
import shutil
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from utawaku.library.artefacts import ARTEFACTS
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.errors import MediaError
from utawaku.library.files import temporary_path
from utawaku.library.progress import Progress, silent
from utawaku.library.records import Song, Stream
from utawaku.media.decode import decode, load
from utawaku.media.loudness_grid import GridWriter, LoudnessGrid
from utawaku.media.pcm_cache import SAMPLE_RATE_HZ, SpoolWriter, read_spool
from utawaku.media.probe import MediaInfo, probe
from utawaku.workflows.recordings import recording_file

_log = logging.getLogger(__name__)

FOLDER = "sound"
LISTENERS = tuple(name for name, artefact in ARTEFACTS.items() if artefact.reads_pcm)
KEPT_S = 2 * 86_400.0
"""Age after which the leftovers of an interrupted run are deleted."""
_SHORT_S = 1.0
"""Sound that lacks more of a song than this is not the song's."""
_MOST_WAITING = 16
"""Pieces of a second that may wait to be measured: 6 MB of stereo."""
_WORTH_IT = 0.5
"""Share of a recording that must be listened to for the whole to be decoded into a spool."""


def sound_folder(stream_id: str, settings: Settings) -> Path:
    """Return where the sound of a stream is kept for a while."""
    return settings.cache_dir / FOLDER / stream_id


def sound_file(recording: Path, stream_id: str, settings: Settings) -> Path:
    """The recording's sound; another recording of the same stream has another name."""
    seen = recording.stat()
    name = f"{seen.st_size}-{seen.st_mtime_ns}.s16"
    return sound_folder(stream_id, settings) / name


def keep_sound(recording: Path, stream: Stream, settings: Settings) -> SpoolWriter:
    """Take the samples of a recording that is being decoded; what was kept before goes."""
    shutil.rmtree(sound_folder(stream.id, settings), ignore_errors=True)
    return SpoolWriter(sound_file(recording, stream.id, settings))


class LoudnessKeeper:
    """Takes a recording's own samples, and leaves its loudness in a file if these were all.

    It measures beside the decoder, in a thread that ends with the block. Where there is no room
    nothing is kept, and songs are measured one by one.
    """

    def __init__(self, info: MediaInfo, target: Path) -> None:
        self._info = info
        self._target = target
        self._temporary = temporary_path(target)
        self._writer: GridWriter | None = None
        self._worker = ThreadPoolExecutor(1, "loudness")
        self._waiting: deque[Future[None]] = deque()

    def __enter__(self) -> Self:
        info = self._info
        try:
            self._target.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._temporary.open("xb")
            self._writer = GridWriter(self._file, info.sample_rate_hz, info.n_channels, info.layout)
        except OSError as error:
            self._give_up(error)
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._worker.shutdown(cancel_futures=True)
        with suppress(OSError, AttributeError):
            self._file.close()
        with suppress(OSError):
            self._temporary.unlink(missing_ok=True)

    def add(self, samples: np.ndarray) -> None:
        """Take float32 (n_channels, n_samples), and wait where too much is not measured yet."""
        while len(self._waiting) >= _MOST_WAITING:
            self._waiting.popleft().result()
        self._waiting.append(self._worker.submit(self._measure, samples))

    def complete(self) -> None:
        """Put the file in its place."""
        while self._waiting:
            self._waiting.popleft().result()
        if self._writer is None:
            return
        try:
            self._file.close()
            self._temporary.replace(self._target)
        except OSError as error:
            self._give_up(error)

    def _measure(self, samples: np.ndarray) -> None:
        try:
            if self._writer is not None:
                self._writer.add(samples)
        except OSError as error:
            self._give_up(error)

    def _give_up(self, error: OSError) -> None:
        self._writer = None
        _log.warning("%s: no loudness is kept (%s)", self._target, error)


def keep_loudness(recording: Path, stream: Stream, settings: Settings) -> LoudnessKeeper:
    """Take the samples of a recording that is being decoded, at their own rate.

    Raises:
        MediaError: see `utawaku.media.probe.probe`.
    """
    return LoudnessKeeper(probe(recording), _loudness_file(recording, stream, settings))


def kept_loudness(recording: Path, stream: Stream, settings: Settings) -> LoudnessGrid | None:
    """Return the recording's loudness as `segments` left it.

    None where none is kept, or short cuts are not wanted.
    """
    path = _loudness_file(recording, stream, settings)
    if not (settings.short_cuts and path.is_file()):
        return None
    try:
        return LoudnessGrid.open(path)
    except (OSError, ValueError) as error:
        _log.warning("%s cannot be read (%s); songs are measured one by one", path, error)
        return None


def _loudness_file(recording: Path, stream: Stream, settings: Settings) -> Path:
    return sound_file(recording, stream.id, settings).with_suffix(".loudness")


def kept_sound(song: Song, stream: Stream, settings: Settings) -> np.ndarray | None:
    """The song's samples, float32 (n_samples,) mono at 16 kHz.

    None where no sound is kept, or short cuts are not wanted.
    """
    if not settings.short_cuts:
        return None
    try:
        path = sound_file(recording_file(stream, settings), stream.id, settings)
        samples = read_spool(path, song.start_s, song.stop_s)
    except (MediaError, OSError):
        return None
    return samples if len(samples) > (song.duration_s - _SHORT_S) * SAMPLE_RATE_HZ else None


def song_sound(song: Song, stream: Stream, settings: Settings) -> np.ndarray:
    """The song's samples, float32 (n_samples,) mono at 16 kHz, kept or decoded now.

    Raises:
        MediaError: the recording is gone, or cannot be decoded.
    """
    kept = kept_sound(song, stream, settings)
    if kept is not None:
        return kept
    recording = recording_file(stream, settings)
    samples, _ = load(
        recording,
        sample_rate_hz=SAMPLE_RATE_HZ,
        n_channels=1,
        start_s=song.start_s,
        stop_s=song.stop_s,
    )
    return samples.reshape(-1)


def keep_for(
    songs: Sequence[Song], stream: Stream, settings: Settings, progress: Progress = silent
) -> None:
    """Decode the whole recording at once where most of it will be listened to and none is kept."""
    try:
        recording = recording_file(stream, settings)
        if sound_file(recording, stream.id, settings).is_file():
            return
        if sum(song.duration_s for song in songs) < _WORTH_IT * stream.duration_s:
            return
        chunks = decode(
            recording, sample_rate_hz=SAMPLE_RATE_HZ, n_channels=1, as_s16=True, progress=progress
        )
        with keep_sound(recording, stream, settings) as spool:
            for chunk in chunks:
                spool.add(chunk)
    except (MediaError, OSError) as error:
        # Whoever wants a song's sound meets the same trouble, and tells it of the song.
        _log.info("%s: no sound is kept (%s)", stream.id, error)


def forget_sound(stream_id: str, catalogue: Catalogue, settings: Settings) -> None:
    """Take a stream's sound away once all have listened to it since it was segmented."""
    states = catalogue.assets.of(stream_id)
    since = states["segments"].finished_at or 0.0 if "segments" in states else 0.0
    if all(
        name in states
        and states[name].state == "done"
        and (states[name].finished_at or 0.0) >= since
        for name in LISTENERS
    ):
        shutil.rmtree(sound_folder(stream_id, settings), ignore_errors=True)


def remove_old_sound(settings: Settings, now: float | None = None) -> int:
    """Take away what interrupted runs left long ago; returns how many streams' sound went."""
    before = (time.time() if now is None else now) - KEPT_S
    folder = settings.cache_dir / FOLDER
    n_removed = 0
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.stat().st_mtime < before:
            shutil.rmtree(path, ignore_errors=True)
            n_removed += 1
    return n_removed
