"""Files of songs: cut once, tagged, filed by template, and kept true to the catalogue."""

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from utawaku.library.artwork import prepare_cover
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import CutSettings, Settings
from utawaku.library.errors import MediaError, TagError
from utawaku.library.files import (
    move,
    remove_stale_temporaries,
    render_path,
    temporary_path,
    trash,
)
from utawaku.library.lyrics_files import move_lyrics
from utawaku.library.records import Song, Stream
from utawaku.library.tags import SongTags, read_tags, write_tags
from utawaku.media.cut import CutResult, cut_audio, cut_video, plan_cut
from utawaku.media.loudness_grid import LoudnessGrid
from utawaku.media.probe import MediaInfo, probe
from utawaku.workflows.folder_covers import keep_folder_cover, remove_lone_cover
from utawaku.workflows.pcm_sharing import kept_loudness
from utawaku.workflows.recordings import recording_file
from utawaku.workflows.song_tags import (
    MEASURED,
    SONG_ID_TAG,
    UNKNOWN_TITLE,
    Outcome,
    bring_in_step,
)
from utawaku.workflows.stream_labels import cover_file
from utawaku.workflows.subscriptions import settings_for

_log = logging.getLogger(__name__)


CODE_VERSION = "1"


AT_ONCE = 2


def made_with(settings: Settings) -> dict[str, Any]:
    """Return what decides the outcome, to tell whether it has to be made again."""
    return {"cut": settings.cut.model_dump(mode="json"), "version": CODE_VERSION}


def any_due(stream: Stream, catalogue: Catalogue, settings: Settings) -> bool:
    """Return whether a song of the stream has no file, or one of another span, or one too many."""
    for song in catalogue.songs.of_stream(stream.id, dropped=True):
        if song.state != "kept":
            if song.file_path:
                return True
        elif not holds_span(song) or not (settings.library_root / song.file_path).is_file():
            return True
    return False


def holds_span(song: Song) -> bool:
    """Return whether the song's file was cut at the song's present boundaries."""
    if not song.file_path or song.file_start_s is None or song.file_stop_s is None:
        return False
    return abs(song.file_start_s - song.start_s) < 1e-3 and (
        abs(song.file_stop_s - song.stop_s) < 1e-3
    )


def path_fields(song: Song, stream: Stream) -> dict[str, Any]:
    """Return what a path template can name."""
    return {
        "channel": stream.channel,
        "singer": song.singer or stream.channel,
        "date": _date(stream.uploaded_on) or stream.uploaded_on,
        "stream_title": stream.title,
        "stream_id": stream.id,
        "track": song.position + 1,
        "title": song.title or UNKNOWN_TITLE,
        "artist": song.artist,
    }


def song_path(song: Song, stream: Stream, settings: Settings, ext: str) -> Path:
    """Return where the song's file belongs."""
    fields = path_fields(song, stream) | {"ext": ext}
    template = settings.cut.template
    if "{ext}" not in template:
        template += ".{ext}"
    return settings.songs_dir / render_path(template, fields)


@dataclass
class Counts:
    """The work done on the files of a stream."""

    n_cut: int = 0
    n_copied: int = 0
    n_encoded: int = 0
    n_moved: int = 0
    n_retagged: int = 0
    n_taken_over: int = 0
    """Files in which the user had changed something with another program."""
    n_unusable: int = 0
    """Files that are gone or have no tags that can be read."""
    n_trashed: int = 0
    n_untouched: int = 0


