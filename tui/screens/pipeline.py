"""The pipeline: what was asked for, what runs now, what failed and why."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import ContentSwitcher, Static

from utawaku.library.artefacts import CHAIN
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.errors import UtawakuError
from utawaku.library.language import msg, tr, translated, trn
from utawaku.library.records import Channel, Request
from utawaku.library.requests import Follow, Rematerialize, RematerializeStream, Unfollow
from utawaku.library.shazam_status import GateState, shazam_state
from utawaku.library.staleness import kept_present
from utawaku.library.store.overview import StreamStates
from utawaku.library.words import word
from utawaku.tui.background import Latest, while_running
from utawaku.tui.columns import title_of
from utawaku.tui.messages import CursorMoved, RowChosen
from utawaku.tui.screens.dialogs import AskText, Confirm
from utawaku.tui.screens.tab_screen import TabScreen
from utawaku.tui.services.services import Services
from utawaku.tui.stem_progress import stem_progress
from utawaku.tui.targets import check_address, check_targets, requests_of
from utawaku.tui.text import ago, bar, fit, shown
from utawaku.tui.widgets.limit_rows import LimitRows, read_limits
from utawaku.tui.widgets.pipeline_rows import (
    ChannelRows,
    LowerRows,
    MakerRows,
    StreamRows,
    WorkRows,
    kept_success,
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
    """The content of the list below."""
    titles: dict[str, str]
    """Titles of the streams, songs and submissions that requests are about, by target."""
    steps: dict[str, tuple[float, str]]
    """Share done and the step that runs, of streams that are being worked on."""


def read_picture(catalogue: Catalogue, settings: Settings, view: str) -> Picture:
    """Read it; off the event loop."""
    lower: Any
    if view == "work":
        states = catalogue.assets.in_state("running", limit=50)
        failed = catalogue.assets.in_state("failed", limit=200)
        told = {(state.stream_id, state.asset) for state in failed}
        states += failed
        states += [
            state
            for state in catalogue.assets.with_failed_checks(limit=200)
            if (state.stream_id, state.asset) not in told
        ]
        titles = catalogue.streams.titles({state.stream_id for state in states})
        lower = [(state, titles.get(state.stream_id, state.stream_id)) for state in states]
    elif view == "stream-states":
        lower = catalogue.overview.states_of(catalogue.streams.all(limit=STREAMS_SHOWN))
    elif view == "channels":
        lower = catalogue.channels.all()
    elif view == "limits":
        lower = read_limits(catalogue, settings)
    else:
        lower = catalogue.overview.makers(kept_present(catalogue, settings))
    order = {"running": 0, "queued": 1}
    requests = catalogue.requests.recent(limit=300)
    requests.sort(key=lambda request: order.get(request.state, 2))
    running = {request.target for request in requests if request.state == "running"}
    worked_on = catalogue.overview.states_of(
        [stream for stream in map(catalogue.streams.find, sorted(running)) if stream is not None]
    )
    midnight = time.time() - time.time() % 86400
    return Picture(
        requests,
        catalogue.overview.n_recorded_since(midnight),
        shazam_state(settings, catalogue),
        lower,
        titles_of(requests, catalogue),
        {entry.stream.id: progress_of(entry) for entry in worked_on}
        | steps_of_stems(requests, catalogue),
    )


def steps_of_stems(
    requests: Sequence[Request], catalogue: Catalogue
) -> dict[str, tuple[float, str]]:
    """Return share and step of stems and pieces that are being made, by target of the request."""
    running = (request for request in requests if request.state == "running")
    found = ((request.target, stem_progress(request, catalogue)) for request in running)
    return {
        target: (told[0], shown(translated(told[1]))) for target, told in found if told is not None
    }


def titles_of(requests: Sequence[Request], catalogue: Catalogue) -> dict[str, str]:
    """Return the titles of what requests are about, by target; off the event loop."""
    targets = {request.target for request in requests if "/" not in request.target}
    titles = dict(catalogue.streams.titles(targets))
    songs = [target for target in targets - titles.keys() if "@" in target]
    titles |= {song.id: title_of(song) for song in catalogue.browser.songs_by_id(songs)}
    if any(request.kind == "upload" for request in requests):
        titles |= {str(one.id): one.title for one in catalogue.submissions.recent(limit=300)}
    return {target: title for target, title in titles.items() if title}


def progress_of(entry: StreamStates) -> tuple[float, str]:
    """Return the share of a stream's chain that is done, and the step that runs with its own."""
    done = sum(
        1.0 if state.state == "done" else state.progress if state.state == "running" else 0.0
        for name, state in entry.states.items()
        if name in CHAIN
    )
    running = [state for state in entry.states.values() if state.state == "running"]
    told = "  ".join(f"{word(state.asset)} {state.progress:.0%}" for state in running)
    return done / len(CHAIN), told


