"""The player as the screens know it: songs in, sound out."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from utawaku.library.errors import NotFoundError, UtawakuError
from utawaku.library.records import Song, Stream
from utawaku.tui.library_handle import LibraryHandle
from utawaku.tui.player.engine import Engine, Event, Track
from utawaku.tui.player.output import Output, open_device
from utawaku.tui.player.queue import Entry, PlayQueue, Repeat

REFERENCE_LUFS = -18.0
"""ReplayGain 2.0 plays everything as loud as this."""
MAX_SKIPPED = 3
"""After so many songs in a row that cannot be played, the music stops."""
HEARD_S = 20.0
"""Listening this long counts as a play (half of a song that is shorter than twice this)."""
PREVIEW_S = 30.0
MAX_VOLUME = 1.5
MAX_SEMITONES = 6
MIN_TEMPO, MAX_TEMPO = 0.7, 1.3

RECORDING = -1
"""Key of a track that stands beside the queue."""

Stem = Literal["mix", "vocals", "accompaniment"]
STEMS: tuple[Stem, ...] = ("mix", "vocals", "accompaniment")


@dataclass(frozen=True)
class Playing:
    """The state that the player bar shows."""

    song: Song | None
    position_s: float
    duration_s: float
    playing: bool
    stem: Stem
    """The track that plays: also the mix where the song lacks the stem asked for."""
    silent_because: str
    beside: str = ""
    """Name of what is heard beside the queue: a recording, or a file."""


def best_part(song: Song) -> tuple[float, float]:
    """The highlight, or PREVIEW_S out of the song's middle where none is known."""
    if song.highlight_start_s is not None:
        start_s = song.highlight_start_s
        return start_s, min(song.duration_s, song.highlight_stop_s or start_s + PREVIEW_S)
    start_s = max(0.0, song.duration_s * 0.4 - PREVIEW_S / 2)
    return start_s, min(song.duration_s, start_s + PREVIEW_S)


