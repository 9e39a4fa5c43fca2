"""`utawaku playlist`: songs or their highlights joined into one file."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from utawaku.commands.console import add_row, bar, clock, err, out, print_json, print_table, table
from utawaku.library.language import tr, translated

if TYPE_CHECKING:
    from utawaku.library.config import Settings
    from utawaku.library.progress import Progress
    from utawaku.library.records import Song
    from utawaku.models.playlist import MadePlaylist, PlaylistItem, Rendered


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: utawaku playlist 'grade:like limit:20' --highlights -o mix.m4a")(
        playlist
    )


def playlist(
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="QUERY|FILE...",
            help="A search (see `utawaku songs --help`), or media files and folders.",
        ),
    ],
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            dir_okay=False,
            help="File to write: .m4a, .mp3, .opus, .ogg, .mka, .flac, .wav.",
        ),
    ] = Path("playlist.m4a"),
    highlights: Annotated[
        bool, typer.Option("--highlights", help="Only the best half minute of each song.")
    ] = False,
    order: Annotated[str, typer.Option(help="bpm, key, or query (as found).")] = "bpm",
    crossfade: Annotated[float, typer.Option(min=0, max=20, help="Seconds of overlap.")] = 4.0,
    align: Annotated[
        bool, typer.Option(help="Move crossfades by less than a beat, so that beats coincide.")
    ] = True,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Join songs, matched in loudness, with crossfades of equal power and a chapter each.

    Songs are found in the library by a search, or are files and folders, which need not be in it.
    Beside the file an .m3u8 playlist of the songs' own files is written; with --highlights, of
    clips in a folder beside it. WAV holds no chapters: a CUE sheet beside it does.
    """
    from utawaku.library.config import load_settings
    from utawaku.library.progress import part
    from utawaku.models.playlist import ORDERS, clips_folder, join_items
    from utawaku.workflows.file_highlights import files_in
    from utawaku.workflows.file_playlists import split_words

    if order not in ORDERS:
        raise typer.BadParameter(tr("choose bpm, key or query"), param_hint="--order")
    with bar(tr("playlist")) as show:
        paths, query = split_words(words)
        # Of an earlier run, in a folder that was given.
        own = (output, clips_folder(output))
        items, left_out, notes = _chosen(
            files_in(paths, without=own) if paths else [],
            query,
            load_settings(),
            highlights,
            part(show, 0, 0.4),
        )
        made = join_items(
            items,
            output,
            order=order,
            crossfade_s=crossfade,
            align_beats=align,
            left_out=left_out,
            notes=notes,
            progress=part(show, 0.4, 1),
        )
    _tell(made, as_json=json)


_Told = list[tuple[str, str]]


def _chosen(
    files: Sequence[Path], query: str, settings: "Settings", highlights: bool, show: "Progress"
) -> tuple[list["PlaylistItem"], _Told, _Told]:
    """Return what to join, and what is told of songs that are left out, and of those that are not.

    Files come first, as they were given.
    """
    from utawaku.models.highlight.engine import interest_engine
    from utawaku.models.playlist import NO_FILE, NO_HIGHLIGHT, item_of
    from utawaku.workflows.file_playlists import items_of_files

    items: list[PlaylistItem] = []
    left_out: _Told = []
    notes: _Told = []
    if files:
        engine = interest_engine(settings.highlight)
        items, left_out = items_of_files(files, engine, highlights=highlights, progress=show)
    if query or not files:
        songs = _found(query, settings)
        own = [item_of(song, settings.library_root, highlights) for song in songs if song.file_path]
        left_out += [(song.title or song.id, NO_FILE) for song in songs if not song.file_path]
        notes = [(item.title, NO_HIGHLIGHT) for item in own if highlights and item.stop_s is None]
        items += own
    return items, left_out, notes


def _found(query: str, settings: "Settings") -> list["Song"]:
    from utawaku.library.catalogue import Catalogue

    catalogue = Catalogue.open(settings)
    try:
        return catalogue.browser.songs(catalogue.browser.search(query).numbers)
    finally:
        catalogue.close()


def _tell(done: "MadePlaylist", *, as_json: bool) -> None:
    made, listing = done.mix, done.m3u8
    if as_json:
        facts = _facts(made, done.left_out, done.notes)
        print_json({"file": made.path, "m3u8": listing, "cue": done.cue, **facts})
        return
    shown = table(("start", "right"), "song", ("BPM", "right"), "key")
    for chapter in made.chapters:
        bpm = f"{chapter.item.bpm:.0f}" if chapter.item.bpm else ""
        add_row(shown, [clock(chapter.start_s), chapter.title, bpm, chapter.item.key])
    print_table(shown)
    for title, why in done.left_out:
        err.print(
            tr("left out: {title}: {why}", title=title, why=translated(why)),
            markup=False,
            soft_wrap=True,
        )
    for title, why in done.notes:
        err.print(f"{title}: {translated(why)}", markup=False, soft_wrap=True)
    beside = ", ".join(str(path) for path in (listing, done.cue) if path is not None)
    out.print(f"{made.path} ({clock(made.duration_s)}), {beside}", markup=False, soft_wrap=True)


def _facts(
    made: "Rendered", left_out: Iterable[tuple[str, str]], notes: Iterable[tuple[str, str]]
) -> dict[str, Any]:
    return {
        "duration_s": made.duration_s,
        "chapters": [
            {
                "title": c.title,
                "start_s": c.start_s,
                "stop_s": c.stop_s,
                "bpm": c.item.bpm,
                "length_s": c.length_s,
            }
            for c in made.chapters
        ],
        "overlaps": [
            {"seconds": o.seconds, "beats_apart_s": o.apart_s, "before_s": o.apart_before_s}
            for o in made.overlaps
        ],
        "left_out": [{"title": title, "why": why} for title, why in left_out],
        "notes": [{"title": title, "why": why} for title, why in notes],
    }
