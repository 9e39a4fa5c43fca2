"""From songs to one file and the list beside it."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from utawaku.library.errors import LibraryFileError, MediaError, NotFoundError
from utawaku.library.exports import PlaylistEntry, cue_sheet, m3u8
from utawaku.library.files import atomic_path
from utawaku.library.files.paths import safe_component
from utawaku.library.progress import Progress, silent
from utawaku.library.records import Song, SongSpan, Stream
from utawaku.library.static_playlists import lines_of
from utawaku.library.tags import SongTags
from utawaku.media.clips import write_clip
from utawaku.models.playlist.mix import (
    NO_CHAPTERS,
    Chapter,
    PlaylistItem,
    Rendered,
    render_playlist,
)
from utawaku.models.playlist.order import by_key, by_tempo

ORDERS = ("bpm", "key", "query")
"""By tempo, by key and then tempo, or as the songs come."""
NO_FILE = "it has no file yet"
NO_HIGHLIGHT = "it has no highlight yet, so the whole song plays"

TitleAndReason = tuple[str, str]
MOST_CHAPTERS = 255
"""Of MP3's table of contents and MP4's list of Nero's form (findings/three-hundred-chapters.sh)."""


@dataclass(frozen=True)
class MadePlaylist:
    """The result of `make_playlist`."""

    mix: Rendered
    m3u8: Path
    left_out: tuple[TitleAndReason, ...] = ()
    """Songs that are not in it."""
    notes: tuple[TitleAndReason, ...] = ()
    """Songs that are in it, but not as was asked."""
    cue: Path | None = None
    """CUE sheet, where the format has no chapters."""


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
    """Join songs of the library, or their highlights, and list what plays in a .m3u8 beside.

    Args:
        songs: those without a file are told in `MadePlaylist.left_out`.
        library_root: folder that the songs' paths count from.
        target: .m4a, .mp3, .opus, .ogg, .mka, .flac or .wav.
        highlights: only the best half minute, where it is known; `MadePlaylist.notes` tells where
            it is not.
        order: one of `ORDERS`.
        crossfade_s: how long neighbours overlap.
        align_beats: move crossfades by less than a beat, so that beats coincide.

    Raises:
        NotFoundError: no song can be played. EncodeError: it cannot be written.
        ValueError: no such order.
    """
    items = [item_of(song, library_root, highlights) for song in songs if song.file_path]
    return join_items(
        items,
        target,
        order=order,
        crossfade_s=crossfade_s,
        align_beats=align_beats,
        left_out=[(song.title or song.id, NO_FILE) for song in songs if not song.file_path],
        notes=[(item.title, NO_HIGHLIGHT) for item in items if highlights and item.stop_s is None],
        progress=progress,
    )


def join_items(
    items: Sequence[PlaylistItem],
    target: Path,
    *,
    order: str = "bpm",
    crossfade_s: float = 4.0,
    align_beats: bool = True,
    copies: bool = False,
    left_out: Sequence[TitleAndReason] = (),
    notes: Sequence[TitleAndReason] = (),
    progress: Progress = silent,
) -> MadePlaylist:
    """Join items into `target`, and list what plays in a .m3u8 beside.

    Where the format has no chapters, a CUE sheet beside it says where each song begins.

    The list names a whole song by its own file. Of a span it names a clip, written for it into
    the folder `NAME.clips` beside the list: players ignore spans of a file.

    Args:
        items: songs and spans of songs.
        target, order, crossfade_s, align_beats: see `make_playlist`.
        copies: write a clip of whole songs, too, so that the list needs no file elsewhere.
        left_out, notes: told already; those found here are added.

    Raises:
        NotFoundError, EncodeError, ValueError: see `make_playlist`.
    """
    if order not in ORDERS:
        raise ValueError(f"order must be one of {', '.join(ORDERS)}")
    if not items:
        raise NotFoundError(
            "no song of the playlist has a file",
            subject=target.name,
            next_step="; ".join(f"{title}: {why}" for title, why in left_out[:3])
            or "`utawaku songs` lists what there is",
        )
    ordered = list(items)
    if order != "query":
        ordered = by_tempo(items) if order == "bpm" else by_key(items)
    mix = render_playlist(
        ordered, target, crossfade_s=crossfade_s, align_beats=align_beats, progress=progress
    )
    listing, unlisted = write_m3u8(mix, copies=copies)
    cue, missing = _write_cue_sheet(mix)
    broken = [(item.title, why) for item, why in mix.left_out]
    missing += chapters_lost(mix)
    return MadePlaylist(mix, listing, (*left_out, *broken), (*notes, *unlisted, *missing), cue)


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


