"""`utawaku train`: train models."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from utawaku.commands.console import bar, err, out, print_json
from utawaku.commands.help import App
from utawaku.commands.train_highlight import highlight
from utawaku.commands.train_separator import separator
from utawaku.commands.train_taste import taste
from utawaku.library.language import tr, translated

app = App(help="Train models.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def train() -> None:
    """Train models."""


app.command(epilog="Example: utawaku train taste --json")(taste)
app.command(epilog="Example: utawaku train highlight songs --network deepchorus")(highlight)
app.command(epilog="Example: utawaku train separator stems --compose 30 -o mine.onnx")(separator)


@app.command(epilog="Example: utawaku train segmenter musan --output mine.onnx")
def segmenter(
    folder: Annotated[Path, typer.Argument(help="speech-*.wav, music-*.wav, noise-*.wav.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Network to write.")] = Path(
        "bacs.onnx"
    ),
    epochs: Annotated[int, typer.Option(help="Passes over the balanced frames.")] = 20,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Train the small acoustic segmenter on a folder of recordings named by what is in them.

    Features are kept in features/ in the folder, and after each epoch how far it has come in
    training.npz: one that was stopped goes on. A tenth of the files is held out to measure.
    """
    from utawaku.library.files import atomic_path
    from utawaku.library.progress import part
    from utawaku.models.training.mfcc_segmenter import (
        STATE,
        read_examples,
        summary,
        train_segmenter,
    )

    with bar("training") as show:
        examples = read_examples(folder, part(show, 0.0, 0.5))
        model, report = train_segmenter(
            examples, epochs=epochs, state=folder / STATE, progress=part(show, 0.5, 1.0)
        )
    with atomic_path(output) as temporary:
        temporary.write_bytes(model)
    _tell_left_out(examples.left_out)
    if json:
        left_out = [name for name, _ in examples.left_out]
        print_json({"output": output, "left_out": left_out, **summary(report)})
        return
    out.print(
        tr(
            "{output}: on {n_frames} frames held out {accuracy:.1%} right; of what is "
            "not speech precision {precision:.1%}, recall {recall:.1%}",
            output=output,
            n_frames=report.n_frames,
            accuracy=report.accuracy,
            precision=report.precision,
            recall=report.recall,
        ),
        soft_wrap=True,
    )


def _tell_left_out(left_out: Sequence[tuple[str, str]]) -> None:
    for name, why in left_out:
        err.print(
            tr("left out: {name}: {why}", name=name, why=translated(why)),
            markup=False,
            soft_wrap=True,
        )
