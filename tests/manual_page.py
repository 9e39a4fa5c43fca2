"""Write the man page from the tree of commands.

`python -m tests.manual_page > share/man/man1/utawaku.1` writes the one that is installed.

The wheel brings it as a file, because nothing of the program can be run while a wheel is built.
"""

import re
from collections.abc import Iterator
from typing import Any

import typer

from utawaku.commands.app import app
from utawaku.library.errors import ExitCode

DESCRIPTION = (
    "Utawaku takes karaoke streams from addresses and files, tells speech from music, cuts the "
    "songs, names and tags them, and keeps them in a library. Without a command it opens the "
    "library in the terminal, where ? lists the keys."
)
ENVIRONMENT = {
    "UTAWAKU_HOME": "A folder for settings, catalogue, weights and library together.",
    "UTAWAKU_SECTION__NAME": "A setting: UTAWAKU_CUT__CODEC=flac is cut.codec.",
    "LANGUAGE, LC_ALL, LC_MESSAGES, LANG": "The language of screen and messages: en, ja or zh_CN.",
}
FILES = {
    "~/.config/utawaku/config.toml": 'Settings; "utawaku settings" lists and changes them.',
    "~/.local/share/utawaku/": "The catalogue, its copies, accounts and logs.",
    "~/Music/Utawaku/": "The library: Songs/, Streams/, Playlists/.",
}
EXIT_CODES = {
    ExitCode.DONE: "Done.",
    ExitCode.FAILED: "Failed, or several failed for different reasons.",
    ExitCode.USAGE: "Wrong usage or query.",
    ExitCode.BAD_MEDIA: "Not media, or a file that cannot be opened.",
    ExitCode.NOT_FOUND: "Not found.",
    ExitCode.DOWNLOAD: "A download failed.",
    ExitCode.WEIGHTS: "Weights are missing or damaged.",
    ExitCode.DISK_FULL: "The disk is full.",
    ExitCode.UPLOAD_HELD: "The upload queue waits for you.",
    ExitCode.NO_SOUND: "No sound track, or not the one asked for.",
    ExitCode.DAMAGED: "Done, but the recording is damaged.",
    ExitCode.CUT_OFF: "Done, but the recording is cut off.",
    ExitCode.UNPLAYABLE: "Nothing of it plays.",
    ExitCode.STOPPED: "Stopped.",
}


def escaped(text: str) -> str:
    r"""Return a line of text as roff takes it.

    >>> escaped(".m3u8 and --json\\n")
    '\\&.m3u8 and \\-\\-json\\en'
    """
    line = " ".join(text.split()).replace("\\", "\\e").replace("-", "\\-")
    # Not every roff reads UTF-8.
    line = "".join(one if one.isascii() else f"\\[u{ord(one):04X}]" for one in line)
    return f"\\&{line}" if line.startswith((".", "'")) else line


def _paragraphs(text: str) -> Iterator[str]:
    for n, paragraph in enumerate(re.split(r"\n\s*\n", text.strip())):
        if n:
            yield ".PP"
        yield escaped(paragraph)


def _pairs(pairs: dict[Any, str]) -> Iterator[str]:
    for name, text in pairs.items():
        yield ".TP"
        yield f".B {escaped(str(int(name) if isinstance(name, ExitCode) else name))}"
        yield escaped(text)


def _command(command: Any, path: str) -> Iterator[str]:
    """A command with its options and example, then the commands below it."""
    context = command.make_context(path, [], resilient_parsing=True)
    pieces = " ".join(piece for piece in command.collect_usage_pieces(context))
    yield f'.SS "{escaped(f"{path} {pieces}")}"'
    yield from _paragraphs(command.help or "")
    for one in command.params:
        record = one.get_help_record(context)
        if record is not None:
            yield from (".TP", f".B {escaped(record[0])}", escaped(record[1]) or "\\&")
    if command.epilog:
        yield from (".PP", "Example:", ".PP", ".nf", ".RS 4")
        yield from (escaped(command.epilog.removeprefix("Example: ")), ".RE", ".fi")
    for name, below in getattr(command, "commands", {}).items():
        if not below.hidden:
            yield from _command(below, f"{path} {name}")


def manual_page() -> str:
    """Return the man page, in the macros of man(7)."""
    tree: Any = typer.main.get_command(app)
    commands = {name: one for name, one in tree.commands.items() if not one.hidden}
    lines = [
        '.\\" Written by tests/manual_page.py from the tree of commands.',
        '.TH UTAWAKU 1 "" "" "User Commands"',
        ".SH NAME",
        "utawaku \\- karaoke streams in, a graded song library out",
        ".SH SYNOPSIS",
        ".B utawaku",
        "[\\fICOMMAND\\fR [\\fIOPTIONS\\fR] [\\fIARGUMENTS\\fR]]",
        ".SH DESCRIPTION",
        escaped(DESCRIPTION),
        ".SH COMMANDS",
    ]
    for name, command in commands.items():
        lines += _command(command, f"utawaku {name}")
    lines += [".SH EXIT STATUS", *_pairs(EXIT_CODES)]
    lines += [".SH ENVIRONMENT", *_pairs(ENVIRONMENT)]
    lines += [".SH FILES", "Where UTAWAKU_HOME is not set, on Linux:", *_pairs(FILES)]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(manual_page(), end="")
