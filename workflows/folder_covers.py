"""`cover.jpg` beside the songs of a stream: the picture by which players show an album.

It is written where all songs of a folder are of one stream; other programs know the folder as one
album then. A picture that another program or the user put there stays.
"""

from pathlib import Path

from utawaku.library.artwork import prepare_cover
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.errors import TagError
from utawaku.library.files import atomic_path
from utawaku.library.records import Song, Stream
from utawaku.library.schema import songs

COVER_NAME = "cover.jpg"
_START = b"\xff\xd8"
_MARK = b"\xff\xfe\x00\x09utawaku"
"""A comment of JPEG (ITU-T T.81, B.2.4.5) that tells our file from others."""


def keep_folder_cover(
    stream: Stream, kept: list[Song], catalogue: Catalogue, settings: Settings
) -> int:
    """Write the stream's picture into the folders of its songs; return how many were written.

    A picture that cannot be read writes nothing: filing the songs tells that.
    """
    if not settings.tags.folder_cover or not stream.thumbnail_path:
        return 0
    thumbnail = settings.library_root / stream.thumbnail_path
    if not thumbnail.is_file():
        return 0
    try:
        picture = prepare_cover(thumbnail.read_bytes())
    except TagError:
        return 0
    content = _START + _MARK + picture.removeprefix(_START)
    folders = {(settings.library_root / song.file_path).parent for song in kept if song.file_path}
    n_written = 0
    for folder in folders - {settings.songs_dir}:
        path = folder / COVER_NAME
        if _is_free(path, content) and not _holds_others(folder, stream, catalogue, settings):
            with atomic_path(path) as temporary:
                temporary.write_bytes(content)
            n_written += 1
    return n_written


def remove_lone_cover(folder: Path) -> None:
    """Delete our picture where it is all that is left in a folder."""
    path = folder / COVER_NAME
    if is_our_cover(path) and not any(one != path for one in folder.iterdir()):
        path.unlink()


def is_our_cover(path: Path) -> bool:
    """Return whether a file is a picture that utawaku wrote."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(_START + _MARK)) == _START + _MARK


def _is_free(path: Path, content: bytes) -> bool:
    """Return whether the picture is missing, or an older one of ours."""
    if not path.exists():
        return True
    return is_our_cover(path) and path.read_bytes() != content


def _holds_others(folder: Path, stream: Stream, catalogue: Catalogue, settings: Settings) -> bool:
    inside = f"{folder.relative_to(settings.library_root).as_posix()}/"
    return bool(
        catalogue.songs.count(
            songs.c.file_path.startswith(inside, autoescape=True), songs.c.stream_id != stream.id
        )
    )
