"""Karaoke backings: a song's accompaniment as a file of its own, with the song's tags and cover."""

import itertools
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Literal

from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.errors import MediaError, NotFoundError, TagError
from utawaku.library.files import numbered, safe_component
from utawaku.library.records import Song
from utawaku.library.tags import SongTags, read_cover, read_tags, write_tags
from utawaku.media.cut.audio import cut_audio
from utawaku.media.cut.result import AudioCodec
from utawaku.media.loudness import Loudness
from utawaku.workflows.song_tags import SONG_ID_TAG, tags_for
from utawaku.workflows.stems import present_stems

Stem = Literal["accompaniment", "vocals"]
SUFFIXES: dict[Stem, str] = {"accompaniment": "(instrumental)", "vocals": "(vocals)"}
BACKING_TAG = "BACKING"
"""Tag `UTAWAKU_BACKING`: of which song a file is the backing, or the voice alone."""


def write_backing(
    song: Song,
    catalogue: Catalogue,
    settings: Settings,
    folder: Path,
    codec: AudioCodec = "flac",
    *,
    stem: Stem = "accompaniment",
) -> Path:
    """Write a stem of a song as a tagged file into `folder`; returns its path.

    A backing of the same song that lies there is replaced; another file of the same name is not.

    Args:
        song: has stems.
        catalogue: knows them, and the song's label.
        settings: say where the library is, and who is ARTIST.
        folder: made where it is missing.
        codec: flac, opus, m4a or mp3.
        stem: the accompaniment, or the voice alone.

    Raises:
        NotFoundError: the song has no stems, or their files are gone or of another length.
        EncodeError, TagError, DiskFullError: the file cannot be written.
    """
    stems = present_stems(song, catalogue, settings)
    if stems is None:
        raise NotFoundError(
            "the song has no stems yet, or its boundaries were moved since",
            subject=song.title or song.id,
            next_step=f"`utawaku separate id:{song.id}` makes them",
        )
    path = stems.vocals_path if stem == "vocals" else stems.accompaniment_path
    source = settings.library_root / path
    stream = catalogue.streams.get(song.stream_id)
    n_tracks = len(catalogue.songs.of_stream(song.stream_id))
    chosen = settings.tags
    tags = tags_for(song, stream, n_tracks, catalogue, artist=chosen.artist, album=chosen.album)
    title = f"{tags.title} {SUFFIXES[stem]}"
    # It is no song of the library: what moves and tags song files leaves it out.
    extra = {name: value for name, value in tags.extra.items() if name != SONG_ID_TAG}
    tags = replace(tags, title=title, isrc=None, extra={**extra, BACKING_TAG: song.id})
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{tags.artist} - {title}" if tags.artist else title
    target = folder / f"{safe_component(name, max_bytes=240)}.{codec}"
    with tempfile.TemporaryDirectory(prefix=".utawaku-backing-", dir=folder) as work:
        made = cut_audio(source, 0.0, None, Path(work) / "backing", codec=codec)
        tags = _with_loudness(tags, made.loudness)
        write_tags(made.path, tags, cover=_cover_of(song, settings))
        target = _free(target, song.id)
        made.path.replace(target)
    return target


def _with_loudness(tags: SongTags, loudness: Loudness | None) -> SongTags:
    """Return the tags with ReplayGain of the backing, which is another than the song's."""
    if loudness is None:
        return replace(tags, replaygain_gain_db=None, replaygain_peak=None)
    peak = 10 ** (loudness.true_peak_db / 20)
    return replace(tags, replaygain_gain_db=loudness.replaygain_db, replaygain_peak=peak)


def _free(target: Path, song_id: str) -> Path:
    """`target`, or with a number where a file of that name is not this song's backing."""
    for number in itertools.count(1):
        candidate = numbered(target, number)
        if not candidate.exists() or _is_backing_of(candidate, song_id):
            return candidate
    raise AssertionError


def _is_backing_of(path: Path, song_id: str) -> bool:
    try:
        return read_tags(path).extra.get(BACKING_TAG) == song_id
    except (MediaError, OSError):
        return False


def _cover_of(song: Song, settings: Settings) -> bytes | None:
    path = settings.library_root / song.file_path
    if not song.file_path or not path.is_file():
        return None
    try:
        return read_cover(path) or None
    except TagError:  # a damaged picture costs the cover, not the backing
        return None
