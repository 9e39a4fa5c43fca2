"""`utawaku candidates`: streams that the crawler found, to accept or reject."""

from typing import Annotated, Any

import typer

from utawaku.commands.console import (
    add_row,
    clock,
    err,
    out,
    print_error,
    print_json,
    print_table,
    table,
)
from utawaku.commands.help import App
from utawaku.library.language import tr, translated

PACE_NAME = "download-pace.json"
"""The place where all processes note when a site was asked last."""

app = App(
    help="Streams that the crawler found: list, accept, reject.",
    invoke_without_command=True,
)


@app.callback(epilog="Example: utawaku candidates --json")
def candidates(
    context: typer.Context,
    limit: Annotated[int, typer.Option(help="How many.")] = 50,
    json: Annotated[bool, typer.Option("--json", help="Print a JSON list.")] = False,
) -> None:
    """List ungraded candidates, highest taste score first."""
    if context.invoked_subcommand is not None:
        return
    settings, catalogue = _open()
    found = catalogue.candidates.in_state("found", "previewed", "scored", limit=limit)
    catalogue.close()
    if json:
        print_json(found)
        return
    if not found:
        hint = "" if settings.crawl.enabled else tr(" (`utawaku settings crawl.enabled true`)")
        out.print(tr("no candidates{hint}", hint=hint))
        return
    listing = table(
        ("id", "right"), ("score", "right"), ("length", "right"), "title", ("found by", "whole")
    )
    for one in found:
        score = "" if one.score is None else f"{one.score:.2f}"
        length = clock(one.duration_s) if one.duration_s else ""
        add_row(listing, [one.id, score, length, one.title, translated(one.source)])
    print_table(listing)


@app.command(epilog="Example: utawaku candidates accept 3 7")
def accept(ids: Annotated[list[int], typer.Argument(help="Numbers of candidates.")]) -> None:
    """Accept candidates: ingest their streams and grade them as liked."""
    _decide(ids, 1)


@app.command(epilog="Example: utawaku candidates reject 5")
def reject(ids: Annotated[list[int], typer.Argument(help="Numbers of candidates.")]) -> None:
    """Reject candidates and grade them as disliked."""
    _decide(ids, -1)


@app.command(epilog="Example: utawaku candidates search")
def search() -> None:
    """Run the crawler now, within the quotas of the day."""
    from utawaku.library.errors import WeightsMissingError
    from utawaku.models.tagger import Tagger
    from utawaku.services.downloader import Downloader
    from utawaku.workflows.crawl import crawl, taste_scorer

    settings, catalogue = _open()
    try:
        downloader = Downloader(settings.download, pace_file=settings.data_dir / PACE_NAME)
        tagger: Tagger | None = None
        try:
            with err.status(tr("fetching what hears previews")):
                tagger = Tagger.from_registry(settings.weights_dir)
        except WeightsMissingError as error:
            print_error(error)  # candidates can be found all the same
        scorer = taste_scorer(catalogue, settings, tagger) if tagger is not None else None
        with err.status(tr("searching")):
            done = crawl(catalogue, settings, downloader, scorer, tagger=tagger)
    finally:
        catalogue.close()
    out.print(
        tr(
            "{n_looks} searches, {n_new} new candidates, {n_previews} previews, {n_scored} scored",
            n_looks=done.n_looks,
            n_new=done.n_new,
            n_previews=done.n_previews,
            n_scored=done.n_scored,
        )
        + (tr("; ended early: {stopped}", stopped=done.stopped) if done.stopped else ""),
        markup=False,
    )


def _decide(ids: list[int], grade: int) -> None:
    _, catalogue = _open()
    try:
        for number in ids:
            changed = catalogue.candidates.decide(number, grade=grade)
            done = tr("accepted") if grade > 0 else tr("rejected")
            told = done if changed else tr("was decided before")
            out.print(f"{number}: {told}")
    finally:
        catalogue.close()


def _open() -> tuple[Any, Any]:
    from utawaku.library.catalogue import Catalogue
    from utawaku.library.config import load_settings

    settings = load_settings()
    return settings, Catalogue.open(settings)
