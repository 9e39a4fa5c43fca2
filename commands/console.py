"""Output of commands: tables for people, one JSON object for scripts, errors with a next step."""

import json
import logging
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from rich.cells import cell_len
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from utawaku.library.errors import UtawakuError, exit_code_of
from utawaku.library.language import tr, translated
from utawaku.library.progress import Progress
from utawaku.library.text import clean_line, clean_text
from utawaku.library.time_format import clock as clock

if TYPE_CHECKING:
    from utawaku.media.timeline import Timeline

UNLIMITED = 100_000
"""Cells of a line that nobody folds."""


class _CleanConsole(Console):
    """Shows what texts from the internet say, and does nothing of what they tell a terminal."""

    def render_str(self, text: str, **options: Any) -> Text:
        return super().render_str(clean_text(text, keep_lines=True), **options)


out: Console = _CleanConsole(highlight=False)
"""Results."""
err: Console = _CleanConsole(stderr=True, highlight=False)
"""Progress and errors, so that results can be piped."""


def json_text(value: Any) -> str:
    """Return a value as one JSON document, as commands print it."""
    text = json.dumps(value, ensure_ascii=False, indent=2, default=_plain)
    # A path may hold bytes that are no text.
    return text.encode("utf-8", "replace").decode("utf-8")


def print_json(value: Any) -> None:
    """Print one JSON document."""
    sys.stdout.write(json_text(value) + "\n")


def print_event(event: str, **values: Any) -> None:
    """Print what has happened as one line of JSON, at once, for a program that follows along."""
    text = json.dumps({"event": event, **values}, ensure_ascii=False, default=_plain)
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, set | frozenset):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def print_error(error: UtawakuError) -> None:
    """Say what failed, on what, and what to do next."""
    subject = f"{clean_line(error.subject)}: " if error.subject else ""
    text = Text.assemble(
        (tr("error: "), "bold red"), (subject, "bold"), clean_line(translated(error.problem))
    )
    if error.next_step:
        text.append(f"\n  -> {clean_line(translated(error.next_step))}", "dim")
    err.print(text, soft_wrap=True)


def note_former_name(former: str, present: str) -> None:
    """Print on standard error that a setting has another name now."""
    err.print(
        tr(
            "setting {former} is now {present}; the former name works until version 0.3",
            former=former,
            present=present,
        ),
        markup=False,
        soft_wrap=True,
    )


class Losses:
    """Damage of the files that a command has read, however often it read them."""

    def __init__(self) -> None:
        self._found: dict[str, Timeline] = {}

    def keep(self, record: logging.LogRecord) -> bool:
        """Keep what the reader logs of a loss; return whether the record is about anything else."""
        lost = getattr(record, "lost", None)
        if lost is None:
            return record.levelno > logging.WARNING
        path, timeline = lost
        known = self._found.get(path)
        if known is None or (timeline.cut_off, timeline.lost_s) > (known.cut_off, known.lost_s):
            self._found[path] = timeline
        return False

    def tell(self) -> int:
        """Print one warning a file and kind of damage; return the exit code that goes with it."""
        from utawaku.media.timeline import loss_code

        for path, timeline in self._found.items():
            for sentence in timeline.warnings():
                print_warning(path, sentence)
        return exit_code_of(loss_code(found.as_metadata()) for found in self._found.values())


@contextmanager
def losses_told_later() -> Iterator[Losses]:
    """Keep the reader from logging damage that the command tells at its end, once."""
    reader = logging.getLogger("utawaku.media.decode")
    losses = Losses()
    reader.addFilter(losses.keep)
    try:
        yield losses
    finally:
        reader.removeFilter(losses.keep)


def print_warning(subject: str, sentence: str) -> None:
    """Say what is not as it should be, though the work was done."""
    text = Text.assemble((tr("warning: "), "bold yellow"), (f"{clean_line(subject)}: ", "bold"))
    err.print(text.append(clean_line(translated(sentence))), soft_wrap=True)


def print_left_out(left_out: Sequence[tuple[str, str]]) -> None:
    """Print on stderr what was left out, each with the reason."""
    for name, why in left_out:
        err.print(
            tr("left out: {name}: {why}", name=name, why=translated(why)),
            markup=False,
            soft_wrap=True,
        )


def table(*columns: str | tuple[str, str]) -> Table:
    """Make a plain table; a column is an English name, or a name with `left`, `right`, `whole`.

    Texts too wide for the terminal end in an ellipsis, except in a column that is `whole`, which
    is folded. See `print_table`.
    """
    made = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        name, kind = column if isinstance(column, tuple) else (column, "left")
        name = tr(name)
        if kind == "whole":
            made.add_column(name, overflow="fold")
        else:
            justify: Literal["left", "right"] = "right" if kind == "right" else "left"
            made.add_column(name, justify=justify, overflow="ellipsis", no_wrap=True)
    return made


def print_table(made: Table) -> None:
    """Print a table: fitted to a terminal, whole into a pipe."""
    if out.is_terminal:
        fit_columns(made, out.width)
        out.print(made)
    else:
        Console(highlight=False, width=UNLIMITED).print(made)


LEAST_WIDTH = 8
"""Cells that a column of text keeps, however narrow the terminal."""
LEAST_KEY_WIDTH = 24
"""The same for the first column of text: it names the row."""


def fit_columns(made: Table, width: int) -> None:
    """Narrow the widest columns of text until a table fits into `width` cells.

    Rich narrows all columns by the same share, so that one very long text hides short ones.
    """
    widths = [_natural_width(column) for column in made.columns]
    texts = [index for index, column in enumerate(made.columns) if column.justify == "left"]
    floors = {index: min(widths[index], LEAST_WIDTH) for index in texts}
    if texts:
        floors[texts[0]] = min(widths[texts[0]], LEAST_KEY_WIDTH)
    between = 2 * (len(widths) - 1)
    excess = sum(widths) + between - width
    while excess > 0:
        wide = [index for index in texts if widths[index] > floors[index]]
        if not wide:
            break
        widest = max(wide, key=lambda index: widths[index])
        widths[widest] -= 1
        excess -= 1
    for column, cells in zip(made.columns, widths, strict=True):
        column.min_width = column.max_width = cells


def _natural_width(column: Column) -> int:
    """Cells of the longest line of a column, its header included, at most its own limit."""
    texts = [str(cell) for cell in (column.header, *column.cells)]
    longest = max(cell_len(line) for text in texts for line in (text.splitlines() or [""]))
    return min(longest, column.max_width) if column.max_width else longest


def add_row(to: Table, cells: Sequence[object]) -> None:
    """Add a row of texts from anywhere: no markup, no control characters."""
    to.add_row(*[Text(clean_line(str(cell))) for cell in cells])


@contextmanager
def bar(what: str) -> Iterator[Progress]:
    """A progress bar on the terminal while the block runs."""
    from rich.progress import Progress as Bars

    with Bars(console=err, transient=True, disable=not err.is_terminal) as bars:
        task = bars.add_task(what, total=1.0)

        def show(done: float, message: str) -> None:
            bars.update(task, completed=done, description=message)

        yield show
