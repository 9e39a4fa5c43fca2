"""The lists of the pipeline screen: work, streams, channels, versions."""

import time
from collections.abc import Sequence
from typing import Any, ClassVar

from rich.cells import cell_len

from utawaku.library.artefacts import ARTEFACTS, CHAIN
from utawaku.library.language import msg, tr, translated
from utawaku.library.records import AssetState, Channel
from utawaku.library.store.overview import Maker, StreamStates
from utawaku.library.words import word
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

    title = msg("Now")
    empty_text = msg("Nothing runs and nothing has failed.")

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
        return [(fit("  " + fit(tr("Step"), 14) + tr("Stream"), width), None)]

    def draw_row(self, index: int, width: int) -> list[Cell]:
        """Step, stream, progress or reason."""
        state, title = self.work[index]
        room = width - 16 - 1
        left = max(16, room * 9 // 20)
        if state.state == "running":
            message = shown(translated(state.message))
            told = f"{bar(state.progress, 12)} {state.progress:4.0%}  {message}"
            look = "accent"
        else:
            told = shown(translated(state.message)) or told_checks(state) or word("failed")
            if state.is_made and state.state == "failed":
                told = tr("the earlier one stands; {told}", told=told)
            look = "bad"
        return [
            ("  " + fit(word(state.asset), 14), self.look(look)),
            (fit(shown(title), left - 2, middle=True) + "  ", None),
            (fit(told, max(0, room - left)), self.look("muted" if look == "accent" else "bad")),
        ]


class StreamRows(LowerRows):
    """Streams with a sign for each of their artefacts."""

    title = msg("Streams")
    empty_text = msg("No streams yet.")

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
        cells: list[Cell] = [(fit("  " + tr("Date"), 14), None), (fit(tr("Stream"), room), None)]
        if width < WIDE:
            return [*cells, (fit(tr("Steps"), width - 14 - room), None)]
        for name in ARTEFACTS:
            cells.append((fit(word(name), step_width(name)), None))
        return cells

    def _room(self, width: int) -> int:
        """Return the cells for the stream's title."""
        if width < WIDE:
            return width - 14 - len(ARTEFACTS) - max(21, width // 4)
        return width - 14 - sum(map(step_width, ARTEFACTS))

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
            cells.append((fit(sign, step_width(name) if wide else 1), self.look(look)))
        if not wide:
            told, look = summary_of(entry)
            left = width - 14 - room - len(ARTEFACTS)
            cells.append((fit("  " + told, left), self.look(look)))
        return cells


def step_width(name: str) -> int:
    """Return the cells of a step's column: its name in any language, and a gap."""
    return max(len(name), cell_len(word(name))) + 2


def told_checks(state: AssetState) -> str:
    """Return which checks of an artefact failed, in a line; empty for none."""
    names = [shown(str(name)).replace("_", " ") for name in state.metadata.get("failed_checks", {})]
    return tr("check failed: {names}", names=", ".join(names)) if names else ""


def _sign_of(state: AssetState) -> str:
    if state.state == "done" and state.metadata.get("failed_checks"):
        return "check failed"
    return "failed again" if state.state == "failed" and state.is_made else state.state


def kept_success(state: AssetState) -> str:
    """Return what is there of a step whatever became of its last attempt; empty for nothing."""
    if state.state == "done" or state.made_at is None:
        return ""
    made = " ".join(part for part in (state.engine, state.engine_version) if part)
    return tr(
        "What {made} made {ago} stands until it is replaced.",
        made=made,
        ago=ago(time.time() - state.made_at),
    )


def summary_of(entry: StreamStates) -> tuple[str, str]:
    """Return what to know of a stream's steps in a few words, and a look for it."""
    looks = {"failed": "bad", "running": "accent", "failed again": "warn", "check failed": "warn"}
    for wanted, look in looks.items():
        found = [state for state in entry.states.values() if _sign_of(state) == wanted]
        if found:
            name = word(found[0].asset)
            more = tr(" and {n_found} more", n_found=len(found) - 1) if len(found) > 1 else ""
            share = f" {found[0].progress:.0%}" if wanted == "running" else ""
            if wanted == "failed again":
                return tr(
                    "failed: {name}{more}, the earlier one stands", name=name, more=more
                ), look
            return (
                f"{name}{share}{more}"
                if share
                else tr("{state}: {names}", state=word(wanted), names=f"{name}{more}")
            ), look
    missing = [name for name in CHAIN if name not in entry.states]
    if missing:
        return tr("next: {step}", step=word(missing[0])), "muted"
    return tr("all done"), "good"


class ChannelRows(LowerRows):
    """Subscriptions and the last poll."""

    title = msg("Channels")
    empty_text = msg("Nobody is followed. F follows a channel by its address.")

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
        text = "  " + fit(tr("Channel"), left) + fit(tr("Last look"), 15) + fit(tr("Next look"), 15)
        return [(fit(text, width), None)]

    def draw_row(self, index: int, width: int) -> list[Cell]:
        """Sign, title, looks, what went wrong."""
        channel = self.channels[index]
        left = max(16, width - 2 - 15 - 15 - 24)
        last = ago(time.time() - channel.last_look_at) if channel.last_look_at else tr("never")
        following = "–"
        if channel.followed and channel.next_look_at:
            wait_s = channel.next_look_at - time.time()
            following = tr("due") if wait_s <= 0 else tr("in {n} min", n=max(1, round(wait_s / 60)))
        return [
            (
                "● " if channel.followed else "○ ",
                self.look("good" if channel.followed else "faint"),
            ),
            (fit(shown(channel.title) or shown(channel.url), left - 1) + " ", None),
            (fit(last, 15), self.look("muted")),
            (fit(following, 15), self.look("muted")),
            (
                fit(shown(translated(channel.last_error)), max(0, width - 32 - left)),
                self.look("bad"),
            ),
        ]


class MakerRows(LowerRows):
    """Versions that made artefacts; stale ones can be re-materialized."""

    title = msg("Versions")
    empty_text = msg("Nothing was made yet.")
    unknown = msg("Not known for these settings. S starts the pipeline, which looks.")

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
        return [
            (fit("  " + fit(tr("Step"), 14), 16), None),
            (fit(tr("Streams"), 9, right=True) + "  ", None),
            (fit(tr("Made by"), max(0, width - 27)), None),
        ]

    def draw_row(self, index: int, width: int) -> list[Cell]:
        """Artefact, how many, by whom."""
        maker = self.makers[index]
        name = " ".join(part for part in (maker.engine, maker.engine_version) if part)
        model = (
            tr("  model {model_version}", model_version=maker.model_version[:10])
            if maker.model_version
            else ""
        )
        told, look = tr("present version"), "faint"
        if maker.n_stale is None:
            told = tr("not known: S looks")
        elif maker.n_stale:
            told, look = tr("{n_stale:,} stale: y makes them again", n_stale=maker.n_stale), "warn"
        return [
            ("  " + fit(word(maker.asset), 14), self.look("warn") if maker.n_stale else None),
            (f"{maker.n_streams:9,}  ", self.look("muted")),
            (fit(shown(name + model), max(8, width - 27 - 28)), self.look("muted")),
            (fit(told, 28), self.look(look)),
        ]
