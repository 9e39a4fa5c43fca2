"""Texts to read at leisure."""

import time
from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from utawaku.library.language import msg, tr, translated
from utawaku.library.records import Notice
from utawaku.library.text import clean_text
from utawaku.tui.messages import CursorMoved, RowChosen
from utawaku.tui.text import ago, fit, shown
from utawaku.tui.widgets.rows import Cell, Rows


class ShowText(ModalScreen[None]):
    """A title and a text."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,enter", "close", "Close")]

    def __init__(self, title: str, text: str) -> None:
        super().__init__()
        self._title = title
        self._text = text

    def compose(self) -> ComposeResult:
        """The text."""
        with VerticalScroll(classes="dialog wide"):
            yield Static(self._title, classes="dialog-title", markup=False)
            yield Static(clean_text(self._text, keep_lines=True), markup=False)
            yield Static(tr("esc close"), classes="dialog-keys", markup=False)

    def action_close(self) -> None:
        """Back."""
        self.dismiss(None)


class NoticeRows(Rows):
    """Notices, the latest first."""

    has_header = False
    empty_text = msg("Nothing went wrong.")

    def __init__(self, notices: Sequence[Notice]) -> None:
        super().__init__()
        self.notices = notices

    def row_count(self) -> int:
        """Return how many there are."""
        return len(self.notices)

    def draw_row(self, index: int, width: int) -> list[Cell]:
        """Level, title, when."""
        notice = self.notices[index]
        look = {"error": "bad", "warning": "warn"}.get(notice.level, "muted")
        when = ago(time.time() - notice.created_at)
        return [
            (" ● " if notice.read_at is None else " ○ ", self.look(look)),
            (fit(shown(translated(notice.title)), max(8, width - 18)), None),
            (fit(when, 14, right=True) + " ", self.look("faint")),
        ]


class NoticesScreen(ModalScreen[bool]):
    """Notices of the pipeline and the app."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,exclamation_mark", "close", "Close"),
        Binding("C", "all_read", "Mark all as read"),
    ]

    def __init__(self, notices: Sequence[Notice]) -> None:
        super().__init__()
        self._notices = notices

    def compose(self) -> ComposeResult:
        """The list."""
        with Vertical(classes="dialog wide"):
            yield Static(tr("Notices"), classes="dialog-title", markup=False)
            rows = NoticeRows(self._notices)
            rows.styles.height = min(16, max(2, len(self._notices)))
            yield rows
            yield Static(
                tr("enter read     C all read     esc close"), classes="dialog-keys", markup=False
            )

    def on_row_chosen(self, event: RowChosen) -> None:
        """Read one."""
        event.stop()
        notice = self._notices[event.index]
        parts = [translated(notice.body), translated(notice.next_step)]
        self.app.push_screen(
            ShowText(shown(translated(notice.title)), "\n\n".join(p for p in parts if p))
        )

    def on_cursor_moved(self, event: CursorMoved) -> None:
        """Nobody else's business."""
        event.stop()

    def action_all_read(self) -> None:
        """Mark all as read: the caller writes it."""
        self.dismiss(True)

    def action_close(self) -> None:
        """Back."""
        self.dismiss(False)
