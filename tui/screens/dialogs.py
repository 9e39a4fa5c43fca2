"""Small questions over a screen: confirm, ask for a line, choose from a few."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static, TextArea

from utawaku.library.language import msg, tr
from utawaku.tui.messages import CursorMoved, RowChosen
from utawaku.tui.text import fit, shown
from utawaku.tui.widgets.line_input import LineInput
from utawaku.tui.widgets.rows import Cell, Rows


class Confirm(ModalScreen[bool]):
    """Yes or no, before something that is not easily undone."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y,enter", "answer(True)", "Yes"),
        Binding("n,escape,q", "answer(False)", "No"),
    ]

    def __init__(self, question: str, consequence: str = "", *, yes: str = msg("Yes")) -> None:
        super().__init__()
        self._question = question
        self._consequence = consequence
        self._yes = yes

    def compose(self) -> ComposeResult:
        """The question and its keys."""
        with Vertical(classes="dialog"):
            yield Static(shown(self._question), classes="dialog-title", markup=False)
            if self._consequence:
                yield Static(self._consequence, classes="dialog-text", markup=False)
            keys = Text()
            accent = self.app.theme_variables.get("primary", "")
            keys.append("y ", style=accent).append(f"{tr(self._yes)}     ")
            keys.append("n ", style=accent).append(tr("No"))
            yield Static(keys, classes="dialog-keys")

    def action_answer(self, answer: bool) -> None:
        """Done."""
        self.dismiss(answer)


class AskText(ModalScreen[str | None]):
    """One or several lines of text.

    Args:
        title: what is asked.
        value: what stands there at first.
        help: what may be typed.
        check: returns what is wrong with a text, or an empty text.
        several_lines: offer an area; Ctrl+S finishes it.
        hidden: show dots in place of what is typed.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel"),
        Binding("ctrl+s", "done", "Done"),
    ]

    def __init__(
        self,
        title: str,
        *,
        value: str = "",
        help: str = "",
        check: Callable[[str], str] = lambda _text: "",
        several_lines: bool = False,
        hidden: bool = False,
    ) -> None:
        super().__init__()
        self._hidden = hidden
        self._title = title
        self._value = value
        self._help = help
        self._check = check
        self._several_lines = several_lines

    def compose(self) -> ComposeResult:
        """Title, field, help, what is wrong."""
        with Vertical(classes="dialog wide"):
            yield Static(self._title, classes="dialog-title", markup=False)
            if self._several_lines:
                yield TextArea(self._value, id="answer", compact=True)
            else:
                yield LineInput(self._value, id="answer", compact=True, password=self._hidden)
            yield Static(self._help, classes="dialog-text", markup=False)
            yield Static("", id="wrong", markup=False)
            keys = (
                tr("ctrl+s done     esc cancel")
                if self._several_lines
                else tr("enter done     esc cancel")
            )
            yield Static(keys, classes="dialog-keys", markup=False)

    @property
    def text(self) -> str:
        """Return what is typed."""
        field = self.query_one("#answer")
        return field.text if isinstance(field, TextArea) else self.query_one(Input).value

    def on_input_submitted(self) -> None:
        """Enter."""
        self.action_done()

    def action_done(self) -> None:
        """Take the text, if it is right."""
        wrong = self._check(self.text)
        if wrong:
            self.query_one("#wrong", Static).update(wrong)
        else:
            self.dismiss(self.text)

    def action_cancel(self) -> None:
        """Never mind."""
        self.dismiss(None)


@dataclass(frozen=True)
class Choice:
    """One line to choose."""

    value: str
    label: str
    note: str = ""
    on: bool | None = None
    """For lists where several are chosen: whether this one is."""


class ChoiceRows(Rows):
    """The lines of a `Choose`."""

    has_header = False

    def __init__(self, choices: Sequence[Choice]) -> None:
        super().__init__()
        self.choices = list(choices)
        self._n_note = 0

    def on_resize(self) -> None:
        """Give notes what they need, and labels at least two fifths."""
        longest = max((cell_len(shown(one.note)) for one in self.choices), default=0)
        width = self.scrollable_content_region.width
        self._n_note = min(longest + 1, width * 3 // 5)

    def row_count(self) -> int:
        """Return how many choices there are."""
        return len(self.choices)

    def draw_row(self, index: int, width: int) -> list[Cell]:
        """Sign, label, note."""
        choice = self.choices[index]
        sign = "" if choice.on is None else "● " if choice.on else "○ "
        label = sign + shown(choice.label)
        left = max(12, width - self._n_note) if choice.note else width
        return [
            (
                " " + fit(label, left - 2, middle=True) + " ",
                self.look("accent") if choice.on else None,
            ),
            (fit(shown(choice.note), max(0, width - left)), self.look("muted")),
        ]


class Choose(ModalScreen[str | None]):
    """One of a few lines."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "cancel", "Cancel"),
        Binding("x,delete", "remove", "Remove"),
    ]

    def __init__(
        self,
        title: str,
        choices: Sequence[Choice],
        *,
        empty: str = "",
        remove: str = "",
        note: str = "",
    ) -> None:
        """With `remove`, x answers with it in front of the line's value; `note` tells more."""
        super().__init__()
        self._note = note
        self._remove = remove
        self._title = title
        self._choices = choices
        self._empty = empty

    def compose(self) -> ComposeResult:
        """Title and lines."""
        with Vertical(classes="dialog wide"):
            yield Static(self._title, classes="dialog-title", markup=False)
            if self._note:
                yield Static(self._note, classes="dialog-text", markup=False)
            rows = ChoiceRows(self._choices)
            rows.styles.height = min(max(2, len(self._choices)), 14)
            if self._empty:
                rows.empty_text = self._empty
            yield rows
            keys = tr("enter choose     x remove     esc cancel") if self._remove else ""
            yield Static(
                keys or tr("enter choose     esc cancel"), classes="dialog-keys", markup=False
            )

    def action_remove(self) -> None:
        """Do away with the line under the cursor."""
        if self._remove and self._choices:
            cursor = self.query_one(ChoiceRows).cursor
            self.dismiss(self._remove + self._choices[cursor].value)

    def on_row_chosen(self, event: RowChosen) -> None:
        """This one."""
        event.stop()
        self.dismiss(self._choices[event.index].value)

    def on_cursor_moved(self, event: CursorMoved) -> None:
        """Nobody else's business."""
        event.stop()

    def action_cancel(self) -> None:
        """None of them."""
        self.dismiss(None)


