"""The `utawaku` program: its commands and how it ends."""

import sys
from typing import Annotated

import typer

from commands import (
    candidates,
    catalogue,
    demo,
    doctor,
    export,
    follow,
    highlight,
    ingest,
    label,
    playlist,
    reference,
    rematerialize,
    segment,
    separate,
    serve,
    settings,
    status,
    taste,
    train,
    up,
    uploading,
    weights,
)
from commands.console import print_error
from library.errors import UtawakuError

app = typer.Typer(
    name="utawaku",
    help="Karaoke streams in, a graded song library out.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for module in (
    ingest,
    follow,
    rematerialize,
    label,
    catalogue,
    export,
    segment,
    status,
    up,
    demo,
    doctor,
    settings,
    uploading,
    separate,
    highlight,
    playlist,
    taste,
    serve,
):
    module.register(app)
reference.register(weights.app)
app.add_typer(weights.app, name="models")
app.add_typer(candidates.app, name="candidates")
app.add_typer(train.app, name="train")


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"utawaku {version('utawaku')}")
        raise typer.Exit


@app.callback()
def without_command(
    context: typer.Context,
    _version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Karaoke streams in, a graded song library out. Without a command: open the library."""
    if context.invoked_subcommand is None:
        from library.config import load_settings
        from tui.app import run

        raise typer.Exit(run(load_settings()))


def main() -> None:
    """Run the command line; errors of ours end with a message and a telling exit code.

    0 done; 1 failed; 2 wrong usage or query; 3 bad media; 4 not found; 5 download failed;
    6 weights; 8 the upload queue waits for you; 130 stopped by Ctrl-C.
    """
    try:
        app()
    except UtawakuError as error:
        print_error(error)
        sys.exit(error.exit_code)
