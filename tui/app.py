"""The app: it holds the services and opens the screens."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar
from weakref import WeakKeyDictionary

from textual import events
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen

from utawaku.library.language import tr
from utawaku.library.records import Notice, Song
from utawaku.tui import theme
from utawaku.tui.key_queue import KeyQueue
from utawaku.tui.library_handle import LibraryHandle
from utawaku.tui.messages import CatalogueChanged, PipelineChanged, PlayerChanged, TabWanted
from utawaku.tui.player.output import Output, open_device
from utawaku.tui.screens.dialogs import Confirm
from utawaku.tui.screens.library import LibraryScreen
from utawaku.tui.screens.notices import NoticesScreen
from utawaku.tui.screens.player_keys import PlayerKeys
from utawaku.tui.screens.tab_screen import TabScreen
from utawaku.tui.services.services import Services

if TYPE_CHECKING:
    from utawaku.library.config import Settings

SEND_AFTER_S = 10.0
"""Plays that were not sent yet are sent so long after the start, which they do not slow."""
LOOK_EVERY_S = 2.0
"""Time between two looks for changes that other programs made to the catalogue."""


class UtawakuApp(App[int]):
    """A song library in the terminal."""

    TITLE = "utawaku"
    CSS_PATH = "app.tcss"
    ENABLE_COMMAND_PALETTE = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark", "help", "Help", key_display="?"),
        Binding("f1", "help", "Help", show=False),
        Binding("q", "leave", "Quit"),
        Binding("ctrl+q", "leave", "Quit", show=False),
        Binding("L", "go('library')", "Library", show=False),
        Binding("T", "go('timeline')", "Timeline", show=False),
        Binding("R", "go('review')", "Review", show=False),
        Binding("P", "go('pipeline')", "Pipeline", show=False),
        Binding("O", "go('outbox')", "Outbox", show=False),
        Binding("W", "now_playing", "What plays, large", show=False),
        Binding("u", "undo", "Undo", show=False),
        Binding("ctrl+r", "redo", "Redo", show=False),
        Binding("exclamation_mark", "notices", "Notices", show=False),
        Binding("comma", "settings", "Settings", show=False),
        Binding("ctrl+t", "next_theme", "Night or day", show=False),
        Binding("ctrl+p", "command_palette", "All actions by name", show=False),
    ]

    def __init__(
        self,
        library: LibraryHandle,
        first_songs: Sequence[tuple[int, Song]] = (),
        *,
        open_output: Callable[[], Output] = open_device,
    ) -> None:
        """Make the app.

        Args:
            library: settings and catalogue.
            first_songs: songs with their numbers, shown until the catalogue is open.
            open_output: opens the sound output, at the first sound.
        """
        super().__init__()
        self.services = Services.of(self, library, open_output=open_output)
        self._keys = KeyQueue(self, super().on_event)
        self._seen_version = -1
        self._parsed_with: dict[str, str] = {}
        self._colours = WeakKeyDictionary[Screen[Any], dict[str, str]]()
        """Colours that each screen was drawn with."""
        self.add_mode("library", lambda: LibraryScreen(self.services, first_songs))
        self.add_mode("timeline", self._timeline)
        self.add_mode("review", self._review)
        self.add_mode("pipeline", self._pipeline)
        self.add_mode("outbox", self._outbox)

    # What only one tab needs is imported with it: the first screen does not wait.

    def _timeline(self) -> Screen[None]:
        from utawaku.tui.screens.timeline import TimelineScreen

        return TimelineScreen(self.services)

    def _review(self) -> Screen[None]:
        from utawaku.tui.screens.review import ReviewScreen

        return ReviewScreen(self.services)

    def _pipeline(self) -> Screen[None]:
        from utawaku.tui.screens.pipeline import PipelineScreen

        return PipelineScreen(self.services)

    def _outbox(self) -> Screen[None]:
        from utawaku.tui.screens.outbox import OutboxScreen

        return OutboxScreen(self.services)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Return our colours, for themes that do not name them."""
        return theme.DEFAULTS

    def refresh_css(self, animate: bool = True) -> None:
        """Parse the style sheets again where a colour has changed since the screen was drawn.

        Textual does it for each screen that is opened for the first time, too, whose widgets take
        the colours of now as they are mounted.
        """
        colours = self.get_css_variables()
        drawn = [self._colours.setdefault(screen, colours) for screen in self.screen_stack]
        if not self._parsed(colours) or any(before != colours for before in drawn):
            super().refresh_css(animate)
            self._colours.update(dict.fromkeys(self.screen_stack, colours))

    def _parsed(self, colours: dict[str, str]) -> bool:
        """Return whether the style sheets were parsed with these colours last; notes them."""
        before, self._parsed_with = self._parsed_with, colours
        return before == colours

    def on_mount(self) -> None:
        """Open the library."""
        self.register_theme(theme.NIGHT)
        self.register_theme(theme.DAY)
        wanted = self.services.preferences.value.theme
        self.theme = wanted if wanted in self.available_themes else theme.NIGHT.name
        self.switch_mode("library")
        library = self.services.library
        library.when_open(lambda error: self.call_later(self._library_opened, error))
        self.set_interval(LOOK_EVERY_S, self._look)

    def _handle_exception(self, error: Exception) -> None:
        # A key needed the catalogue before it was known that it cannot be opened: no bug.
        if error is self.services.library.failure:
            self.exit(1)
        else:
            super()._handle_exception(error)

    def _library_opened(self, error: BaseException | None) -> None:
        if error is not None:
            self.exit(1)  # `run` says why
            return
        self.services.playback.open()
        self.services.queue_keeper.restore()
        # What was heard offline, or last in the session before.
        self.set_timer(SEND_AFTER_S, self.services.scrobbler.heard)

    async def on_event(self, event: events.Event) -> None:
        """Pass keys on one after another."""
        if isinstance(event, events.Key | events.Paste) and not event.is_forwarded:
            self._keys.add(event)
        else:
            await super().on_event(event)

    def exit(self, *arguments: Any, **options: Any) -> None:
        """End the app; keys typed after this are dropped."""
        self._keys.closed = True
        super().exit(*arguments, **options)

    async def on_unmount(self) -> None:
        """Finish what is being written, then close."""
        await self.services.close()

    # What changed

    def _look(self) -> None:
        """Look for changes that other programs made."""
        self.services.pipeline.look()
        library = self.services.library
        if library.is_open:
            self.services.worker.read(lambda: library.catalogue.browser.version(), self._seen)
        if (tab := self._tab) is not None:
            tab.show_pipeline_state()
            tab.refresh_data()

    def _seen(self, version: int) -> None:
        if version != self._seen_version:
            self._seen_version = version
            self.services.playback.reread()

    @property
    def _tab(self) -> TabScreen | None:
        """The tab in sight; None under a dialog, and while it is mounted or removed."""
        # A timer may come while there is no screen at all.
        screen = self.screen_stack[-1] if self.is_running and self.screen_stack else None
        return screen if isinstance(screen, TabScreen) and screen.is_mounted else None

    def on_catalogue_changed(self, event: CatalogueChanged) -> None:
        """Show songs as they are now."""
        self.services.playback.reread()
        if (tab := self._tab) is not None:
            tab.refresh_data()

    def on_pipeline_changed(self, event: PipelineChanged) -> None:
        """Show whether the pipeline runs."""
        if (tab := self._tab) is not None:
            tab.show_pipeline_state()
            tab.refresh_data()

    def on_player_changed(self, event: PlayerChanged) -> None:
        """Show what plays; keep the queue, and fill it where a radio plays."""
        self.services.tuner.tend()
        self.services.queue_keeper.changed()
        if (tab := self._tab) is not None:
            tab.show_player()

    def on_tab_wanted(self, event: TabWanted) -> None:
        """Switch to the tab that was clicked."""
        self.services.navigator.go(event.mode)

    # Actions

    def action_go(self, mode: str) -> None:
        """Switch to a tab."""
        self.services.navigator.go(mode)

    def action_now_playing(self) -> None:
        """Show the song that plays over the whole screen."""
        from utawaku.tui.screens.now_playing import NowPlayingScreen

        if isinstance(self.screen, TabScreen):
            self.push_screen(NowPlayingScreen(self.services))

    def action_undo(self) -> None:
        """Take the last change back."""
        self.services.undo.undo()

    def action_redo(self) -> None:
        """Make the change again that was undone last."""
        self.services.undo.redo()

    def action_command_palette(self) -> None:
        """Look for an action by its name."""
        from textual.command import CommandPalette

        if not isinstance(self.screen, CommandPalette):
            self.push_screen(CommandPalette(placeholder=tr("Search for an action …")))

    def action_help(self) -> None:
        """List the keys of this screen."""
        from utawaku.tui.screens.help import HelpScreen, key_sections

        if isinstance(self.screen, PlayerKeys):
            self.push_screen(HelpScreen(self.screen.about, key_sections(self.screen)))

    def action_notices(self) -> None:
        """List what went wrong."""
        services = self.services
        notices = services.library.catalogue.notices

        def show(stored: list[Notice]) -> None:
            both = [*stored, *services.reports.of_session]
            both.sort(key=lambda notice: -notice.created_at)
            self.push_screen(NoticesScreen(both), read)

        def read(all_read: bool | None) -> None:
            if all_read:
                services.worker.write(notices.mark_read)

        services.worker.read(notices.recent, show)

    def action_settings(self) -> None:
        """Show and change the settings."""
        from utawaku.tui.screens.settings import SettingsScreen

        services = self.services
        settings = services.library.settings
        self.push_screen(SettingsScreen(settings, services.worker.write, self._settings_changed))

    def _settings_changed(self, settings: "Settings") -> None:
        if self.services.library.take(settings):
            self.notify(tr("utawaku uses the new folder or database from the next start."))

    def action_next_theme(self) -> None:
        """Switch between night and day."""
        self.set_theme(theme.DAY.name if self.theme == theme.NIGHT.name else theme.NIGHT.name)

    def set_theme(self, name: str) -> None:
        """Use a theme, also from the next start on."""
        self.theme = name
        self.services.preferences.value.theme = name
        self.services.preferences.save()

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Return every action that a key of this screen has, then the themes."""
        from utawaku.tui.screens.help import commands_of

        for command in commands_of(screen):
            run = partial(self.call_later, self.run_action, command.action, command.owner)
            yield SystemCommand(command.description, tr("key {key}", key=command.key), run)
        for name in self.available_themes:
            yield SystemCommand(
                tr("Theme: {name}", name=name), tr("colours"), partial(self.set_theme, name)
            )

    def action_leave(self) -> None:
        """Quit; while music plays, ask first."""
        if not self.services.player.state.playing:
            self.exit(0)
            return

        def leave(sure: bool | None) -> None:
            if sure:
                self.exit(0)

        self.push_screen(Confirm(tr("Stop the music and quit?")), leave)


def run(
    library: LibraryHandle,
    first_songs: Sequence[tuple[int, Song]] = (),
    begins: Callable[[], None] = lambda: None,
) -> int:
    """Open the library in the terminal; return the exit code.

    Args:
        library: settings and catalogue; loaded while the screen is already shown.
        first_songs: songs that were read before, with their numbers, shown at once.
        begins: called when the terminal is ours.

    Raises:
        ConfigError: a setting is wrong.
        CatalogueError: the catalogue cannot be opened.
    """
    try:
        app = UtawakuApp(library, first_songs)
        begins()
        app.run()
        return app.return_code or 0
    finally:
        library.close()
