"""`utawaku songs`: list songs by a query."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.cells import cell_len

from utawaku.commands.console import UNLIMITED, add_row, clock, out, print_json, print_table, table
from utawaku.library.language import tr

if TYPE_CHECKING:
    from utawaku.library.catalogue import Catalogue
    from utawaku.library.config import Settings

COLUMNS: dict[str, tuple[str, int]] = {
    "title": ("left", 20),
    "artist": ("left", 12),
    "singer": ("left", 12),
    "length": ("right", 8),
    "date": ("left", 10),
    "sung": ("right", 5),
    "grade": ("left", 7),
    "id": ("whole", UNLIMITED),
}
"""Alignment of each column, and the cells that are enough to read it."""
GAP = 2
"""Cells between columns."""
DROPPED = ("sung", "singer", "grade", "date", "artist")
"""Columns that a narrow terminal omits, in this order; empty ones go before."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: utawaku songs 'singer:mio taste>0.7 sort:taste'")(songs)


def songs(
    query: Annotated[
        list[str] | None, typer.Argument(help="Words and fields, e.g. singer:mio grade:like.")
    ] = None,
    limit: Annotated[int, typer.Option(help="How many to list; 0 lists all.")] = 100,
    save: Annotated[
        str,
        typer.Option(metavar="NAME", help="Save the search: a playlist that fills itself."),
    ] = "",
    saved: Annotated[bool, typer.Option("--saved", help="List the saved searches.")] = False,
    forget: Annotated[str, typer.Option(metavar="NAME", help="Forget a saved search.")] = "",
    json: Annotated[bool, typer.Option("--json", help="Print a JSON list.")] = False,
) -> None:
    """List the songs that a query finds; without a query, all songs.

    A saved search is kept as Playlists/Smart/NAME.m3u8 in the library for any player, and is
    written again whenever a stream is filed and each night.
    """
    from utawaku.library.catalogue import Catalogue
    from utawaku.library.config import load_settings
    from utawaku.library.store.browse import Browser

    settings = load_settings()
    catalogue = Catalogue.open(settings)
    if save or saved or forget:
        try:
            _saved_searches(catalogue, settings, save, " ".join(query or ()), forget, json=json)
        finally:
            catalogue.close()
        return
    browser = Browser(catalogue, catalogue.engine)
    listing = browser.search(" ".join(query or ()))
    numbers = listing.numbers[:limit] if limit else listing.numbers
    found = browser.numbered(numbers, tags=True)
    performances = browser.performances([number for number, _song in found])
    browser.close()
    catalogue.close()
    if json:
        print_json(
            [
                asdict(song) | {"performances": int(times)}
                for (_number, song), times in zip(found, performances, strict=True)
            ]
        )
        return
    marks = {1: "like", 0: "so-so", -1: "dislike", None: ""}
    rows = [
        {
            "title": song.title or tr("(unknown)"),
            "artist": song.artist,
            "singer": song.singer,
            "length": clock(song.duration_s),
            "date": song.uploaded_on,
            "sung": f"{times}x" if times > 1 else "",
            "grade": marks[song.grade],
            "id": song.id,
        }
        for (_number, song), times in zip(found, performances, strict=True)
    ]
    widths = _widths(rows, out.width if out.is_terminal else UNLIMITED)
    shown = table(*[(name, COLUMNS[name][0]) for name in widths])
    for column, width in zip(shown.columns, widths.values(), strict=True):
        column.max_width = width
    for row in rows:
        add_row(shown, [row[name] for name in widths])
    print_table(shown)
    if len(found) < len(listing):
        out.print(
            tr(
                "{n_found} of {n_listing}; --limit 0 lists all",
                n_found=len(found),
                n_listing=len(listing),
            ),
            style="dim",
        )


def _saved_searches(
    catalogue: "Catalogue", settings: "Settings", save: str, query: str, forget: str, *, json: bool
) -> None:
    """Save or forget a search, then list those there are."""
    from utawaku.library.errors import NotFoundError, UsageError
    from utawaku.library.smart_playlists import refresh_smart, smart_file
    from utawaku.library.text import clean_line

    kept = catalogue.saved_queries
    if save:
        if not clean_line(save):
            raise UsageError("the search needs a name", subject="--save")
        kept.save(clean_line(save), query)
    if forget and not kept.delete(forget):
        raise NotFoundError(
            "there is no such saved search",
            subject=forget,
            next_step="`utawaku songs --saved` lists them",
        )
    root = settings.library_root
    refresh_smart(root, catalogue)
    rows = [
        {"name": name, "query": text, "file": str(smart_file(root, name))}
        for name, text in kept.all().items()
    ]
    if json:
        print_json(rows)
        return
    shown = table(("name", "left"), ("query", "left"), ("file", "left"))
    for row in rows:
        add_row(shown, list(row.values()))
    print_table(shown)


def _widths(rows: list[dict[str, str]], room: int) -> dict[str, int]:
    """The columns that can be read together within `room` cells, and how wide each may be."""
    widest = {
        name: max([len(name), *(cell_len(row[name]) for row in rows)], default=0)
        for name in COLUMNS
    }
    empty = [name for name in DROPPED if not any(row[name] for row in rows)]
    widths = {name: min(widest[name], enough) for name, (_kind, enough) in COLUMNS.items()}
    for dropped in (*empty, *DROPPED):
        if sum(widths.values()) + GAP * (len(widths) - 1) <= room:
            break
        widths.pop(dropped, None)
    spare = room - sum(widths.values()) - GAP * (len(widths) - 1)
    for name in widths:
        more = max(0, min(spare, widest[name] - widths[name]))
        widths[name] += more
        spare -= more
    return widths