def write_m3u8(made: Rendered, *, copies: bool = False) -> tuple[Path, list[TitleAndReason]]:
    """List what plays, relative to the joined file, beside it; see `join_items`.

    Clips that an earlier list of this name had go, where this one has them no more.

    Returns:
        The list, and the songs of which no clip could be written: it lacks them.
    """
    target = made.path.with_suffix(".m3u8")
    base = target.absolute().parent
    clips = clips_folder(target).absolute()
    earlier = _clips_of(target, clips)
    entries, written, unlisted = [], set(), []
    for number, chapter in enumerate(made.chapters, 1):
        path = chapter.item.path
        if copies or chapter.item.stop_s is not None:
            try:
                path = _clip_of(chapter, clips, number)
            except (MediaError, OSError) as error:
                unlisted.append((chapter.item.title, f"the list lacks it: {error}"))
                continue
            written.add(path)
        entries.append(
            PlaylistEntry(
                os.path.relpath(path, base),
                chapter.length_s,
                chapter.item.title,
                chapter.item.artist,
            )
        )
    with atomic_path(target) as temporary:
        temporary.write_text(m3u8(entries, title=made.path.stem), "utf-8")
    for clip in earlier - written:
        clip.unlink(missing_ok=True)
    return target, unlisted


def _write_cue_sheet(made: Rendered) -> tuple[Path | None, list[TitleAndReason]]:
    """Write a CUE sheet beside a file without chapters, or return the reason why none is there.

    A sheet that an earlier file of this name had goes where it does not say what is played.
    """
    target = made.path.with_suffix(".cue")
    if made.path.suffix.lower() not in NO_CHAPTERS:
        return None, []
    spans = [
        SongSpan(
            n, one.start_s, one.stop_s, "whole", 1.0, title=one.item.title, artist=one.item.artist
        )
        for n, one in enumerate(made.chapters)
    ]
    mix = Stream("", "", made.path.stem, recording_path=made.path.name)
    try:
        sheet = cue_sheet(mix, spans)
    except LibraryFileError as error:
        target.unlink(missing_ok=True)
        return None, [(made.path.name, str(error))]
    with atomic_path(target) as temporary:
        temporary.write_text(sheet, "utf-8", newline="")
    return target, []


def chapters_lost(made: Rendered) -> list[TitleAndReason]:
    """Return a note where the format counts chapters in one byte, which is too little for these."""
    n_chapters = len(made.chapters)
    if made.path.suffix.lower() not in {".mp3", ".m4a"} or n_chapters <= MOST_CHAPTERS:
        return []
    why = (
        f"some players show fewer than its {n_chapters} chapters: the format counts to "
        f"{MOST_CHAPTERS}; .mka and .opus have all"
    )
    return [(made.path.name, why)]


def clips_folder(target: Path) -> Path:
    """Return the folder of the clips that the list beside a joined file names."""
    return target.with_suffix(".clips")


def _clip_of(chapter: Chapter, folder: Path, number: int) -> Path:
    item = chapter.item
    folder.mkdir(exist_ok=True)
    # The ending of the codec takes the place of this one.
    name = safe_component(f"{number:03} {item.title}", suffix=".clip")
    tags = SongTags(
        title=item.title,
        artist=item.artist or None,
        track=number,
        bpm=round(item.bpm) if item.bpm else None,
    )
    return write_clip(item.path, item.start_s, item.stop_s, folder / name, tags)


def _clips_of(listing: Path, folder: Path) -> set[Path]:
    """Clips in `folder` that a list names; none where there is no list that can be read."""
    try:
        named = {listing.absolute().parent / line.path for line in lines_of(listing)}
    except (NotFoundError, LibraryFileError):
        return set()
    return {path for path in named if path.parent == folder and ".." not in path.parts}
