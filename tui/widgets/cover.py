"""The cover of a song, where there is room for it."""

import os
import sys
import time
from collections import OrderedDict
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, ClassVar

from rich.color import Color
from rich.color_triplet import ColorTriplet
from rich.control import Control
from rich.segment import ControlType, Segment
from rich.style import Style
from textual import events
from textual.geometry import Region
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget

from utawaku.library.records import Song
from utawaku.tui import terminal
from utawaku.tui.background import Latest, while_running
from utawaku.tui.library_handle import LibraryHandle
from utawaku.tui.terminal import Picture, Way

REST_S = 0.12
"""A cover is looked for when the cursor has stood on its song for so long."""
MAX_KEPT = 48
"""Covers kept ready."""
TRUE_FOR_S = 30.0
"""A cover that was read so long ago is shown, but looked at again: the file may have another."""
_NUMBERS = count(0x5574 << 8)
"""Of pictures that kitty holds: three bytes, told to it as a colour."""


@dataclass(frozen=True)
class Wanted:
    """A cover at one size."""

    song_file: Path | None
    stream_dir: Path
    way: Way
    columns: int
    rows: int


class Cover(Widget, can_focus=False):
    """Shows one picture, or takes no room."""

    DEFAULT_CSS: ClassVar[str] = """
    Cover { height: auto; width: 1fr; margin: 0 0 1 0; display: none; color: $muted; }
    Cover.shown { display: block; }
    """

    def __init__(self, home: LibraryHandle, *, share: float = 1 / 3) -> None:
        """Take at most `share` of the pane's height."""
        super().__init__()
        self._home = home
        self._share = share
        self._reader: Latest | None = None
        self._resting: Timer | None = None
        self._song: Song | None = None
        self._kept: OrderedDict[Wanted, tuple[float, Picture | None]] = OrderedDict()
        """The time when each was read; the latest shown last."""
        self._number = 0
        self.picture: Picture | None = None
        self.choice: Way | None = None
        """The way the user chose; None goes by the terminal."""
        self.cell = terminal.cell_pixels(sys.__stdout__)

    @property
    def way(self) -> Way:
        """Return how pictures are shown here."""
        told = terminal.way_of(os.environ, no_color=bool(self.app.no_color))
        way = self.choice or told
        # Sixels are drawn pixel by pixel: without the size of a cell they would not fit.
        return "blocks" if way == "sixel" and self.cell is None else way

    def choose(self, way: str) -> None:
        """Show pictures in one of `terminal.WAYS`; anything else goes by the terminal."""
        self.choice = next((known for known in terminal.WAYS if known == way), None)
        self.again()

    def on_mount(self) -> None:
        """Start nothing until a song is shown."""
        self._reader = Latest("cover", while_running(self.app))

    def on_unmount(self) -> None:
        """Read nothing more; free what the terminal holds."""
        if self._reader is not None:
            self._reader.close()
        self._forget()

    def show(self, song: Song | None) -> None:
        """Show the cover of a song, as soon as the cursor rests on it."""
        self._song = song
        wanted = self._wanted()
        if wanted is None:
            self._stop_waiting()
            self._put(None)
            return
        if wanted in self._kept:
            self._kept.move_to_end(wanted)
            read_at, picture = self._kept[wanted]
            self._put(picture)
            if time.monotonic() - read_at < TRUE_FOR_S:
                self._stop_waiting()
                return
        if self._resting is None:
            self._resting = self.set_timer(REST_S, self._read)
        else:
            self._resting.reset()

    def again(self) -> None:
        """Show it again: there is another room for it, or another way."""
        song, self._song = self._song, None
        if song is not None:
            self.show(song)

    def on_resize(self, event: events.Resize) -> None:
        """The terminal's letters may have another size now."""
        self.cell = terminal.cell_pixels(sys.__stdout__)

    def _room(self) -> tuple[int, int]:
        """Columns and rows: the pane's width, and a share of its height."""
        pane = self.parent
        if not isinstance(pane, Widget):
            return 0, 0
        size = pane.scrollable_content_region
        return size.width, max(0, int(size.height * self._share))

    def _wanted(self) -> Wanted | None:
        song = self._song
        columns, rows = self._room()
        if song is None or not self._home.is_open or columns < 8 or rows < 4:
            return None
        settings = self._home.settings
        file = settings.library_root / song.file_path if song.file_path else None
        return Wanted(file, settings.stream_dir(song.stream_id), self.way, columns, rows)

    def _stop_waiting(self) -> None:
        if self._resting is not None:
            self._resting.stop()
            self._resting = None

    def _read(self) -> None:
        self._resting = None
        wanted, cell = self._wanted(), self.cell
        if wanted is None or self._reader is None:
            return

        def read() -> Picture | None:
            # Image libraries take a while to load, and the first song does not wait for them.
            from utawaku.tui.pictures import cover_file, make_picture

            file = cover_file(wanted.song_file, wanted.stream_dir)
            return make_picture(file, wanted.way, wanted.columns, wanted.rows, cell)

        def arrived(found: Any) -> None:
            if isinstance(found, Exception):
                raise found
            _read_at, before = self._kept.get(wanted, (0.0, None))
            same = before is not None and found is not None and before.is_like(found)
            self._kept[wanted] = time.monotonic(), before if same else found
            while len(self._kept) > MAX_KEPT:
                self._kept.popitem(last=False)
            if wanted == self._wanted():
                self._put(self._kept[wanted][1])

        self._reader.submit(read, arrived)

    def _put(self, picture: Picture | None) -> None:
        if picture is self.picture:
            return
        self._forget()
        self.picture = picture
        self.styles.height = picture.rows if picture is not None else 0
        self.set_class(picture is not None, "shown")
        if picture is not None and picture.way == "kitty":
            self._number = next(_NUMBERS) & 0xFFFFFF
            self._send("".join(terminal.kitty_sends(picture, self._number)))
        self.refresh(layout=True)

    def _forget(self) -> None:
        if self._number:
            self._send(terminal.kitty_forgets(self._number))
            self._number = 0

    def _send(self, sequence: str) -> None:
        driver = self.app._driver
        if driver is not None:
            driver.write(sequence)

    def render_lines(self, crop: Region) -> list[Strip]:
        """The lines of the picture that lie in `crop`."""
        picture, base = self.picture, self.rich_style
        if picture is None:
            return [Strip.blank(crop.width, base)] * crop.height
        lines = [
            self._line(picture, y, base).adjust_cell_length(self.size.width, base)
            for y in range(crop.y, crop.bottom)
        ]
        lines = [line.crop(crop.x, crop.right) for line in lines]
        if picture.way == "sixel" and lines and self.screen.is_active:
            lines[-1] = self._with_sixels(lines[-1], picture)
        return lines

    def _line(self, picture: Picture, y: int, base: Style) -> Strip:
        if y >= picture.rows or picture.way == "sixel":
            return Strip.blank(picture.columns, base)
        if picture.way == "text":
            return Strip([Segment("cover {} × {}".format(*picture.original), base)])
        if picture.way == "kitty":
            colour = Color.from_triplet(ColorTriplet(*self._number.to_bytes(3, "big")))
            text = terminal.kitty_row(picture, y)
            return Strip([Segment(text, Style(color=colour))], picture.columns)
        assert picture.pixels is not None
        upper, lower = picture.pixels[2 * y].tolist(), picture.pixels[2 * y + 1].tolist()
        return Strip(
            [
                Segment(
                    "▀",
                    Style(
                        color=Color.from_triplet(ColorTriplet(*above)),
                        bgcolor=Color.from_triplet(ColorTriplet(*below)),
                    ),
                )
                for above, below in zip(upper, lower, strict=True)
            ],
            picture.columns,
        )

    def _with_sixels(self, line: Strip, picture: Picture) -> Strip:
        """The blank last line, then the picture over all of its lines, then the cursor back."""
        region = self.screen.find_widget(self).visible_region
        move = Control.move_to
        return Strip(
            [
                *line,
                Segment(move(region.x, region.y).segment.text),
                Segment(picture.data, control=((ControlType.CURSOR_FORWARD, 0),)),
                Segment(move(region.right, region.bottom - 1).segment.text),
            ],
            line.cell_length,
        )
