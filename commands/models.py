"""`utawaku models`: list and fetch model weights."""

from typing import Annotated

import typer

from utawaku.commands import reference
from utawaku.commands.console import add_row, err, out, print_json, print_table, table
from utawaku.commands.help import App
from utawaku.library.language import tr

app = App(help="Model weights: list, fetch.", no_args_is_help=True)


@app.command("list", epilog="Example: utawaku models list")
def list_(
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the weights, their source, and whether they are present."""
    from utawaku.library.config import load_settings
    from utawaku.models.registry import status

    found = status(load_settings().weights_dir)
    if json:
        print_json(found)
        return
    listing = table("name", "here", ("size", "right"), "licence", "source")
    for weights in found:
        here = tr("yes") if weights.present else tr("no")
        add_row(
            listing,
            [
                weights.name,
                here,
                f"{weights.n_bytes / 1e6:.1f} MB",
                weights.licence,
                weights.source,
            ],
        )
    print_table(listing)


@app.command(epilog="Example: utawaku models pull sm")
def pull(
    names: Annotated[
        list[str] | None, typer.Argument(help="Names from `models list`; all defaults if none.")
    ] = None,
) -> None:
    """Fetch, verify and convert weights now, instead of on first use."""
    from rich.progress import Progress

    from utawaku.library.config import load_settings
    from utawaku.models.registry import default_names
    from utawaku.models.registry import pull as pull_one

    directory = load_settings().weights_dir
    with Progress(console=err) as bars:
        for name in names or default_names():
            task = bars.add_task(name, total=1.0)

            def show(done: float, message: str, task: int = task, name: str = name) -> None:
                bars.update(task, completed=done, description=f"{name}: {message}")  # type: ignore[arg-type]

            path = pull_one(name, directory, progress=show)
            bars.update(task, completed=1.0)
            out.print(str(path), markup=False)


reference.register(app)
