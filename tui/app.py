"""The app: places, player, writing to the catalogue, notices."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from rich.text import Text
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen

from library.analysis import read_envelope
from library.catalogue import Catalogue
from library.config import Settings
from library.errors import UtawakuError
from library.heartbeat import is_alive
from library.records import Notice, Song
from library.sharing.drafts import draft, order_for
from library.sharing.records import Submission
from tui import theme
from tui.background import Latest
from tui.memory import recall, remember
from tui.player.output import DeviceOutput, Output
from tui.player.player import STEMS, Player
from tui.screens.base import Place
from tui.screens.compose import ComposeScreen
from tui.screens.dialogs import Confirm
from tui.screens.help import HelpScreen, key_name
from tui.screens.library import LibraryScreen
from tui.screens.notices import NoticesScreen, ShowText
from tui.screens.outbox import OutboxScreen, findings_of
from tui.screens.pipeline import PipelineScreen
from tui.screens.play_queue import QueueScreen
from tui.screens.review import ReviewScreen
from tui.screens.settings import SettingsScreen
from tui.screens.song_actions import SongActions
from tui.screens.timeline import TimelineScreen
from tui.text import shown
from tui.widgets.player_bar import PlayerBar
from tui.widgets.rows import Rows
from tui.widgets.top_bar import TopBar

if TYPE_CHECKING:
    from tui.player.mpris import Mpris

LOOK_EVERY_S = 2.0
"""How often the screen asks whether somebody has changed the catalogue."""

MAX_NOTICES = 500
REPEAT_AFTER_S = 10.0
"""The same error is not told again sooner."""


class UtawakuApp(App[int]):
    """A song library in the terminal."""

    TITLE = "utawaku"
    CSS_PATH = "app.tcss"
    ENABLE_COMMAND_PALETTE = True
    MODES: ClassVar[dict[str, Any]] = {
        "library": LibraryScreen,
        "timeline": TimelineScreen,
        "review": ReviewScreen,
        "pipeline": PipelineScreen,
        "outbox": OutboxScreen,
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark,f1", "help", "Help", key_display="?"),
        Binding("q,ctrl+q", "leave", "Quit", key_display="q"),
        Binding("space", "player('toggle')", "Play or pause", show=False),
        Binding("greater_than_sign", "player('next')", "Next song", show=False),
        Binding("less_than_sign", "player('previous')", "Previous song", show=False),
        Binding("right", "seek(5)", "5 s on", show=False),
        Binding("left", "seek(-5)", "5 s back", show=False),
        Binding("shift+right", "seek(30)", "30 s on", show=False),
        Binding("shift+left", "seek(-30)", "30 s back", show=False),
        Binding("plus,equals_sign", "volume(0.05)", "Louder", show=False),
        Binding("minus", "volume(-0.05)", "Softer", show=False),
        Binding("L", "go('library')", "Library", show=False),
        Binding("T", "go('timeline')", "Timeline", show=False),
        Binding("R", "go('review')", "Review", show=False),
        Binding("P", "go('pipeline')", "Pipeline", show=False),
        Binding("O", "go('outbox')", "Outbox", show=False),
        Binding("exclamation_mark", "notices", "Notices", show=False),
        Binding("comma", "settings", "Settings", show=False),
        Binding("ctrl+t", "next_theme", "Night or day", show=False),
        Binding("u", "undo", "Undo", show=False),
        Binding("Q", "queue", "Play queue", show=False),
        Binding("z", "shuffle", "Shuffle", show=False),
        Binding("r", "repeat", "Repeat: off, all, one", show=False),
        Binding("h", "highlights", "Highlights only", show=False),
        Binding("m", "stem", "Mix, vocals, accompaniment", show=False),
        Binding("ctrl+g", "replay_gain", "Equal loudness", show=False),
    ]

    def __init__(
        self,
        settings: Settings,
        catalogue: Catalogue,
        *,
        open_output: Callable[[], Output] = DeviceOutput,
    ) -> None:
        super().__init__()
        self.settings = settings
        self.catalogue = catalogue
        self._mpris: Mpris | None = None
        self.memory = recall(settings)
        self.player = Player(
            catalogue,
            settings,
            changed=self._player_changed,
            failed=self._player_failed,
            open_output=open_output,
        )
        self.player.volume = self.memory.volume
        self.player.replay_gain = self.memory.replay_gain
        self.pipeline_runs = False
        self._reader = ThreadPoolExecutor(2, thread_name_prefix="read")
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="write")
        self._pictures: Latest | None = None
        self._undo: list[tuple[str, Callable[[], Any], Callable[[], None] | None]] = []
        self.session_notices: list[Notice] = []
        """What went wrong since the app was opened, the latest last."""
        self._told = ""
        self._told_at = 0.0

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Our colours, for themes that do not name them."""
        return theme.DEFAULTS

    def on_mount(self) -> None:
        """Open the library."""
        self.register_theme(theme.NIGHT)
        self.register_theme(theme.DAY)
        known = self.memory.theme in self.available_themes
        self.theme = self.memory.theme if known else theme.NIGHT.name
        self._pictures = Latest("pictures", self.call_later)
        self.switch_mode("library")
        self.read(self._offer_mpris, lambda _: None)
        self.set_interval(LOOK_EVERY_S, self._look_around)

    def _offer_mpris(self) -> None:
        """Media keys, where the desktop has them."""
        if not os.environ.get("DBUS_SESSION_BUS_ADDRESS"):
            return
        from tui.player.mpris import Mpris

        mpris = Mpris(self.player, self.write, lambda: self.call_later(self.exit, 0))
        if mpris.start():
            self._mpris = mpris

    async def on_unmount(self) -> None:
        """Finish what was begun to be written, then close."""
        if self._mpris is not None:
            await asyncio.to_thread(self._mpris.close)
        if self._pictures is not None:
            self._pictures.close()
        self._reader.shutdown(wait=False, cancel_futures=True)
        await asyncio.to_thread(self._writer.shutdown, wait=True)
        self.player.close()

    # Places

    def place_shown(self, place: Place) -> None:
        """A place came into sight."""
        self._show_state(place)
        self._show_player()

    def on_top_bar_asked(self, event: TopBar.Asked) -> None:
        """A click in the top bar."""
        self.action_go(event.mode)

    def action_go(self, mode: str) -> None:
        """To another place."""
        if mode in self.MODES and self.current_mode != mode:
            self.switch_mode(mode)

    def _look_around(self) -> None:
        place = self.screen
        if isinstance(place, Place):
            place.look_again()
            self._show_state(place)

    def _show_state(self, place: Place) -> None:
        self.pipeline_runs = is_alive(self.settings)
        colours = self.theme_variables
        text = Text(no_wrap=True)
        if self.pipeline_runs:
            text.append("● ", style=colours.get("success", "")).append("pipeline")
        else:
            text.append("○ ", style=colours.get("faint", "")).append("pipeline off")
        for bar in place.query(TopBar):
            bar.show_state(text)

    def down_note(self) -> str:
        """What to add to a message about a request while nothing works on requests."""
        return "" if self.pipeline_runs else " as soon as the pipeline runs (P, then S)"

    # Writing

    def write(
        self,
        job: Callable[[], Any],
        done: Callable[[Any], None] | None = None,
        failed: Callable[[], None] | None = None,
    ) -> None:
        """Change the catalogue off the event loop, one change after another.

        What goes wrong is reported; `done` hears only of success.
        """

        self._writer.submit(self._carry_out, job, done, failed)

    def read(self, job: Callable[[], Any], done: Callable[[Any], None]) -> None:
        """Read the catalogue off the event loop; what goes wrong is reported."""
        self._reader.submit(self._carry_out, job, done)

    def file_request(
        self, kind: str, target: str, told: str, arguments: Mapping[str, Any] | None = None
    ) -> None:
        """Ask the pipeline for something and say so."""
        self.write(
            lambda: self.catalogue.requests.file(kind, target, arguments),
            lambda _: self.notify(told[:1].upper() + told[1:] + self.down_note(), markup=False),
        )

    def _carry_out(
        self,
        job: Callable[[], Any],
        done: Callable[[Any], None] | None,
        failed: Callable[[], None] | None = None,
    ) -> None:
        try:
            result = job()
        except UtawakuError as error:
            self.call_later(self.report, error)
            if failed is not None:
                self.call_later(failed)
        except Exception as error:  # noqa: BLE001  (a bug: it ends the app with its traceback)
            self.call_later(self._crash, error)
        else:
            if done is not None:
                self.call_later(done, result)

    def _crash(self, error: Exception) -> None:
        raise error

    def told_of(self, error: Exception) -> None:
        """Report what is ours to report; anything else is a bug and ends the app."""
        if not isinstance(error, UtawakuError):
            raise error
        self.report(error)

    def report(self, error: UtawakuError) -> None:
        """Tell what went wrong; it can be read again among the notices."""
        if str(error) == self._told and time.monotonic() - self._told_at < REPEAT_AFTER_S:
            return
        self._told, self._told_at = str(error), time.monotonic()
        subject = shown(error.subject)
        told = f"{subject}: {error.problem}" if subject else error.problem
        self.session_notices.append(
            Notice(0, "error", shown(told), next_step=error.next_step, created_at=time.time())
        )
        del self.session_notices[:-MAX_NOTICES]
        self.notify(
            f"{shown(told)}\n{shown(error.next_step)}".strip(),
            title="",
            severity="error",
            timeout=8,
            markup=False,
        )

    def offer_undo(
        self, what: str, undo: Callable[[], Any], undone: Callable[[], None] | None = None
    ) -> None:
        """Remember how to take back what was just done, and who wants to know."""
        self._undo.append((what, undo, undone))
        del self._undo[:-100]

    def action_undo(self) -> None:
        """Take back the last change."""
        if not self._undo:
            self.notify("Nothing to undo.")
            return
        what, undo, undone = self._undo.pop()

        def done(_result: Any) -> None:
            self.notify(f"Undone: {what}", markup=False)
            if undone is not None:
                undone()
            if isinstance(self.screen, Place):
                self.screen.look_again()

        self.write(undo, done)

    # Songs

    def play_numbers(self, numbers: Sequence[int], at: int) -> None:
        """Play these songs from index `at` on."""
        browser, player = self.catalogue.browser, self.player

        def play() -> None:
            songs = browser.numbered(numbers)
            places = [n for n, (number, _song) in enumerate(songs) if number == numbers[at]]
            player.play([song.id for _number, song in songs], places[0] if places else 0)

        self.write(play, lambda _: self._say_silence())

    def enqueue_numbers(self, numbers: Sequence[int], *, next_: bool = False) -> None:
        """Put these songs into the play queue."""
        browser, player = self.catalogue.browser, self.player

        def enqueue() -> int:
            songs = browser.songs(numbers)
            player.enqueue([song.id for song in songs], next_=next_)
            return len(songs)

        def done(n: int) -> None:
            where = "next" if next_ else "queued"
            self.notify(f"{n} song{'' if n == 1 else 's'} {where}")

        if numbers:
            self.write(enqueue, done)

    def mark_songs(
        self,
        numbers: Sequence[int],
        *,
        grade: int | None = None,
        stars: int | None = None,
        clear: bool = False,
        context: Mapping[str, Any] | None = None,
        undone: Callable[[], None] | None = None,
    ) -> None:
        """Grade songs; can be undone, and then `undone` hears of it."""
        browser, grades = self.catalogue.browser, self.catalogue.grades

        def mark() -> list[Song]:
            before = browser.songs(numbers)
            for song in before:
                if clear:
                    grades.clear(song.id)
                else:
                    grades.give(song.id, grade=grade, stars=stars, context=context)
            return before

        def take_back(before: Sequence[Song]) -> list[tuple[int, Song]]:
            for song in before:
                grades.clear(song.id)
                if song.grade is not None or song.stars is not None:
                    grades.give(song.id, grade=song.grade, stars=song.stars, context={"undo": True})
            return browser.numbered(numbers)

        def done(before: list[Song]) -> None:
            what = "mark taken off" if clear else "grade" if stars is None else "stars"
            if len(before) > 1:
                what += f" of {len(before)} songs"
                self.notify(f"Done: {what}. u undoes it.")
            self.offer_undo(what, lambda: take_back(before), undone)
            for song in before:
                self.player.refresh(song.id)
            self._show_marked(numbers)

        self.write(mark, done)

    def _show_marked(self, numbers: Sequence[int]) -> None:
        songs = self.catalogue.browser.numbered(numbers[:500])
        if isinstance(self.screen, SongActions):
            self.screen.songs_changed(songs)

    # Playing

    def action_player(self, what: str) -> None:
        """toggle, next, previous."""
        # Opening a device or a file may take a moment.
        self.write(getattr(self.player, what))

    def action_seek(self, seconds: float) -> None:
        """Some seconds on or back."""
        self.write(lambda: self.player.seek_by(seconds))

    def action_volume(self, by: float) -> None:
        """Louder or softer."""
        self.player.set_volume(self.player.volume + by)
        self.memory.volume = self.player.volume
        self.keep_memory()

    def action_queue(self) -> None:
        """See and rearrange what comes next."""
        self.push_screen(QueueScreen(self.player))

    def action_shuffle(self) -> None:
        """Mix what is still to come, or not."""
        self.player.set_shuffled(not self.player.queue.shuffled)

    def action_repeat(self) -> None:
        """off, all, one."""
        self.player.cycle_repeat()

    def action_highlights(self) -> None:
        """Play only the best part of each song."""
        only = not self.player.highlights_only
        self.player.set_highlights_only(only)
        self.notify("Highlights only" if only else "Whole songs")

    def action_replay_gain(self) -> None:
        """Equal loudness, or as recorded."""
        self.player.set_replay_gain(not self.player.replay_gain)
        self.memory.replay_gain = self.player.replay_gain
        self.keep_memory()

    def action_stem(self) -> None:
        """The mix, the voice alone, the accompaniment alone, at the same moment."""
        following = STEMS[(STEMS.index(self.player.stem) + 1) % len(STEMS)]

        def done(heard: bool) -> None:
            if not heard:
                self.notify("This song has no stems yet: X asks for them.")
                self.player.stem = "mix"
            self._show_player()

        self.write(lambda: self.player.set_stem(following), done)

    def keep_memory(self) -> None:
        """Remember the user's habits."""

        def keep() -> None:
            try:
                remember(self.settings, self.memory)
            except OSError as error:
                raise UtawakuError(
                    f"habits cannot be kept ({error.strerror})", subject=str(self.settings.data_dir)
                ) from error

        self.write(keep)

    def _say_silence(self) -> None:
        self._show_player()

    def _player_changed(self) -> None:
        """From any thread."""
        if self.is_running:
            self.call_later(self._show_player)

    def _player_failed(self, error: UtawakuError) -> None:
        """From any thread."""
        if self.is_running:
            self.call_later(self.report, error)

    def _show_player(self) -> None:
        """Mark what plays, fetch its pictures."""
        state = self.player.state
        song = state.song
        for rows in self.screen.query(Rows):
            if hasattr(rows, "playing_id"):
                playing_id = song.id if song else ""
                if rows.playing_id != playing_id:
                    rows.playing_id = playing_id
                    rows.refresh()
        for bar in self.screen.query(PlayerBar):
            bar.refresh()
        if self._pictures is None or song is None:
            return
        settings, catalogue = self.settings, self.catalogue

        def arrived(found: Any) -> None:
            if isinstance(found, UtawakuError):
                found = (None, [])  # the stream's own page says that its analysis is damaged
            if isinstance(found, Exception):
                raise found
            for bar in self.screen.query(PlayerBar):
                bar.envelope, bar.interest = found
                bar.refresh()

        self._pictures.submit(
            lambda: (
                read_envelope(settings, song.stream_id),
                catalogue.insights.interest_curve(song.id),
            ),
            arrived,
        )

    # The pipeline

    def start_pipeline(self) -> None:
        """Run `utawaku up --detach`."""
        if is_alive(self.settings):
            self.notify("The pipeline runs already.")
            return
        self.notify("Starting the pipeline …")

        def start() -> None:
            # Our own program, by the interpreter that runs us; no shell.
            done = subprocess.run(
                [sys.executable, "-m", "commands", "up", "--detach"],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
                env=os.environ.copy(),
            )
            if done.returncode:
                raise UtawakuError(
                    f"the pipeline did not start ({done.stderr.strip()[-300:]})",
                    next_step="Try `utawaku up` in a terminal to see more",
                )

        self.write(start, lambda _: self.notify("The pipeline has started."))

    # Habits

    def action_help(self) -> None:
        """The keys of this place."""
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
        self.action_go("timeline")
        screen = self.screen
        if isinstance(screen, TimelineScreen):
            screen.show_stream(stream_id, song_id)

    def compose_submission(self, numbers: Sequence[int]) -> None:
        """Begin submissions of these songs, as the settings want them, and open the outbox."""
        catalogue, settings = self.catalogue, self.settings

        def plan() -> list[Submission]:
            songs = catalogue.browser.songs(numbers)
            order = order_for(catalogue, settings)
            planned = draft(songs, order, catalogue, settings)
            if not planned:
                raise UtawakuError(
                    "none of these songs can be published",
                    next_step="They are there already, or were not cut to files yet",
                )
            return [catalogue.submissions.add(one) for one in planned]

        def done(added: list[Submission]) -> None:
            n = len(added)
            self.action_go("outbox")
            self.notify(f"{n} draft{'' if n == 1 else 's'} made. Enter opens, s sends.")
            if n == 1:
                self.push_screen(ComposeScreen(added[0]))

        self.write(plan, done)

    def send_submission(self, submission: Submission) -> None:
        """Put a submission into the queue, unless the site would refuse it."""
        store, requests = self.catalogue.submissions, self.catalogue.requests
        refused = [f for f in findings_of(submission) if f.severity == "error"]
        if refused:
            told = "\n".join(f"{shown(f.subject)}  {shown(f.message)}".strip() for f in refused)
            self.show_text("It would be refused", told)
            return

        def queue() -> None:
            store.move(submission.id, "queued", message="")
            requests.file("upload", str(submission.id))

        def answered(sure: bool | None) -> None:
            if sure:
                self.write(queue, lambda _: self.notify("Queued" + self.down_note()))

        self.push_screen(
            Confirm(
                f"Publish {submission.title}?",
                f"{len(submission.parts)} parts to {submission.target} {submission.account}.",
                yes="Publish",
            ),
            answered,
        )

    def action_notices(self) -> None:
        """What went wrong, to be read again."""

        def show(stored: list[Notice]) -> None:
            both = [*stored, *self.session_notices]
            both.sort(key=lambda notice: -notice.created_at)
            self.push_screen(NoticesScreen(both))

        self.read(self.catalogue.notices.recent, show)

    def action_settings(self) -> None:
        """See and change the settings."""
        self.push_screen(SettingsScreen(self.settings))

    def settings_changed(self, settings: Settings) -> None:
        """What can change while the app runs does; paths count from the next start."""
        moved = (settings.library_root, settings.database_url) != (
            self.settings.library_root,
            self.settings.database_url,
        )
        if moved:
            self.notify("Paths count from the next start.")
        else:
            self.settings = settings

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

    def show_text(self, title: str, text: str) -> None:
        """A text too long for a line."""
        self.push_screen(ShowText(title, text))

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


def run(settings: Settings) -> int:
    """Open the library in the terminal; returns the exit code.

    Raises:
        CatalogueError: the catalogue cannot be opened.
    """
    catalogue = Catalogue.open(settings)
    try:
        return UtawakuApp(settings, catalogue).run() or 0
    finally:
        catalogue.close()