class ChooseSeveral(ModalScreen[list[str] | None]):
    """Any of a few lines, in an order of one's own."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space,v", "switch", "On or off"),
        Binding("K,shift+up", "shift(-1)", "Move up"),
        Binding("J,shift+down", "shift(1)", "Move down"),
        Binding("ctrl+s", "done", "Done"),
        Binding("escape,q", "cancel", "Cancel"),
    ]

    def __init__(self, title: str, choices: Sequence[Choice]) -> None:
        super().__init__()
        self._title = title
        self._choices = choices

    def compose(self) -> ComposeResult:
        """Title and lines."""
        with Vertical(classes="dialog wide"):
            yield Static(self._title, classes="dialog-title", markup=False)
            rows = ChoiceRows(self._choices)
            rows.styles.height = min(len(self._choices), 14)
            yield rows
            yield Static(
                tr("space on or off     J K move     enter done     esc cancel"),
                classes="dialog-keys",
                markup=False,
            )

    @property
    def rows(self) -> ChoiceRows:
        """The lines."""
        return self.query_one(ChoiceRows)

    def action_switch(self) -> None:
        """Switch the line under the cursor."""
        at = self.rows.cursor
        choice = self.rows.choices[at]
        self.rows.choices[at] = Choice(choice.value, choice.label, choice.note, not choice.on)
        self.rows.refresh()

    def action_shift(self, by: int) -> None:
        """Move the line under the cursor."""
        at = self.rows.cursor
        to = min(max(at + by, 0), len(self.rows.choices) - 1)
        self.rows.choices.insert(to, self.rows.choices.pop(at))
        self.rows.refresh()
        self.rows.cursor = to

    def on_row_chosen(self, event: RowChosen) -> None:
        """Enter finishes."""
        event.stop()
        self.action_done()

    def on_cursor_moved(self, event: CursorMoved) -> None:
        """Nobody else's business."""
        event.stop()

    def action_done(self) -> None:
        """Take what is on."""
        self.dismiss([choice.value for choice in self.rows.choices if choice.on])

    def action_cancel(self) -> None:
        """Leave it as it was."""
        self.dismiss(None)
