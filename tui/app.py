"""The app: its places, its habits, the palette."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from rich.text import Text
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen

from utawaku.library.errors import UtawakuError
from utawaku.library.heartbeat import is_alive
from utawaku.library.records import Notice, Song
from utawaku.tui import theme
from utawaku.tui.library_handle import Home
from utawaku.tui.publishing import PublishingApp
from utawaku.tui.screens.base import Place
from utawaku.tui.screens.dialogs import Confirm
from utawaku.tui.screens.library import LibraryScreen
from utawaku.tui.screens.notices import NoticesScreen
from utawaku.tui.widgets.rows import Rows
from utawaku.tui.widgets.top_bar import TopBar

if TYPE_CHECKING:
    from utawaku.library.config import Settings

LOOK_EVERY_S = 2.0
"""How often the screen asks whether somebody has changed the catalogue."""


def _timeline() -> Place:
    from utawaku.tui.screens.timeline import TimelineScreen

    return TimelineScreen()


def _review() -> Place:
    from utawaku.tui.screens.review import ReviewScreen

    return ReviewScreen()


def _pipeline() -> Place:
    from utawaku.tui.screens.pipeline import PipelineScreen

    return PipelineScreen()


def _outbox() -> Place:
    from utawaku.tui.screens.outbox import OutboxScreen

    return OutboxScreen()


class UtawakuApp(PublishingApp):
    """A song library in the terminal."""

    TITLE = "utawaku"
    CSS_PATH = "app.tcss"
    ENABLE_COMMAND_PALETTE = True
    MODES: ClassVar[dict[str, Any]] = {
        "library": LibraryScreen,
        "timeline": _timeline,
        "review": _review,
        "pipeline": _pipeline,
        "outbox": _outbox,
    }
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
        Binding("exclamation_mark", "notices", "Notices", show=False),
        Binding("comma", "settings", "Settings", show=False),
        Binding("ctrl+t", "next_theme", "Night or day", show=False),
        Binding("ctrl+p", "command_palette", "Everything, by name", show=False),
    ]

    def __init__(self, home: Home, first: Sequence[tuple[int, Song]] = (), **options: Any) -> None:
        super().__init__(home, **options)
        self.first = first
        """Songs, with their numbers, to be shown until the catalogue is there."""

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Our colours, for themes that do not name them."""
        return theme.DEFAULTS

    def on_mount(self) -> None:
        """Open the library."""
        self.register_theme(theme.NIGHT)
        self.register_theme(theme.DAY)
        known = self.memory.theme in self.available_themes
        self.theme = self.memory.theme if known else theme.NIGHT.name
        self.switch_mode("library")
        self.home.when_open(lambda error: self.call_later(self._home_opened, error))
        self.set_interval(LOOK_EVERY_S, self._look_around)

    def _handle_exception(self, error: Exception) -> None:
        # A key needed the catalogue before it was known that it cannot be opened: no bug.
        if error is self.home.failure:
            self.exit(1)
        else:
            super()._handle_exception(error)

    def _home_opened(self, error: BaseException | None) -> None:
        if error is not None:
            self.exit(1)  # `run` says why
            return
        self.open_player()

    async def on_unmount(self) -> None:
        """Finish what was begun to be written, then close."""
        await self.finish_work()
        await self.close_player()

    # Places

    def place_shown(self, place: Place) -> None:
        """A place came into sight."""
        self._show_state(place)
        self.show_player()

    def on_top_bar_asked(self, event: TopBar.Asked) -> None:
        """A click in the top bar."""
        self.action_go(event.mode)

    def _look_around(self) -> None:
        # The timer may find a screen whose parts are still being put together, or taken apart, or
        # none at all.
        place = self.screen_stack[-1] if self.is_running and self.screen_stack else None
        if isinstance(place, Place) and place.is_mounted:
            place.look_again()
            self._show_state(place)

    def _show_state(self, place: Place) -> None:
        self.pipeline_runs = is_alive(self.home.place)
        colours = self.theme_variables
        text = Text(no_wrap=True)
        if self.pipeline_runs:
            text.append("● ", style=colours.get("success", "")).append("pipeline")
        else:
            text.append("○ ", style=colours.get("faint", "")).append("pipeline off")
        for bar in place.query(TopBar):
            bar.show_state(text)

    # The pipeline

    def start_pipeline(self) -> None:
        """Run `utawaku up --detach`."""
        if is_alive(self.home.place):
            self.notify("The pipeline runs already.")
            return
        self.notify("Starting the pipeline …")

        def start() -> None:
            # Our own program, by the interpreter that runs us; no shell.
            done = subprocess.run(
                [sys.executable, "-m", "utawaku", "up", "--detach"],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=240,
                check=False,
                env=os.environ.copy(),
            )
            if done.returncode:
                raise UtawakuError(
                    f"the pipeline did not start ({done.stderr.strip()[-300:]})",
                    next_step="Try `utawaku up` in a terminal to see more",
                )

        # Not among the writes: it takes seconds, and grades should not wait for it.
        self.read(start, lambda _: self.notify("The pipeline has started."))

    # Habits

    def action_help(self) -> None:
        """The keys of this place."""
        from utawaku.tui.screens.help import HelpScreen

        screen = self.screen
        if not isinstance(screen, Place):
            return
        sections = [(screen.mode.capitalize(), _bindings(screen))]
        focused = screen.focused
        if isinstance(focused, Rows):
            sections.append(("List", _bindings(focused, Rows)))
        sections.append(("Everywhere", _bindings(self)))
        self.push_screen(HelpScreen(screen.about, sections))

    def show_timeline(self, stream_id: str, song_id: str = "") -> None:
        """The stream in its own place, at a song."""
        from utawaku.tui.screens.timeline import TimelineScreen

        self.action_go("timeline")
        screen = self.screen
        if isinstance(screen, TimelineScreen):
            screen.show_stream(stream_id, song_id)

    def action_notices(self) -> None:
        """What went wrong, to be read again."""

        def show(stored: list[Notice]) -> None:
            both = [*stored, *self.session_notices]
            both.sort(key=lambda notice: -notice.created_at)
            self.push_screen(NoticesScreen(both))

        self.read(self.catalogue.notices.recent, show)

    def action_settings(self) -> None:
        """See and change the settings."""
        from utawaku.tui.screens.settings import SettingsScreen

        self.push_screen(SettingsScreen(self.settings))

    def settings_changed(self, settings: "Settings") -> None:
        """What can change while the app runs does; paths count from the next start."""
        moved = (settings.library_root, settings.database_url) != (
            self.settings.library_root,
            self.settings.database_url,
        )
        if moved:
            self.notify("Paths count from the next start.")
        else:
            self.home.settings = settings

    def action_next_theme(self) -> None:
        """From night to day and back."""
        self.set_theme(theme.DAY.name if self.theme == theme.NIGHT.name else theme.NIGHT.name)

    def set_theme(self, name: str) -> None:
        """Other colours, kept for next time."""
        self.theme = name
        self.memory.theme = name
        self.keep_memory()

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Every action of this place and of the app, with its key."""
        from utawaku.tui.screens.help import key_name

        owners: list[Any] = [screen, self]
        if isinstance(screen.focused, Rows):
            owners.insert(0, screen.focused)
        seen: set[str] = set()
        for owner in owners:
            for binding in _bindings(owner):
                if binding.description and binding.description not in seen:
                    seen.add(binding.description)
                    action = binding.action
                    yield SystemCommand(
                        binding.description,
                        f"key {key_name(binding.key)}",
                        partial(self._run_bound, action, owner),
                    )
        for name in self.available_themes:
            yield SystemCommand(f"Theme: {name}", "colours", partial(self.set_theme, name))

    def _run_bound(self, action: str, owner: Any) -> None:
        self.call_later(self.run_action, action, owner)

    def action_leave(self) -> None:
        """Quit; music is not cut off by a stray key."""
        if not self.player.state.playing:
            self.exit(0)
            return

        def leave(sure: bool | None) -> None:
            if sure:
                self.exit(0)

        self.push_screen(Confirm("Stop the music and quit?"), leave)


def _bindings(owner: Any, *bases: type) -> list[Binding]:
    """The bindings that an app, screen or widget declares, one entry a key."""
    kinds = [kind for kind in type(owner).__mro__ if kind not in Screen.__mro__]
    found: list[BindingType] = []
    for kind in kinds:
        if kind is App:
            break
        if kind.__module__.startswith("tui."):
            found += kind.__dict__.get("BINDINGS", [])
    return [binding for binding in Binding.make_bindings(found) if binding.key != "tab"]


def run(
    home: Home,
    first: Sequence[tuple[int, Song]] = (),
    begins: Callable[[], None] = lambda: None,
) -> int:
    """Open the library in the terminal; returns the exit code.

    Args:
        home: where everything lies; loaded while the screen is there already.
        first: songs that were read before, with their numbers, to be shown at once.
        begins: called when the terminal is ours.

    Raises:
        ConfigError: a setting is wrong.
        CatalogueError: the catalogue cannot be opened.
    """
    try:
        app = UtawakuApp(home, first)
        begins()
        app.run()
        return app.return_code or 0
    finally:
        home.close()
