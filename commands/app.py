"""The `utawaku` program: its commands."""

from typing import Annotated

import typer

from utawaku.commands import (
    backing,
    candidates,
    demo,
    doctor,
    export,
    follow,
    highlight,
    ingest,
    judgements,
    label,
    lyrics,
    playlist,
    reference,
    rematerialize,
    schema,
    scrobble,
    segment,
    separate,
    serve,
    services,
    settings,
    status,
    taste,
    train,
    up,
    watch,
    worker,
)
from utawaku.commands import (
    catalogue as catalogue_commands,
)
from utawaku.commands import (
    cluster as cluster_commands,
)
from utawaku.commands import (
    models as weights,
)
from utawaku.commands import (
    songs as catalogue,
)
from utawaku.commands import (
    upload as uploading,
)
from utawaku.commands.console import note_former_name
from utawaku.commands.help import App

app = App(
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
    lyrics,
    catalogue,
    export,
    segment,
    status,
    up,
    worker,
    demo,
    doctor,
    settings,
    uploading,
    separate,
    backing,
    highlight,
    playlist,
    taste,
    serve,
    services,
    scrobble,
    watch,
    schema,
):
    module.register(app)
reference.register(weights.app)
app.add_typer(weights.app, name="models")
app.add_typer(candidates.app, name="candidates")
app.add_typer(catalogue_commands.app, name="catalogue")
app.add_typer(cluster_commands.app, name="cluster")
app.add_typer(train.app, name="train")
app.add_typer(judgements.app, name="judgements")


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
        from utawaku.tui.start import run

        raise typer.Exit(run())
    _hint_at_former_names()


def _hint_at_former_names() -> None:
    """Print a line on standard error for each setting that stands under its former name."""
    from utawaku.library.former_settings import former_names_in_use

    try:
        found = former_names_in_use()
    except (
        OSError,
        ValueError,
    ):  # the command reads the same file, and reports what is wrong with it
        return
    for former, present in found:
        note_former_name(former, present)
