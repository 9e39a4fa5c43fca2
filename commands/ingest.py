"""`utawaku ingest`: turn files and addresses into tagged songs."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

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
from utawaku.commands.device import DeviceOption
from utawaku.commands.outcome import Outcome
from utawaku.library.artefacts import CHAIN
from utawaku.library.errors import UtawakuError, exit_code_of
from utawaku.library.garbage import without_collecting
from utawaku.library.language import tr, translated
from utawaku.library.sites import full_address
from utawaku.library.words import word

if TYPE_CHECKING:
    from utawaku.library.catalogue import Catalogue
    from utawaku.library.records import Stream

HOLDS = {"songs": "song", "streams": "songs"}
"""Choices of `Stream.holds`, by the word of `--as`."""


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
            "--as-one",
            help="The files are parts of one stream, in this order, and stay in place; of an "
            "address: the parts of that video are one stream.",
        ),
    ] = False,
    holds: Annotated[
        Literal["songs", "streams"] | None,
        typer.Option(
            "--as",
            help="songs: each recording is one song and comes in whole; streams: songs are looked "
            "for in it. It is kept with the stream. Default: the rule songs.whole.",
        ),
    ] = None,
    track: Annotated[
        str | None,
        typer.Option(
            metavar="N|LANG",
            help="Sound track to read: a number counted from 0, or a language (jpn, ja). It is "
            "kept with the stream. Default: the track flagged as default.",
        ),
    ] = None,
    device: DeviceOption = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Ingest streams: download, segment, find songs, cut and tag them.

    What is done already is not done twice; what was interrupted goes on. A source that fails does
    not stop the others. Boundaries and names that you set stay.

    Finished tracks come in whole, by themselves where a recording is music from start to stop, and
    with --as songs whatever they sound like; their tags or titles name them.

    While `utawaku up` runs, it does the work: requests are filed for it, and followed to their end.
    Ctrl-C then stops watching, and the work goes on.

    Exit codes: 0 all is done; 10 all is done, but a recording is damaged (silence stands for what
    is lost); 11 all is done of what is there, but a recording is cut off; 3 not media; 9 no sound,
    or not the track asked for; 12 so damaged that nothing plays; 5 a download failed; 1 others,
    or failures of several kinds. 10 and 11 stay until the recording is fetched again. With --json,
    `warnings` says how much is lost and where.
    """
    with without_collecting():
        from utawaku.commands.follow_request import FollowedIngest
        from utawaku.commands.pipeline import Pipeline, check_asset_names
        from utawaku.commands.supervisor import is_running
        from utawaku.workflows.ingest import is_address

    check_asset_names(again or ())
    found: list[Outcome | FollowedIngest] = []

    def failed(address: str, error: UtawakuError) -> None:
        print_error(error)
        found.append(Outcome(address, error=str(error), exit_code=error.exit_code))

    with Pipeline.open() as pipeline:
        by_request = is_running(pipeline.settings)
        for source in [" + ".join(sources)] if as_one and len(sources) > 1 else sources:
            try:
                if as_one and not is_address(full_address(sources[0])):
                    streams = [pipeline.resolve_parts([Path(file) for file in sources])]
                else:
                    streams = pipeline.resolve_streams(source, failed, as_one=as_one)
            except UtawakuError as error:
                failed(source, error)
                continue
            for stream in streams:
                stream = _with_choices(stream, pipeline.catalogue, track=track, holds=holds)
                found.append(
                    FollowedIngest(pipeline, stream, source, again or ())
                    if by_request
                    else pipeline.ingest(stream, source=source, again=again or ())
                )
        outcomes = [one.follow() if isinstance(one, FollowedIngest) else one for one in found]
    if json:
        print_json({"streams": outcomes})
    else:
        _print_summary(outcomes)
    if code := exit_code_of(outcome.exit_code for outcome in outcomes):
        raise typer.Exit(code)


def _with_choices(
    stream: "Stream", catalogue: "Catalogue", *, track: str | None, holds: str | None
) -> "Stream":
    """Keep with a stream what was chosen for it; None leaves a choice as it is."""
    chosen = replace(
        stream,
        track=stream.track if track is None else track,
        holds=stream.holds if holds is None else HOLDS[holds],
    )
    return stream if chosen == stream else catalogue.streams.save(chosen)


def _print_summary(outcomes: list[Outcome]) -> None:
    summary = table("stream", "state", ("songs", "right"), ("length", "right"), ("took", "right"))
    # However long a title is, what became of the stream stays in sight.
    summary.columns[0].max_width = max(16, out.width - 44)
    for outcome in outcomes:
        add_row(
            summary,
            [
                outcome.title or outcome.source,
                translated(word(outcome.state)),
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
                    song["title"] or tr("(unknown)"),
                    song["artist"],
                ],
            )
        out.print()
        print_table(listing)
    n_failed = sum(outcome.state == "failed" for outcome in outcomes)
    if n_failed:
        err.print(
            tr(
                "{n_failed} of {n_outcomes} failed; see above",
                n_failed=n_failed,
                n_outcomes=len(outcomes),
            )
        )
