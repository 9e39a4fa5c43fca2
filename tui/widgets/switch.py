"""A choice of a few words on one line."""

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widgets import Static

from utawaku.tui.messages import SwitchTurned


class Switch(Static, can_focus=True):
    """One of a few words; space and the arrows go on to the next."""

    DEFAULT_CSS: ClassVar[str] = """
    Switch { height: 1; width: 1fr; padding: 0 1; background: $surface; }
    Switch:focus { color: $primary; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space,right,l", "turn(1)", "Next", show=False),
        Binding("left,h", "turn(-1)", "Previous", show=False),
    ]

    def __init__(self, words: Sequence[str], *, id: str, disabled: bool = False) -> None:
        super().__init__("", id=id, markup=False, disabled=disabled)
        self._words = words
        self.at = 0

    def on_mount(self) -> None:
        """Show the word."""
        self._show()

    def offer(self, words: Sequence[str], at: int) -> None:
        """Offer other words, with the one at index `at` chosen."""
        self._words, self.at = words, at
        self._show()

    def action_turn(self, by: int) -> None:
        """The next word, or the one before."""
        self.at = (self.at + by) % len(self._words)
        self._show()
        self.post_message(SwitchTurned(self, self.at))

    def on_click(self) -> None:
        """The next word."""
        self.action_turn(1)

    def _show(self) -> None:
        self.update(f"‹ {self._words[self.at]} ›" if self._words else "…")
