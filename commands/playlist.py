"""`utawaku playlist`: songs or their highlights joined into one file."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from commands.console import add_row, clock, err, out, print_json, table
from library.errors import NotFoundError

if TYPE_CHECKING:
    from library.config import Settings
    from library.records import Song
    from models.playlist import PlaylistItem, Rendered


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: utawaku playlist 'grade:like limit:20' --highlights -o mix.m4a")(
        playlist
    )


def playlist(
    query: Annotated[str, typer.Argument(help="Which songs; see `utawaku songs --help`.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="File to write: .m4a, .mp3, .opus, .ogg, .mka.")
    ] = Path("playlist.m4a"),
    highlights: Annotated[
        bool, typer.Option("--highlights", help="Only the best half minute of each song.")
    ] = False,
    order: Annotated[str, typer.Option(help="bpm, key, or query (as found).")] = "bpm",
    crossfade: Annotated[float, typer.Option(min=0, max=20, help="Seconds of overlap.")] = 4.0,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Join songs, matched in loudness, with crossfades of equal power and a chapter each.

    Beside the file an .m3u8 playlist of the songs' own files is written.
    """
    from rich.progress import Progress

    from library.catalogue import Catalogue
    from library.config import load_settings
    from models.playlist import by_key, by_tempo, render_playlist

    if order not in ("bpm", "key", "query"):
        raise typer.BadParameter("choose bpm, key or query", param_hint="--order")
    settings = load_settings()
    catalogue = Catalogue.open(settings)
    try:
        songs = catalogue.browser.songs(catalogue.browser.search(query).numbers)
    finally:
        catalogue.close()
    items = [_item(song, settings, highlights) for song in songs if song.file_path]
    if not items:
        raise NotFoundError(
            "no song with a file is found",
            subject=query,
            next_step="`utawaku songs` lists what there is",
        )
    if order != "query":
        items = by_tempo(items) if order == "bpm" else by_key(items)
    with Progress(console=err, transient=True, disable=not err.is_terminal) as bars:
        task = bars.add_task("playlist", total=1.0)

        def show(done: float, message: str) -> None:
            bars.update(task, completed=done, description=message[:60])

        made = render_playlist(items, output, crossfade_s=crossfade, progress=show)
    listing = _write_m3u8(made)
    if json:
        print_json({"file": made.path, "m3u8": listing, **_facts(made)})
        return
    shown = table(("start", "right"), "song", ("BPM", "right"), "key")
    for chapter in made.chapters:
        bpm = f"{chapter.item.bpm:.0f}" if chapter.item.bpm else ""
        add_row(shown, [clock(chapter.start_s), chapter.title, bpm, chapter.item.key])
    out.print(shown)
    for item, why in made.left_out:
        err.print(f"left out: {item.title}: {why}", markup=False, soft_wrap=True)
    out.print(f"{made.path} ({clock(made.duration_s)}), {listing}", markup=False, soft_wrap=True)


def _item(song: "Song", settings: "Settings", highlights: bool) -> "PlaylistItem":
    from models.playlist import PlaylistItem

    start_s, stop_s = 0.0, None
    if highlights and song.highlight_start_s is not None and song.highlight_stop_s is not None:
        start_s, stop_s = song.highlight_start_s, song.highlight_stop_s
    return PlaylistItem(
        path=settings.library_root / song.file_path,
        title=song.title or song.id,
        artist=song.singer or song.artist,
        start_s=start_s,
        stop_s=stop_s,
        bpm=song.bpm,
        key=song.key,
    )


def _write_m3u8(made: "Rendered") -> Path:
    from library.exports import PlaylistEntry, m3u8
    from library.files import atomic_path

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


def _facts(made: "Rendered") -> dict[str, Any]:
    return {
        "duration_s": made.duration_s,
        "chapters": [
            {"title": c.title, "start_s": c.start_s, "stop_s": c.stop_s, "bpm": c.item.bpm}
            for c in made.chapters
        ],
        "left_out": [{"title": item.title, "why": why} for item, why in made.left_out],
    }