class SongCutter:
    """Cuts the songs of one stream that have no file of their present span."""

    def __init__(
        self, stream: Stream, catalogue: Catalogue, settings: Settings, counts: Counts
    ) -> None:
        self.stream = stream
        self.catalogue = catalogue
        self.settings = settings
        self.counts = counts
        self._media: MediaInfo | None = None
        self._recording: Path | None = None
        self._heard: LoudnessGrid | None = None

    def cut_all(self, kept: list[Song], *, again: bool = False) -> list[str]:
        """Cut what is due, with `again` all, a few at once; return the ids in order."""
        self._remove_half_made(kept)
        due = [song for song in kept if again or self._is_due(song)]
        self.counts.n_untouched = len(kept) - len(due)
        if due:
            self._recording = recording_file(self.stream, self.settings)
            self._media = probe(self._recording)
            self._heard = kept_loudness(self._recording, self.stream, self.settings)
        # FFmpeg works outside of the interpreter's lock, so threads are enough.
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return list(pool.map(self._cut, due))

    def _remove_half_made(self, kept: list[Song]) -> None:
        """Delete what a killed run left where these songs are or will be."""
        homes = {song_path(song, self.stream, self.settings, "opus").parent for song in kept}
        homes |= {
            (self.settings.library_root / song.file_path).parent for song in kept if song.file_path
        }
        for folder in homes:
            for path in remove_stale_temporaries(folder, only_here=True):
                _log.info("%s was left half made by a run that was killed; removed", path)

    def _is_due(self, song: Song) -> bool:
        return not holds_span(song) or not (self.settings.library_root / song.file_path).is_file()

    def _cut(self, song: Song) -> str:
        assert self._recording is not None
        assert self._media is not None
        cut = self.settings.cut
        fades = (
            cut.fade_s if "fade_in" in song.flags else 0.0,
            cut.fade_s if "fade_out" in song.flags else 0.0,
        )
        codec = cut.codec
        plan = plan_cut(self._media, codec, fades=codec != "copy" and any(fades))
        target = song_path(song, self.stream, self.settings, plan.ext)
        target = free_path(target, song.id)
        target.parent.mkdir(parents=True, exist_ok=True)
        # Cut and tagged under a name that passes: a full disk or a kill leaves no song without a
        # tag. What a crash before the catalogue knows leaves says whose it is, and the next run
        # takes its place.
        passing = temporary_path(target)
        try:
            result: CutResult = cut_audio(
                self._recording,
                song.start_s,
                song.stop_s,
                passing,
                codec=codec,
                fade_in_s=0.0 if codec == "copy" else fades[0],
                fade_out_s=0.0 if codec == "copy" else fades[1],
                heard=self._heard,
            )
            write_tags(passing, SongTags(title=song.title, extra={SONG_ID_TAG: song.id}), None)
            self.catalogue.song_files.cut_again(song.id, MEASURED)
            if target.exists():  # an older cut of this very song
                passing.replace(target)
                placed = target
            else:
                placed = move(passing, target)
        finally:
            passing.unlink(missing_ok=True)
        video = self._cut_video(song, placed, cut)
        old_files = [song.file_path, song.video_path]
        loudness = result.loudness
        self.catalogue.songs.set_file(
            song.id,
            {
                "file_path": _relative(placed, self.settings),
                "file_start_s": song.start_s,
                "file_stop_s": song.stop_s,
                "video_path": _relative(video, self.settings) if video else "",
                "loudness_lufs": _finite(loudness.integrated_lufs) if loudness else None,
                "true_peak_db": _finite(loudness.true_peak_db) if loudness else None,
            },
        )
        for old in old_files:
            path = self.settings.library_root / old
            if old and path not in (placed, video) and path.is_file():
                trash(path, self.settings.library_root)
                _remove_if_empty(path.parent, self.settings)
        self.counts.n_cut += 1
        self.counts.n_copied += result.copied
        self.counts.n_encoded += not result.copied
        return song.id

    def _cut_video(self, song: Song, audio: Path, cut: CutSettings) -> Path | None:
        assert self._recording is not None
        if not (cut.video and self.stream.has_video):
            return None
        target = audio.with_suffix(".mp4")
        try:
            return cut_video(self._recording, song.start_s, song.stop_s, target).path
        except MediaError as error:  # a full disk is no such error, and ends the run
            self.catalogue.notices.add(
                "warning",
                "a song is filed without its video",
                body=f"{song.title or song.id}: {error.problem}",
                next_step=error.next_step,
                stream_id=self.stream.id,
            )
            return None


def put_away(song: Song, catalogue: Catalogue, settings: Settings) -> None:
    """Move the files of a song that was dropped to the trash."""
    for stored in (song.file_path, song.video_path):
        path = settings.library_root / stored
        if stored and path.is_file():
            trash(path, settings.library_root)
            _remove_if_empty(path.parent, settings)
    catalogue.songs.set_file(
        song.id,
        {"file_path": "", "video_path": "", "file_start_s": None, "file_stop_s": None},
    )


