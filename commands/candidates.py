"""`utawaku candidates`: streams that the crawler found, to accept or reject."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from utawaku.commands.console import (
    add_row,
    bar,
    clock,
    err,
    out,
    print_error,
    print_json,
    print_table,
    table,
)
from utawaku.commands.help import App
from utawaku.library.errors import ExitCode
from utawaku.library.language import tr, translated
from utawaku.library.text import clean_line

if TYPE_CHECKING:
    from utawaku.library.catalogue import Catalogue
    from utawaku.library.config import Settings
    from utawaku.library.subscriptions import CrawlSearch
    from utawaku.models.tagger import Tagger
    from utawaku.workflows.favourites import FavouritesRound

_FILTERS = {
    "title": "--title",
    "exclude": "--exclude",
    "min_duration_s": "--min-minutes",
    "max_duration_s": "--max-minutes",
    "kinds": "--only",
}
"""Options by the field of `CrawlSettings` that they fill."""

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


@app.command(
    epilog="Example: utawaku candidates search 'NCS release' --only upload --min-minutes 1"
)
def search(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="WORDS|URL...",
            help="Searches, channels or lists; default: those of the settings.",
        ),
    ] = None,
    title: Annotated[
        list[str] | None,
        typer.Option(
            help="Expression that titles must hold; may be repeated. Default: crawl.title; with "
            "WORDS any title."
        ),
    ] = None,
    exclude: Annotated[
        list[str] | None, typer.Option(help="Expression that titles must not hold.")
    ] = None,
    min_minutes: Annotated[float | None, typer.Option(min=0, help="Skip shorter ones.")] = None,
    max_minutes: Annotated[float | None, typer.Option(help="Skip longer ones.")] = None,
    only: Annotated[
        str | None, typer.Option(help="`was_live` (archives of broadcasts) or `upload`.")
    ] = None,
) -> None:
    """Run the crawler now, within the quotas of the day.

    Exit code 5: a search or a preview failed; the others are done, and what failed does not count
    for the day.
    """
    from utawaku.services.downloader import Downloader, fetch_times
    from utawaku.workflows.crawl import crawl, taste_scorer

    settings, catalogue = _open()
    given = {
        "title": title if title is not None else ([] if words else None),
        "exclude": exclude,
        "min_duration_s": None if min_minutes is None else min_minutes * 60,
        "max_duration_s": None if max_minutes is None else max_minutes * 60,
        "kinds": None if only is None else [only],
    }
    filters = {name: value for name, value in given.items() if value is not None}
    try:
        settings, searches = _searches(settings, words or [], filters)
        downloader = Downloader(settings.download, times=fetch_times(settings, catalogue))
        tagger = _tagger(settings)  # candidates can be found all the same
        scorer = taste_scorer(catalogue, settings, tagger) if tagger is not None else None
        with err.status(tr("searching")):
            done = crawl(catalogue, settings, downloader, scorer, tagger=tagger, searches=searches)
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
    if not (words or done.n_looks or done.stopped):
        err.print(
            tr("Nothing to search for yet: like songs, give words, or set crawl.words."),
            markup=False,
        )
    if done.n_listed:
        out.print(
            tr(
                "{n_listed} on the playlist {name}",
                n_listed=done.n_listed,
                name=settings.crawl.playlist,
            ),
            markup=False,
        )
    _tell_favourites(done.favourites, settings)
    _tell_failures([*done.failures, *done.favourites.failures])


@app.command(epilog="Example: utawaku candidates favourites --dry-run")
def favourites(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Tell what would be done, and ask nobody.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Put what passes onto the favourites folder of your Bilibili account now.

    What passes is set by crawl.playlist_from, the folder by crawl.favourites; each round of the
    crawler does the same. What you take off the folder is not added again. Exit code 5: something
    failed.
    """
    from utawaku.library.errors import ConfigError
    from utawaku.workflows.favourites import put_on_favourites

    settings, catalogue = _open()
    try:
        if settings.crawl.playlist_from is None or not settings.crawl.favourites:
            raise ConfigError(
                "no score and folder are set for what passes",
                next_step="`utawaku settings crawl.playlist_from 0.8` and "
                "`utawaku settings crawl.favourites NAME`",
            )
        with err.status(tr("asking Bilibili")):
            done = put_on_favourites(catalogue, settings, dry_run=dry_run)
    finally:
        catalogue.close()
    if json:
        print_json(done)
    else:
        _tell_favourites(done, settings, dry_run=dry_run)
    _tell_failures(done.failures)


