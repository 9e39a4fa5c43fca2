"""Make a playlist of songs: one file with crossfades; and those that were made."""

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from utawaku.library.language import msg, tr, translated, trn
from utawaku.library.playlists import (
    FOLDER,
    MAX_CROSSFADE_S,
    ORDERS,
    PlaylistOptions,
    fault_of,
    file_for,
)
from utawaku.library.records import Request
from utawaku.tui.messages import CursorMoved, RowChosen
from utawaku.tui.text import ago, fit, shown
from utawaku.tui.widgets.line_input import LineInput
from utawaku.tui.widgets.rows import Cell, Rows
from utawaku.tui.widgets.switch import Switch


class MakePlaylist(ModalScreen[PlaylistOptions | None]):
    """Options of a playlist: how songs are joined, and the file."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel"),
        Binding("ctrl+s,enter", "done", "Make it"),
        Binding("down", "app.focus_next", show=False),
        Binding("up", "app.focus_previous", show=False),
    ]

    def __init__(self, song_ids: Sequence[str], name: str, library_root: Path) -> None:
        """`name` is a suggestion."""
        super().__init__()
        self._song_ids = tuple(song_ids)
        self._suggested = name
        self._library_root = library_root

    def compose(self) -> ComposeResult:
        """One line a choice."""
        n = len(self._song_ids)
        with Vertical(classes="dialog wide"):
            yield Static(
                trn("A playlist of {n:,} song", "A playlist of {n:,} songs", n),
                classes="dialog-title",
                markup=False,
            )
            with Horizontal(classes="field"):
                yield Static(tr("Name"), classes="field-name")
                yield LineInput(shown(self._suggested), id="playlist-name", compact=True)
            with Horizontal(classes="field"):
                yield Static(tr("Songs"), classes="field-name")
                yield Switch((tr("only their highlights"), "whole"), id="playlist-part")
            with Horizontal(classes="field"):
                yield Static(tr("Order"), classes="field-name")
                yield Switch(tuple(map(translated, ORDERS.values())), id="playlist-order")
            with Horizontal(classes="field"):
                yield Static(tr("Crossfade"), classes="field-name")
                yield LineInput("4", id="playlist-crossfade", compact=True)
            with Horizontal(classes="field"):
                yield Static(tr("Goes to"), classes="field-name")
                yield LineInput(f"{FOLDER}/", id="playlist-file", compact=True)
            yield Static("", id="playlist-path", classes="dialog-text", markup=False)
            yield Static("", id="wrong", markup=False)
            yield Static(
                tr("enter make it    ↑ ↓ move    space change    esc cancel"),
                classes="dialog-keys",
                markup=False,
            )

    def on_mount(self) -> None:
        """The suggested name is typed over."""
        self._show_path()
        name = self.query_one("#playlist-name", Input)
        name.focus()
        name.select_all()

    def on_input_changed(self) -> None:
        """Show where it would go."""
        self._show_path()

    def on_input_submitted(self) -> None:
        """Enter."""
        self.action_done()

    def _value(self, name: str) -> str:
        return self.query_one(f"#playlist-{name}", Input).value

    def _file(self) -> Path:
        return file_for(self._value("name"), self._value("file"), self._library_root)

    def _show_path(self) -> None:
        self.query_one("#wrong", Static).update("")
        self.query_one("#playlist-path", Static).update(
            tr(
                "{file}\nBeside it an .m3u8 list of the same songs.",
                file=shown(str(self._file())),
            )
        )

    def action_done(self) -> None:
        """Return the options to the caller if they are valid."""
        wrong = self.query_one("#wrong", Static)
        try:
            crossfade_s = float(self._value("crossfade"))
        except ValueError:
            wrong.update(
                tr(
                    "The crossfade is a number of seconds, 0 to {MAX_CROSSFADE_S:.0f}.",
                    MAX_CROSSFADE_S=MAX_CROSSFADE_S,
                )
            )
            return
        file = self._file()
        options = PlaylistOptions(
            self._value("name").strip(),
            str(file),
            self._song_ids,
            self.query_one("#playlist-part", Switch).at == 0,
            list(ORDERS)[self.query_one("#playlist-order", Switch).at],
            crossfade_s,
        )
        fault = fault_of(options)
        if not fault and file.exists():
            fault = tr("There is a {name} already: choose another name.", name=shown(file.name))
        if fault:
            wrong.update(fault)
        else:
            self.dismiss(options)

    def action_cancel(self) -> None:
        """Never mind."""
        self.dismiss(None)


class PlaylistRows(Rows):
    """Playlists that were asked for, the latest first."""

    has_header = False
    empty_text = msg("None yet: y in the library makes one.")

    def __init__(self, requests: Sequence[Request], now: float) -> None:
        super().__init__()
        self.requests = requests
        self._now = now

    def row_count(self) -> int:
        """Return how many there are."""
        return len(self.requests)

    def draw_row(self, index: int, width: int) -> list[Cell]:
        """Sign, name, how far it is or what became of it, when."""
        request = self.requests[index]
        sign, look = {
            "done": ("▶", "good"),
            "failed": ("×", "bad"),
            "running": ("…", "accent"),
        }.get(request.state, ("·", "muted"))
        told = shown(request.message)
        if request.state == "running":
            told = f"{request.progress:4.0%} {told}"
        elif request.state != "done" and not told:
            told = request.state
        left = max(12, width * 2 // 5)
        return [
            (f" {sign} ", self.look(look)),
            (fit(shown(str(request.arguments.get("name", ""))), left - 4) + " ", None),
            (fit(told, max(0, width - left - 15)), self.look("muted")),
            (fit(ago(self._now - request.created_at), 14, right=True) + " ", self.look("faint")),
        ]


class Playlists(ModalScreen[Request | None]):
    """Playlists that were asked for; Enter plays one that is there."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "cancel", "Close")]

    def __init__(self, requests: Sequence[Request], now: float) -> None:
        super().__init__()
        self._requests = requests
        self._now = now

    def compose(self) -> ComposeResult:
        """The list, and where the file under the cursor lies."""
        with Vertical(classes="dialog wide"):
            yield Static(tr("Playlists"), classes="dialog-title", markup=False)
            rows = PlaylistRows(self._requests, self._now)
            rows.styles.height = min(14, max(2, len(self._requests)))
            yield rows
            yield Static("", id="playlist-path", classes="dialog-text", markup=False)
            yield Static(tr("enter play     esc close"), classes="dialog-keys", markup=False)

    def on_mount(self) -> None:
        """Tell where the first one lies."""
        self._show_path(0)

    def on_cursor_moved(self, event: CursorMoved) -> None:
        """Tell where it lies."""
        event.stop()
        self._show_path(event.index)

    def _show_path(self, index: int) -> None:
        if self._requests:
            path = shown(self._requests[index].target)
            self.query_one("#playlist-path", Static).update(path)

    def on_row_chosen(self, event: RowChosen) -> None:
        """Play it."""
        event.stop()
        self.dismiss(self._requests[event.index])

    def action_cancel(self) -> None:
        """Close."""
        self.dismiss(None)
