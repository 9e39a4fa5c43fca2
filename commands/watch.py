"""`utawaku watch`: what changes in the library, as it happens."""

from typing import TYPE_CHECKING, Annotated

import typer

from utawaku.commands.console import out, print_event
from utawaku.library.errors import UsageError
from utawaku.library.language import translated
from utawaku.library.words import word

if TYPE_CHECKING:
    from utawaku.library.changes import Change


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: utawaku watch --json --only song")(watch)


def watch(
    only: Annotated[
        list[str] | None,
        typer.Option(help="asset, request, song or notice; may be repeated. Default: all."),
    ] = None,
    every: Annotated[float, typer.Option(min=0.05, help="Seconds between two looks.")] = 1.0,
    count: Annotated[int, typer.Option(help="End after so many events; 0 goes on.")] = 0,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")] = False,
) -> None:
    """Print what changes in the library until Ctrl-C, whoever changes it.

    asset: an artefact of a stream began, was made or failed. request: something was asked for, or
    its state changed. song: a song was found. notice: something you should know.
    """
    from utawaku.library.catalogue import Catalogue
    from utawaku.library.changes import EVENTS, Changes, plain
    from utawaku.library.config import load_settings

    for name in only or ():
        if name not in EVENTS:
            raise UsageError(
                "there is no such event", subject=name, next_step=f"Choose of {', '.join(EVENTS)}"
            )
    catalogue = Catalogue.open(load_settings())
    n_told = 0
    try:
        for change in Changes(catalogue).follow(every_s=every):
            if only and change.event not in only:
                continue
            if json:
                print_event(**plain(change))
            else:
                out.print(_line(change), markup=False, soft_wrap=True)
            n_told += 1
            if n_told == count:
                return
    finally:
        catalogue.close()


def _line(change: "Change") -> str:
    facts = change.facts
    match change.event:
        case "asset":
            parts = [facts["stream"], word(facts["asset"]), word(facts["state"]), facts["message"]]
        case "request":
            parts = [facts["kind"], facts["target"], word(facts["state"]), facts["message"]]
        case "song":
            song = facts["song"]
            parts = [song.id, song.title, song.artist]
        case _:
            notice = facts["notice"]
            parts = [translated(notice.title), translated(notice.body)]
    return "  ".join(part for part in parts if part)
