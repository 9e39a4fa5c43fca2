"""Highlight, tempo and key of files that need not be in the library."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from utawaku.library.errors import NotFoundError
from utawaku.library.tags import SongTags
from utawaku.library.text import clean_line
from utawaku.media.clips import free_name, write_clip
from utawaku.media.cut import AudioCodec
from utawaku.media.decode import decode
from utawaku.media.folders import media_files
from utawaku.media.probe import probe
from utawaku.models.highlight import best_window, certainty, from_lyrics
from utawaku.models.highlight.engine import InterestEngine
from utawaku.models.setlist.subtitles import TimedText
from utawaku.models.tempo import estimate_key, estimate_tempo, listen_file
from utawaku.workflows.song_tags import short_key


@dataclass(frozen=True)
class FileHighlight:
    """The highlight of one file."""

    path: Path
    sound: Path
    """Its sound is read from here: the file itself, or a list that names one of its tracks."""
    title: str
    """From its tags, else its name."""
    artist: str
    duration_s: float
    start_s: float
    stop_s: float
    curve: npt.NDArray[np.float32]
    """float32 (n_seconds,) in [0, 1]."""
    source: str
    """`model` or `lyrics`."""
    certainty: float | None
    """Chance, in [0, 1], that it is a good one; None where it is not the shipped model's."""
    bpm: float | None
    key: str
    """Such as `F# minor`; empty where there is no pitch."""


def highlight_of_file(
    path: Path,
    engine: InterestEngine,
    lyrics: Sequence[TimedText] = (),
    *,
    source: Path | None = None,
) -> FileHighlight:
    """Listen to a file and find its highlight.

    Args:
        path: audio or video.
        engine: draws the curve where there are no lyrics.
        lyrics: its words in time.
        source: a list that names the track of it to listen to; None is its default track.

    Raises:
        MediaError: it cannot be read, or has no sound.
    """
    title, artist = names_of(path)
    sound = source or path
    heard = listen_file(sound)
    curve = from_lyrics(list(lyrics), heard.duration_s)
    drawn_by = "model" if curve is None else "lyrics"
    if curve is None:
        curve = engine.curve(heard, partial(_decoded, sound))
    start_s, stop_s = best_window(curve, heard.duration_s)
    return FileHighlight(
        path=path,
        sound=sound,
        title=title,
        artist=artist,
        duration_s=heard.duration_s,
        start_s=start_s,
        stop_s=stop_s,
        curve=curve,
        source=drawn_by,
        certainty=certainty(curve, start_s, stop_s)
        if drawn_by == "model" and engine.is_measured
        else None,
        bpm=estimate_tempo(heard).bpm,
        key=estimate_key(heard).name,
    )


def names_of(path: Path) -> tuple[str, str]:
    """Title and artist of a file, from its tags; without a title its name.

    Raises:
        MediaError: it cannot be read.
    """
    tags = {name.lower(): value for name, value in probe(path).tags.items()}
    title = clean_line(tags.get("title", "")) or clean_line(path.stem)
    return title, clean_line(tags.get("artist", ""))


def write_highlight_clip(found: FileHighlight, folder: Path, codec: AudioCodec = "auto") -> Path:
    """Write a highlight as a file into `folder`, under a name that is free, and return it.

    Raises:
        MediaError: it cannot be cut or written.
    """
    target = free_name(folder, f"{found.path.stem} (highlight)", found.sound, codec)
    tags = SongTags(
        title=found.title,
        artist=found.artist or None,
        bpm=round(found.bpm) if found.bpm else None,
        key=short_key(found.key) or None,
    )
    return write_clip(found.sound, found.start_s, found.stop_s, target, tags, codec=codec)


def files_in(given: Sequence[Path], without: Sequence[Path] = ()) -> list[Path]:
    """Return the files that were given, and for each folder the media files in and below it.

    Args:
        given: files and folders.
        without: what is being written, files or folders: it is left out of folders.

    Raises:
        NotFoundError: there is none.
    """
    written = {path.absolute() for path in without}
    found: list[Path] = []
    for path in given:
        if not path.is_dir():
            found.append(path)
            continue
        inside = [file for file, _ in media_files(path)]
        found += [file for file in inside if written.isdisjoint(_places(file))]
    if not found:
        raise NotFoundError(
            "there is no audio or video file in it",
            subject=", ".join(map(str, given)),
            next_step="Give the folder that holds the songs",
        )
    return list(dict.fromkeys(found))


def _places(file: Path) -> set[Path]:
    """The file itself and the folders it is in."""
    return {file.absolute(), *file.absolute().parents}


def _decoded(path: Path, sample_rate_hz: int) -> Iterator[npt.NDArray[np.float32]]:
    return decode(path, sample_rate_hz=sample_rate_hz, n_channels=1)
