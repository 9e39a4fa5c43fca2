"""`utawaku judgements`: what you said of cuts, written to a file and taken from one."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from utawaku.commands.console import err, out, print_json
from utawaku.commands.help import App
from utawaku.library.errors import ExitCode, UsageError, UtawakuError
from utawaku.library.language import tr

if TYPE_CHECKING:
    from utawaku.library.catalogue import Catalogue
    from utawaku.library.judgements import Judgement
    from utawaku.library.records import Stream

app = App(help="Your judgements of cuts, as a file.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def judgements() -> None:
    """Your judgements of cuts, as a file."""


@app.command(epilog="Example: utawaku judgements export -o cuts.jsonl")
def export(
    targets: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="STREAM...", help="Streams: ids or addresses. Without any: the whole library."
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write; default: print.")
    ] = None,
) -> None:
    """Write what you said of cuts: songs with right ends, finds that are no song or not wanted.

    One JSON object a line, by the address of the stream and seconds of its recording.
    """
    from utawaku.commands.train_songs import chosen_streams
    from utawaku.library.catalogue import Catalogue
    from utawaku.library.config import load_settings
    from utawaku.library.files import atomic_path
    from utawaku.library.judgements import judgements_in, written

    catalogue = Catalogue.open(load_settings())
    try:
        streams = chosen_streams(targets or [], "", catalogue)
        found = [
            one
            for stream in streams
            for one in judgements_in(stream, catalogue.songs.of_stream(stream.id, dropped=True))
        ]
    finally:
        catalogue.close()
    if output is None:
        typer.echo(written(found), nl=False)
        return
    output.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(output) as temporary:
        temporary.write_text(written(found), "utf-8")
    err.print(tr("wrote {output}", output=output), markup=False, soft_wrap=True)


@app.command("import", epilog="Example: utawaku judgements import cuts.jsonl")
def take(
    file: Annotated[Path, typer.Argument(help="File that `judgements export` wrote.")],
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Take judgements from a file, of streams that this library has.

    What you judged here yourself stands. Files are cut again by the pipeline. Ends with 1 where
    the songs of a stream cannot be placed so.
    """
    from utawaku.library.catalogue import Catalogue
    from utawaku.library.config import load_settings
    from utawaku.library.judgements import read

    try:
        told = read(file.read_text("utf-8"), str(file))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            "this file cannot be read",
            subject=str(file),
            next_step="Give a file that `utawaku judgements export` wrote",
        ) from error
    catalogue = Catalogue.open(load_settings())
    counts = {"taken": 0, "known": 0, "differing": 0, "failed": 0, "elsewhere": 0}
    try:
        by_stream: dict[str, list[Judgement]] = {}
        for one in told:
            by_stream.setdefault(one.stream, []).append(one)
        for name, some in by_stream.items():
            _take_stream(_stream(name, catalogue), some, catalogue, counts)
    finally:
        catalogue.close()
    if json:
        print_json(counts)
    else:
        _tell(counts)
    if counts["failed"]:
        raise typer.Exit(ExitCode.FAILED)


def _tell(counts: dict[str, int]) -> None:
    out.print(
        tr(
            "{taken} judgements taken, {known} known already; {differing} differ from yours, which "
            "stand; {elsewhere} are of streams or recordings that are not here",
            **counts,
        ),
        markup=False,
        soft_wrap=True,
    )


def _stream(name: str, catalogue: "Catalogue") -> "Stream | None":
    return catalogue.streams.by_url(name) or catalogue.streams.find(name)


def _take_stream(
    stream: "Stream | None",
    judgements: "list[Judgement]",
    catalogue: "Catalogue",
    counts: dict[str, int],
) -> None:
    from utawaku.library.judgements import LENGTH_WITHIN_S, plan_of
    from utawaku.library.requests import Recut

    here = [
        one
        for one in judgements
        if stream is not None
        and (
            not (one.length_s and stream.duration_s)
            or abs(one.length_s - stream.duration_s) <= LENGTH_WITHIN_S
        )
    ]
    counts["elsewhere"] += len(judgements) - len(here)
    if stream is None or not here:
        return
    plan = plan_of(catalogue.songs.of_stream(stream.id, dropped=True), here)
    if plan.n_taken:
        try:
            catalogue.edits.judge(stream.id, plan)
        except UtawakuError as error:
            counts["failed"] += plan.n_taken
            err.print(f"{stream.title or stream.id}: {error}", markup=False, soft_wrap=True)
            return
        catalogue.requests.file(Recut(stream_id=stream.id))
    counts["taken"] += plan.n_taken
    counts["known"] += plan.n_known
    counts["differing"] += plan.n_differing
