"""Keys of the screen in sight, and the fields of the search language."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from rich.table import Table
from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.keys import format_key
from textual.screen import ModalScreen, Screen
from textual.widgets import Static

from utawaku.library.language import msg, tr, translated
from utawaku.library.query.fields import FIELDS


@dataclass(frozen=True)
class Command:
    """An action that a key of the screen has."""

    description: str
    key: str
    """As written on the keyboard."""
    action: str
    owner: Any
    """App, screen or widget that runs the action."""
    section: str


LIST = msg("List")
EVERYWHERE = msg("Everywhere")
SECTIONS = {
    "SongActions": msg("Songs"),
    "InlineEditing": msg("Songs"),
    "BoundaryEditing": msg("Cuts"),
    "CutJudging": msg("Cuts"),
    "PlayerKeys": msg("Player"),
    "TabScreen": msg("Panes"),
    "NowPlayingScreen": msg("What plays"),
    "KaraokeScreen": msg("Karaoke"),
    "PiecesScreen": msg("Pieces"),
}
"""Title of the keys that a class of screens declares; other screens use the name of their tab."""


def commands_of(screen: Screen[Any]) -> list[Command]:
    """Return what the keys do now: as the screen and its focused widget are, the nearest first.

    A key that another one hides, and a key of a widget without the focus, is not among them.
    """
    found: list[Command] = []
    for key, active in screen.active_bindings.items():
        binding, owner = active.binding, active.node
        if active.enabled and binding.description and (section := _section(owner, key, binding)):
            name = binding.key_display if " " not in (binding.key_display or " ") else ""
            found.append(
                Command(binding.description, name or key_name(key), binding.action, owner, section)
            )
    return found


def key_sections(screen: Screen[Any]) -> list[tuple[str, list[Command]]]:
    """Return the keys of a screen by section."""
    sections: dict[str, list[Command]] = {}
    for command in commands_of(screen):
        sections.setdefault(command.section, []).append(command)
    last = (LIST, "Panes", "Player", EVERYWHERE)
    names = sorted(sections, key=lambda name: last.index(name) if name in last else -1)
    return [(name, sections[name]) for name in names]


def _section(owner: Any, key: str, binding: Binding) -> str:
    """Return the title for a key; empty for keys that Textual itself declares."""
    for kind in type(owner).__mro__:
        if not kind.__module__.startswith("utawaku."):
            continue
        declared = Binding.make_bindings(kind.__dict__.get("BINDINGS", []))
        if any((one.key, one.action) == (key, binding.action) for one in declared):
            if isinstance(owner, App):
                return EVERYWHERE
            if not isinstance(owner, Screen):
                return LIST
            return SECTIONS.get(kind.__name__) or str(getattr(kind, "mode", "")).capitalize()
    return ""


class HelpScreen(ModalScreen[None]):
    """Keys and search fields."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark", "close", "Close"),
        Binding("j,down", "scroll(1)", show=False),
        Binding("k,up", "scroll(-1)", show=False),
        Binding("ctrl+d,pagedown", "scroll(12)", show=False),
        Binding("ctrl+u,pageup", "scroll(-12)", show=False),
    ]

    def __init__(self, about: str, sections: list[tuple[str, list[Command]]]) -> None:
        super().__init__()
        self._about = about
        self._sections = sections

    def compose(self) -> ComposeResult:
        """Keys by section, then the search language."""
        with VerticalScroll(classes="dialog help"):
            yield Static(tr("Keys"), classes="dialog-title", markup=False)
            if self._about:
                yield Static(tr(self._about), classes="dialog-text", markup=False)
            for title, commands in self._sections:
                yield Static(self._keys(title, commands))
            yield Static(self._fields())
            yield Static(tr("esc close"), classes="dialog-keys", markup=False)

    def _colour(self, name: str) -> str:
        return self.app.theme_variables.get(name, "")

    def _keys(self, title: str, commands: Iterable[Command]) -> Table:
        table = Table.grid(padding=(0, 2))
        table.add_column(width=22, style=self._colour("primary"), no_wrap=True)
        table.add_column()
        table.add_row(Text(""), "")
        table.add_row(Text(tr(title), style="bold"), "")
        actions: dict[str, list[str]] = {}
        for command in commands:
            actions.setdefault(command.description, []).append(command.key)
        for description, keys in actions.items():
            table.add_row(Text("  ".join(dict.fromkeys(keys))), Text(description))
        return table

    def _fields(self) -> Table:
        table = Table.grid(padding=(0, 2))
        table.add_column(width=22, style=self._colour("primary"), no_wrap=True)
        table.add_column()
        table.add_row(Text(""), "")
        table.add_row(Text(tr("Search"), style="bold"), "")
        for words, meaning in (
            ("mio 夜", tr("both, anywhere in a song's texts")),
            ('"blue bird"', tr("as it stands, with the space")),
            ("-mio  a | b  (a b)", tr("not, either, together")),
            ("sort:taste  limit:50", tr("order (sort:taste+ turns it), at most so many")),
        ):
            table.add_row(Text(words), Text(meaning))
        for field in FIELDS.values():
            table.add_row(Text(field.example), Text(translated(field.help)))
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
