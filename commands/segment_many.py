"""Several files, or folders, for `utawaku segment`."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from utawaku.commands.console import (
    add_row,
    clock,
    err,
    out,
    print_error,
    print_json,
    print_table,
    print_warning,
    table,
)
from utawaku.library.errors import NotFoundError, UtawakuError, exit_code_of
from utawaku.library.language import tr

if TYPE_CHECKING:
    from utawaku.library.config import SegmentSettings, Settings
    from utawaku.workflows.segment_files import SegmentedFile

TSV_NAME = "segmented.tsv"


@dataclass(frozen=True)
class Many:
    """The wishes of the command line."""

    segments: "SegmentSettings"
    settings: "Settings"
    tsv: bool
    tsv_file: Path | None
    slices: Path | None
    track: str
    limit: int | None
    at_once: int


def segment_many(given: Sequence[Path], wanted: Many, *, as_json: bool) -> int:
    """Segment files and folders, tell what was found; returns the exit code.

    Raises:
        NotFoundError: there is no media file.
    """
    from utawaku.library.exports import segmented_tsv
    from utawaku.library.files import atomic_path
    from utawaku.workflows.segment_files import SegmentJob, files_in

    paths = files_in(given, wanted.limit)
    if not paths:
        raise NotFoundError(
            "no media files are in it",
            subject=", ".join(str(path) for path in given),
            next_step="Give files, or a folder with audio or video below it",
        )
    root = given[0] if len(given) == 1 and given[0].is_dir() else None
    job = SegmentJob(
        wanted.segments, wanted.settings.weights_dir,
        as_it_is=wanted.tsv, slices=wanted.slices, root=root, track=wanted.track,
    )  # fmt: skip
    results = _with_bar(paths, job, wanted.at_once)
    lines = segmented_tsv((str(one.path), one.segments) for one in results if not one.error)
    target = wanted.tsv_file or (root / TSV_NAME if root is not None and wanted.tsv else None)
    if target is not None:
        with atomic_path(target) as temporary:
            temporary.write_text(lines, "utf-8", errors="surrogateescape")
    if as_json:
        print_json({"files": [_row(one) for one in results], "tsv": target})
    elif target is not None:
        out.print(tr("{n} files in {file}", n=lines.count("\n"), file=target), markup=False)
    elif wanted.tsv:
        typer.echo(lines, nl=False)
    else:
        _print(results)
    return exit_code_of(one.exit_code for one in results)


def _with_bar(paths: Sequence[Path], job: object, at_once: int) -> "list[SegmentedFile]":
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from utawaku.workflows.segment_files import SegmentJob, segment_files

    assert isinstance(job, SegmentJob)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task(tr("segmenting"), total=len(paths))

        def done(one: "SegmentedFile") -> None:
            bar.update(task, advance=1)
            if one.error:
                named = str(one.path) in one.error
                print_error(UtawakuError(one.error, subject="" if named else str(one.path)))
            for sentence in one.warnings:
                print_warning(str(one.path), sentence)

        return segment_files(paths, job, n_processes=at_once, done=done)


def _row(one: "SegmentedFile") -> dict[str, object]:
    if one.error:
        return {"file": one.path, "error": one.error}
    return {
        "file": one.path,
        "duration_s": one.duration_s,
        "speech_share": one.speech_share,
        "segments": [[s.label, s.start_s, s.stop_s] for s in one.segments],
    }


def _print(results: "Sequence[SegmentedFile]") -> None:
    listing = table("file", ("length", "right"), ("speech", "right"), ("segments", "right"))
    for one in results:
        if not one.error:
            share = f"{one.speech_share:.1%}"
            add_row(listing, [str(one.path), clock(one.duration_s), share, len(one.segments)])
    print_table(listing)
