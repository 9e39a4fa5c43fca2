"""The keys of the place one is in, and the fields of the search language."""

from collections.abc import Iterable
from typing import ClassVar

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.keys import format_key
from textual.screen import ModalScreen
from textual.widgets import Static

from utawaku.library.query import FIELDS


class HelpScreen(ModalScreen[None]):
    """Made from the bindings themselves, so it cannot be wrong."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark", "close", "Close"),
        Binding("j,down", "scroll(1)", show=False),
        Binding("k,up", "scroll(-1)", show=False),
        Binding("ctrl+d,pagedown", "scroll(12)", show=False),
        Binding("ctrl+u,pageup", "scroll(-12)", show=False),
    ]

    def __init__(self, about: str, sections: list[tuple[str, list[Binding]]]) -> None:
        super().__init__()
        self._about = about
        self._sections = sections

    def compose(self) -> ComposeResult:
        """Keys by section, then the search language."""
        with VerticalScroll(classes="dialog help"):
            yield Static("Keys", classes="dialog-title", markup=False)
            if self._about:
                yield Static(self._about, classes="dialog-text", markup=False)
            for title, bindings in self._sections:
                yield Static(self._keys(title, bindings))
            yield Static(self._fields())
            yield Static("esc close", classes="dialog-keys", markup=False)

    def _colour(self, name: str) -> str:
        return self.app.theme_variables.get(name, "")

    def _keys(self, title: str, bindings: Iterable[Binding]) -> Table:
        table = Table.grid(padding=(0, 2))
        table.add_column(width=22, style=self._colour("primary"), no_wrap=True)
        table.add_column()
        table.add_row(Text(""), "")
        table.add_row(Text(title, style="bold"), "")
        actions: dict[str, list[str]] = {}
        for binding in bindings:
            if binding.description:
                actions.setdefault(binding.description, []).append(key_name(binding.key))
        for description, keys in actions.items():
            table.add_row(Text("  ".join(dict.fromkeys(keys))), Text(description))
        return table

    def _fields(self) -> Table:
        table = Table.grid(padding=(0, 2))
        table.add_column(width=22, style=self._colour("primary"), no_wrap=True)
        table.add_column()
        table.add_row(Text(""), "")
        table.add_row(Text("Search", style="bold"), "")
        for words, meaning in (
            ("mio 夜", "both, anywhere in a song's texts"),
            ('"blue bird"', "as it stands, with the space"),
            ("-mio  a | b  (a b)", "not, either, together"),
            ("sort:taste  limit:50", "order (sort:taste+ turns it), at most so many"),
        ):
            table.add_row(Text(words), Text(meaning))
        for field in FIELDS.values():
            table.add_row(Text(field.example), Text(field.help))
        return table

    def action_scroll(self, lines: int) -> None:
        """Down or up."""
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)

    def action_close(self) -> None:
        """Back."""
        self.dismiss(None)


def key_name(key: str) -> str:
    """A key as it is written on the keyboard."""
    names = {
        "question_mark": "?",
        "slash": "/",
        "space": "space",
        "less_than_sign": "<",
        "greater_than_sign": ">",
        "plus": "+",
        "minus": "-",
        "equals_sign": "=",
        "left": "←",
        "right": "→",
        "up": "↑",
        "down": "↓",
        "shift+left": "shift+←",
        "shift+right": "shift+→",
        "shift+up": "shift+↑",
        "shift+down": "shift+↓",
        "exclamation_mark": "!",
        "apostrophe": "'",
        "left_square_bracket": "[",
        "right_square_bracket": "]",
        "comma": ",",
        "full_stop": ".",
    }
    return names.get(key) or format_key(key)
