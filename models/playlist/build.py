"""From songs of the library to one file and the list beside it."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from utawaku.library.errors import NotFoundError
from utawaku.library.exports import PlaylistEntry, m3u8
from utawaku.library.files import atomic_path
from utawaku.library.progress import Progress, silent
from utawaku.library.records import Song
from utawaku.models.playlist.mix import PlaylistItem, Rendered, render_playlist
from utawaku.models.playlist.order import by_key, by_tempo

ORDERS = ("bpm", "key", "query")
"""By tempo, by key and then tempo, or as the songs come."""
NO_FILE = "it has no file yet"


@dataclass(frozen=True)
class MadePlaylist:
    """The result of `make_playlist`."""

    mix: Rendered
    m3u8: Path
    left_out: tuple[tuple[str, str], ...] = ()
    """Titles of songs that are not in it, each with the reason."""


def make_playlist(
    songs: Sequence[Song],
    library_root: Path,
    target: Path,
    *,
    highlights: bool = False,
    order: str = "bpm",
    crossfade_s: float = 4.0,
    align_beats: bool = True,
    progress: Progress = silent,
) -> MadePlaylist:
    """Join songs, or their highlights, into `target`, and list their own files in a .m3u8 beside.

    Args:
        songs: those without a file are told in `MadePlaylist.left_out`.
        library_root: folder that the songs' paths count from.
        target: .m4a, .mp3, .opus, .ogg or .mka.
        highlights: only the best half minute, where it is known.
        order: one of `ORDERS`.
        crossfade_s: how long neighbours overlap.
        align_beats: move crossfades by less than a beat, so that beats coincide.

    Raises:
        NotFoundError: no song can be played. EncodeError: it cannot be written.
        ValueError: no such order.
    """
    if order not in ORDERS:
        raise ValueError(f"order must be one of {', '.join(ORDERS)}")
    items = [item_of(song, library_root, highlights) for song in songs if song.file_path]
    if not items:
        raise NotFoundError(
            "no song of the playlist has a file",
            subject=target.name,
            next_step="`utawaku songs` lists what there is",
        )
    if order != "query":
        items = by_tempo(items) if order == "bpm" else by_key(items)
    mix = render_playlist(
        items, target, crossfade_s=crossfade_s, align_beats=align_beats, progress=progress
    )
    without = [(song.title or song.id, NO_FILE) for song in songs if not song.file_path]
    broken = [(item.title, why) for item, why in mix.left_out]
    return MadePlaylist(mix, write_m3u8(mix), (*without, *broken))


def item_of(song: Song, library_root: Path, highlights: bool) -> PlaylistItem:
    """A song, or its highlight where that is wanted and known, as an item."""
    start_s, stop_s = 0.0, None
    if highlights and song.highlight_start_s is not None and song.highlight_stop_s is not None:
        start_s, stop_s = song.highlight_start_s, song.highlight_stop_s
    return PlaylistItem(
        path=library_root / song.file_path,
        title=song.title or song.id,
        artist=song.singer or song.artist,
        start_s=start_s,
        stop_s=stop_s,
        bpm=song.bpm,
        key=song.key,
    )


def write_m3u8(made: Rendered) -> Path:
    """List the items' own files, relative to the joined file, beside it."""
    target = made.path.with_suffix(".m3u8")
    base = target.absolute().parent
    entries = [
        PlaylistEntry(
            os.path.relpath(chapter.item.path, base),
            chapter.stop_s - chapter.start_s,
            chapter.item.title,
            chapter.item.artist,
        )
        for chapter in made.chapters
    ]
    with atomic_path(target) as temporary:
        temporary.write_text(m3u8(entries, title=made.path.stem), "utf-8")
    return target
