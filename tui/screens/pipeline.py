"""The pipeline: what was asked for, what runs now, what failed and why."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import ContentSwitcher, Static

from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.errors import UtawakuError
from utawaku.library.records import Channel, Request
from utawaku.library.requests import Follow, Ingest, Rematerialize, RematerializeStream, Unfollow
from utawaku.library.shazam_status import GateState, shazam_state
from utawaku.tui.background import Latest
from utawaku.tui.screens.base import Place
from utawaku.tui.screens.dialogs import AskText, Confirm
from utawaku.tui.text import ago, bar, fit, shown
from utawaku.tui.widgets.limit_rows import LimitRows, read_limits
from utawaku.tui.widgets.pipeline_rows import (
    ChannelRows,
    LowerRows,
    MakerRows,
    StreamRows,
    WorkRows,
)
from utawaku.tui.widgets.rows import Cell, Rows

STREAMS_SHOWN = 500
LOWER: tuple[type[LowerRows], ...] = (WorkRows, StreamRows, ChannelRows, MakerRows, LimitRows)
"""The lists that share the lower half."""


@dataclass(frozen=True)
class Picture:
    """All that the screen shows, read at once."""

    requests: list[Request]
    n_today: int
    """Recordings fetched since midnight (UTC)."""
    shazam: GateState
    lower: Any
    """What the list below shows."""


def read_picture(catalogue: Catalogue, settings: Settings, view: str) -> Picture:
    """Read it; off the event loop."""
    lower: Any
    if view == "work":
        states = catalogue.assets.in_state("running", limit=50)
        states += catalogue.assets.in_state("failed", limit=200)
        titles = catalogue.streams.titles({state.stream_id for state in states})
        lower = [(state, titles.get(state.stream_id, state.stream_id)) for state in states]
    elif view == "stream-states":
        lower = catalogue.overview.states_of(catalogue.streams.all(limit=STREAMS_SHOWN))
    elif view == "channels":
        lower = catalogue.channels.all()
    elif view == "limits":
        lower = read_limits(catalogue, settings)
    else:
        lower = catalogue.overview.makers()
    order = {"running": 0, "queued": 1}
    requests = catalogue.requests.recent(limit=300)
    requests.sort(key=lambda request: order.get(request.state, 2))
    midnight = time.time() - time.time() % 86400
    return Picture(
        requests,
        catalogue.overview.n_recorded_since(midnight),
        shazam_state(settings),
        lower,
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
        what = name_of(request)
        if request.state == "running":
            told = f"{bar(request.progress, 10)} {request.progress:4.0%}  {shown(request.message)}"
        else:
            told = shown(request.message)
        left = max(16, room * 11 // 20) if told else room
        return [
            ("  " + fit(request.state, 10), self.look(look)),
            (fit(what, left - 2) + "  ", None),
            (
                fit(told, max(0, room - left)),
                self.look("bad" if request.state == "failed" else "muted"),
            ),
            (fit(when, 13, right=True) + " ", self.look("faint")),
        ]


class PipelineScreen(Place):
    """Requests above, work below."""

    mode = "pipeline"
    about = "What you asked for, what is being made, and what went wrong."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "add", "Add"),
        Binding("x", "cancel", "Cancel"),
        Binding("y", "retry", "Retry"),
        Binding("F", "follow", "Follow"),
        Binding("v", "view", "View"),
        Binding("enter", "read", "Read", show=False),
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
            yield Static("", id="lower-title")
            with ContentSwitcher(initial="work", id="lower"):
                for kind in LOWER:
                    yield kind()

    def on_mount(self) -> None:
        """Look every second while in sight."""
        self.query_one(RequestRows).focus()
        self._name_lower()
        self.set_interval(1.0, self.look_again)

    def on_unmount(self) -> None:
        """Look no more."""
        if self._reader is not None:
            self._reader.close()

    def look_again(self) -> None:
        """Read what happens."""
        if self._reader is None or not (self.is_current and self.app.is_running):
            return
        catalogue, settings = self.utawaku.catalogue, self.utawaku.settings
        view = self.lower.id or "work"

        def arrived(picture: Any) -> None:
            if self.app.is_running and view == self.lower.id:
                self._arrived(picture)

        self._reader.submit(lambda: read_picture(catalogue, settings, view), arrived)

    @property
    def lower(self) -> LowerRows:
        """The list below that is in sight."""
        # The switcher names none until it is mounted, and a slow machine looks before that.
        name = self.query_one("#lower", ContentSwitcher).current or "work"
        return self.query_one(f"#{name}", LowerRows)

    def action_view(self) -> None:
        """Another list below."""
        names = [rows.id for rows in self.query(LowerRows)]
        at = (names.index(self.lower.id) + 1) % len(names)
        self.query_one("#lower", ContentSwitcher).current = names[at]
        self.lower.focus()
        self._name_lower()
        self.look_again()

    def _name_lower(self) -> None:
        text = Text()
        muted = self.app.theme_variables.get("muted", "")
        for rows in self.query(LowerRows):
            here = rows is self.lower
            text.append(f"{rows.title}   ", style="bold" if here else muted)
        text.append("v", style=self.app.theme_variables.get("primary", ""))
        self.query_one("#lower-title", Static).update(text)

    def _arrived(self, picture: Any) -> None:
        if isinstance(picture, UtawakuError):
            self.utawaku.report(picture)
            return
        if isinstance(picture, Exception):
            raise picture
        requests = self.query_one(RequestRows)
        requests.requests = picture.requests
        requests.rows_changed()
        self.lower.show(picture.lower)
        n_waiting = sum(request.state == "queued" for request in picture.requests)
        narrow = self.size.width < 140
        runs = self.utawaku.pipeline_runs
        if runs:
            parts = ["The pipeline runs."]
        elif narrow:
            parts = ["The pipeline is off: S starts it."]
        else:
            parts = ["The pipeline is off: requests wait, S starts it."]
        if n_waiting:
            parts.append(f"{n_waiting} waiting")
        gate = picture.shazam
        if gate.enabled and gate.open:
            wait = f"until {time.strftime('%H:%M', time.localtime(gate.until))}"
            parts.append(f"Shazam waits {wait}" if narrow else f"Shazam {shown(gate.described())}")
        budget = self.utawaku.settings.download.daily_budget
        parts.append(f"fetched today {picture.n_today} of {budget}")
        self.query_one("#pipeline-state", Static).update("   ".join(parts))

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
            return len([catalogue.requests.file(Ingest(source=target)) for target in targets])

        def filed(n: object) -> None:
            self.notify(f"{n} to be taken in" + self.utawaku.down_note())
            self.look_again()

        self.utawaku.write(file, filed)

    def action_cancel(self) -> None:
        """The request (or the channel) under the cursor is no longer wanted."""
        lower = self.lower
        if lower.has_focus and isinstance(lower, ChannelRows):
            if lower.channels:
                self._unfollow(lower.channels[lower.cursor])
            return
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
            Confirm(f"Cancel {request.kind} {request.target}?", "y asks for it again."), cancel
        )

    def action_retry(self) -> None:
        """Try a failed or cancelled request again; on the lower list make the step again."""
        catalogue = self.utawaku.catalogue
        if self.lower.has_focus:
            self._make_again()
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
        if self.lower.has_focus:
            self._read_lower()
            return
        request = self._request()
        if request is not None:
            told = request.message or f"{request.state}, nothing was said"
            self.utawaku.show_text(f"{request.kind} {shown(request.target)}", told)

    def _make_again(self) -> None:
        """The row of the lower list anew."""
        lower = self.lower
        if lower.row_count() == 0:
            return
        told = self.utawaku.file_request
        if isinstance(lower, WorkRows):
            state, _title = lower.work[lower.cursor]
            told(
                RematerializeStream(stream_id=state.stream_id, assets=(state.asset,)),
                f"{state.asset} will be made again",
            )
        elif isinstance(lower, StreamRows):
            stream = lower.streams[lower.cursor].stream
            told(
                RematerializeStream(stream_id=stream.id),
                f"{shown(stream.title)} will be made again",
            )
        elif isinstance(lower, MakerRows):
            maker = lower.makers[lower.cursor]
            if maker.is_newest:
                self.notify("These are of the newest version.")
                return

            def answered(sure: bool | None) -> None:
                if sure:
                    told(Rematerialize(asset=maker.asset), "older ones will be made again")

            self.app.push_screen(
                Confirm(
                    f"Make {maker.asset} of {maker.n_streams:,} streams again?",
                    "Everything of an older version is made by the newest one.",
                ),
                answered,
            )

    def _read_lower(self) -> None:
        lower = self.lower
        if lower.row_count() == 0:
            return
        if isinstance(lower, WorkRows):
            state, title = lower.work[lower.cursor]
            self.utawaku.show_text(f"{state.asset}: {shown(title)}", state.message or state.state)
        elif isinstance(lower, StreamRows):
            self.utawaku.show_timeline(lower.streams[lower.cursor].stream.id)
        elif isinstance(lower, ChannelRows):
            channel = lower.channels[lower.cursor]
            told = channel.last_error or "Nothing went wrong."
            self.utawaku.show_text(shown(channel.title), f"{channel.url}\n\n{told}")
        elif isinstance(lower, LimitRows):
            limit = lower.limits[lower.cursor]
            self.utawaku.show_text(shown(limit.name), limit.told)

    def action_follow(self) -> None:
        """Follow a channel by its address."""

        def typed(text: str | None) -> None:
            if text is not None:
                self.utawaku.file_request(Follow(url=text.strip()), "the channel will be followed")

        self.app.push_screen(
            AskText(
                "Follow a channel",
                help="Its address, e.g. https://www.youtube.com/@name",
                check=lambda text: (
                    "" if urlsplit(text.strip()).scheme in ("http", "https")
                    and urlsplit(text.strip()).hostname
                    else "That is not an address."
                ),
            ),
            typed,
        )  # fmt: skip

    def _unfollow(self, channel: Channel) -> None:
        def answered(sure: bool | None) -> None:
            if sure:
                self.utawaku.file_request(
                    Unfollow(channel=channel.url),
                    f"{shown(channel.title)} is no longer followed",
                )

        self.app.push_screen(
            Confirm(f"Stop following {channel.title or channel.url}?", "Its songs stay."), answered
        )

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


def name_of(request: Request) -> str:
    """What is asked for, without what every address begins with."""
    # Of a path the end tells most, of an address the beginning.
    target = request.target if "://" in request.target else Path(request.target).name
    target = shown(target or request.target).removeprefix("https://").removeprefix("www.")
    return target if request.kind == Ingest.kind else f"{request.kind} {target}"


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
