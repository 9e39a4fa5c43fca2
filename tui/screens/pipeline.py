"""The pipeline: what was asked for, what runs now, what failed and why."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Static

from library.catalogue import Catalogue
from library.errors import UtawakuError
from library.records import AssetState, Request
from tui.background import Latest
from tui.screens.base import Place
from tui.screens.dialogs import AskText, Confirm
from tui.text import ago, bar, fit, shown
from tui.widgets.rows import Cell, Rows


@dataclass(frozen=True)
class Picture:
    """All that the screen shows, read at once."""

    requests: list[Request]
    work: list[tuple[AssetState, str]]
    """Artefacts being made or failed, with the title of their stream."""


def read_picture(catalogue: Catalogue) -> Picture:
    """Read it; off the event loop."""
    states = catalogue.assets.in_state("running", limit=50)
    states += catalogue.assets.in_state("failed", limit=200)
    titles = catalogue.streams.titles({state.stream_id for state in states})
    return Picture(
        catalogue.requests.recent(limit=300),
        [(state, titles.get(state.stream_id, state.stream_id)) for state in states],
    )


class RequestRows(Rows):
    """What was asked for."""

    empty_text = "Nothing was asked for. Key a adds an address, a file or a folder."

    def __init__(self) -> None:
        super().__init__(id="requests")
        self.requests: Sequence[Request] = ()

    def row_count(self) -> int:
        """How many requests are listed."""
        return len(self.requests)

    def draw_header(self, width: int) -> list[Cell]:
        """Titles."""
        return [(fit("  State     Request", width), None)]

    def draw_row(self, index: int, width: int) -> list[Cell]:
        """State, what, progress or message, when."""
        request = self.requests[index]
        look = {"running": "accent", "failed": "bad", "done": "good"}.get(request.state, "muted")
        when = ago(time.time() - (request.finished_at or request.created_at))
        room = width - 12 - 14
        left = max(16, room * 11 // 20)
        what = f"{request.kind} {shown(request.target)}"
        if request.state == "running":
            told = f"{bar(request.progress, 10)} {request.progress:4.0%}  {shown(request.message)}"
        else:
            told = shown(request.message)
        return [
            ("  " + fit(request.state, 10), self.look(look)),
            (fit(what, left - 2) + "  ", None),
            (
                fit(told, max(0, room - left)),
                self.look("bad" if request.state == "failed" else "muted"),
            ),
            (fit(when, 13, right=True) + " ", self.look("faint")),
        ]


class WorkRows(Rows):
    """What is being made, and what could not be."""

    empty_text = "Nothing runs and nothing has failed."

    def __init__(self) -> None:
        super().__init__(id="work")
        self.work: Sequence[tuple[AssetState, str]] = ()

    def row_count(self) -> int:
        """How many artefacts are listed."""
        return len(self.work)

    def draw_header(self, width: int) -> list[Cell]:
        """Titles."""
        return [(fit("  Step          Stream", width), None)]

    def draw_row(self, index: int, width: int) -> list[Cell]:
        """Step, stream, progress or reason."""
        state, title = self.work[index]
        room = width - 16 - 1
        left = max(16, room * 9 // 20)
        if state.state == "running":
            told = f"{bar(state.progress, 12)} {state.progress:4.0%}  {shown(state.message)}"
            look = "accent"
        else:
            told = shown(state.message) or "failed"
            look = "bad"
        return [
            ("  " + fit(state.asset, 14), self.look(look)),
            (fit(shown(title), left - 2) + "  ", None),
            (fit(told, max(0, room - left)), self.look("muted" if look == "accent" else "bad")),
        ]


class PipelineScreen(Place):
    """Requests above, work below."""

    mode = "pipeline"
    about = "What you asked for, what is being made, and what went wrong."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "add", "Add"),
        Binding("x", "cancel", "Cancel"),
        Binding("R", "retry", "Try again"),
        Binding("enter", "read", "Read"),
        Binding("S", "start", "Start pipeline"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._reader: Latest | None = None

    def compose_body(self) -> ComposeResult:
        """Two lists."""
        self._reader = Latest("pipeline", self.app.call_later)
        with Vertical(id="pipeline-body"):
            yield Static("", id="pipeline-state", markup=False)
            yield RequestRows()
            yield WorkRows()

    def on_mount(self) -> None:
        """Look every second while in sight."""
        self.query_one(RequestRows).focus()
        self.set_interval(1.0, self.look_again)

    def on_unmount(self) -> None:
        """Look no more."""
        if self._reader is not None:
            self._reader.close()

    def look_again(self) -> None:
        """Read what happens."""
        if self._reader is None or not self.is_current:
            return
        catalogue = self.utawaku.catalogue
        self._reader.submit(lambda: read_picture(catalogue), self._arrived)

    def _arrived(self, picture: Any) -> None:
        if isinstance(picture, UtawakuError):
            self.utawaku.report(picture)
            return
        if isinstance(picture, Exception):
            raise picture
        requests, work = self.query_one(RequestRows), self.query_one(WorkRows)
        requests.requests, work.work = picture.requests, picture.work
        requests.rows_changed()
        work.rows_changed()
        n_waiting = sum(request.state == "queued" for request in picture.requests)
        n_failed = sum(state.state == "failed" for state, _title in picture.work)
        running = (
            "The pipeline runs."
            if self.utawaku.pipeline_runs
            else ("The pipeline does not run: requests wait. S starts it.")
        )
        waiting = f"  {n_waiting} waiting" if n_waiting else ""
        failed = f"  {n_failed} failed" if n_failed else ""
        self.query_one("#pipeline-state", Static).update(running + waiting + failed)

    def _request(self) -> Request | None:
        rows = self.query_one(RequestRows)
        return rows.requests[rows.cursor] if rows.requests else None

    def action_add(self) -> None:
        """Ask for addresses or files."""
        self.app.push_screen(
            AskText(
                "Add to the library",
                help="Addresses of streams, files or folders, one a line.",
                check=check_targets,
                several_lines=True,
            ),
            self._add,
        )

    def _add(self, text: str | None) -> None:
        if text is None:
            return
        targets = targets_of(text)
        catalogue = self.utawaku.catalogue

        def file() -> int:
            return len([catalogue.requests.file("ingest", target) for target in targets])

        def filed(n: object) -> None:
            self.notify(f"{n} to be taken in" + self.utawaku.down_note())
            self.look_again()

        self.utawaku.write(file, filed)

    def action_cancel(self) -> None:
        """The request under the cursor is no longer wanted."""
        request = self._request()
        if request is None:
            return
        if request.state not in ("queued", "running"):
            self.notify(f"It is {request.state} already.")
            return
        catalogue = self.utawaku.catalogue

        def cancel(sure: bool | None) -> None:
            if sure:
                self.utawaku.write(
                    lambda: catalogue.requests.cancel(request.id), lambda _: self.look_again()
                )

        self.app.push_screen(
            Confirm(f"Cancel {request.kind} {request.target}?", "R asks for it again."), cancel
        )

    def action_retry(self) -> None:
        """Try a failed or cancelled request again; on the lower list make the step again."""
        work = self.query_one(WorkRows)
        catalogue = self.utawaku.catalogue
        if work.has_focus and work.work:
            state, _title = work.work[work.cursor]
            self.utawaku.write(
                lambda: catalogue.requests.file(
                    "rematerialize", state.stream_id, {"assets": [state.asset]}
                ),
                lambda _: self.notify(f"{state.asset} will be made again"),
            )
            return
        request = self._request()
        if request is None or request.state not in ("failed", "cancelled"):
            self.notify("Only what failed or was cancelled can be tried again.")
            return
        self.utawaku.write(
            lambda: catalogue.requests.requeue(request.id), lambda _: self.look_again()
        )

    def action_read(self) -> None:
        """The whole message of the row under the cursor."""
        work = self.query_one(WorkRows)
        if work.has_focus and work.work:
            state, title = work.work[work.cursor]
            self.utawaku.show_text(f"{state.asset}: {shown(title)}", state.message or state.state)
            return
        request = self._request()
        if request is not None:
            told = request.message or f"{request.state}, nothing was said"
            self.utawaku.show_text(f"{request.kind} {shown(request.target)}", told)

    def on_rows_chosen(self, event: Rows.Chosen) -> None:
        """Enter."""
        event.stop()
        self.action_read()

    def on_rows_moved(self, event: Rows.Moved) -> None:
        """Nothing follows the cursor here."""
        event.stop()

    def action_start(self) -> None:
        """Start the pipeline."""
        self.utawaku.start_pipeline()


def targets_of(text: str) -> list[str]:
    """Addresses and paths, one a line; paths become absolute."""
    found = []
    for line in text.splitlines():
        word = line.strip().strip('"')
        if not word:
            continue
        is_address = urlsplit(word).scheme in ("http", "https")
        found.append(word if is_address else str(Path(word).expanduser().absolute()))
    return list(dict.fromkeys(found))


def check_targets(text: str) -> str:
    """What is wrong with a list of targets."""
    targets = targets_of(text)
    if not targets:
        return "Type at least one address or path."
    for target in targets:
        if urlsplit(target).scheme in ("http", "https"):
            if not urlsplit(target).hostname:
                return f"{shown(target)} is not an address."
        elif not Path(target).exists():
            return f"{shown(target)} is neither an address nor a file."
    return ""
