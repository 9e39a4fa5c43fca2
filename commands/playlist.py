"""`utawaku playlist`: songs or their highlights joined into one file."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from utawaku.commands.console import add_row, clock, err, out, print_json, print_table, table
from utawaku.library.language import tr, translated

if TYPE_CHECKING:
    from utawaku.models.playlist import Rendered


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
    align: Annotated[
        bool, typer.Option(help="Move crossfades by less than a beat, so that beats coincide.")
    ] = True,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Join songs, matched in loudness, with crossfades of equal power and a chapter each.

    Beside the file an .m3u8 playlist of the songs' own files is written.
    """
    from rich.progress import Progress

    from utawaku.library.catalogue import Catalogue
    from utawaku.library.config import load_settings
    from utawaku.models.playlist import ORDERS, make_playlist

    if order not in ORDERS:
        raise typer.BadParameter(tr("choose bpm, key or query"), param_hint="--order")
    settings = load_settings()
    catalogue = Catalogue.open(settings)
    try:
        songs = catalogue.browser.songs(catalogue.browser.search(query).numbers)
    finally:
        catalogue.close()
    with Progress(console=err, transient=True, disable=not err.is_terminal) as bars:
        task = bars.add_task(tr("playlist"), total=1.0)

        def show(done: float, message: str) -> None:
            bars.update(task, completed=done, description=message[:60])

        done = make_playlist(
            songs,
            settings.library_root,
            output,
            highlights=highlights,
            order=order,
            crossfade_s=crossfade,
            align_beats=align,
            progress=show,
        )
    made, listing = done.mix, done.m3u8
    if json:
        print_json({"file": made.path, "m3u8": listing, **_facts(made, done.left_out)})
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
    out.print(f"{made.path} ({clock(made.duration_s)}), {listing}", markup=False, soft_wrap=True)


def _facts(made: "Rendered", left_out: Iterable[tuple[str, str]]) -> dict[str, Any]:
    return {
        "duration_s": made.duration_s,
        "chapters": [
            {"title": c.title, "start_s": c.start_s, "stop_s": c.stop_s, "bpm": c.item.bpm}
            for c in made.chapters
        ],
        "overlaps": [
            {"seconds": o.seconds, "beats_apart_s": o.apart_s, "before_s": o.apart_before_s}
            for o in made.overlaps
        ],
        "left_out": [{"title": title, "why": why} for title, why in left_out],
    }