class RequestRows(Rows):
    """The requests."""

    empty_text = msg("Nothing was asked for. Key a adds an address, a file or a folder.")

    def __init__(self) -> None:
        super().__init__(id="requests")
        self.requests: Sequence[Request] = ()
        self.titles: dict[str, str] = {}
        self.steps: dict[str, tuple[float, str]] = {}

    def row_count(self) -> int:
        """Return how many requests are listed."""
        return len(self.requests)

    def draw_header(self, width: int) -> list[Cell]:
        """Titles."""
        return [(fit("  " + fit(tr("State"), 10) + tr("Request"), width), None)]

    def draw_row(self, index: int, width: int) -> list[Cell]:
        """State, what, progress or message, when."""
        request = self.requests[index]
        look = {"running": "accent", "failed": "bad", "done": "good"}.get(request.state, "muted")
        when = ago(time.time() - (request.finished_at or request.created_at))
        room = width - 12 - 14
        what = name_of(request, self.titles)
        if request.state == "running":
            share, step = self.steps.get(request.target, (request.progress, ""))
            share = max(share, request.progress)
            told = f"{bar(share, 10)} {share:4.0%}  {step or shown(translated(request.message))}"
        else:
            told = shown(translated(request.message))
        left = max(16, room * 11 // 20) if told else room
        return [
            ("  " + fit(word(request.state), 10), self.look(look)),
            (fit(what, left - 2, middle=True) + "  ", None),
            (
                fit(told, max(0, room - left)),
                self.look("bad" if request.state == "failed" else "muted"),
            ),
            (fit(when, 13, right=True) + " ", self.look("faint")),
        ]


class PipelineScreen(TabScreen):
    """Requests above, work below."""

    mode = "pipeline"
    about = msg("What you asked for, what is being made, and what went wrong.")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "add", "Add"),
        Binding("x", "cancel", "Cancel"),
        Binding("y", "retry", "Retry"),
        Binding("F", "follow", "Follow"),
        Binding("v", "view", "View"),
        Binding("enter", "read", "Read", show=False),
        Binding("S", "start", "Start pipeline"),
    ]

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self._reader: Latest | None = None

    def restyle(self) -> None:
        """Draw texts again that hold colours of the theme."""
        super().restyle()
        self._name_lower()

    def compose_body(self) -> ComposeResult:
        """Two lists."""
        self._reader = Latest("pipeline", while_running(self.app))
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
        self.set_interval(1.0, self.refresh_data)

    def on_unmount(self) -> None:
        """Look no more."""
        if self._reader is not None:
            self._reader.close()

    def refresh_data(self) -> None:
        """Read what happens."""
        if self._reader is None or not (self.is_current and self.app.is_running):
            return
        catalogue, settings = self.catalogue, self.settings
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
        self.refresh_data()

    def _name_lower(self) -> None:
        text = Text()
        muted = self.app.theme_variables.get("muted", "")
        for rows in self.query(LowerRows):
            here = rows is self.lower
            text.append(f"{tr(rows.title)}   ", style="bold" if here else muted)
        text.append("v", style=self.app.theme_variables.get("primary", ""))
        self.query_one("#lower-title", Static).update(text)

    def _arrived(self, picture: Any) -> None:
        if isinstance(picture, UtawakuError):
            self.services.reports.report(picture)
            return
        if isinstance(picture, Exception):
            raise picture
        requests = self.query_one(RequestRows)
        requests.requests = picture.requests
        requests.titles, requests.steps = picture.titles, picture.steps
        requests.rows_changed()
        self.lower.show(picture.lower)
        n_waiting = sum(request.state == "queued" for request in picture.requests)
        narrow = self.size.width < 140
        pipeline = self.services.pipeline
        if pipeline.is_running:
            parts = [tr("The pipeline runs.")]
        elif pipeline.starting_s is not None:
            parts = [
                tr(
                    "The pipeline is starting ({starting_s:.0f} s) …",
                    starting_s=pipeline.starting_s,
                )
            ]
        elif narrow:
            parts = [tr("The pipeline is off: S starts it.")]
        else:
            parts = [tr("The pipeline is off: requests wait, S starts it.")]
        if n_waiting:
            parts.append(trn("{n} waiting", "{n} waiting", n_waiting))
        gate = picture.shazam
        if gate.enabled and gate.open:
            wait = tr("until {time}", time=time.strftime("%H:%M", time.localtime(gate.until)))
            parts.append(
                tr("Shazam waits {wait}", wait=wait)
                if narrow
                else tr("Shazam {described}", described=shown(translated(gate.described())))
            )
        if picture.n_today:
            budget = self.settings.download.daily_quota
            of_quota = tr("{n_today} of {budget} downloads", n_today=picture.n_today, budget=budget)
            parts.append(of_quota if narrow else tr("{of_quota} used today", of_quota=of_quota))
        self.query_one("#pipeline-state", Static).update("   ".join(parts))

    def _request(self) -> Request | None:
        rows = self.query_one(RequestRows)
        return rows.requests[rows.cursor] if rows.requests else None

    def action_add(self) -> None:
        """Ask for addresses or files."""
        self.app.push_screen(
            AskText(
                tr("Add to the library"),
                help=tr(
                    "Addresses of streams, files or folders, one a line. --as-one behind the "
                    "address of a video in parts makes them one stream."
                ),
                check=check_targets,
                several_lines=True,
            ),
            self._add,
        )

    def _add(self, text: str | None) -> None:
        if text is None:
            return
        catalogue = self.catalogue

        def file() -> int:
            return len([catalogue.requests.file(wanted) for wanted in requests_of(text)])

        def filed(n: object) -> None:
            self.notify(
                trn("{n} to ingest", "{n} to ingest", int(str(n)))
                + self.services.pipeline.wait_note()
            )
            self.refresh_data()

        self.worker.write(file, filed)

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
            self.notify(tr("It is {state} already.", state=word(request.state)))
            return
        catalogue = self.catalogue

        def cancel(sure: bool | None) -> None:
            if sure:
                self.worker.write(
                    lambda: catalogue.requests.cancel(request.id), lambda _: self.refresh_data()
                )

        self.app.push_screen(
            Confirm(
                tr(
                    "Cancel {name}?",
                    name=name_of(request, self.query_one(RequestRows).titles),
                ),
                tr("y asks for it again."),
            ),
            cancel,
        )

    def action_retry(self) -> None:
        """Try a failed or cancelled request again; on the lower list make the step again."""
        catalogue = self.catalogue
        if self.lower.has_focus:
            self._make_again()
            return
        request = self._request()
        if request is None or request.state not in ("failed", "cancelled"):
            self.notify(tr("Only what failed or was cancelled can be tried again."))
            return
        self.worker.write(
            lambda: catalogue.requests.requeue(request.id), lambda _: self.refresh_data()
        )

    def action_read(self) -> None:
        """The whole message of the row under the cursor."""
        if self.lower.has_focus:
            self._read_lower()
            return
        request = self._request()
        if request is not None:
            told = translated(request.message) or tr(
                "{state}, without a message", state=word(request.state)
            )
            name = name_of(request, self.query_one(RequestRows).titles)
            self.show_text(name, f"{request.kind} {shown(request.target)}\n\n{told}")

    def _make_again(self) -> None:
        """The row of the lower list again."""
        lower = self.lower
        if lower.row_count() == 0:
            return
        told = self.services.pipeline.file_request
        if isinstance(lower, WorkRows):
            state, _title = lower.work[lower.cursor]
            told(
                RematerializeStream(stream_id=state.stream_id, assets=(state.asset,)),
                tr("{asset} will be made again", asset=word(state.asset)),
            )
        elif isinstance(lower, StreamRows):
            stream = lower.streams[lower.cursor].stream
            told(
                RematerializeStream(stream_id=stream.id),
                tr("{title} will be made again", title=shown(stream.title)),
            )
        elif isinstance(lower, MakerRows):
            maker = lower.makers[lower.cursor]
            if maker.n_stale is None:
                self.notify(tr(MakerRows.unknown))
                return
            if not maker.n_stale:
                self.notify(tr("These are of the present version."))
                return

            def answered(sure: bool | None) -> None:
                if sure:
                    told(Rematerialize(asset=maker.asset), tr("older ones will be made again"))

            self.app.push_screen(
                Confirm(
                    tr(
                        "Make {asset} of {n_stale:,} streams again?",
                        asset=word(maker.asset),
                        n_stale=maker.n_stale,
                    ),
                    tr("All that is stale is made by the present version; your edits stay."),
                ),
                answered,
            )

    def _read_lower(self) -> None:
        lower = self.lower
        if lower.row_count() == 0:
            return
        if isinstance(lower, WorkRows):
            state, title = lower.work[lower.cursor]
            checks = "\n".join(
                f"{name}: {shown(str(told))}"
                for name, told in state.metadata.get("failed_checks", {}).items()
            )
            told = translated(state.message) or checks or word(state.state)
            self.show_text(
                f"{word(state.asset)}: {shown(title)}", f"{told}\n\n{kept_success(state)}"
            )
        elif isinstance(lower, StreamRows):
            self.services.navigator.show_timeline(lower.streams[lower.cursor].stream.id)
        elif isinstance(lower, ChannelRows):
            channel = lower.channels[lower.cursor]
            told = translated(channel.last_error) or tr("Nothing went wrong.")
            self.show_text(shown(channel.title), f"{channel.url}\n\n{told}")
        elif isinstance(lower, LimitRows):
            limit = lower.limits[lower.cursor]
            self.show_text(shown(limit.name), limit.told)

    def action_follow(self) -> None:
        """Follow a channel by its address."""

        def typed(text: str | None) -> None:
            if text is not None:
                self.services.pipeline.file_request(
                    Follow(url=text.strip()), tr("the channel will be followed")
                )

        self.app.push_screen(
            AskText(
                tr("Follow a channel"),
                help=tr("Its address, e.g. https://www.youtube.com/@name"),
                check=check_address,
            ),
            typed,
        )

    def _unfollow(self, channel: Channel) -> None:
        def answered(sure: bool | None) -> None:
            if sure:
                self.services.pipeline.file_request(
                    Unfollow(channel=channel.url),
                    tr("{title} is no longer followed", title=shown(channel.title)),
                )

        self.app.push_screen(
            Confirm(
                tr("Stop following {title}?", title=channel.title or channel.url),
                tr("Its songs stay."),
            ),
            answered,
        )

    def on_row_chosen(self, event: RowChosen) -> None:
        """Enter."""
        event.stop()
        self.action_read()

    def on_cursor_moved(self, event: CursorMoved) -> None:
        """Nothing follows the cursor here."""
        event.stop()

    def action_start(self) -> None:
        """Start the pipeline."""
        self.services.pipeline.start()


KINDS = {
    "ingest": "",
    "ingest_stream": "",
    "recut": msg("cut"),
    "separate": msg("stems of"),
    "label": msg("labels of"),
    "retag": msg("tags of"),
    "setlist": msg("setlist of"),
    "rematerialize": msg("re-materialize"),
    "upload": msg("publish"),
    "rematerialize_stream": msg("re-materialize"),
    "recheck_length": msg("check again"),
}
"""Words before the target of a request; other kinds stand there by their own name."""


def name_of(request: Request, titles: Mapping[str, str]) -> str:
    """Return what is asked for: by its title where it is known, else without `https://www.`."""
    kind = tr(KINDS.get(request.kind, request.kind))
    if request.target in titles:
        return f"{kind} {shown(titles[request.target])}".strip()
    # The end of a path says most, and the beginning of an address.
    target = request.target if "://" in request.target else Path(request.target).name
    target = shown(target or request.target).removeprefix("https://").removeprefix("www.")
    return f"{kind} {target}".strip()
