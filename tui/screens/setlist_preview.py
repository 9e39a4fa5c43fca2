"""A pasted setlist as it is read, before it is laid over a stream."""

from collections.abc import Sequence
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from utawaku.library.errors import UtawakuError
from utawaku.library.language import msg, tr, translated, trn
from utawaku.library.records import SetlistLine, Stream
from utawaku.tui.messages import CursorMoved, RowChosen
from utawaku.tui.services.child_events import Child
from utawaku.tui.text import clock, fit, shown
from utawaku.tui.widgets.rows import Cell, Rows

WAITS = msg("Reading the list …")


class SetlistRows(Rows):
    """The lines: when, what, by whom."""

    empty_text = WAITS

    def __init__(self, duration_s: float) -> None:
        super().__init__()
        self._duration_s = duration_s
        self.lines: Sequence[SetlistLine] = ()

    def row_count(self) -> int:
        """Return how many lines there are."""
        return len(self.lines)

    def draw_header(self, width: int) -> list[Cell]:
        """Draw the titles."""
        return [(fit(fit(tr("At"), 8, right=True) + "   " + tr("Title"), width), None)]

    def draw_row(self, index: int, width: int) -> list[Cell]:
        """Draw the time, the title, the artist, and why a line is no song of the stream."""
        line = self.lines[index]
        fault = self.fault_of(line)
        told = fault or shown(line.artist)
        left = max(12, (width - 11) * 11 // 20)
        return [
            (fit(clock(line.start_s), 8, right=True) + "   ", self.look("muted")),
            (fit(shown(line.title), left - 2) + "  ", self.look("faint") if fault else None),
            (fit(told, max(0, width - 11 - left)), self.look("warn" if fault else "muted")),
        ]

    def fault_of(self, line: SetlistLine) -> str:
        """Return why a line names no song of the stream; empty where it does."""
        if not line.is_song:
            return tr("no song: left out")
        if self._duration_s and line.start_s >= self._duration_s:
            return tr("after the end of the recording")
        return ""


class SetlistPreview(ModalScreen[bool]):
    """Shows the lines; the answer is whether to use them."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y,ctrl+s", "answer(True)", "Use it"),
        Binding("n,escape,q", "answer(False)", "Cancel"),
    ]

    def __init__(self, stream: Stream, text: str) -> None:
        super().__init__()
        self._stream = stream
        self._text = text
        self._child: Child | None = None

    def compose(self) -> ComposeResult:
        """The lines and what they would do."""
        with Vertical(classes="dialog wide"):
            yield Static(tr("The setlist as it is read"), classes="dialog-title", markup=False)
            rows = SetlistRows(self._stream.duration_s)
            rows.styles.height = 3
            yield rows
            yield Static("", id="setlist-told", classes="dialog-text", markup=False)
            yield Static("", id="wrong", markup=False)
            yield Static(tr("y use it     n cancel"), classes="dialog-keys", markup=False)

    def on_mount(self) -> None:
        """Have it read."""
        self._child = Child(
            self.app,
            ["setlist", self._stream.id, "--paste", "--dry-run", "--json"],
            self._event,
            self._ended,
            typed=self._text,
        )

    def on_unmount(self) -> None:
        """Read no further."""
        if self._child is not None:
            self._child.stop()

    def _event(self, event: dict[str, Any]) -> None:
        if event.get("event") != "setlist":
            return
        rows = self.query_one(SetlistRows)
        rows.lines = [SetlistLine(**line) for line in event["lines"]]
        rows.styles.height = min(16, len(rows.lines) + 1)
        rows.rows_changed()
        n = sum(not rows.fault_of(line) for line in rows.lines)
        told = trn(
            "{n} song is cut and named by it; it goes before what others wrote.",
            "{n} songs are cut and named by it; it goes before what others wrote.",
            n,
        )
        self.query_one("#setlist-told", Static).update(told)

    def _ended(self, error: UtawakuError | None) -> None:
        if error is not None:
            rows = self.query_one(SetlistRows)
            rows.empty_text = ""
            rows.refresh()
            text = shown(translated(f"{error.problem}. {error.next_step}".strip(". ") + "."))
            self.query_one("#wrong", Static).update(text)

    def on_row_chosen(self, event: RowChosen) -> None:
        """Enter uses it."""
        event.stop()
        self.action_answer(True)

    def on_cursor_moved(self, event: CursorMoved) -> None:
        """Nobody else's business."""
        event.stop()

    def action_answer(self, use: bool) -> None:
        """Use it only when it could be read."""
        if use and not self.query_one(SetlistRows).lines:
            return
        self.dismiss(use)
