"""`utawaku train song-rules`: a channel's thresholds of cutting, fitted to your corrections."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from utawaku.commands.console import add_row, bar, out, print_json, print_table, table
from utawaku.library.errors import NotFoundError, UsageError
from utawaku.library.language import tr

if TYPE_CHECKING:
    from utawaku.library.catalogue import Catalogue
    from utawaku.library.records import Channel, Stream
    from utawaku.models.training.judgements import Counts
    from utawaku.models.training.song_rules import Fit


def song_rules(
    targets: Annotated[
        list[str] | None,
        typer.Argument(metavar="STREAM...", help="Streams of one channel: ids or addresses."),
    ] = None,
    channel: Annotated[
        str, typer.Option(help="All streams of this channel: its id, address or title.")
    ] = "",
    undo: Annotated[
        bool, typer.Option("--reset", help="Take the fitted thresholds of the channel back.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before they are changed.")] = False,
    json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object; changes nothing without --yes.")
    ] = False,
) -> None:
    """Fit the song rules of a channel to your own corrections of its songs.

    Counts songs whose ends you moved or found right, and finds that you called no song; five at
    least. Nothing is changed where that is no better. The songs of the channel's streams are
    then stale: `utawaku rematerialize songs` cuts them by the new rules. What you judged stays as
    it is.
    """
    from utawaku.library.catalogue import Catalogue
    from utawaku.library.config import load_settings
    from utawaku.workflows.song_rules import fit_channel, install, reset

    settings = load_settings()
    catalogue = Catalogue.open(settings)
    try:
        owner, streams = _chosen(targets or [], channel, catalogue)
        if undo:
            _tell_reset(owner, reset(owner, catalogue), as_json=json)
            return
        with bar(tr("fitting")) as show:
            fit = fit_channel(owner, streams, catalogue, settings, show)
        if not json:
            _show(fit, owner)
        asked = tr("Make these the rules of {channel}?", channel=owner.title or owner.id)
        wanted = fit.is_better and (
            yes or (not json and typer.confirm(asked, default=True, err=True))
        )
        if wanted:
            install(owner, fit.changes, catalogue)
    finally:
        catalogue.close()
    if json:
        print_json(_told(fit, owner, installed=wanted))
    elif wanted:
        out.print(
            tr(
                "Now rules of {channel}. `utawaku rematerialize songs` cuts its streams by them; "
                "`utawaku train song-rules --channel {id} --reset` takes them back",
                channel=owner.title or owner.id,
                id=owner.id,
            ),
            markup=False,
            soft_wrap=True,
        )


def _chosen(
    targets: list[str], name: str, catalogue: "Catalogue"
) -> "tuple[Channel, list[Stream]]":
    """The channel that is meant, and those of its streams that count."""
    from utawaku.workflows.song_rules import (
        channel_named,
        channel_of_streams,
        streams_named,
        streams_of,
    )

    streams = streams_named(targets, catalogue)
    if not streams and not name:
        raise UsageError(
            "no streams are given", next_step="Give streams of one channel, or --channel NAME"
        )
    if not name:
        return channel_of_streams(streams, catalogue), streams
    owner = channel_named(name, catalogue)
    of_owner = streams_of(owner, catalogue)
    ids = {stream.id for stream in of_owner}
    for stream in streams:
        if stream.id not in ids:
            raise NotFoundError(
                "this stream is not of that channel",
                subject=stream.id,
                next_step="Give streams of one channel",
            )
    return owner, streams or of_owner


def _show(fit: "Fit", owner: "Channel") -> None:
    listing = table("threshold", ("before", "right"), ("after", "right"))
    for name, value in fit.changes.items():
        add_row(listing, [f"songs.{name}", f"{getattr(fit.rules, name):g}", f"{value:g}"])
    before, after = fit.before, fit.after
    add_row(listing, [tr("found F1"), f"{before.found_f1:.2f}", f"{after.found_f1:.2f}"])
    add_row(listing, [tr("clean F1"), f"{before.clean_f1:.2f}", f"{after.clean_f1:.2f}"])
    add_row(listing, [tr("cut clean"), *(f"{c.n_clean}/{c.n_songs}" for c in (before, after))])
    add_row(listing, [tr("finds that are no song"), before.n_surplus, after.n_surplus])
    print_table(listing)
    if fit.is_better:
        out.print(tr("{n} songs of these streams would change", n=fit.n_changed), markup=False)
    else:
        out.print(
            tr(
                "No other thresholds cut the songs of {channel} better: nothing is changed",
                channel=owner.title or owner.id,
            ),
            markup=False,
            soft_wrap=True,
        )


def _told(fit: "Fit", owner: "Channel", *, installed: bool) -> dict[str, Any]:
    def scores(counts: "Counts") -> dict[str, Any]:
        return {
            "found_f1": round(counts.found_f1, 4),
            "clean_f1": round(counts.clean_f1, 4),
            "n_songs": counts.n_songs,
            "n_finds": counts.n_finds,
            "n_clean": counts.n_clean,
        }

    return {
        "channel": owner.id,
        "rules": {
            name: {"before": getattr(fit.rules, name), "after": value}
            for name, value in fit.changes.items()
        },
        "before": scores(fit.before),
        "after": scores(fit.after),
        "n_changed": fit.n_changed,
        "installed": installed,
    }


def _tell_reset(owner: "Channel", taken_back: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json({"channel": owner.id, "reset": taken_back})
        return
    if not taken_back:
        out.print(
            tr("{channel} has no fitted thresholds", channel=owner.title or owner.id), markup=False
        )
        return
    for name, value in taken_back.items():
        shown = tr("the general setting") if value is None else f"{value:g}"
        out.print(f"songs.{name} = {shown}", markup=False)
    out.print(
        tr("Taken back. `utawaku rematerialize songs` cuts the streams again"),
        markup=False,
        soft_wrap=True,
    )
