"""The line at the top: where we are, where else we can go, whether the pipeline runs."""

from dataclasses import dataclass
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Static

PLACES: tuple[tuple[str, str], ...] = (
    ("library", "Library"),
    ("timeline", "Timeline"),
    ("review", "Review"),
    ("pipeline", "Pipeline"),
    ("outbox", "Outbox"),
)
"""Mode and title of each screen; its first letter in upper case leads there."""


class _Place(Static):
    """One place in the bar."""

    def __init__(self, mode: str, title: str, *, here: bool) -> None:
        text = Text(title[0], style="underline").append(title[1:], style="not underline")
        super().__init__(text, classes="here" if here else "")
        self.mode = mode

    def on_click(self) -> None:
        """Go there."""
        self.post_message(TopBar.Asked(self.mode))


class TopBar(Horizontal):
    """One line at the top of every screen."""

    DEFAULT_CSS: ClassVar[str] = """
    TopBar {
        height: 1;
        dock: top;
        background: $background;
        color: $muted;
        & > #brand { width: auto; padding: 0 2 0 2; color: $primary; text-style: bold; }
        & > _Place { width: auto; padding: 0 1; &:hover { color: $foreground; } }
        & > _Place.here { color: $foreground; text-style: bold; }
        & > #state { width: 1fr; text-align: right; padding: 0 2 0 0; }
    }
    """

    @dataclass
    class Asked(Message):
        """The user wants to go somewhere."""

        mode: str

    def __init__(self, here: str) -> None:
        super().__init__()
        self._here = here

    def compose(self) -> ComposeResult:
        """Name, places, state."""
        yield Static("歌枠", id="brand", markup=False)
        for mode, title in PLACES:
            yield _Place(mode, title, here=mode == self._here)
        yield Static("", id="state", markup=False)

    def show_state(self, text: Text) -> None:
        """Tell, at the right, how things are."""
        self.query_one("#state", Static).update(text)
