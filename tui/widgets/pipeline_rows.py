"""The lists of the pipeline screen: work, streams, channels, versions."""

import time
from collections.abc import Sequence
from typing import Any, ClassVar

from utawaku.library.artefacts import ARTEFACTS, CHAIN
from utawaku.library.records import AssetState, Channel
from utawaku.library.store.overview import Maker, StreamStates
from utawaku.tui.text import ago, bar, fit, shown
from utawaku.tui.widgets.rows import Cell, Rows

_SIGNS = {
    "done": ("●", "good"),
    "running": ("◐", "accent"),
    "failed": ("×", "bad"),
    "failed again": ("⊗", "warn"),
    "check failed": ("◍", "warn"),
}
"""`failed again`: the last attempt failed, and what an earlier one made stands. `check failed`: it
was made, and a check found something wrong."""


WIDE = 150
"""Cells of width from which each step has a column with its name."""


class LowerRows(Rows):
    """One of the lists that share the lower half."""

    title: ClassVar[str] = ""

    def show(self, found: Any) -> None:
        """List what was read."""
        raise NotImplementedError


class WorkRows(LowerRows):
    """Artefacts being made, and those that failed."""

    title = "Now"
    empty_text = "Nothing runs and nothing has failed."

    def __init__(self) -> None:
        super().__init__(id="work")
        self.work: Sequence[tuple[AssetState, str]] = ()

    def show(self, found: Any) -> None:
        """List what was read."""
        self.work = found
        self.rows_changed()

    def row_count(self) -> int:
        """Return how many artefacts are listed."""
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
            told = shown(state.message) or told_checks(state) or "failed"
            if state.is_made and state.state == "failed":
                told = f"the earlier one stands; {told}"
            look = "bad"
        return [
            ("  " + fit(state.asset, 14), self.look(look)),
            (fit(shown(title), left - 2, middle=True) + "  ", None),
            (fit(told, max(0, room - left)), self.look("muted" if look == "accent" else "bad")),
        ]


