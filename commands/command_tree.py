"""The tree of commands: all of it, or only the branch that a command line takes."""

from collections.abc import Mapping
from importlib import import_module
from typing import Annotated

import typer

from utawaku.commands.console import note_former_name
from utawaku.commands.help import App

MODULES: Mapping[str, tuple[str, ...]] = {
    "ingest": ("ingest",),
    "follow": ("follow", "unfollow", "resume", "channels"),
    "rematerialize": ("rematerialize",),
    "label": ("label", "setlist", "identify", "reference"),
    "lyrics": ("lyrics",),
    "songs": ("songs",),
    "export": ("export",),
    "segment": ("segment",),
    "status": ("status",),
    "up": ("up", "down"),
    "worker": ("worker",),
    "demo": ("demo",),
    "doctor": ("doctor",),
    "settings": ("settings",),
    "upload": ("login", "accounts", "upload", "submissions"),
    "separate": ("separate",),
    "backing": ("backing",),
    "highlight": ("highlight",),
    "playlist": ("playlist",),
    "taste": ("taste", "similar"),
    "serve": ("serve",),
    "services": ("services",),
    "scrobble": ("scrobble",),
    "watch": ("watch",),
    "schema": ("schema",),
}
"""The commands that each module of `commands/` registers, in the order of the help."""
GROUPS = ("models", "candidates", "catalogue", "cluster", "train", "judgements")
"""Modules with a group of commands of their own name."""


def make_app(command: str | None = None) -> App:
    """Return the program with all commands, or with those of the module that has `command`.

    To import every module takes longer than most commands do.
    """
    app = App(
        name="utawaku",
        help="Karaoke streams in, a graded song library out.",
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        invoke_without_command=True,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    for name in MODULES:
        if command is None or command in MODULES[name]:
            import_module(f"utawaku.commands.{name}").register(app)
    for name in GROUPS:
        if command in (None, name):
            app.add_typer(import_module(f"utawaku.commands.{name}").app, name=name)
    app.callback()(_without_command)
    return app


def is_command(word: str) -> bool:
    """Return whether a word is the name of a command or a group."""
    return word in GROUPS or any(word in names for names in MODULES.values())


def _version(wanted: bool) -> None:
    if wanted:
        from utawaku.library.version import version_line

        print(version_line())
        raise typer.Exit


def _without_command(
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
