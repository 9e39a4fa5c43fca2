"""`utawaku train`: models that learn from you."""

from typing import Annotated

import typer

from commands.console import err, out, print_json

app = typer.Typer(help="Train models.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def train() -> None:
    """Train models."""


@app.command(epilog="Example: utawaku train taste")
def taste(
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Learn from your grades, score every song, and choose what to ask next.

    Needs some likes and some dislikes (settings taste.min_grades, taste.min_each).
    """
    from rich.progress import Progress

    from assets.taste import score_songs, train_taste
    from library.catalogue import Catalogue
    from library.config import load_settings
    from library.progress import part

    settings = load_settings()
    catalogue = Catalogue.open(settings)
    try:
        with Progress(console=err, transient=True, disable=not err.is_terminal) as bars:
            task = bars.add_task("training", total=1.0)

            def show(done: float, message: str) -> None:
                bars.update(task, completed=done, description=message)

            model, _ = train_taste(catalogue, settings, part(show, 0.0, 0.7))
            n_scored = 0
            if catalogue.taste.current() is not None:
                n_scored = score_songs(catalogue, settings, part(show, 0.7, 1.0))
    finally:
        catalogue.close()
    if json:
        print_json({"model": model, "n_scored": n_scored})
    elif model.ready:
        auc = "-" if model.auc is None else f"{model.auc:.3f}"
        out.print(
            f"Learnt from {model.n_liked} likes and {model.n_disliked} dislikes: AUC {auc}, "
            f"calibration error {model.ece:.3f}, Brier {model.brier:.3f} on songs held out; "
            f"{n_scored} songs scored",
            soft_wrap=True,
        )
    else:
        out.print(f"Too little to learn from: {model.facts['message']}", soft_wrap=True)
