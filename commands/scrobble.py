"""`utawaku scrobble`: tell ListenBrainz what was heard and graded."""

import time
from typing import Annotated

import typer

from utawaku.commands.console import out, print_event
from utawaku.library.language import tr


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: utawaku scrobble")(scrobble)


def scrobble(
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Send plays and grades to ListenBrainz that were not sent yet (scrobble.listenbrainz).

    Grades are sent where scrobble.listenbrainz_grades says so. The terminal runs it after each
    song; what was heard offline is sent by the next run.
    """
    from utawaku.library.catalogue import Catalogue
    from utawaku.library.config import load_settings
    from utawaku.workflows.scrobbling import scrobble as send

    settings = load_settings()
    catalogue = Catalogue.open(settings)
    try:
        done = send(catalogue, settings, time.time())
    finally:
        catalogue.close()
    if json:
        print_event("scrobbled", sent=done.n_sent, refused=done.n_refused,
                    left_out=done.n_left_out, grades=done.n_grades,
                    grades_refused=done.n_grades_refused,
                    grades_waiting=done.n_grades_waiting)  # fmt: skip
        return
    out.print(
        tr(
            "{n_sent} sent, {n_refused} refused, {n_left_out} not counted",
            n_sent=done.n_sent,
            n_refused=done.n_refused,
            n_left_out=done.n_left_out,
        )
    )
    if settings.scrobble.listenbrainz_grades:
        out.print(
            tr(
                "Grades: {n_sent} sent, {n_refused} refused, {n_waiting} for the next run",
                n_sent=done.n_grades,
                n_refused=done.n_grades_refused,
                n_waiting=done.n_grades_waiting,
            )
        )
