"""A spectrum that moves with the music."""

import os
from typing import ClassVar

import numpy as np
from rich.segment import Segment
from textual.strip import Strip
from textual.widget import Widget

from utawaku.tui import terminal
from utawaku.tui.player.decode import RATE_HZ
from utawaku.tui.player.player import Player
from utawaku.tui.player.spectrum import band_levels

_LEVELS = " ▁▂▃▄▅▆▇█"
FRAMES_PER_S = 15
_FALL = 0.82
"""Share of a bar's height that is left a frame later, while its band is silent."""
_CELLS = 3
"""Cells of a bar and the gap behind it."""


class Spectrum(Widget, can_focus=False):
    """Bars of the bands, low ones at the left. Not there without colours or on a slow line."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"spectrum--low", "spectrum--high"}
    DEFAULT_CSS: ClassVar[str] = """
    Spectrum {
        width: 1fr; height: 1fr; min-height: 3;
        & > .spectrum--low { color: $primary; }
        & > .spectrum--high { color: $accent; }
    }
    """

    def __init__(self, player: Player, choice: str = "") -> None:
        """`choice` is `on` or `off`; empty goes by the terminal."""
        super().__init__()
        self._player = player
        self.choice = choice
        self.levels = np.zeros(0, np.float32)
        """float32 (n_bands,) in [0, 1], as drawn."""

    @property
    def moves(self) -> bool:
        """Return whether it is drawn at all."""
        if self.choice:
            return self.choice == "on"
        return not self.app.no_color and not terminal.is_slow(os.environ)

    def on_mount(self) -> None:
        """Follow the music."""
        self.display = self.moves
        self.set_interval(1 / FRAMES_PER_S, self._follow)

    def choose(self, choice: str) -> None:
        """Switch it on or off."""
        self.choice = choice
        self.display = self.moves

    def _follow(self) -> None:
        if not self.display or not self.screen.is_current or not self.size.width:
            return
        n_bands = max(1, self.size.width // _CELLS)
        now = band_levels(self._player.heard, RATE_HZ, n_bands)
        before = self.levels if len(self.levels) == n_bands else np.zeros(n_bands, np.float32)
        levels = np.maximum(now if self._player.moving else 0.0, before * _FALL)
        levels[levels < 0.01] = 0.0
        if levels.any() or before.any():
            self.levels = levels
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """One line of all bars."""
        base, height = self.rich_style, self.size.height
        low = self.get_component_rich_style("spectrum--low", partial=True)
        high = self.get_component_rich_style("spectrum--high", partial=True)
        from_foot = height - 1 - y
        eighths = np.clip(np.round(self.levels * height * 8) - 8 * from_foot, 0, 8).astype(int)
        line = "".join(_LEVELS[n] * (_CELLS - 1) + " " for n in eighths)
        style = base + (high if from_foot >= height * 2 // 3 else low)
        return Strip([Segment(line, style)]).adjust_cell_length(self.size.width, base)
