"""What keeps the event loop free: reading and writing in threads, errors told, changes undone."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events
from textual.app import App
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Input, TextArea

from utawaku.library.errors import UtawakuError
from utawaku.library.records import Notice
from utawaku.library.requests import AnyRequest
from utawaku.tui.library_handle import Home
from utawaku.tui.preferences import recall, remember
from utawaku.tui.screens.base import Place
from utawaku.tui.text import shown

if TYPE_CHECKING:
    from utawaku.library.catalogue import Catalogue
    from utawaku.library.config import Settings

MAX_NOTICES = 500
MAX_TYPED_AHEAD = 256
REPEAT_AFTER_S = 10.0
"""The same error is not told again sooner."""


class WorkingApp(App[int]):
    """An app on a catalogue."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("u", "undo", "Undo", show=False),
    ]

    def __init__(self, home: Home) -> None:
        super().__init__()
        self.home = home
        self.memory = recall(home.place)
        self.pipeline_runs = False
        self._reader = ThreadPoolExecutor(2, thread_name_prefix="read")
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="write")
        self._undo: list[tuple[str, Callable[[], Any], Callable[[], None] | None]] = []
        self.session_notices: list[Notice] = []
        """What went wrong since the app was opened, the latest last."""
        self._aims: dict[events.Key, Widget] = {}
        """Where keys were sent that have not come back unused."""
        self._told = ""
        self._told_at = 0.0
        self._leaving = False

    @property
    def settings(self) -> "Settings":
        """Waits while they are still loading."""
        return self.home.settings

    @property
    def catalogue(self) -> "Catalogue":
        """Waits while it is still loading: best asked for in a thread."""
        return self.home.catalogue

    async def on_event(self, event: events.Event) -> None:
        """Give keys that were typed ahead to the field that they were meant for.

        The key that opens a field and the letters after it may come at once (over ssh, or typed
        fast). Textual sends the letters to whatever had the focus before, and would take them for
        commands: a search for "dance" must not dislike a song. What is typed behind the key that
        quits is meant for nobody: the places are being taken down.
        """
        if isinstance(event, events.Key):
            if self._leaving:
                return
            if not event.is_forwarded:
                self._aims[event] = self.focused or self.screen
                while len(self._aims) > MAX_TYPED_AHEAD:
                    del self._aims[next(iter(self._aims))]
            else:
                aim, field = self._aims.pop(event, None), self.focused
                if aim not in (None, field) and isinstance(field, Input | TextArea):
                    again = events.Key(event.key, event.character)
                    self._aims[again] = field
                    field._forward_event(again)
                    return
        await super().on_event(event)

    def exit(self, *arguments: Any, **options: Any) -> None:
        """End the app; hear no more keys."""
        self._leaving = True
        super().exit(*arguments, **options)

    async def finish_work(self) -> None:
        """Drop what is being read, wait for what is being written."""
        self._reader.shutdown(wait=False, cancel_futures=True)
        await asyncio.to_thread(self._writer.shutdown, wait=True)

    def down_note(self) -> str:
        """What to add to a message about a request while nothing works on requests."""
        return "" if self.pipeline_runs else " as soon as the pipeline runs (P, then S)"

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

    def file_request(self, wanted: AnyRequest, told: str) -> None:
        """Ask the pipeline for something and say so."""
        self.write(
            lambda: self.catalogue.requests.file(wanted),
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
                self.call_later(self._deliver, done, result)

    def _deliver(self, done: Callable[[Any], None], result: Any) -> None:
        # While the app closes, the widgets that an answer is for go away one by one.
        if self.is_running:
            done(result)

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
        # One at a time: a song after the other that cannot be played must not cover the screen.
        self.clear_notifications()
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
            place = self.screen_stack[-1] if self.screen_stack else None  # none while it closes
            if isinstance(place, Place):
                place.look_again()

        self.write(undo, done)

    def keep_memory(self) -> None:
        """Remember the user's habits."""

        def keep() -> None:
            try:
                remember(self.home.place, self.memory)
            except OSError as error:
                raise UtawakuError(
                    f"habits cannot be kept ({error.strerror})",
                    subject=str(self.home.place.data_dir),
                ) from error

        self.write(keep)
