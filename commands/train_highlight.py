"""`utawaku train highlight` and `train evaluate highlight`: highlight models."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from utawaku.commands.console import (
    add_row,
    bar,
    out,
    print_json,
    print_left_out,
    print_table,
    table,
)
from utawaku.library.errors import ConfigError, ExitCode
from utawaku.library.language import msg, tr

FolderArgument = Annotated[
    Path, typer.Argument(help="Songs, each with NAME.chorus.csv or NAME.curve.* beside it.")
]
_PICKS = {
    "middle": msg("the middle"),
    "start_at_30": msg("from 0:30 on"),
    "loudest": msg("the loudest"),
}


def highlight(
    folder: FolderArgument,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Default: highlight.npz, or deepchorus.onnx."),
    ] = None,
    network: Annotated[
        Literal["small", "deepchorus"], typer.Option(help="What is trained.")
    ] = "small",
    epochs: Annotated[
        int, typer.Option(min=1, help="DeepChorus: epochs, with those of earlier runs.")
    ] = 100,
    steps: Annotated[int, typer.Option(min=1, help="DeepChorus: batches an epoch.")] = 50,
    batch: Annotated[int, typer.Option(min=1, help="DeepChorus: crops a batch.")] = 16,
    crop: Annotated[
        int, typer.Option(min=9, help="DeepChorus: seconds a crop, a multiple of 9.")
    ] = 72,
    pool: Annotated[
        int, typer.Option(help="DeepChorus: frames averaged before attention, 1, 3 or 9.")
    ] = 9,
    start: Annotated[
        Path | None, typer.Option(help="DeepChorus: begin with these weights, e.g. the published.")
    ] = None,
    work: Annotated[
        Path | None,
        typer.Option(help="DeepChorus: spectrograms and state; default: .training in FOLDER."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Train a highlight model on songs of which you marked what is best.

    Beside NAME.mp3 (any audio) lies NAME.chorus.csv, a line `start,stop` in seconds for each
    chorus; or NAME.curve.csv, lines `time,interest` with interest from 0 to 1; or NAME.curve.json,
    a list of one value a second or yt-dlp's heatmap (`utawaku train collect` writes such a folder).
    Songs held out measure it. Training DeepChorus needs the extra `train` (TensorFlow), is meant
    for a GPU, and goes on where it was stopped. To use the outcome, set highlight.weights (and
    highlight.engine).
    """
    _check_folder(folder)
    if pool not in (1, 3, 9):
        raise ConfigError("--pool is 1, 3 or 9", subject=str(pool))
    if network == "small":
        facts = _train_small(folder, output or Path("highlight.npz"))
    else:
        facts = _train_deepchorus(
            folder,
            output or Path("deepchorus.onnx"),
            work or folder / ".training",
            start,
            {"n_epochs": epochs, "n_steps": steps, "batch": batch, "n_values": crop, "pool": pool},
        )
    left_out: Sequence[tuple[str, str]] = facts.pop("why_left_out")
    print_left_out(left_out)
    if json:
        print_json({**facts, "left_out": [name for name, _ in left_out]})
        return
    measured = ", ".join(
        f"{name} {facts[key]:.2f}"
        for key, name in (
            ("gain", tr("gain over chance")),
            ("iou", "IoU"),
            ("curve_iou", tr("curve IoU")),
        )
        if key in facts
    )
    out.print(
        tr(
            "{output}: on {n_tested} songs not seen, {measured} (1 is the best there is)",
            output=facts["output"],
            n_tested=facts["n_tested"],
            measured=measured,
        ),
        markup=False,
        soft_wrap=True,
    )


def evaluate_highlight(
    folder: FolderArgument,
    network: Annotated[
        Path | None,
        typer.Option(help="Model of yours (.npz, .onnx, .h5); default: as highlight.weights."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Measure a highlight model on songs of which you marked what is best.

    Gain is 0 for a half minute at random and 1 for the best there is; IoU compares with the best.
    Below stand picks that need no model. Exit code 1: a song could not be read; the others are
    measured.
    """
    from utawaku.library.config import load_settings
    from utawaku.models.highlight.engine import engine_of_file, interest_engine
    from utawaku.models.training.highlight_evaluation import evaluate

    _check_folder(folder)
    settings = load_settings().highlight
    if network is not None:
        settings = settings.model_copy(
            update={"weights": network, "engine": engine_of_file(network)}
        )
    with bar("measuring") as show:
        found = evaluate(folder, interest_engine(settings), show)
    print_left_out(found.left_out)
    if json:
        print_json({**asdict(found), "left_out": [name for name, _ in found.left_out]})
    else:
        listing = table("pick", ("gain", "right"), ("IoU", "right"), ("coverage", "right"))
        rows = {tr("model"): found.model, **{tr(_PICKS[n]): m for n, m in found.baselines.items()}}
        for name, one in rows.items():
            add_row(listing, [name, f"{one.gain:.2f}", f"{one.iou:.2f}", f"{one.coverage:.2f}"])
        print_table(listing)
        out.print(tr("{n_songs} songs", n_songs=len(found.songs)))
    if found.left_out:
        raise typer.Exit(ExitCode.FAILED)


def _check_folder(folder: Path) -> None:
    if not folder.is_dir():
        raise ConfigError("there is no such folder", subject=str(folder))


def _train_small(folder: Path, output: Path) -> dict[str, Any]:
    import numpy as np

    from utawaku.library.progress import part
    from utawaku.models.training.highlights import cross_validated, read_examples, train

    with bar("training") as show:
        examples, left_out = read_examples(folder, part(show, 0.0, 0.5))
        judged = cross_validated(examples, part(show, 0.5, 0.9))
        train(examples).save(output)
    return {
        "output": output,
        "n_songs": len(examples),
        "n_tested": len(judged),
        "coverage": float(np.mean([one.coverage for one in judged])),
        "gain": float(np.mean([one.gain for one in judged])),
        "iou": float(np.mean([one.iou for one in judged])),
        "why_left_out": left_out,
    }


def _train_deepchorus(
    folder: Path, output: Path, work: Path, start: Path | None, plan: dict[str, int]
) -> dict[str, Any]:
    from utawaku.library.files import atomic_path
    from utawaku.models.training.deepchorus import train_deepchorus

    with bar("training") as show:
        made = train_deepchorus(folder, work, start_from=start, progress=show, **plan)
    with atomic_path(output) as temporary:
        temporary.write_bytes(made.model)
    return {
        "output": output,
        "n_epochs": made.n_epochs,
        "n_epochs_before": made.n_epochs_before,
        "best_epoch": made.best_epoch,
        "n_tested": made.quality.n_songs,
        "error": made.quality.error,
        "iou": made.quality.iou,
        "curve_iou": made.quality.curve_iou,
        "why_left_out": made.left_out,
    }
