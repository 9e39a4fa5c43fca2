"""The line at the top: where we are, where else we can go, whether the pipeline runs."""

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Static

from utawaku.tui.messages import TabWanted
from utawaku.tui.tabs import TABS, key_and_rest


class _Tab(Static):
    """One place in the bar."""

    def __init__(self, mode: str, title: str, *, here: bool) -> None:
        key, rest = key_and_rest(title)
        text = Text(key, style="underline").append(rest, style="not underline")
        super().__init__(text, classes="here" if here else "")
        self.mode = mode

    def on_click(self) -> None:
        """Go there."""
        self.post_message(TabWanted(self.mode))


class TopBar(Horizontal):
    """One line at the top of every screen."""

    DEFAULT_CSS: ClassVar[str] = """
    TopBar {
        height: 1;
        dock: top;
        background: $background;
        color: $muted;
        & > #brand { width: auto; padding: 0 2 0 2; color: $primary; text-style: bold; }
        & > _Tab { width: auto; padding: 0 1; &:hover { color: $foreground; } }
        & > _Tab.here { color: $foreground; text-style: bold; }
        & > #state { width: 1fr; text-align: right; padding: 0 2 0 0; }
    }
    """

    def __init__(self, here: str) -> None:
        super().__init__()
        self._here = here

    def compose(self) -> ComposeResult:
        """Name, places, state."""
        yield Static("歌枠", id="brand", markup=False)
        for mode, title in TABS:
            yield _Tab(mode, title, here=mode == self._here)
        yield Static("", id="state", markup=False)

    def show_state(self, text: Text) -> None:
        """Tell, at the right, how things are."""
        self.query_one("#state", Static).update(text)
