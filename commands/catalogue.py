"""`utawaku songs`: what the library holds."""

from dataclasses import asdict
from typing import Annotated

import typer

from commands.console import add_row, clock, out, print_json, table


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: utawaku songs 'singer:mio taste>0.7 sort:taste'")(songs)


def songs(
    query: Annotated[
        list[str] | None, typer.Argument(help="Words and fields, e.g. singer:mio grade:like.")
    ] = None,
    limit: Annotated[int, typer.Option(help="How many to list; 0 lists all.")] = 100,
    json: Annotated[bool, typer.Option("--json", help="Print a JSON list.")] = False,
) -> None:
    """List the songs that a query finds; all without one."""
    from library.catalogue import Catalogue
    from library.config import load_settings
    from library.store.browse import Browser

    settings = load_settings()
    catalogue = Catalogue.open(settings)
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
    shown = table(
        "title",
        "artist",
        "singer",
        ("length", "right"),
        "date",
        ("sung", "right"),
        "grade",
        ("id", "whole"),
    )
    marks = {1: "like", 0: "so-so", -1: "dislike", None: ""}
    for (_number, song), times in zip(found, performances, strict=True):
        add_row(
            shown,
            [
                song.title or "(unknown)",
                song.artist,
                song.singer,
                clock(song.duration_s),
                song.uploaded_on,
                f"{times}x" if times > 1 else "",
                marks[song.grade],
                song.id,
            ],
        )
    out.print(shown)
    if len(found) < len(listing):
        out.print(f"{len(found)} of {len(listing)}; --limit 0 lists all", style="dim")