@app.command(epilog="Example: utawaku candidates teach https://www.youtube.com/playlist?list=...")
def teach(
    sources: Annotated[
        list[str],
        typer.Argument(
            help="Songs that you liked elsewhere: a playlist or upload, media files, folders, or a "
            ".txt or .m3u8 that lists any of these."
        ),
    ],
    disliked: Annotated[
        bool, typer.Option("--disliked", help="They are songs that you do not like.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Learn your taste from lists of songs; nothing of them is ingested.

    Half a minute of each is heard, within the quotas of the day (crawl.previews_a_day); the same
    command goes on the next day, as does the crawler. Songs of the library are graded. Exit code 5:
    something could not be read.
    """
    from utawaku.services.downloader import Downloader, fetch_times
    from utawaku.workflows.liked_lists import teach as teach_from

    settings, catalogue = _open()
    try:
        downloader = Downloader(settings.download, times=fetch_times(settings, catalogue))
        tagger = _tagger(settings)
        with bar("learning") as show:
            done = teach_from(
                sources, -1 if disliked else 1, catalogue, settings, downloader, tagger, show
            )
        if json:
            print_json(done)
        else:
            out.print(
                tr(
                    "{n_new} new songs to learn from, {n_graded} graded in the library, "
                    "{n_waiting} still to be heard",
                    n_new=done.n_new,
                    n_graded=done.n_graded,
                    n_waiting=done.n_waiting,
                )
            )
        _train_if_due(catalogue, settings)
    finally:
        catalogue.close()
    _tell_failures(done.failures)


def _searches(
    settings: "Settings", words: Sequence[str], filters: dict[str, Any]
) -> "tuple[Settings, list[CrawlSearch] | None]":
    """The settings with these filters, and the searches in place of theirs."""
    from pydantic import ValidationError

    from utawaku.library.errors import UsageError
    from utawaku.library.sites import full_address
    from utawaku.library.subscriptions import CrawlSearch, CrawlSettings
    from utawaku.workflows.ingest import is_address

    try:
        crawl = CrawlSettings.model_validate({**settings.crawl.model_dump(), **filters})
        searches = [
            CrawlSearch(url=full_address(one))
            if is_address(full_address(one))
            else CrawlSearch(words=one)
            for one in words
        ]
    except ValidationError as error:
        first = error.errors()[0]
        field = str(first["loc"][0]) if first["loc"] else ""
        said = str(first.get("ctx", {}).get("error") or first["msg"])
        if not field:  # of filters that contradict each other: the fields are in the sentence
            for name, option in _FILTERS.items():
                said = said.replace(name, option)
        raise UsageError(
            said,
            subject=_FILTERS.get(field, field),
            next_step="`utawaku candidates search --help` lists the filters",
        ) from error
    return settings.model_copy(update={"crawl": crawl}), searches or None


def _tagger(settings: "Settings") -> "Tagger | None":
    """The network that hears previews; None, and told, where its weights are not to be had."""
    from utawaku.library.errors import WeightsMissingError
    from utawaku.models.tagger import Tagger

    try:
        with err.status(tr("fetching what hears previews")):
            return Tagger.from_registry(settings.weights_dir)
    except WeightsMissingError as error:
        print_error(error)
        return None


def _tell_favourites(
    done: "FavouritesRound", settings: "Settings", *, dry_run: bool = False
) -> None:
    """Tell what went onto the favourites folder, and what cannot."""
    if not done.account:
        return
    words = {
        "name": done.folder,
        "account": done.account,
        "n_added": done.n_added,
        "n_removed": done.n_removed,
        "n_waiting": done.n_waiting,
    }
    told = (
        tr(
            "favourites folder {name} of {account}: {n_added} would be added, {n_removed} taken "
            "off, {n_waiting} would wait",
            **words,
        )
        if dry_run
        else tr(
            "favourites folder {name} of {account}: {n_added} added, {n_removed} taken off, "
            "{n_waiting} wait",
            **words,
        )
    )
    out.print(told, markup=False, soft_wrap=True)
    if done.n_elsewhere:
        out.print(
            tr(
                "{n_elsewhere} are not on Bilibili: they are on the playlist {name} only",
                n_elsewhere=done.n_elsewhere,
                name=settings.crawl.playlist,
            ),
            markup=False,
            soft_wrap=True,
        )


def _tell_failures(failures: Sequence[str]) -> None:
    for one in failures:
        err.print(Text(tr("failed: "), "bold red"), clean_line(one), sep="", soft_wrap=True)
    if failures:
        raise typer.Exit(ExitCode.DOWNLOAD)


def _train_if_due(catalogue: "Catalogue", settings: "Settings") -> None:
    """Train after each graded batch, unless `utawaku up` does."""
    from utawaku.library.heartbeat import is_alive
    from utawaku.library.progress import part
    from utawaku.workflows.taste import score_songs, train_taste

    if is_alive(settings) or not catalogue.taste.is_training_due(settings.taste):
        return
    with bar("training") as show:
        model, _ = train_taste(catalogue, settings, part(show, 0.0, 0.7))
        if model.ready:
            score_songs(catalogue, settings, part(show, 0.7, 1.0))
    told = tr("learned from your grades") if model.ready else translated(model.facts["message"])
    out.print(told, markup=False)


def _decide(ids: list[int], grade: int) -> None:
    from utawaku.workflows.crawl import list_promising

    settings, catalogue = _open()
    try:
        for number in ids:
            changed = catalogue.candidates.decide(number, grade=grade)
            done = tr("accepted") if grade > 0 else tr("rejected")
            told = done if changed else tr("was decided before")
            out.print(f"{number}: {told}")
        list_promising(catalogue, settings)
        _train_if_due(catalogue, settings)
    finally:
        catalogue.close()


def _open() -> "tuple[Settings, Catalogue]":
    from utawaku.library.catalogue import Catalogue
    from utawaku.library.config import load_settings

    settings = load_settings()
    return settings, Catalogue.open(settings)
