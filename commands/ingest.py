"""`utawaku ingest`: turn files and addresses into tagged songs."""

from pathlib import Path
from typing import Annotated

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
from utawaku.commands.outcome import Outcome
from utawaku.library.artefacts import CHAIN
from utawaku.library.errors import UtawakuError


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: utawaku ingest https://www.youtube.com/watch?v=... evening.mkv")(
        ingest
    )


def ingest(
    sources: Annotated[
        list[str], typer.Argument(help="Files, folders, or addresses of streams or playlists.")
    ],
    again: Annotated[
        list[str] | None,
        typer.Option(
            help="Re-materialize this artefact and all that depends on it "
            f"({', '.join(CHAIN)}); may be repeated."
        ),
    ] = None,
    as_one: Annotated[
        bool,
        typer.Option(
            "--as-one", help="The files are parts of one stream, in this order; they stay in place."
        ),
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Ingest streams: download, segment, find songs, cut and tag them.

    What is done already is not done twice; what was interrupted goes on. A source that fails does
    not stop the others. Boundaries and names that you set stay.
    """
    from utawaku.commands.pipeline import Pipeline, check_asset_names

    check_asset_names(again or ())
    outcomes: list[Outcome] = []

    def failed(address: str, error: UtawakuError) -> None:
        print_error(error)
        outcomes.append(Outcome(address, error=str(error), exit_code=error.exit_code))

    with Pipeline.open() as pipeline:
        for source in [" + ".join(sources)] if as_one else sources:
            try:
                if as_one:
                    streams = [pipeline.resolve_parts([Path(file) for file in sources])]
                else:
                    streams = pipeline.resolve_streams(source, failed)
            except UtawakuError as error:
                failed(source, error)
                continue
            for stream in streams:
                outcomes.append(pipeline.ingest(stream, source=source, again=again or ()))
    if json:
        print_json({"streams": outcomes})
    else:
        _print_summary(outcomes)
    codes = {outcome.exit_code for outcome in outcomes if outcome.exit_code}
    if codes:
        raise typer.Exit(codes.pop() if len(codes) == 1 else 1)


def _print_summary(outcomes: list[Outcome]) -> None:
    summary = table("stream", "state", ("songs", "right"), ("length", "right"), ("took", "right"))
    # However long a title is, what became of the stream stays in sight.
    summary.columns[0].max_width = max(16, out.width - 44)
    for outcome in outcomes:
        add_row(
            summary,
            [
                outcome.title or outcome.source,
                outcome.state,
                outcome.n_songs if outcome.stream_id else "",
                clock(outcome.duration_s) if outcome.duration_s else "",
                f"{outcome.wall_s:.1f} s" if outcome.wall_s else "",
            ],
        )
    print_table(summary)
    for outcome in outcomes:
        if not outcome.songs:
            continue
        listing = table(("#", "right"), ("start", "right"), ("length", "right"), "title", "artist")
        for number, song in enumerate(outcome.songs, 1):
            add_row(
                listing,
                [
                    number,
                    clock(song["start_s"]),
                    clock(song["stop_s"] - song["start_s"]),
                    song["title"] or "(unknown)",
                    song["artist"],
                ],
            )
        out.print()
        print_table(listing)
    n_failed = sum(outcome.state == "failed" for outcome in outcomes)
    if n_failed:
        err.print(f"{n_failed} of {len(outcomes)} failed; see above")
