"""Texts to read at leisure."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from library.text import clean_text


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
            yield Static("esc close", classes="dialog-keys", markup=False)

    def action_close(self) -> None:
        """Back."""
        self.dismiss(None)