class StreamRows(LowerRows):
    """Streams with a sign for each of their artefacts."""

    title = "Streams"
    empty_text = "No streams yet."

    def __init__(self) -> None:
        super().__init__(id="stream-states")
        self.streams: Sequence[StreamStates] = ()

    def show(self, found: Any) -> None:
        """List what was read."""
        self.streams = found
        self.rows_changed()

    def row_count(self) -> int:
        """Return how many streams are listed."""
        return len(self.streams)

    def draw_header(self, width: int) -> list[Cell]:
        """Draw titles: each step by its name where there is room, else one column for all."""
        room = self._room(width)
        cells: list[Cell] = [(fit("  Date", 14), None), (fit("Stream", room), None)]
        if width < WIDE:
            return [*cells, (fit("Steps", width - 14 - room), None)]
        for name in ARTEFACTS:
            cells.append((fit(name.replace("_", " "), len(name) + 2), None))
        return cells

    def _room(self, width: int) -> int:
        """Return the cells for the stream's title."""
        if width < WIDE:
            return width - 14 - len(ARTEFACTS) - max(21, width // 4)
        return width - 14 - sum(len(name) + 2 for name in ARTEFACTS)

    def draw_row(self, index: int, width: int) -> list[Cell]:
        """Draw date, title, and a sign for each step."""
        entry = self.streams[index]
        room = self._room(width)
        title = shown(entry.stream.title) or entry.stream.id
        cells: list[Cell] = [
            ("  " + fit(entry.stream.uploaded_on, 12), self.look("muted")),
            (fit(title, room - 2, middle=True) + "  ", None),
        ]
        wide = width >= WIDE
        for name in ARTEFACTS:
            state = entry.states.get(name)
            sign, look = _SIGNS.get(_sign_of(state), ("?", "muted")) if state else ("·", "faint")
            if wide and state is not None and state.state == "running":
                sign = f"{state.progress:.0%}"
            cells.append((fit(sign, len(name) + 2 if wide else 1), self.look(look)))
        if not wide:
            told, look = summary_of(entry)
            left = width - 14 - room - len(ARTEFACTS)
            cells.append((fit("  " + told, left), self.look(look)))
        return cells


def told_checks(state: AssetState) -> str:
    """Return which checks of an artefact failed, in a line; empty for none."""
    names = [shown(str(name)).replace("_", " ") for name in state.metadata.get("failed_checks", {})]
    return f"check failed: {', '.join(names)}" if names else ""


def _sign_of(state: AssetState) -> str:
    if state.state == "done" and state.metadata.get("failed_checks"):
        return "check failed"
    return "failed again" if state.state == "failed" and state.is_made else state.state


def kept_success(state: AssetState) -> str:
    """Return what is there of a step whatever became of its last attempt; empty for nothing."""
    if state.state == "done" or state.made_at is None:
        return ""
    made = " ".join(part for part in (state.engine, state.engine_version) if part)
    return f"What {made} made {ago(time.time() - state.made_at)} stands until it is replaced."


def summary_of(entry: StreamStates) -> tuple[str, str]:
    """Return what to know of a stream's steps in a few words, and a look for it."""
    looks = {"failed": "bad", "running": "accent", "failed again": "warn", "check failed": "warn"}
    for wanted, look in looks.items():
        found = [state for state in entry.states.values() if _sign_of(state) == wanted]
        if found:
            name = found[0].asset.replace("_", " ")
            more = f" and {len(found) - 1} more" if len(found) > 1 else ""
            share = f" {found[0].progress:.0%}" if wanted == "running" else ""
            if wanted == "failed again":
                return f"failed: {name}{more}, the earlier one stands", look
            return (f"{name}{share}{more}" if share else f"{wanted}: {name}{more}"), look
    missing = [name for name in CHAIN if name not in entry.states]
    if missing:
        return f"next: {missing[0].replace('_', ' ')}", "muted"
    return "all done", "good"


class ChannelRows(LowerRows):
    """Subscriptions and the last poll."""

    title = "Channels"
    empty_text = "Nobody is followed. F follows a channel by its address."

    def __init__(self) -> None:
        super().__init__(id="channels")
        self.channels: Sequence[Channel] = ()

    def show(self, found: Any) -> None:
        """List what was read."""
        self.channels = found
        self.rows_changed()

    def row_count(self) -> int:
        """Return how many channels are listed."""
        return len(self.channels)

    def draw_header(self, width: int) -> list[Cell]:
        """Titles."""
        left = max(16, width - 2 - 15 - 15 - 24)
        text = "  " + fit("Channel", left) + fit("Last look", 15) + fit("Next look", 15)
        return [(fit(text, width), None)]

    def draw_row(self, index: int, width: int) -> list[Cell]:
        """Sign, title, looks, what went wrong."""
        channel = self.channels[index]
        left = max(16, width - 2 - 15 - 15 - 24)
        last = ago(time.time() - channel.last_look_at) if channel.last_look_at else "never"
        following = "–"
        if channel.followed and channel.next_look_at:
            wait_s = channel.next_look_at - time.time()
            following = "due" if wait_s <= 0 else f"in {max(1, round(wait_s / 60))} min"
        return [
            (
                "● " if channel.followed else "○ ",
                self.look("good" if channel.followed else "faint"),
            ),
            (fit(shown(channel.title) or shown(channel.url), left - 1) + " ", None),
            (fit(last, 15), self.look("muted")),
            (fit(following, 15), self.look("muted")),
            (fit(shown(channel.last_error), max(0, width - 32 - left)), self.look("bad")),
        ]


class MakerRows(LowerRows):
    """Versions that made artefacts; stale ones can be re-materialized."""

    title = "Versions"
    empty_text = "Nothing was made yet."
    unknown = "Not known for these settings. S starts the pipeline, which looks."

    def __init__(self) -> None:
        super().__init__(id="makers")
        self.makers: Sequence[Maker] = ()

    def show(self, found: Any) -> None:
        """List what was read."""
        self.makers = found
        self.rows_changed()

    def row_count(self) -> int:
        """Return how many versions are listed."""
        return len(self.makers)

    def draw_header(self, width: int) -> list[Cell]:
        """Titles."""
        return [(fit("  Step            Streams  Made by", width), None)]

    def draw_row(self, index: int, width: int) -> list[Cell]:
        """Artefact, how many, by whom."""
        maker = self.makers[index]
        name = " ".join(part for part in (maker.engine, maker.engine_version) if part)
        model = f"  model {maker.model_version[:10]}" if maker.model_version else ""
        told, look = "present version", "faint"
        if maker.n_stale is None:
            told = "not known: S looks"
        elif maker.n_stale:
            told, look = f"{maker.n_stale:,} stale: y makes them again", "warn"
        return [
            ("  " + fit(maker.asset, 14), self.look("warn") if maker.n_stale else None),
            (f"{maker.n_streams:9,}  ", self.look("muted")),
            (fit(shown(name + model), max(8, width - 27 - 28)), self.look("muted")),
            (fit(told, 28), self.look(look)),
        ]
