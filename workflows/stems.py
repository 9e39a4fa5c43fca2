"""Stems of songs: which are wanted, where they lie, and what is wrong with them."""

from pathlib import Path

from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.progress import Progress, silent
from utawaku.library.records import Song, Stream
from utawaku.library.store.stems import SongStems
from utawaku.media.probe import lasts
from utawaku.models.separator import Separator, separate_file
from utawaku.models.separator.checking import Samples, fault_of
from utawaku.models.separator.files import open_mix
from utawaku.workflows.recordings import recording_file
from utawaku.workflows.song_files import holds_span

CODE_VERSION = "1"


FOLDER = "stems"


def stems_folder(stream_id: str, settings: Settings) -> Path:
    """Return where stems of a stream lie: its songs' files, and a folder for each set of pieces."""
    return settings.stream_dir(stream_id) / FOLDER


def stems_name(song: Song, engine: str) -> str:
    """Name of a song's stems without their endings: it stays when the song is moved or renamed."""
    return f"{song.id.rpartition('@')[2]}.{engine}"


def is_good_enough(song: Song, settings: Settings) -> bool:
    """Return whether a song is separated without being asked for."""
    wanted = settings.stems
    by_taste = wanted.min_taste is not None and (song.taste or 0.0) >= wanted.min_taste
    by_grade = (
        wanted.min_grade is not None and song.grade is not None and song.grade >= wanted.min_grade
    )
    return by_taste or by_grade


def wanted_songs(
    stream: Stream, catalogue: Catalogue, settings: Settings, song_ids: list[str]
) -> list[Song]:
    """Songs of the stream that are asked for, or, without names, that are good enough.

    One that was asked for and is gone is left out.
    """
    kept = catalogue.songs.of_stream(stream.id)
    if song_ids:
        return [song for song in kept if song.id in song_ids]
    return [song for song in kept if is_good_enough(song, settings)]


def source_of(song: Song, stream: Stream, settings: Settings) -> tuple[Path, float, float | None]:
    """File that holds the song, and the span in it.

    Raises:
        MediaError: neither the song's file nor the recording is there.
    """
    own = settings.library_root / song.file_path
    if holds_span(song) and own.is_file():
        return own, 0.0, None
    return recording_file(stream, settings), song.start_s, song.stop_s


def present_stems(song: Song, catalogue: Catalogue, settings: Settings) -> SongStems | None:
    """Return the latest stems of a song whose files are there and as long as the song.

    None where there are none, or where the song's boundaries were moved since.
    """
    return next((one for one in catalogue.stems.of(song.id) if _fits(one, song, settings)), None)


def is_made(found: SongStems | None, separator: Separator, song: Song, settings: Settings) -> bool:
    """Return whether the song's stems are there, of its present length, by the engine as it is
    now.
    """
    if found is None or found.model_version != _version(separator):
        return False
    return _fits(found, song, settings)


def separate_song(
    separator: Separator,
    song: Song,
    stream: Stream,
    catalogue: Catalogue,
    settings: Settings,
    progress: Progress = silent,
) -> SongStems:
    """Write and record the stems of one song.

    Raises:
        UtawakuError: the song's audio cannot be used.
    """
    source, start_s, stop_s = source_of(song, stream, settings)
    done = separate_file(
        separator,
        source,
        stems_folder(stream.id, settings),
        name=stems_name(song, separator.name),
        start_s=start_s,
        stop_s=stop_s,
        progress=progress,
    )
    made = SongStems(
        song.id,
        separator.name,
        done.vocals.relative_to(settings.library_root).as_posix(),
        done.accompaniment.relative_to(settings.library_root).as_posix(),
        _version(separator),
    )
    catalogue.stems.put(made)
    return made


def _fits(found: SongStems, song: Song, settings: Settings) -> bool:
    paths = [settings.library_root / path for path in (found.vocals_path, found.accompaniment_path)]
    return all(path.is_file() and lasts(path, song.duration_s) for path in paths)


def _version(separator: Separator) -> str:
    return f"{separator.version}+{separator.model_version}"


def fault_in(made: SongStems, song: Song, stream: Stream, settings: Settings) -> str:
    """Return what is wrong with stems read back from disk, `checking.fault_of`; empty when
    nothing.
    """
    mix = Samples(open_mix(*source_of(song, stream, settings)))
    stems = [settings.library_root / path for path in (made.vocals_path, made.accompaniment_path)]
    fault, _ = fault_of(mix, stems)
    return fault
