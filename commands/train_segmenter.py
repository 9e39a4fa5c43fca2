"""`utawaku train segmenter` and `train evaluate segmenter`: the small acoustic segmenter."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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
from utawaku.library.errors import ExitCode
from utawaku.library.language import tr

if TYPE_CHECKING:
    from utawaku.models.mfcc_segmenter.evaluation import FrameScores

FolderArgument = Annotated[
    Path, typer.Argument(help="Corpus: speech-*.wav, music-*.wav, or MUSAN as it is unpacked.")
]
LabelsOption = Annotated[
    str,
    typer.Option(
        metavar="RULE",
        help="`folder`: the first folder is the label; a pattern that names of speech match; or a "
        ".tsv of path and label. Default: names, or folders, as MUSAN has them.",
    ),
]
SpeechOption = Annotated[
    str, typer.Option(metavar="LABELS", help="Labels that are speech, with commas between them.")
]
LimitOption = Annotated[
    int | None, typer.Option(min=1, help="Files of each class to take at most.")
]


def segmenter(
    folder: FolderArgument,
    output: Annotated[Path, typer.Option("--output", "-o", help="Network to write.")] = Path(
        "bacs.onnx"
    ),
    epochs: Annotated[int, typer.Option(min=1, help="Passes over the balanced frames.")] = 20,
    labels: LabelsOption = "",
    speech: SpeechOption = "speech",
    limit: LimitOption = None,
    saved_model: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Also write a SavedModel (extra `train`)."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Train the small acoustic segmenter on a corpus.

    Features are kept in features/ in the folder, and after each epoch how far it has come in
    training.npz: one that was stopped goes on, and so does one with more epochs. A tenth of the
    files is held out to measure.
    """
    from utawaku.library.files import atomic_path
    from utawaku.library.progress import part
    from utawaku.models.mfcc_segmenter.saved_model import layers_of_onnx, write_saved_model
    from utawaku.models.training.mfcc_segmenter import (
        STATE,
        read_examples,
        summary,
        train_segmenter,
    )

    with bar("training") as show:
        examples = read_examples(
            folder, part(show, 0.0, 0.5), labels=labels, speech=_words(speech), limit=limit
        )
        model, report = train_segmenter(
            examples, epochs=epochs, state=folder / STATE, progress=part(show, 0.5, 1.0)
        )
    with atomic_path(output) as temporary:
        temporary.write_bytes(model)
    if saved_model is not None:
        write_saved_model(layers_of_onnx(output), saved_model)
    print_left_out(examples.left_out)
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


def evaluate_segmenter(
    folder: FolderArgument,
    network: Annotated[
        Path | None,
        typer.Option(help="Network of yours (.onnx, SavedModel); default: as segments.weights."),
    ] = None,
    labels: LabelsOption = "",
    speech: SpeechOption = "speech",
    limit: LimitOption = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Measure the small acoustic segmenter on a corpus, frame by frame of 10 ms.

    A recording is speech, or is not, from its start to its end. Exit code 1: a file could not be
    read; the others are measured.
    """
    from utawaku.library.config import load_settings
    from utawaku.models.mfcc_segmenter import make_bacs_segmenter
    from utawaku.models.mfcc_segmenter.corpus import score_corpus
    from utawaku.models.training.labelled_sounds import labelled_sounds
    from utawaku.models.training.mfcc_segmenter import limited

    settings = load_settings()
    sounds = limited(labelled_sounds(folder, labels, _words(speech)), limit)
    engine = make_bacs_segmenter(settings.weights_dir, network or settings.segments.weights)
    with bar("segmenting") as show:
        rows = [(one.name, one.path, one.label, one.is_speech) for one in sounds]
        found = score_corpus(engine, rows, show)
    print_left_out(found.left_out)
    if json:
        by_label = {label: _numbers(scores) for label, scores in found.by_label.items()}
        left_out = [name for name, _ in found.left_out]
        print_json({**_numbers(found.total), "labels": by_label, "left_out": left_out})
    else:
        listing = table("label", ("frames", "right"), ("accuracy", "right"))
        for label, scores in found.by_label.items():
            add_row(listing, [label, f"{scores.n_frames:,}", f"{scores.accuracy:.1%}"])
        print_table(listing)
        total = found.total
        out.print(
            tr(
                "{n_frames} frames: {accuracy:.1%} right; of speech precision {precision:.1%}, "
                "recall {recall:.1%}, F1 {f1:.3f}",
                n_frames=total.n_frames,
                accuracy=total.accuracy,
                precision=total.precision,
                recall=total.recall,
                f1=total.f1,
            )
        )
    if found.left_out:
        raise typer.Exit(ExitCode.FAILED)


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _numbers(scores: "FrameScores") -> dict[str, float]:
    return {
        "n_frames": scores.n_frames,
        "accuracy": scores.accuracy,
        "precision": scores.precision,
        "recall": scores.recall,
        "f1": scores.f1,
    }
