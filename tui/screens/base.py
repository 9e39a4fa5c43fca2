"""What every full screen shares: the bar at the top, the player at the foot, the keys below."""

from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Footer

from utawaku.tui.widgets.player_bar import PlayerBar
from utawaku.tui.widgets.top_bar import TopBar

if TYPE_CHECKING:
    from utawaku.tui.app import UtawakuApp


class Place(Screen[None]):
    """One of the places that the top bar leads to."""

    AUTO_FOCUS = ""
    mode: ClassVar[str] = ""
    about: ClassVar[str] = ""
    """One line for the help."""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "app.focus_next", "Next pane", show=False),
    ]

    @property
    def utawaku(self) -> "UtawakuApp":
        """The app, by its own type."""
        return cast("UtawakuApp", self.app)

    def compose(self) -> ComposeResult:
        """Bars around the body."""
        yield TopBar(self.mode)
        yield from self.compose_body()
        yield PlayerBar(self.utawaku.player)
        yield Footer(show_command_palette=False)

    def compose_body(self) -> ComposeResult:
        """What the place is about."""
        raise NotImplementedError

    def on_screen_resume(self) -> None:
        """The place is in sight (again)."""
        self.utawaku.place_shown(self)
        self.look_again()

    def look_again(self) -> None:
        """The catalogue may have changed: read anew what is shown."""