class Player:
    """A play queue on an engine. Public methods belong to the event loop's thread.

    Args:
        library: where songs and stems are looked up, and plays recorded.
        changed: told, from any thread, that what plays has changed.
        failed: told, from any thread, what could not be played.
        open_output: makes the output, at the first sound.
    """

    def __init__(
        self,
        library: LibraryHandle,
        *,
        changed: Callable[[], None],
        failed: Callable[[UtawakuError], None],
        open_output: Callable[[], Output] = open_device,
    ) -> None:
        self._library = library
        self._changed = changed
        self._failed = failed
        self._open_output = open_output
        self._engine: Engine | None = None
        self._opening = threading.Lock()
        self._lock = threading.RLock()
        self._songs: dict[str, Song] = {}
        self._entries: dict[int, Entry] = {}
        self._mixed: set[int] = set()
        """Turns that are heard as the mix though a stem is wanted: the song has none."""
        self._heard_key = 0
        self._heard_from_s = 0.0
        self._recording = ""
        self._beside = ""
        self._previewing = False
        self._resume: tuple[int, float] | None = None
        """Turn that was heard last in the session before, and where it was left."""
        self.recorded: Callable[[], object] = lambda: None
        """Called, in a thread, when a play was recorded."""
        self.queue = PlayQueue()
        self.highlights_only = False
        self.replay_gain = True
        self.stem: Stem = "mix"
        self.volume = 1.0

    @property
    def engine(self) -> Engine:
        """The engine; opens the audio device at the first call."""
        with self._opening:
            if self._engine is None:
                self._engine = Engine(self._open_output(), self._following, self._on_event)
                self._engine.volume = self.volume
            return self._engine

    @property
    def state(self) -> Playing:
        """Return what is heard now."""
        if self._engine is None:
            return Playing(None, 0.0, 0.0, False, self.stem, "")
        track = self._engine.current
        song = self._song_of(track) if track else None
        return Playing(
            song,
            self._engine.position_s if track else 0.0,
            song.duration_s if song else 0.0,
            self._engine.playing,
            "mix" if track is not None and track.key in self._mixed else self.stem,
            self._engine.silent_because,
            self._beside if track is not None and track.key == RECORDING else "",
        )

    @property
    def heard(self) -> np.ndarray:
        """float32 (n_samples,) at 48 kHz: the latest that was heard; empty before the first."""
        return self._engine.heard if self._engine is not None else np.zeros(0, np.float32)

    def play(self, song_ids: Sequence[str], at: int = 0, *, preview: bool = False) -> None:
        """Play these songs, beginning with the one at index `at`; with `preview` 30 s of each."""
        self._previewing = preview
        with self._lock:
            self.queue.replace(song_ids, at)
        self._play_current()

    def restore(
        self, song_ids: Sequence[str], at: int, position_s: float, *, repeat: Repeat = "off"
    ) -> None:
        """Put songs into the queue without playing; `toggle` goes on at `position_s`."""
        with self._lock:
            self.queue.replace(song_ids, at)
            self.queue.repeat = repeat
            current = self.queue.current
        self._resume = (current.key, position_s) if current is not None else None
        self._changed()

    @property
    def waits(self) -> bool:
        """Return whether the queue of the session before waits to go on."""
        return self._resume is not None

    @property
    def position_s(self) -> float:
        """Second of the song of the queue that is heard, or that playing would begin at."""
        if self._resume is not None:
            return self._resume[1]
        track = self._engine.current if self._engine is not None else None
        return self._engine.position_s if self._engine and track and track.key >= 0 else 0.0

    def enqueue(self, song_ids: Sequence[str], *, next_: bool = False) -> None:
        """Put songs behind what waits, or in front of it."""
        with self._lock:
            was_empty = self.queue.current is None
            self.queue.add(song_ids, next_=next_)
        if was_empty:
            self._play_current(paused=False)
        elif self._engine is not None:
            self._engine.forget_following()

    def jump(self, key: int) -> None:
        """Play a turn of the queue now."""
        with self._lock:
            self.queue.jump(key)
        self._play_current()

    def remove(self, key: int) -> None:
        """Take a turn out of the queue; what is heard goes on."""
        with self._lock:
            self.queue.remove(key)
        self._queue_changed()

    def move(self, key: int, by: int) -> None:
        """Move a turn up (negative) or down."""
        with self._lock:
            self.queue.move(key, by)
        self._queue_changed()

    def clear_queue(self) -> None:
        """Forget all but what plays."""
        with self._lock:
            self.queue.clear()
        self._queue_changed()

    def _queue_changed(self) -> None:
        if self._engine is not None:
            self._engine.forget_following()
        self._changed()

    def toggle(self) -> None:
        """Pause or go on."""
        if self._engine is None or self._engine.current is None:
            if self.queue.current is not None:
                self._play_current()
        elif self._engine.playing:
            self._engine.pause()
        else:
            self._engine.resume()
        self._changed()

    def pause(self) -> None:
        """Hold the music."""
        if self._engine is not None:
            self._engine.pause()
            self._changed()

    def stop(self) -> None:
        """Play nothing."""
        self._note_heard()
        if self._engine is not None:
            self._engine.stop()
        self._changed()

    def next(self) -> None:
        """On to the next song."""
        self._step(forward=True)

    def previous(self) -> None:
        """Back to the start of the song, or to the song before."""
        if self._engine is not None and self._engine.position_s > 5 and self._engine.current:
            self._engine.seek(self._engine.current.from_s)
        else:
            self._step(forward=False)

    def seek_by(self, seconds: float) -> None:
        """Some seconds on or back."""
        if self._engine is not None:
            self.seek(self._engine.position_s + seconds)

    def seek(self, at_s: float) -> None:
        """To a second of the song; past its end means the next song."""
        if self._engine is None or self._engine.current is None:
            return
        song = self._song_of(self._engine.current)
        if song is not None and at_s >= song.duration_s - 0.2:
            self.next()
        else:
            self._engine.seek(at_s)
            self._changed()

    def set_volume(self, volume: float) -> None:
        """0 is silence, 1 as recorded, 1.5 the most."""
        self.volume = min(max(round(volume, 2), 0.0), MAX_VOLUME)
        if self._engine is not None:
            self._engine.volume = self.volume
        self._changed()

    def set_highlights_only(self, only: bool) -> None:
        """Play only the best part of each song."""
        self.highlights_only = only
        self._queue_changed()

    def set_shuffled(self, shuffled: bool) -> None:
        """Mix what is still to come."""
        with self._lock:
            self.queue.set_shuffled(shuffled)
        self._queue_changed()

    def cycle_repeat(self) -> str:
        """off, all, one."""
        with self._lock:
            mode = self.queue.cycle_repeat()
        self._queue_changed()
        return mode

    def set_replay_gain(self, on: bool) -> None:
        """Play everything equally loud, or as it was recorded; from the next song on."""
        self.replay_gain = on
        self._queue_changed()

    def set_stem(self, stem: Stem) -> bool:
        """Hear the mix or one stem, at the same moment; False when the song has none."""
        before = self.stem
        self.stem = stem
        if self._engine is None or self._engine.current is None:
            return True
        entry = self._entries.get(self._engine.current.key)
        track = self._track(entry, fall_back=False) if entry else None
        if track is None:
            self.stem = before
            return False
        self._engine.change_to(track)
        return True

    @property
    def semitones(self) -> int:
        """Return by how much the key is changed."""
        return self._engine.semitones if self._engine is not None else 0

    @property
    def tempo(self) -> float:
        """Return how fast it plays; 1 is as recorded."""
        return self._engine.tempo if self._engine is not None else 1.0

    def stretch(self, semitones: int, tempo: float) -> None:
        """Play in another key (-6 to 6 semitones) or tempo (0.7 to 1.3); further is the limit."""
        semitones = min(max(semitones, -MAX_SEMITONES), MAX_SEMITONES)
        tempo = round(min(max(tempo, MIN_TEMPO), MAX_TEMPO), 2)
        self.engine.stretch(semitones, tempo)
        self._changed()

    def repeat_part(self, part: tuple[float, float] | None) -> None:
        """Play a part of the song again and again; None goes on behind it."""
        if self._engine is None:
            return
        if part is None:
            self._engine.end_loop()
        else:
            self._engine.repeat_part(*part)
        self._changed()

    def play_recording(self, stream: Stream, at_s: float, to_s: float | None = None) -> None:
        """Play a stream's recording from a second on, beside the queue.

        Raises:
            NotFoundError: it is not there (any more).
        """
        path = self._library.settings.library_root / stream.recording_path
        if not stream.recording_path or not path.is_file():
            raise NotFoundError(
                "the recording is not there",
                subject=stream.title or stream.id,
                next_step="Take the stream in again (Pipeline, key a)",
            )
        self._play_beside(path, stream.title or stream.id, at_s, to_s, stream_id=stream.id)

    def play_file(self, path: Path, title: str, at_s: float = 0.0) -> None:
        """Play a file, such as a playlist that was made, from a second on, beside the queue.

        Raises:
            NotFoundError: it is not there (any more).
        """
        if not path.is_file():
            raise NotFoundError(
                "the file is not there any more", subject=str(path), next_step="Make it again"
            )
        self._play_beside(path, title, at_s, None)

    def _play_beside(
        self, path: Path, title: str, at_s: float, to_s: float | None, *, stream_id: str = ""
    ) -> None:
        self._note_heard()
        self._recording, self._beside = stream_id, title
        self.engine.play(Track(RECORDING, path, 0.0, at_s, to_s))

    @property
    def moving(self) -> bool:
        """Return whether anything is heard, song or recording."""
        return self._engine is not None and self._engine.playing

    def recording_at_s(self, stream_id: str) -> float | None:
        """Second of a stream's recording that is heard now; None when another one is, or none."""
        if self._engine is None or self._engine.current is None:
            return None
        track = self._engine.current
        if track.key == RECORDING:
            return self._engine.position_s if self._recording == stream_id else None
        song = self._song_of(track)
        if song is None or song.stream_id != stream_id:
            return None
        return song.start_s + self._engine.position_s

    def close(self) -> None:
        """Stop, record the last play and give the device back."""
        self._note_heard()
        if self._engine is not None:
            self._engine.close()

    def reread_current(self) -> None:
        """Read the song that plays again: the catalogue has changed. Call it in a thread.

        What is heard stays the cut that was begun, so its span stays too. A song that has left the
        catalogue is shown as it was.
        """
        track = self._engine.current if self._engine is not None else None
        entry = self._entries.get(track.key) if track is not None else None
        if entry is None:
            return
        try:
            now = self._library.catalogue.songs.get(entry.song_id)
        except NotFoundError:
            return
        before = self._songs.get(entry.song_id)
        if before is not None:
            now = replace(now, start_s=before.start_s, stop_s=before.stop_s)
        if now != before:
            self._songs[entry.song_id] = now
            self._changed()

    def path_of(self, song: Song) -> tuple[Path, float]:
        """The file to play and the second in it where the song begins.

        Raises:
            NotFoundError: neither its own file nor the stream's recording is there.
        """
        cut_is_true = song.file_start_s is None or abs(song.file_start_s - song.start_s) < 0.01
        if song.file_path and cut_is_true:
            path = self._library.settings.library_root / song.file_path
            if path.is_file():
                return path, 0.0
        stream = self._library.catalogue.streams.find(song.stream_id)
        if stream is not None and stream.recording_path:
            path = self._library.settings.library_root / stream.recording_path
            if path.is_file():
                return path, song.start_s
        raise NotFoundError(
            "neither its file nor the recording is there",
            subject=song.title or song.id,
            next_step="Take the stream in again (Pipeline, key a)",
        )

    def files_of(self, song: Song) -> tuple[Path | None, Path | None]:
        """Return a song's own file and its stream's artwork, as far as they are there."""
        settings = self._library.settings
        file = settings.library_root / song.file_path if song.file_path else None
        folder = settings.stream_dir(song.stream_id)
        artwork = next(iter(sorted(folder.glob("thumbnail.*"))), None)
        return file if file is not None and file.is_file() else None, artwork

    def _play_current(self, *, paused: bool = False) -> None:
        self._note_heard()
        with self._lock:
            entry = self.queue.current
            n_left = min(len(self.queue.entries), MAX_SKIPPED)
        while entry is not None and n_left > 0:
            try:
                track = self._track(entry)
            except UtawakuError as error:
                self._failed(error)
                entry = self.queue.after(entry.key, by_user=True)
                if entry is not None:
                    self.queue.jump(entry.key)
                n_left -= 1
                continue
            if track is not None:
                at_s = self._left_at(entry, track)
                self._heard_key, self._heard_from_s = entry.key, at_s
                self.engine.play(track, at_s, paused=paused)
            break
        self._changed()

    def _left_at(self, entry: Entry, track: Track) -> float:
        """Return where to begin: where the session before left this turn, else at its start."""
        resume, self._resume = self._resume, None
        if resume is None or resume[0] != entry.key:
            return track.from_s
        last_s = track.to_s if track.to_s is not None else resume[1] + 1
        return resume[1] if track.from_s <= resume[1] < last_s - 1 else track.from_s

    def _step(self, *, forward: bool) -> None:
        with self._lock:
            current = self.queue.current
            if current is None:
                return
            entry = (
                self.queue.after(current.key, by_user=True)
                if forward
                else self.queue.before(current.key)
            )
            if entry is not None:
                self.queue.jump(entry.key)
        if entry is None:
            self.stop()
        else:
            self._play_current()

    def _following(self, track: Track) -> Track | None:
        """Called by the feeder while the song before is still heard."""
        if track.key < 0:
            return None
        with self._lock:
            entry = self.queue.after(track.key)
            n_left = min(len(self.queue.entries), MAX_SKIPPED)
        while entry is not None and n_left > 0:
            try:
                return self._track(entry)
            except UtawakuError as error:
                self._failed(error)
                entry = self.queue.after(entry.key)
                n_left -= 1
        return None

    def _track(self, entry: Entry, *, fall_back: bool = True) -> Track | None:
        song = self._library.catalogue.songs.get(entry.song_id)
        self._songs[entry.song_id] = song
        self._entries[entry.key] = entry
        path: Path | None = None
        file_start_s = 0.0
        if self.stem != "mix":
            path = self._stem_path(song, self.stem)
            if path is None and not fall_back:
                return None
        if path is not None or self.stem == "mix":
            self._mixed.discard(entry.key)
        else:
            self._mixed.add(entry.key)
        if path is None:
            path, file_start_s = self.path_of(song)
        from_s, to_s = 0.0, song.duration_s
        if self.highlights_only or self._previewing:
            from_s, to_s = best_part(song)
        gain_db = 0.0
        if self.replay_gain and song.loudness_lufs is not None:
            gain_db = REFERENCE_LUFS - song.loudness_lufs
            if song.true_peak_db is not None:
                gain_db = min(gain_db, -song.true_peak_db)
        return Track(entry.key, path, file_start_s, from_s, to_s, gain_db)

    def _stem_path(self, song: Song, stem: Stem) -> Path | None:
        """Return the file of a stem; None without one, and of one that was made before a recut."""
        paths = self._library.catalogue.insights.stem_paths(song.id)
        if stem not in paths:
            return None
        # Imported where it is needed: the first screen does not wait for the decoders.
        from utawaku.media.probe import lasts

        path = self._library.settings.library_root / paths[stem]
        return path if path.is_file() and lasts(path, song.duration_s) else None

    def _song_of(self, track: Track) -> Song | None:
        entry = self._entries.get(track.key)
        return self._songs.get(entry.song_id) if entry else None

    def _on_event(self, event: Event) -> None:
        """Called by the engine's threads."""
        if event.kind == "failed" and event.error is not None:
            self._failed(event.error)
        elif event.kind == "started" and event.track is not None and event.track.key >= 0:
            if event.track.key != self._heard_key:
                self._note_heard(whole=True)
                self._heard_key, self._heard_from_s = event.track.key, event.track.from_s
            with self._lock:
                self.queue.jump(event.track.key)
        elif event.kind == "ended":
            self._note_heard(whole=True)
        self._changed()

    def _note_heard(self, *, whole: bool = False) -> None:
        """Record the play that ends here, when it was long enough to count."""
        entry = self._entries.get(self._heard_key)
        song = self._songs.get(entry.song_id) if entry else None
        key, self._heard_key = self._heard_key, 0
        if song is None or self._engine is None or not key:
            return
        stop_s = song.duration_s if whole else self._engine.position_s
        if whole and (self.highlights_only or self._previewing):
            stop_s = best_part(song)[1]
        listened_s = stop_s - self._heard_from_s
        if listened_s >= min(HEARD_S, song.duration_s / 2):
            threading.Thread(
                target=self._record, args=(song.id, self._heard_from_s, stop_s), daemon=False
            ).start()

    def _record(self, song_id: str, start_s: float, stop_s: float) -> None:
        try:
            self._library.catalogue.grades.played(song_id, start_s, stop_s)
            self.recorded()
        except UtawakuError as error:
            self._failed(error)