def file_away(
    song: Song,
    stream: Stream,
    n_tracks: int,
    catalogue: Catalogue,
    settings: Settings,
    counts: Counts,
) -> None:
    """Tag the song's file as the catalogue has it, and move it where its name belongs."""
    cover = _cover(song, stream, catalogue, settings)
    outcome = bring_in_step(song, stream, n_tracks, catalogue, settings, cover)
    counts.n_retagged += outcome is not Outcome.UNCHANGED
    counts.n_taken_over += outcome is Outcome.TAKEN_OVER
    song = catalogue.songs.get(song.id)
    current = settings.library_root / song.file_path
    wanted = song_path(song, stream, settings, current.suffix.lstrip("."))
    if current == wanted or current == free_path(wanted, song.id):
        return
    moved = _move(current, wanted)
    move_lyrics(current, moved)
    values = {"file_path": _relative(moved, settings)}
    if song.video_path:
        video = settings.library_root / song.video_path
        values["video_path"] = _relative(_move(video, moved.with_suffix(video.suffix)), settings)
    catalogue.songs.set_file(song.id, values)
    _remove_if_empty(current.parent, settings)
    counts.n_moved += 1


def keep_in_step(catalogue: Catalogue, settings: Settings) -> Counts:
    """Bring all song files and the catalogue in step: tags both ways, and names.

    A stream whose files are being made at the moment is left to that run, and a file that is gone
    or has no tags to the next one.
    """
    counts = Counts()
    for stream in catalogue.streams.all():
        state = catalogue.assets.of(stream.id).get("library_files")
        if state is None or state.state == "running":
            continue
        own = settings_for(stream, catalogue, settings)
        kept = catalogue.songs.of_stream(stream.id)
        for song in kept:
            if not song.file_path:
                continue
            try:
                file_away(song, stream, len(kept), catalogue, own, counts)
            except (MediaError, OSError) as error:
                counts.n_unusable += 1
                _log.warning("%s: its tags are not brought in step (%s)", song.file_path, error)
        try:
            keep_folder_cover(stream, catalogue.songs.of_stream(stream.id), catalogue, own)
        except OSError as error:
            _log.warning("%s: its folders get no cover.jpg (%s)", stream.id, error)
    return counts


def _move(source: Path, target: Path) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    return move(source, target)


def _remove_if_empty(folder: Path, settings: Settings) -> None:
    """Leave no empty folder behind where songs moved out; what holds anything stays."""
    while settings.songs_dir in folder.parents:
        try:
            remove_lone_cover(folder)
            folder.rmdir()
        except OSError:
            return
        folder = folder.parent


def free_path(target: Path, song_id: str) -> Path:
    """`target`, or with a number where the file of another song has that name."""
    from utawaku.library.files import numbered

    number = 1
    while True:
        candidate = numbered(target, number)
        if not candidate.exists() or _is_of(candidate, song_id):
            return candidate
        number += 1


def _is_of(path: Path, song_id: str) -> bool:
    try:
        return read_tags(path).extra.get(SONG_ID_TAG) == song_id
    except (MediaError, OSError):
        return False


def length_is_right(song: Song, settings: Settings) -> bool:
    """Return whether the file is as long as the song, to 0.1 s (the last packet of a copied
    AAC).
    """
    return abs(probe(settings.library_root / song.file_path).duration_s - song.duration_s) <= 0.1


def _cover(song: Song, stream: Stream, catalogue: Catalogue, settings: Settings) -> bytes | None:
    """The picture that came with the song's name, else the stream's thumbnail; as it is written.

    A damaged one is a notice, and the song is filed without it.
    """
    pictures = [cover_file(song, settings)]
    if stream.thumbnail_path:
        pictures.append(settings.library_root / stream.thumbnail_path)
    for path in pictures:
        if not path.is_file():
            continue
        try:
            return prepare_cover(path.read_bytes())
        except TagError as error:
            title, body = "a picture is no cover", f"{path.name}: {error.problem}"
            if not catalogue.notices.has(title, body):
                catalogue.notices.add(
                    "warning",
                    title,
                    body=body,
                    next_step="Replace the file by a JPEG, PNG or WebP picture, or delete it",
                    stream_id=stream.id,
                )
    return None


def _relative(path: Path, settings: Settings) -> str:
    return path.relative_to(settings.library_root).as_posix()


def _finite(value: float) -> float | None:
    return value if value > float("-inf") else None


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
