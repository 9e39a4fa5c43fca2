"""The whole song as a tall waveform above its interest curve."""

from typing import ClassVar

import numpy as np
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.strip import Strip
from textual.widget import Widget

from utawaku.library.analysis import Envelope
from utawaku.tui.player.player import Player

_LEVELS = " ▁▂▃▄▅▆▇█"


class SongWave(Widget, can_focus=False):
    """A waveform in which the part that was heard stands out; a click seeks."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"wave--played", "wave--unplayed", "wave--interest"}
    DEFAULT_CSS: ClassVar[str] = """
    SongWave {
        width: 1fr; height: 5;
        & > .wave--played { color: $played; }
        & > .wave--unplayed { color: $unplayed; }
        & > .wave--interest { color: $interest; }
    }
    """

    def __init__(self, player: Player) -> None:
        super().__init__()
        self._player = player
        self.envelope: Envelope | None = None
        self.interest: np.ndarray = np.zeros(0, np.float32)
        self._drawn: tuple[object, ...] = ()

    def on_mount(self) -> None:
        """Follow the music."""
        self.set_interval(0.2, self._follow)

    def take(self, envelope: Envelope | None, interest: np.ndarray) -> None:
        """Draw another song; `interest` is float (n,) in [0, 1], one value a second."""
        self.envelope, self.interest = envelope, interest
        self.refresh()

    def _follow(self) -> None:
        state = self._player.state
        drawn = (state.song and state.song.id, self._at())
        if drawn != self._drawn and self.screen.is_current:
            self._drawn = drawn
            self.refresh()

    def _at(self) -> int:
        """Return the column of the moment that is heard."""
        state = self._player.state
        share = state.position_s / state.duration_s if state.duration_s else 0.0
        return min(self.size.width, round(share * self.size.width))

    def render_line(self, y: int) -> Strip:
        """A line of the waveform; the last is the curve."""
        width, height, base = self.size.width, self.size.height, self.rich_style
        if y == height - 1:
            return Strip([Segment(self._curve(width), self._look("interest", base))])
        from_foot, rows = height - 2 - y, height - 1
        eighths = np.clip(self._levels(width) * rows * 8 - 8 * from_foot, 0, 8).astype(int)
        line, at = "".join(_LEVELS[n] for n in eighths), self._at()
        return Strip(
            [
                Segment(line[:at], self._look("played", base)),
                Segment(line[at:], self._look("unplayed", base)),
            ]
        )

    def _look(self, name: str, base: Style) -> Style:
        return base + self.get_component_rich_style(f"wave--{name}", partial=True)

    def _levels(self, width: int) -> np.ndarray:
        """float64 (width,) in [0, 1]: heights, a thin line where nothing is known."""
        song = self._player.state.song
        if song is None or self.envelope is None:
            return np.full(width, 0.04)
        peaks = self.envelope.peaks(song.start_s, song.stop_s, width).astype(np.float64)
        return np.clip(peaks / (float(peaks.max(initial=0.0)) or 1.0), 0.04, 1.0)

    def _curve(self, width: int) -> str:
        if not len(self.interest):
            return " " * width
        at = np.linspace(0, len(self.interest) - 1, width)
        curve = np.interp(at, np.arange(len(self.interest)), self.interest)
        return "".join(_LEVELS[int(level)] for level in np.round(curve * 8).clip(0, 8))

    def on_click(self, event: events.Click) -> None:
        """Seek."""
        state = self._player.state
        if state.song is not None:
            share = min(max(event.x / max(1, self.size.width), 0.0), 1.0)
            self._player.seek(share * state.duration_s)
