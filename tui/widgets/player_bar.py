"""The playing song: label, waveform with the position, interest, modes."""

from collections.abc import Callable
from typing import ClassVar

import numpy as np
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.strip import Strip
from textual.widget import Widget

from utawaku.library.analysis import Envelope
from utawaku.library.language import tr, translated, trn
from utawaku.library.words import word
from utawaku.tui.columns import title_of
from utawaku.tui.player.player import Player
from utawaku.tui.text import clock, fit, shown

_LEVELS = " ▁▂▃▄▅▆▇█"
_MARGIN = 2


class PlayerBar(Widget):
    """Three lines at the foot of every screen. A click on the waveform seeks."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "player-bar--played",
        "player-bar--unplayed",
        "player-bar--interest",
        "player-bar--muted",
        "player-bar--title",
        "player-bar--warn",
        "player-bar--mode",
    }
    DEFAULT_CSS = """
    PlayerBar {
        height: 3;
        dock: bottom;
        background: $surface;
        color: $foreground;
        & > .player-bar--played { color: $played; }
        & > .player-bar--unplayed { color: $unplayed; }
        & > .player-bar--interest { color: $interest; }
        & > .player-bar--muted { color: $muted; }
        & > .player-bar--title { color: $foreground; text-style: bold; }
        & > .player-bar--warn { color: $warning; }
        & > .player-bar--mode { color: $accent; }
    }
    """

    def __init__(self, player: Player) -> None:
        super().__init__()
        self._player = player
        self.envelope: Envelope | None = None
        self.interest: np.ndarray = np.zeros(0, np.float32)
        self._drawn: tuple[object, ...] = ()
        self.radio = ""
        """Words for the radio that plays; empty where none does."""
        self.sleep: Callable[[], str] = lambda: ""
        """Words for the moment when the music ends by itself."""

    def on_mount(self) -> None:
        """Follow the music."""
        self.set_interval(0.2, self._follow)

    def _follow(self) -> None:
        if not self.screen.is_current:
            return
        state = self._player.state
        width = max(1, self.size.width)
        column = int(state.position_s / state.duration_s * width * 2) if state.duration_s else 0
        drawn = (
            state.song,
            state.beside,
            state.playing,
            state.stem,
            state.silent_because,
            int(state.position_s),
            column,
            self._player.volume,
            self._modes(),
            self._player.waits,
        )
        if drawn != self._drawn:
            self._drawn = drawn
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """Name; waveform; interest."""
        width = self.size.width
        base = self.rich_style
        if y == 0:
            return self._name_line(width, base)
        if y == 1:
            return self._wave_line(width, base)
        return self._foot_line(width, base)

    def _style(self, name: str, base: Style) -> Style:
        return base + self.get_component_rich_style(f"player-bar--{name}", partial=True)

    def _modes(self) -> str:
        modes = []
        if self._player.state.silent_because:
            modes.append(
                tr(
                    "silent: {silent_because}",
                    silent_because=translated(self._player.state.silent_because),
                )
            )
        if self.radio:
            modes.append(tr("radio: {radio}", radio=self.radio))
        if asleep := self.sleep():
            modes.append(asleep)
        if self._player.highlights_only:
            modes.append(tr("highlights"))
        if self._player.queue.shuffled:
            modes.append(tr("shuffle"))
        if self._player.queue.repeat != "off":
            modes.append(tr("repeat {repeat}", repeat=word(self._player.queue.repeat)))
        stem, heard = self._player.stem, self._player.state
        if stem != "mix":
            there = heard.song is None or heard.stem == stem
            modes.append(word(stem) if there else tr("no {stem}", stem=word(stem)))
        if not self._player.replay_gain:
            modes.append(tr("gain off"))
        if self._player.volume != 1.0:
            modes.append(tr("vol {volume}%", volume=round(self._player.volume * 100)))
        return "  ".join(modes)

    def _name_line(self, width: int, base: Style) -> Strip:
        state = self._player.state
        if state.song is None and state.beside:
            sign, at = "▶" if state.playing else "‖", clock(state.position_s)
            room = max(0, width - 2 * _MARGIN - 2 - cell_len(at) - 1)
            return Strip(
                [
                    Segment(" " * _MARGIN + sign + " ", self._style("played", base)),
                    Segment(fit(shown(state.beside), room) + " ", self._style("title", base)),
                    Segment(at, self._style("muted", base)),
                ]
            ).adjust_cell_length(width, base)
        if state.song is None:
            modes = self._modes()
            told = tr("Nothing plays.")
            if not modes and self._player.waits:
                n = len(self._player.queue.entries)
                told += trn(
                    " space goes on with the {n:,} song of the queue.",
                    " space goes on with the {n:,} songs of the queue.",
                    n,
                )
            elif not modes:
                told += tr(" Enter plays the song under the cursor.")
            room = width - cell_len(told) - 2 * _MARGIN
            return Strip(
                [
                    Segment(" " * _MARGIN + told, self._style("muted", base)),
                    Segment(fit(f"  {modes}", room, right=True), self._style("mode", base)),
                ]
            ).adjust_cell_length(width, base)
        song = state.song
        sign = "▶" if state.playing else "‖"
        time_text = f"{clock(state.position_s)} / {clock(state.duration_s)}"
        title = title_of(song)
        room = width - cell_len(time_text) - 2 * _MARGIN - 3
        modes = self._modes()
        if modes:
            # The title and the time go before the modes.
            modes = fit(modes, min(cell_len(modes), room - min(cell_len(title), 24) - 3))
            room -= cell_len(modes) + 3
        by = " · ".join(shown(name) for name in (song.artist, song.singer) if name)
        title_cells = min(cell_len(title), max(8, room))
        title = fit(title, title_cells)
        by_room = max(0, room - title_cells - 2)
        segments = [
            Segment(" " * _MARGIN + sign + " ", self._style("played", base)),
            Segment(title, self._style("title", base)),
            Segment("  " + fit(by, by_room) if by_room else "", self._style("muted", base)),
            Segment(" ", base),
            Segment(modes + "   " if modes else "", self._style("mode", base)),
            Segment(time_text, self._style("muted", base)),
        ]
        return Strip(segments).adjust_cell_length(width, base)

    def _wave_line(self, width: int, base: Style) -> Strip:
        state = self._player.state
        inner = max(1, width - 2 * _MARGIN)
        fraction = state.position_s / state.duration_s if state.duration_s else 0.0
        at = min(inner, int(fraction * inner + 0.5))
        if state.song is not None and self.envelope is not None:
            song = state.song
            peaks = self.envelope.peaks(song.start_s, song.stop_s, inner)
            top = float(peaks.max(initial=0.0)) or 1.0
            # Half of the levels for the quieter half of hearing: amplitude as its square root.
            levels = np.ceil(np.sqrt(peaks / top) * 8).astype(int).clip(1, 8)
            line = "".join(_LEVELS[level] for level in levels)
        elif state.song is not None:
            line = "━" * inner
        else:
            line = "─" * inner
        played = self._style("played", base)
        unplayed = self._style("unplayed", base)
        pad = Segment(" " * _MARGIN, base)
        return Strip([pad, Segment(line[:at], played), Segment(line[at:], unplayed), pad])

    def _foot_line(self, width: int, base: Style) -> Strip:
        state = self._player.state
        inner = max(1, width - 2 * _MARGIN)
        pad = Segment(" " * _MARGIN, base)
        if state.song is None or not len(self.interest):
            line = self._highlight_mark(inner)
            return Strip([pad, Segment(line, self._style("interest", base)), pad])
        at = np.linspace(0, len(self.interest) - 1, inner)
        curve = np.interp(at, np.arange(len(self.interest)), self.interest)
        line = "".join(_LEVELS[int(level)] for level in np.round(curve * 6).clip(0, 8))
        return Strip([pad, Segment(line, self._style("interest", base)), pad])

    def _highlight_mark(self, inner: int) -> str:
        """Return where the highlight lies, when its curve is not known."""
        song = self._player.state.song
        if song is None or song.highlight_start_s is None or not song.duration_s:
            return " " * inner
        start = int(song.highlight_start_s / song.duration_s * inner)
        stop = int((song.highlight_stop_s or song.highlight_start_s) / song.duration_s * inner)
        start, stop = min(start, inner), min(max(stop, start + 1), inner)
        return " " * start + "▔" * (stop - start) + " " * (inner - stop)

    def on_click(self, event: events.Click) -> None:
        """Seek."""
        state = self._player.state
        inner = max(1, self.size.width - 2 * _MARGIN)
        if event.y >= 1 and state.song is not None:
            fraction = min(max((event.x - _MARGIN) / inner, 0.0), 1.0)
            self._player.seek(fraction * state.duration_s)
        elif state.song is not None:
            self._player.toggle()
