"""`utawaku train songs`: the network that cuts songs, trained further on your corrections."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from utawaku.commands.console import add_row, bar, out, print_json, print_table, table
from utawaku.library.errors import UsageError
from utawaku.library.language import tr

if TYPE_CHECKING:
    from utawaku.library.catalogue import Catalogue
    from utawaku.library.config import Settings
    from utawaku.library.records import Stream
    from utawaku.models.training.judgements import Counts
    from utawaku.workflows.song_training import Trained


def songs(
    targets: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="STREAM...", help="Streams: ids or addresses. Without any: the whole library."
        ),
    ] = None,
    channel: Annotated[
        str, typer.Option(help="All streams of this channel: its id, address or title.")
    ] = "",
    undo: Annotated[
        bool, typer.Option("--reset", help="Go back to the network that comes with utawaku.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Use the network also where it is no better.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before it is used.")] = False,
    json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object; changes nothing without --yes.")
    ] = False,
) -> None:
    """Train the network that cuts songs further on your own corrections.

    Songs whose ends you moved or found right are the truth, finds that you called no song are
    none; eight at least. Where you judged nothing, nothing is learnt. Shipped lessons are mixed
    in, so that it forgets nothing. It is tested on streams held out (songs, with fewer than three
    streams), and used only where it is better there and no worse on shipped lessons. Takes a few
    minutes. Songs of all streams are then stale: `utawaku rematerialize songs` cuts them again.
    """
    from utawaku.library.catalogue import Catalogue
    from utawaku.library.config import load_settings
    from utawaku.workflows.song_training import train_songs

    settings = load_settings()
    if undo:
        _reset(settings, as_json=json)
        return
    catalogue = Catalogue.open(settings)
    try:
        streams = chosen_streams(targets or [], channel, catalogue)
        with bar(tr("training")) as show:
            trained = train_songs(streams, catalogue, settings, show)
    finally:
        catalogue.close()
    if not json:
        _show(trained)
    good = trained.is_better and trained.remembers
    asked = tr("Cut songs by this network from now on?")
    wanted = (good or force) and (
        yes or (not json and typer.confirm(asked, default=good, err=True))
    )
    if wanted:
        _install(trained, settings)
    if json:
        print_json({**_told(trained), "installed": wanted})
    elif wanted:
        out.print(
            tr(
                "Songs are cut by it from now on. `utawaku rematerialize songs` cuts them again; "
                "`utawaku train songs --reset` goes back to the network that comes with utawaku"
            ),
            markup=False,
            soft_wrap=True,
        )


def chosen_streams(targets: list[str], channel: str, catalogue: "Catalogue") -> "list[Stream]":
    """Streams that are meant; all where none is named."""
    from utawaku.workflows.song_rules import channel_named, streams_named, streams_of

    if targets and channel:
        raise UsageError(
            "streams and a channel are given", next_step="Give streams, or --channel NAME"
        )
    if channel:
        return streams_of(channel_named(channel, catalogue), catalogue)
    if not targets:
        return catalogue.streams.all()
    return list({stream.id: stream for stream in streams_named(targets, catalogue)}.values())


def _install(trained: "Trained", settings: "Settings") -> None:
    from utawaku.workflows.song_network import install

    install(
        trained.network,
        settings,
        n_songs=trained.n_songs,
        n_no_songs=trained.n_no_songs,
        figures=_told(trained),
    )


def _show(trained: "Trained") -> None:
    from utawaku.workflows.song_training import FORGOTTEN

    held_out = (
        tr("whole streams were held out")
        if trained.held_out == "streams"
        else tr("with fewer than three streams, songs were held out")
    )
    out.print(
        tr(
            "{n_songs} songs of yours and {n_no_songs} that are none, of {n_streams} streams; "
            "{held_out}",
            n_songs=trained.n_songs,
            n_no_songs=trained.n_no_songs,
            n_streams=trained.n_streams,
            held_out=held_out,
        ),
        markup=False,
        soft_wrap=True,
    )
    before, after = trained.before, trained.after
    was, now = trained.shipped_before, trained.shipped_after
    listing = table("", ("shipped", "right"), ("learnt", "right"))
    add_row(listing, [tr("cut clean"), *(f"{c.n_clean}/{c.n_songs}" for c in (before, after))])
    add_row(listing, [tr("clean F1"), f"{before.clean_f1:.2f}", f"{after.clean_f1:.2f}"])
    add_row(listing, [tr("found F1"), f"{before.found_f1:.2f}", f"{after.found_f1:.2f}"])
    add_row(listing, [tr("finds that are no song"), before.n_surplus, after.n_surplus])
    add_row(listing, [tr("loss on shipped lessons"), f"{was.loss:.4f}", f"{now.loss:.4f}"])
    add_row(listing, [tr("told right there"), f"{was.right:.1%}", f"{now.right:.1%}"])
    print_table(listing)
    if not trained.is_better:
        out.print(tr("It cuts songs that it did not learn from no better"), soft_wrap=True)
    if not trained.remembers:
        out.print(
            tr(
                "It forgets what it could: the loss on shipped lessons rises by more than "
                "{share:.0%}",
                share=FORGOTTEN,
            ),
            soft_wrap=True,
        )
    if not (trained.is_better and trained.remembers):
        out.print(
            tr("The network stays as it is, unless `--force` is given"), markup=False,
            soft_wrap=True,
        )  # fmt: skip


def _told(trained: "Trained") -> dict[str, Any]:
    def scores(counts: "Counts") -> dict[str, Any]:
        return {
            "found_f1": round(counts.found_f1, 4),
            "clean_f1": round(counts.clean_f1, 4),
            "n_songs": counts.n_songs,
            "n_finds": counts.n_finds,
            "n_clean": counts.n_clean,
        }

    return {
        "n_streams": trained.n_streams,
        "n_songs": trained.n_songs,
        "n_no_songs": trained.n_no_songs,
        "held_out": trained.held_out,
        "before": scores(trained.before),
        "after": scores(trained.after),
        "shipped_lessons": {
            "loss_before": round(trained.shipped_before.loss, 5),
            "loss_after": round(trained.shipped_after.loss, 5),
            "right_before": round(trained.shipped_before.right, 4),
            "right_after": round(trained.shipped_after.right, 4),
        },
        "better": trained.is_better,
        "remembers": trained.remembers,
    }


def _reset(settings: "Settings", *, as_json: bool) -> None:
    from utawaku.workflows.song_network import reset

    was_learnt = reset(settings)
    if as_json:
        print_json({"reset": was_learnt})
    elif was_learnt:
        out.print(
            tr(
                "Songs are cut by the network that comes with utawaku again. "
                "`utawaku rematerialize songs` cuts streams again"
            ),
            markup=False,
            soft_wrap=True,
        )
    else:
        out.print(tr("The network that comes with utawaku is in use already"), soft_wrap=True)
