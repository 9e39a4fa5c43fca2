"""`utawaku train separator`: train the separator on voices and music of your own."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from utawaku.commands.console import bar, out, print_json, print_left_out
from utawaku.library.language import tr

if TYPE_CHECKING:
    from utawaku.models.training.separator import Scores


def separator(
    folder: Annotated[
        Path,
        typer.Argument(help="songs/NAME.vocals.*, NAME.accompaniment.*; vocals/; accompaniment/."),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="Network to write.")] = Path(
        "vocal-unet.onnx"
    ),
    steps: Annotated[int, typer.Option(min=0, help="Batches to learn from.")] = 3000,
    batch: Annotated[int, typer.Option(min=1, help="Mixtures of a batch.")] = 6,
    rate: Annotated[float, typer.Option(min=0, help="Learning rate at the start.")] = 3e-4,
    seed: Annotated[int, typer.Option(help="Another number draws other mixtures.")] = 1,
    compose: Annotated[
        int, typer.Option(min=0, help="Add so many bands by the demo's composer.")
    ] = 0,
    sing: Annotated[
        int, typer.Option(min=0, help="Add so many songs by it, with their synthetic singer.")
    ] = 0,
    until: Annotated[
        int | None, typer.Option(min=0, help="Stop at this step; --steps sets the schedule.")
    ] = None,
    keep: Annotated[
        float,
        typer.Option(min=0, max=1, help="Share in the result of the network begun with."),
    ] = 0.5,
    start: Annotated[
        Path | None, typer.Option(help="Network to begin with; default: the shipped one.")
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Begin with nothing.")] = False,
    work: Annotated[
        Path | None, typer.Option(help="Decoded sounds and state; default: .training in FOLDER.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Train the separator's network further on voices and music of your own.

    FOLDER holds `songs/` with stems of songs as `utawaku separate` names them, `vocals/` with
    voices alone, `accompaniment/` with music without voice; any of them may be missing. What lies
    in FOLDER/test, laid out alike, is held out to measure on, else a tenth. Training that was
    stopped goes on. Needs the extra `train` (TensorFlow); a GPU is used where there is one.
    """
    from utawaku.library.config import load_settings
    from utawaku.library.errors import ConfigError
    from utawaku.library.files import atomic_path
    from utawaku.models import registry
    from utawaku.models.training.separator import Plan, train_separator

    if not folder.is_dir():
        raise ConfigError("there is no such folder", subject=str(folder))
    begin = None if fresh else start or registry.pull("vocal-unet", load_settings().weights_dir)
    plan = Plan(
        n_steps=steps, batch=batch, rate=rate, seed=seed, n_composed=compose, n_sung=sing,
        until=until, keep=0.0 if fresh else keep,
    )  # fmt: skip
    with bar("training") as show:
        made = train_separator(
            folder, work or folder / ".training", start=begin, plan=plan, progress=show
        )
    with atomic_path(output) as temporary:
        temporary.write_bytes(made.model)
    print_left_out(made.left_out)
    if json:
        left_out = [name for name, _ in made.left_out]
        print_json(
            {"output": output, "before": made.before, "after": made.after, "left_out": left_out}
        )
        return
    if made.before is not None:
        out.print(tr("before: {told}", told=_told(made.before)), markup=False, soft_wrap=True)
    out.print(f"{output}: {_told(made.after)}", markup=False, soft_wrap=True)


def _told(scores: "Scores") -> str:
    text = tr(
        "on {n_mixtures} mixtures held out, vocals {vocals_db:+.2f} dB and "
        "accompaniment {accompaniment_db:+.2f} dB cleaner than the mix",
        n_mixtures=scores.n_mixtures,
        vocals_db=scores.vocals_db,
        accompaniment_db=scores.accompaniment_db,
    )
    if not scores.n_without_voice:
        return text
    return tr(
        "{text}; on {n_without_voice} pieces without voice {leak_db:.1f} dB leak",
        text=text,
        n_without_voice=scores.n_without_voice,
        leak_db=scores.leak_db,
    )
