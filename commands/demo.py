"""`utawaku demo`: make a karaoke stream and ingest it like a real one."""

from pathlib import Path
from typing import Annotated

import typer

from utawaku.commands.console import (
    add_row,
    clock,
    err,
    out,
    print_event,
    print_json,
    print_table,
    table,
)
from utawaku.library.language import tr

MATCH_IOU = 0.5
CLEAN_START_S = 3.0
CLEAN_STOP_S = 5.0
FULL_MINUTES = 7.5
SHORT_MINUTES = 3.5


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: utawaku demo")(demo)


def demo(
    seed: Annotated[int, typer.Option(help="Another number makes another stream.")] = 0,
    short: Annotated[bool, typer.Option("--short", help="Two songs instead of the full set.")] = (
        False
    ),
    video: Annotated[bool, typer.Option("--video", help="With a picture track.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    events: Annotated[
        bool, typer.Option("--events", help="Print one JSON object a line, as it goes on.")
    ] = False,
) -> None:
    """Make a karaoke stream, ingest it like a real one, and compare with the ground truth.

    Needs no stream and no site: the talk comes from a speech synthesiser, the songs are rendered
    from melodies in the public domain.
    """
    from rich.progress import Progress

    from utawaku.commands.pipeline import Pipeline
    from utawaku.demo import make_demo_stream

    with Pipeline.open() as pipeline:
        folder = pipeline.settings.data_dir / "demo"
        name = f"demo-{'short-' if short else ''}{seed}.{'mkv' if video else 'opus'}"
        target: Path = folder / name
        folder.mkdir(parents=True, exist_ok=True)
        with Progress(console=err) as bar:
            task = bar.add_task(tr("making a karaoke stream"), total=1.0, visible=not events)

            def progress(done: float, message: str) -> None:
                bar.update(task, completed=done)
                if events:
                    print_event("making", share=round(done, 3), message=message)

            truth = make_demo_stream(
                target,
                seed=seed,
                minutes=SHORT_MINUTES if short else FULL_MINUTES,
                video=video,
                progress=progress,
            )
        if events:
            print_event("made", path=str(target))
        (stream,) = pipeline.resolve_streams(str(target))
        outcome = pipeline.ingest(stream)
    if outcome.state == "failed":
        raise typer.Exit(outcome.exit_code)
    if events:
        print_event("ingested", n_songs=outcome.n_songs)
        return
    found = [(song["start_s"], song["stop_s"], song) for song in outcome.songs]
    rows = []
    n_clean = n_found = 0
    for true in truth.songs:
        best = max(found, key=lambda span: _iou(span, true.start_s, true.stop_s), default=None)
        if best is None or _iou(best, true.start_s, true.stop_s) <= MATCH_IOU:
            rows.append([true.title, clock(true.start_s), tr("not found"), "", "", ""])
            continue
        off_start, off_stop = best[0] - true.start_s, best[1] - true.stop_s
        clean = abs(off_start) <= CLEAN_START_S and abs(off_stop) <= CLEAN_STOP_S
        n_clean += clean
        n_found += 1
        rows.append(
            [
                true.title,
                clock(true.start_s),
                clock(best[0]),
                f"{off_start:+.2f} s",
                f"{off_stop:+.2f} s",
                best[2]["title"] or tr("(unknown)"),
            ]
        )
    n_extra = len(found) - n_found
    if json:
        print_json(
            {
                "stream": outcome,
                "true": [[song.start_s, song.stop_s, song.title] for song in truth.songs],
                "n_clean": n_clean,
                "n_extra": n_extra,
                "wall_s": outcome.wall_s,
            }
        )
        return
    listing = table(
        "true song",
        ("starts", "right"),
        ("found at", "right"),
        ("start off", "right"),
        ("end off", "right"),
        "named",
    )
    for row in rows:
        add_row(listing, row)
    out.print()
    print_table(listing)
    out.print(
        tr(
            "\n{n_clean} of {n_songs} songs cut clean, {n_extra} false; {clock} ingested "
            "in {wall_s:.1f} s",
            n_clean=n_clean,
            n_songs=len(truth.songs),
            n_extra=n_extra,
            clock=clock(outcome.duration_s),
            wall_s=outcome.wall_s,
        )
    )
    if outcome.songs:
        folder = (pipeline.settings.library_root / outcome.songs[0]["file"]).parent
        out.print(tr("files   {folder}", folder=folder), markup=False, soft_wrap=True)
    out.print(tr("browse  utawaku"))


def _iou(span: tuple[float, float, object], start_s: float, stop_s: float) -> float:
    shared = max(0.0, min(span[1], stop_s) - max(span[0], start_s))
    union = max(span[1], stop_s) - min(span[0], start_s)
    return shared / union if union > 0 else 0.0
