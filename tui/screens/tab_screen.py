"""Screens that the top bar leads to: the bars around a body, and access to the services."""

from typing import TYPE_CHECKING, Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Footer

from utawaku.library.language import tr, translated
from utawaku.tui.screens.notices import ShowText
from utawaku.tui.screens.player_keys import PlayerKeys
from utawaku.tui.services.catalogue_worker import CatalogueWorker
from utawaku.tui.text import shown
from utawaku.tui.widgets.player_bar import PlayerBar
from utawaku.tui.widgets.song_table import SongTable
from utawaku.tui.widgets.top_bar import TopBar

if TYPE_CHECKING:
    from utawaku.library.catalogue import Catalogue
    from utawaku.library.config import Settings


class TabScreen(PlayerKeys):
    """One tab."""

    AUTO_FOCUS = ""
    mode: ClassVar[str] = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "app.focus_next", "Next pane", show=False),
    ]

    @property
    def settings(self) -> "Settings":
        """The settings; waits while they are being loaded."""
        return self.services.library.settings

    @property
    def catalogue(self) -> "Catalogue":
        """The catalogue; waits while it is being opened, so best asked for in a thread."""
        return self.services.library.catalogue

    @property
    def worker(self) -> CatalogueWorker:
        """Threads that read and write the catalogue."""
        return self.services.worker

    def compose(self) -> ComposeResult:
        """Put the bars around the body."""
        yield TopBar(self.mode)
        yield from self.compose_body()
        yield PlayerBar(self.player)
        yield Footer(show_command_palette=False)

    def compose_body(self) -> ComposeResult:
        """Yield the widgets between the bars."""
        raise NotImplementedError

    def on_mount(self) -> None:
        """Follow changes of the theme."""
        self.app.theme_changed_signal.subscribe(self, lambda _theme: self.restyle())

    def restyle(self) -> None:
        """Draw texts again that hold colours of the theme."""
        self.show_pipeline_state()

    def on_screen_resume(self) -> None:
        """Show everything as it is now: the tab is in sight again."""
        self.services.pipeline.look()
        self.show_pipeline_state()
        self.show_player()
        self.refresh_data()

    def refresh_data(self) -> None:
        """Read what is shown again: the catalogue may have changed."""

    def show_text(self, title: str, text: str) -> None:
        """Show a text that is too long for a line."""
        self.app.push_screen(ShowText(title, text))

    def show_pipeline_state(self) -> None:
        """Show in the top bar whether the pipeline runs."""
        pipeline = self.services.pipeline
        colours = self.app.theme_variables
        text = Text(no_wrap=True)
        if pipeline.is_running:
            text.append("● ", style=colours.get("success", "")).append(tr("pipeline"))
        elif pipeline.starting_s is not None:
            text.append("◐ ", style=colours.get("warning", ""))
            text.append(tr("pipeline starting, {starting_s:.0f} s", starting_s=pipeline.starting_s))
        else:
            text.append("○ ", style=colours.get("muted", "")).append(tr("pipeline off"))
        for bar in self.query(TopBar):
            bar.show_state(text)

    def show_player(self) -> None:
        """Mark the song that plays, and read its pictures."""
        song = self.player.state.song
        playing_id = song.id if song else ""
        for table in self.query(SongTable):
            if table.playing_id != playing_id:
                table.playing_id = playing_id
                table.refresh()
        radio = self.services.tuner.radio
        for bar in self.query(PlayerBar):
            bar.radio = shown(translated(radio.name)) if radio is not None else ""
            bar.sleep = lambda: self.services.sleep_timer.told
            bar.refresh()
        if song is not None:
            self.services.playback.read_pictures(song, self._show_pictures)

    def _show_pictures(self, envelope: Any, interest: Any) -> None:
        for bar in self.query(PlayerBar):
            bar.envelope, bar.interest = envelope, interest
            bar.refresh()
