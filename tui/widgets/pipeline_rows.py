"""The lists of the pipeline screen: work, streams, channels, versions."""

import time
from collections.abc import Sequence
from typing import Any, ClassVar

from utawaku.library.artefacts import ARTEFACTS
from utawaku.library.records import AssetState, Channel
from utawaku.library.store.overview import Maker, StreamStates
from utawaku.tui.text import ago, bar, fit, shown
from utawaku.tui.widgets.rows import Cell, Rows

_SIGNS = {
    "done": ("●", "good"),
    "running": ("◐", "accent"),
    "failed": ("×", "bad"),
    "stale": ("○", "warn"),
}


class LowerRows(Rows):
    """One of the lists that share the lower half."""

    title: ClassVar[str] = ""

    def show(self, found: Any) -> None:
        """List what was read."""
        raise NotImplementedError


class WorkRows(LowerRows):
    """What is being made, and what could not be."""

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
        """How many streams are listed."""
        return len(self.streams)

    def _names(self, width: int) -> list[tuple[str, int]]:
        """Artefacts with the width of their column: whole names where there is room."""
        wide = width >= 130
        return [(name, len(name) + 2 if wide else 5) for name in ARTEFACTS]

    def draw_header(self, width: int) -> list[Cell]:
        """Names of the artefacts."""
        names = self._names(width)
        room = width - 14 - sum(n for _name, n in names)
        cells: list[Cell] = [(fit("  Date", 14), None), (fit("Stream", room), None)]
        for name, n in names:
            told = name if len(name) < n else ARTEFACTS[name].short_name
            cells.append((fit(told.replace("_", " "), n), None))
        return cells

    def draw_row(self, index: int, width: int) -> list[Cell]:
        """Date, title, signs."""
        entry = self.streams[index]
        names = self._names(width)
        room = width - 14 - sum(n for _name, n in names)
        title = shown(entry.stream.title) or entry.stream.id
        cells: list[Cell] = [
            ("  " + fit(entry.stream.uploaded_on, 12), self.look("muted")),
            (fit(title, room - 2) + "  ", None),
        ]
        for name, n in names:
            state = entry.states.get(name)
            sign, look = _SIGNS.get(state.state, ("?", "muted")) if state else ("·", "faint")
            if state is not None and state.state == "running":
                sign = f"{state.progress:.0%}"
            cells.append((fit(sign, n), self.look(look)))
        return cells


class ChannelRows(LowerRows):
    """Who is followed, and the last look."""

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
        """How many channels are listed."""
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
    """Which versions made what: older ones can be made anew."""

    title = "Versions"
    empty_text = "Nothing was made yet."

    def __init__(self) -> None:
        super().__init__(id="makers")
        self.makers: Sequence[Maker] = ()

    def show(self, found: Any) -> None:
        """List what was read."""
        self.makers = found
        self.rows_changed()

    def row_count(self) -> int:
        """How many versions are listed."""
        return len(self.makers)

    def draw_header(self, width: int) -> list[Cell]:
        """Titles."""
        return [(fit("  Step            Streams  Made by", width), None)]

    def draw_row(self, index: int, width: int) -> list[Cell]:
        """Artefact, how many, by whom."""
        maker = self.makers[index]
        name = " ".join(part for part in (maker.engine, maker.engine_version) if part)
        model = f"  model {maker.model_version[:10]}" if maker.model_version else ""
        told = "newest" if maker.is_newest else "older: y makes them again"
        return [
            ("  " + fit(maker.asset, 14), None if maker.is_newest else self.look("warn")),
            (f"{maker.n_streams:9,}  ", self.look("muted")),
            (fit(shown(name + model), max(8, width - 27 - 28)), self.look("muted")),
            (fit(told, 28), self.look("faint" if maker.is_newest else "warn")),
        ]
