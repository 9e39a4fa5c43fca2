"""The help and the usage errors of the command line, in the user's language.

English is left to Typer. In other languages lines are broken by the cells that they take, not by
their number of letters.
"""

import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar, cast

import typer
from rich.cells import cell_len
from typer.core import TyperCommand, TyperGroup

from utawaku.library.language import language, msg, tr, translated

WORDS = (
    msg("Show this message and exit."),
    msg("Install completion for the current shell."),
    msg("Show completion for the current shell, to copy it or customize the installation."),
)
"""Help of the options that Typer adds."""
ERRORS = (
    "Missing argument '{name}'.",
    "Missing option '{name}'.",
    "Missing command.",
    "No such option: {name}",
    "No such command {name}.",
    "{problem} Did you mean {name}?",
    "{problem} (Possible options: {names})",
    "Got unexpected extra argument(s) ({arguments})",
    "Invalid value: {problem}",
    "Invalid value for {name}: {problem}",
    "Option {name} requires an argument.",
    "Option {name} does not take a value.",
    "{value} is not a valid {kind}.",
    "{value} is not one of {values}.",
    "{value} is not in the range {range}.",
    "{kind} {path} does not exist.",
    "{kind} {path} is a directory.",
    "{kind} {path} is a file.",
    "{kind} {path} is not readable.",
    "{kind} {path} is not writable.",
)
"""Errors of Typer about a wrong command line; the catalogues know them as stored sentences."""

_Function = TypeVar("_Function", bound=Callable[..., Any])
_WRONG_USAGE = cast(
    type[Exception],
    next(kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException"),
)
"""The base of all errors of a command line; Typer gives only some of those below it a name."""

_UNIT = re.compile(
    r"\s+|[（「『【〈《[(]*(?:[\u2e80-\u9fff\uac00-\ud7a3\uff00-\uffef]|[^\s\u2e80-\u9fff\uff00-\uffef]+)"
    r"[、。，．）」』】〉》！？：；…ー\])]*"
)
"""Parts that are not broken: a word, or one letter of those languages with its punctuation."""


def wrapped(text: str, width: int) -> list[str]:
    """Return a text in lines of at most `width` cells.

    >>> wrapped("曲を探す。 utawaku songs", 12)
    ['曲を探す。', 'utawaku', 'songs']
    """
    lines = [""]
    for unit in _UNIT.findall(" ".join(text.split())):
        if cell_len(lines[-1] + unit.rstrip()) > width and lines[-1]:
            lines[-1] = lines[-1].rstrip()
            lines.append("")
        lines[-1] += unit if lines[-1] else unit.lstrip()
    return [line.rstrip() for line in lines]


def _paragraphs(text: str, width: int, indent: int = 0) -> Iterable[str]:
    for n, paragraph in enumerate(re.split(r"\n\s*\n", text.strip())):
        if n:
            yield ""
        yield from (" " * indent + line for line in wrapped(paragraph, width - indent))


def _table(rows: list[tuple[str, str]], width: int) -> Iterable[str]:
    """Two columns; a name that is too long has its line to itself."""
    left = min(30, max(cell_len(name) for name, _text in rows)) + 2
    for name, text in rows:
        lines = wrapped(text, width - left - 2)
        if cell_len(name) > left - 2:
            yield f"  {name}"
            name = ""
        yield "  " + name + " " * (left - cell_len(name)) + lines[0]
        yield from (" " * (left + 2) + line for line in lines[1:])


def _first_sentence(text: str) -> str:
    found = re.match(r".*?(?:。|\.(?=\s)|$)", " ".join(text.split("\n\n")[0].split()))
    return found.group().rstrip("。.") if found else ""


def _row(one: Any, context: typer.Context) -> tuple[str, str] | None:
    """An argument or option: its names, and what it does with its default."""
    record = one.get_help_record(context)
    if record is None:
        return None
    names, told = record
    text = one.help or ""
    more = told.removeprefix(text).replace("[default: ", f"[{tr('default: ')}")
    return names, tr(text) + more.replace("required]", f"{tr('required')}]")


def _help(command: Any, context: typer.Context, width: int) -> list[str]:
    """The help of a command, line by line."""
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    lines = [tr("Usage: {usage}", usage=usage), "", *_paragraphs(tr(command.help or ""), width, 2)]
    sections: dict[str, list[tuple[str, str]]] = {tr("Arguments"): [], tr("Options"): []}
    for one in command.get_params(context):
        kind = tr("Arguments") if one.param_type_name == "argument" else tr("Options")
        if row := _row(one, context):
            sections[kind].append(row)
    commands = getattr(command, "commands", {})
    sections[tr("Commands")] = [
        (name, _first_sentence(tr(found.help or "")))
        for name, found in commands.items()
        if not found.hidden
    ]
    for title, rows in sections.items():
        if rows:
            lines += ["", f"{title}:", *_table(rows, width)]
    if command.epilog:
        example = command.epilog.removeprefix("Example: ")
        lines += ["", "  " + tr("Example: {command}", command=example)]
    return lines


class Command(TyperCommand):
    """A command whose help is in the user's language."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the command line; refuse an empty word where a file or a source belongs.

        A script whose variable is not set gives one, and as a path it is the present folder.
        """
        has_empty = any(word == "" or word.endswith("=") for word in args)
        rest: list[str] = super().parse_args(ctx, args)
        for name, value in ctx.params.items() if has_empty else ():
            values = value if isinstance(value, list | tuple) else [value]
            if Path() in values or (name in ("sources", "target") and "" in values):
                raise typer.BadParameter(tr("it is empty"), ctx=ctx, param_hint=f"'{name}'")
        return rest

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help."""
        if language() == "en":
            super().format_help(ctx, formatter)
        else:
            formatter.write("\n".join(_help(self, ctx, formatter.width)) + "\n")


class Group(TyperGroup):
    """A group of commands whose help and errors are in the user's language."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help."""
        if language() == "en":
            super().format_help(ctx, formatter)
        else:
            formatter.write("\n".join(_help(self, ctx, formatter.width)) + "\n")

    def main(self, *arguments: Any, **options: Any) -> Any:
        """Run the command line; say in the user's language what is wrong with it."""
        if language() == "en" or not options.get("standalone_mode", True):
            return super().main(*arguments, **options)
        try:
            code = super().main(*arguments, **{**options, "standalone_mode": False})
        except typer.Abort:
            sys.exit(1)
        except _WRONG_USAGE as error:
            _say(error)
            sys.exit(getattr(error, "exit_code", 2))
        sys.exit(code if isinstance(code, int) else 0)


def _say(error: Any) -> None:
    """Print what is wrong with the command line, and where its help is."""
    context = getattr(error, "ctx", None)
    if context is not None:
        usage = " ".join([context.command_path, *context.command.collect_usage_pieces(context)])
        print(tr("Usage: {usage}", usage=usage), file=sys.stderr)
        path = f"{context.command_path} --help"
        print(tr("Try '{command}' for help.", command=path) + "\n", file=sys.stderr)
    message = translated(error.format_message())
    print(tr("Error: {message}", message=message), file=sys.stderr)


class App(typer.Typer):
    """A group of commands as they are declared; each has its help in the user's language."""

    def __init__(self, **options: Any) -> None:
        super().__init__(cls=Group, **options)

    def command(self, name: str | None = None, **options: Any) -> Callable[[_Function], _Function]:
        """Declare a command."""
        declared: Callable[[_Function], _Function]
        declared = super().command(name, **{"cls": Command, **options})
        return declared
