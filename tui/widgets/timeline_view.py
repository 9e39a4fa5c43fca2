"""A recording drawn from left to right: waveform, segments, songs, setlist stamps."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from rich.cells import cell_len
from rich.color import Color
from rich.segment import Segment as Piece
from rich.style import Style
from textual import events
from textual.strip import Strip
from textual.widget import Widget

from utawaku.library.analysis import Envelope
from utawaku.library.doubt import doubtful_ends
from utawaku.library.language import tr
from utawaku.library.records import Segment, SetlistLine, Song
from utawaku.tui.columns import title_of
from utawaku.tui.messages import MarkerSet, ZoomWanted
from utawaku.tui.text import clock, fit, shown

MIN_SPAN_S = 4.0
_HALVES = " ▄▀█"
"""By which halves of a cell are filled: none, lower, upper, both."""


@dataclass(frozen=True)
class Picture:
    """All that is drawn."""

    duration_s: float = 0.0
    segments: Sequence[Segment] = ()
    songs: Sequence[Song] = ()
    stamps: Sequence[SetlistLine] = ()
    envelope: Envelope | None = None
    spans: dict[str, tuple[float, float]] = field(default_factory=dict)
    """Positions of songs that are being moved, by song id."""
    damaged: str = ""
    """The reason why the waveform cannot be drawn, if not for being too early."""

    def span_of(self, song: Song) -> tuple[float, float]:
        """Start and stop, with what is being moved."""
        return self.spans.get(song.id, (song.start_s, song.stop_s))

    def labels_at(self, times_s: np.ndarray) -> list[str]:
        """The label of the segment at each time; empty where there is none.

        `times_s` is float (n,), in seconds.
        """
        if not self.segments:
            return [""] * len(times_s)
        starts = np.array([segment.start_s for segment in self.segments])
        at = np.searchsorted(starts, times_s, side="right") - 1
        return [
            self.segments[i].label if i >= 0 and t < self.segments[i].stop_s else ""
            for i, t in zip(at, times_s, strict=True)
        ]


class TimelineView(Widget, can_focus=False):
    """Six or more lines; a click sets the marker, the wheel zooms."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "timeline--music",
        "timeline--speech",
        "timeline--silence",
        "timeline--noise",
        "timeline--muted",
        "timeline--marker",
        "timeline--song",
        "timeline--selected",
        "timeline--edge",
        "timeline--window",
    }
    DEFAULT_CSS: ClassVar[str] = """
    TimelineView {
        height: 12;
        padding: 0 2;
        & > .timeline--music { color: $music; }
        & > .timeline--speech { color: $speech; }
        & > .timeline--silence { color: $silence; }
        & > .timeline--noise { color: $noise; }
        & > .timeline--muted { color: $muted; }
        & > .timeline--marker { color: $foreground; text-style: bold; }
        & > .timeline--song { background: $panel; color: $foreground; }
        & > .timeline--selected { background: $selection; color: $primary; text-style: bold; }
        & > .timeline--edge { color: $warning; text-style: bold; }
        & > .timeline--window { background: $selection; }
    }
    """

    def __init__(self) -> None:
        super().__init__(id="timeline-view")
        self.picture = Picture()
        self.start_s = 0.0
        self.stop_s = 60.0
        self.marker_s = 0.0
        self.selected_id = ""
        self.edge = ""
        """`start` or `stop`: which end of the selected song is moved."""

    @property
    def span_s(self) -> float:
        """Seconds in sight."""
        return max(self.stop_s - self.start_s, 0.001)

    @property
    def column_s(self) -> float:
        """Seconds a column."""
        return self.span_s / max(1, self.content_size.width)

    def show(self, start_s: float, stop_s: float) -> None:
        """Look at this span, as far as there is one."""
        duration_s = max(self.picture.duration_s, MIN_SPAN_S)
        span_s = min(max(stop_s - start_s, MIN_SPAN_S), duration_s)
        start_s = min(max(start_s, 0.0), duration_s - span_s)
        self.start_s, self.stop_s = start_s, start_s + span_s
        self.refresh()

    def zoom(self, factor: float, around_s: float) -> None:
        """Look closer (factor under 1) or wider, keeping a moment where it is."""
        share = (around_s - self.start_s) / self.span_s
        span_s = self.span_s * factor
        self.show(around_s - share * span_s, around_s + (1 - share) * span_s)

    def reveal(self, at_s: float) -> None:
        """Scroll so that a moment is in sight."""
        if not self.start_s <= at_s <= self.stop_s:
            self.show(at_s - self.span_s / 2, at_s + self.span_s / 2)

    def _column(self, at_s: float, width: int) -> int:
        return int((at_s - self.start_s) / self.span_s * width)

    def _look(self, name: str) -> Style:
        return self.rich_style + self.get_component_rich_style(f"timeline--{name}", partial=True)

    def _label_look(self, label: str) -> Style:
        names = {"music": "music", "speech": "speech", "noise": "noise"}
        return self._look(names.get(label, "silence"))

    def render_line(self, y: int) -> Strip:
        """Ruler, stamps, waveform, segments, songs, overview."""
        width, height = self.content_size.width, self.content_size.height
        if y == 0:
            pieces = self._ruler(width)
        elif y == 1:
            pieces = self._stamp_line(width)
        elif y == height - 1:
            pieces = self._overview(width)
        elif y == height - 2:
            pieces = [Piece(" " * width, self.rich_style)]
        elif y == height - 3:
            pieces = self._song_line(width)
        elif y == height - 4:
            pieces = self._segment_line(width)
        else:
            pieces = self._wave(width, y - 2, max(1, height - 6))
        return Strip(pieces).adjust_cell_length(width, self.rich_style)

    def _times(self, width: int) -> np.ndarray:
        return self.start_s + (np.arange(width) + 0.5) * self.span_s / max(1, width)

    def _ruler(self, width: int) -> list[Piece]:
        step = next(
            (
                step
                for step in (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200)
                if step / self.span_s * width >= 11
            ),
            14400,
        )
        line = [" "] * width
        tick = int(np.ceil(self.start_s / step) * step)
        while tick <= self.stop_s:
            column = self._column(tick, width)
            text = "╷" + clock(tick)
            if 0 <= column <= width - len(text):
                line[column : column + len(text)] = text
            tick += step
        marker = self._column(self.marker_s, width)
        text = "".join(line)
        if not 0 <= marker < width:
            return [Piece(text, self._look("muted"))]
        return [
            Piece(text[:marker], self._look("muted")),
            Piece("▼", self._look("marker")),
            Piece(text[marker + 1 :], self._look("muted")),
        ]

    def _stamp_line(self, width: int) -> list[Piece]:
        """Return what people wrote, where they wrote it."""
        pieces: list[Piece] = []
        at = 0
        stamps = [
            stamp for stamp in self.picture.stamps if self.start_s <= stamp.start_s < self.stop_s
        ]
        for n, stamp in enumerate(stamps):
            column = self._column(stamp.start_s, width)
            if column < at:
                continue
            past = self._column(stamps[n + 1].start_s, width) if n + 1 < len(stamps) else width
            room = min(max(0, past - column - 1), width - column)
            text = "╎" + shown(stamp.title)
            text = fit(text, min(cell_len(text), max(1, room)))
            pieces.append(Piece(" " * (column - at), self.rich_style))
            look = "marker" if stamp.is_song else "muted"
            pieces.append(Piece(text, self._look("muted") if look == "muted" else self.rich_style))
            at = column + cell_len(text)
        pieces.append(Piece(" " * max(0, width - at), self.rich_style))
        return pieces

    def _wave(self, width: int, row: int, n_rows: int) -> list[Piece]:
        """One row of a waveform around a middle line, coloured by segment."""
        envelope = self.picture.envelope
        if envelope is None:
            middle = row == n_rows // 2
            words = self.picture.damaged or tr("no waveform yet: it comes with the segments")
            text = shown(words) if middle else ""
            indent = " " * max(0, (width - cell_len(text)) // 2)
            return [Piece(fit(indent + text, width), self._look("muted"))]
        peaks = envelope.peaks(self.start_s, self.stop_s, width)
        top = float(np.abs(envelope.high).max(initial=0.0)) or 1.0
        reach = (peaks / top) ** 0.75 * n_rows  # in half cells from the middle
        labels = self.picture.labels_at(self._times(width))
        marker = self._column(self.marker_s, width)
        upper = np.abs(row * 2 + 0.5 - n_rows) <= np.maximum(reach, 0.5)
        lower = np.abs(row * 2 + 1.5 - n_rows) <= np.maximum(reach, 0.5)
        pieces = []
        for column in range(width):
            char = _HALVES[int(lower[column]) + 2 * int(upper[column])]
            style = self._label_look(labels[column])
            if column == marker:
                char, style = ("│" if char == " " else char), self._look("marker")
            pieces.append(Piece(char, style))
        return pieces

    def _segment_line(self, width: int) -> list[Piece]:
        labels = self.picture.labels_at(self._times(width))
        return [Piece("▀", self._label_look(label)) for label in labels]

    def _song_line(self, width: int) -> list[Piece]:
        """Songs as bars with their titles; ends that are moved shine."""
        pieces: list[Piece] = []
        at = 0
        for song in self.picture.songs:
            start_s, stop_s = self.picture.span_of(song)
            first = max(self._column(start_s, width), at)
            past = min(self._column(stop_s, width), width)
            if past <= first or stop_s <= self.start_s or start_s >= self.stop_s:
                continue
            pieces.append(Piece(" " * (first - at), self.rich_style))
            chosen = song.id == self.selected_id
            look = self._look("selected" if chosen else "song")
            sign = {1: "♥ ", -1: "× "}.get(song.grade or 0, "")
            text = fit(f" {sign}{title_of(song)}", past - first)
            pieces += self._with_edges(text, look, chosen, song)
            at = past
        pieces.append(Piece(" " * max(0, width - at), self.rich_style))
        return pieces

    def _with_edges(self, text: str, look: Style, chosen: bool, song: Song) -> list[Piece]:
        """A bar with its ends: the one that is moved shines, a doubtful one is a question mark."""
        width = cell_len(text)
        if width < 2:
            return [Piece("▏" + text[1:] if text[:1] == " " else text, look)]
        edge = look + self.get_component_rich_style("timeline--edge", partial=True)
        held = self.edge if chosen else ""
        doubtful_start, doubtful_stop = doubtful_ends(song)
        if held == "start":
            first = Piece("▌", edge)
        elif doubtful_start:
            first = Piece("?", edge)
        else:
            first = Piece(" " if chosen and held else "▏", look)
        last = Piece("▐", edge) if held == "stop" else Piece("?", edge) if doubtful_stop else None
        rest = text[1:] if last is None else fit(text[1:], width - 2)
        return [first, Piece(rest, look), *([last] if last is not None else [])]

    def _overview(self, width: int) -> list[Piece]:
        """The whole recording on one line, and what of it is in sight."""
        duration_s = self.picture.duration_s
        if duration_s <= 0:
            return [Piece(" " * width, self.rich_style)]
        times = (np.arange(width) + 0.5) * duration_s / width
        labels = self.picture.labels_at(times)
        window = self._look("window").bgcolor or Color.default()
        spans = [self.picture.span_of(song) for song in self.picture.songs]
        pieces = []
        for column, (time, label) in enumerate(zip(times, labels, strict=True)):
            in_song = any(start_s <= time < stop_s for start_s, stop_s in spans)
            style = self._label_look(label)
            if self.start_s - 1e-6 <= time <= self.stop_s and self.span_s < duration_s * 0.999:
                style += Style(bgcolor=window)
            marker = int(self.marker_s / duration_s * width) == column
            if marker:
                pieces.append(Piece("│", self._look("marker")))
            else:
                pieces.append(Piece("▆" if in_song else "▂", style))
        return pieces

    def _time_at(self, x: int) -> float:
        column = x - self.styles.padding.left
        width = max(1, self.content_size.width)
        return self.start_s + (min(max(column, 0), width) / width) * self.span_s

    def on_click(self, event: events.Click) -> None:
        """Set the marker; on the overview look there."""
        width = max(1, self.content_size.width)
        if event.y == self.size.height - 1 and self.picture.duration_s:
            at_s = (event.x - self.styles.padding.left) / width * self.picture.duration_s
            self.show(at_s - self.span_s / 2, at_s + self.span_s / 2)
            self.post_message(MarkerSet(min(max(at_s, 0.0), self.picture.duration_s)))
        else:
            self.post_message(MarkerSet(self._time_at(event.x)))

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Closer."""
        event.stop()
        self.post_message(ZoomWanted(0.8, self._time_at(event.x)))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Wider."""
        event.stop()
        self.post_message(ZoomWanted(1.25, self._time_at(event.x)))
