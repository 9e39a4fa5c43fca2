"""`utawaku rematerialize`: re-materialize stale artefacts."""

from collections import Counter
from typing import Annotated

import typer

from utawaku.commands.console import add_row, out, print_json, print_table, table
from utawaku.commands.device import DeviceOption
from utawaku.library.errors import UsageError
from utawaku.library.language import tr


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: utawaku rematerialize segments --dry-run")(rematerialize)


def rematerialize(
    asset: Annotated[
        str, typer.Argument(help="Only this artefact and what depends on it; all if left out.")
    ] = "all",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what is stale.")] = False,
    device: DeviceOption = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Ask the pipeline to re-materialize stale streams, a few at a time. Your own edits stay.

    An interrupted one goes on by itself: what is stale is looked up, not remembered.
    """
    import utawaku.assets  # noqa: F401  what is stale follows from the bindings
    from utawaku.library.artefacts import ARTEFACTS
    from utawaku.library.catalogue import Catalogue
    from utawaku.library.config import load_settings
    from utawaku.library.requests import COMMAND, Rematerialize
    from utawaku.library.staleness import keep_present, stale_artefacts, stale_streams
    from utawaku.orchestration.changed_rules import note_changed_rules
    from utawaku.orchestration.present_versions import present_versions
    from utawaku.workflows.model_versions import not_fetched

    if asset not in ("all", *ARTEFACTS):
        raise UsageError(
            "no such artefact", subject=asset, next_step=f"Give one of {', '.join(ARTEFACTS)}"
        )
    settings = load_settings()
    catalogue = Catalogue.open(settings)
    try:
        wanted = "" if asset == "all" else asset
        present = present_versions(settings)
        keep_present(catalogue, settings, present)
        note_changed_rules(catalogue, settings)
        stale = stale_streams(catalogue, present, wanted)
        n_dropped = len(
            {one.stream_id for one in stale_artefacts(catalogue, present, wanted)}
            - {one.stream_id for one in stale}
        )
        request = None
        if stale and not dry_run:
            request = catalogue.requests.file(Rematerialize(asset=asset), by=COMMAND)
    finally:
        catalogue.close()
    to_fetch = not_fetched(settings, {one.asset for one in stale})
    counts = Counter((one.asset, one.model_version[:12]) for one in stale)
    if json:
        print_json(
            {
                "stale": stale,
                "n_dropped": n_dropped,
                "to_fetch": to_fetch,
                "request": request.id if request else None,
            }
        )
        return
    if n_dropped:
        out.print(
            tr(
                "{n_dropped} more streams are out of date, but their recording was dropped "
                "to make room; `utawaku ingest --again recordings ADDRESS` brings one back",
                n_dropped=n_dropped,
            ),
            soft_wrap=True,
        )
    if not stale:
        out.print(tr("everything was made by the present models and engines"))
        return
    listing = table("from", "made by model", ("streams", "right"))
    for (name, version), count in counts.most_common():
        add_row(listing, [name, version or "-", count])
    print_table(listing)
    for model, command in to_fetch.items():
        out.print(
            tr(
                "{model} is not on this machine: the run fetches it, or `{command}` does now",
                model=model,
                command=command,
            ),
            soft_wrap=True,
        )
    if request:
        out.print(tr("request {id} is filed; `utawaku status` shows how far it is", id=request.id))
