"""The table of songs: any number of them, read from the catalogue a block at a time."""

from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar

import numpy as np
from rich.cells import cell_len, set_cell_size
from textual.binding import Binding, BindingType
from textual.geometry import Region

from utawaku.library.errors import UtawakuError
from utawaku.library.language import tr
from utawaku.library.query.results import Listing, Sort
from utawaku.library.records import Song
from utawaku.tui.background import Latest, while_running
from utawaku.tui.columns import COLUMNS, DEFAULT, Column, lay_out, mark
from utawaku.tui.messages import (
    CursorMoved,
    HeaderClicked,
    SelectionChanged,
    SongsUnreadable,
    SortWanted,
)
from utawaku.tui.text import fit
from utawaku.tui.widgets.rows import Cell, Rows

Read = Callable[[Sequence[int]], list[tuple[int, Song]]]
"""Numbers to songs with their numbers, those that are gone left out; called in a thread."""

BLOCK = 128
"""Songs that are read at once."""

_MAX_CACHED = 64 * BLOCK
_LEFT = 4
"""Cells before the first column: play sign, selection, mark."""
_GAP = 2


class SongTable(Rows):
    """Shows a `Listing`. What is not read yet is drawn as a dot and follows in a moment."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("v", "select", "Select", show=False),
        Binding("V", "select_range", "Select up to here", show=False),
        Binding("ctrl+a", "select_all", "Select all", show=False),
        Binding("escape", "deselect", "Select none", show=False),
    ]

    empty_text = ""

    def __init__(self, read: Read, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._read_songs = read
        self._reader: Latest | None = None
        self.listing: Listing | None = None
        self._songs: dict[int, Song] = {}
        self._gone: set[int] = set()
        self.selected: set[int] = set()
        """Numbers of the selected songs."""
        self._anchor = 0
        self.playing_id = ""
        self.columns: list[Column] = [COLUMNS[name] for name in DEFAULT]

    def on_unmount(self) -> None:
        """Read nothing more."""
        if self._reader is not None:
            self._reader.close()

    def row_count(self) -> int:
        """Return how many songs are listed."""
        return 0 if self.listing is None else len(self.listing)

    def show(self, listing: Listing, songs: Iterable[tuple[int, Song]], *, keep: bool) -> None:
        """List other songs.

        Args:
            listing: what to list.
            songs: those already read, with their numbers.
            keep: stay on the song under the cursor, where it is still listed.
        """
        under_cursor = self.number_at(self.cursor)
        self.listing = listing
        self._songs = dict(songs)
        self._gone.clear()
        place = 0
        if keep and under_cursor is not None:
            places = np.flatnonzero(listing.numbers == under_cursor)
            place = int(places[0]) if len(places) else min(self.cursor, max(0, len(listing) - 1))
        self.selected &= set(listing.numbers.tolist()) if self.selected else set()
        self.rows_changed()
        if place != self.cursor:
            self.cursor = place
        else:
            self.post_message(CursorMoved(self, place))
        self.show_cursor()

    def set_columns(self, names: Sequence[str]) -> None:
        """Show these columns."""
        self.columns = [COLUMNS[name] for name in names if name in COLUMNS] or [COLUMNS["title"]]
        self.refresh()

    def number_at(self, index: int) -> int | None:
        """Number of the song in a row."""
        if self.listing is None or not 0 <= index < len(self.listing):
            return None
        return int(self.listing.numbers[index])

    def song_at(self, index: int) -> Song | None:
        """The song in a row, if it was read already."""
        number = self.number_at(index)
        return None if number is None else self._songs.get(number)

    @property
    def current(self) -> Song | None:
        """The song under the cursor."""
        return self.song_at(self.cursor)

    def chosen_numbers(self) -> list[int]:
        """The selected songs in the order of the list; without any the one under the cursor."""
        if self.listing is not None and self.selected:
            listed = self.listing.numbers
            inside = np.isin(listed, np.fromiter(self.selected, np.int64, len(self.selected)))
            return [int(number) for number in listed[inside]]
        number = self.number_at(self.cursor)
        return [] if number is None else [number]

    def put(self, songs: Iterable[tuple[int, Song]]) -> None:
        """Songs have changed: show them so."""
        for number, song in songs:
            self._songs[number] = song
        self.refresh()

    def draw_header(self, width: int) -> list[Cell]:
        """Titles of the columns, with the arrow of the order."""
        sort = self.listing.query.sort if self.listing and not self.listing.ranked else None
        cells: list[Cell] = [(" " * _LEFT, None)]
        for n, (column, column_width) in enumerate(lay_out(self.columns, width - _LEFT - 1)):
            if n:
                cells.append((" " * _GAP, None))
            title, arrow = tr(column.title), _arrow(column, sort)
            if cell_len(title + arrow) > column_width:
                arrow = arrow.strip()
                title = set_cell_size(title, column_width - cell_len(arrow)).rstrip()
            title += arrow
            cells.append((fit(title, column_width, right=column.right), None))
        n_hidden = len(self.columns) - len(self.columns_in_sight())
        if n_hidden:
            # Columns that are on and have no room; o lists them.
            cells[0] = (fit(f" +{n_hidden}", _LEFT), None)
        return cells

    def draw_row(self, index: int, width: int) -> list[Cell]:
        """One song."""
        number = self.number_at(index)
        song = None if number is None else self._songs.get(number)
        if number is None or song is None:
            gone = number in self._gone
            if not gone:
                self._read_around(index)
            return [(fit("    " + tr("(gone)") if gone else "    ·", width), self.look("faint"))]
        playing = song.id == self.playing_id
        selected = number in self.selected
        grade_look = {1: "accent", -1: "bad"}.get(song.grade or 0, "muted")
        cells: list[Cell] = [
            ("▶" if playing else " ", self.look("accent")),
            ("▌" if selected else " ", self.look("marked")),
            (mark(song), self.look(grade_look)),
            (" ", None),
        ]
        copies = self.listing.copies if self.listing is not None else None
        for n, (column, column_width) in enumerate(lay_out(self.columns, width - _LEFT - 1)):
            if n:
                cells.append((" " * _GAP, None))
            text = column.text(song)
            look = column.look
            if column.name == "title":
                if copies is not None and copies[index] > 1:
                    text += f"  ×{copies[index]}"
                if playing:
                    look = "accent"
                elif selected:
                    look = "marked"
                elif not song.title:
                    look = "muted"
            style = self.look(look) if look else None
            fitted = fit(text, column_width, right=column.right, middle=column.middle)
            cells.append((fitted, style))
        return cells

    def _read_around(self, index: int) -> None:
        """Fetch the block of a row and its neighbours."""
        if self.listing is None:
            return
        if self._reader is None:
            self._reader = Latest("song-table", while_running(self.app))
        listing = self.listing
        first = max(0, index // BLOCK - 1) * BLOCK
        wanted = [
            int(number)
            for number in listing.numbers[first : first + 3 * BLOCK]
            if int(number) not in self._songs
        ]

        def read() -> list[tuple[int, Song]]:
            return self._read_songs(wanted)

        def arrived(result: list[tuple[int, Song]] | Exception) -> None:
            if isinstance(result, UtawakuError):
                self.post_message(SongsUnreadable(result))
                return
            if isinstance(result, Exception):
                raise result
            if listing is not self.listing:
                return
            if len(self._songs) > _MAX_CACHED:
                self._songs.clear()
            self._songs.update(result)
            self._gone |= set(wanted) - set(self._songs)
            self.refresh()
            self.post_message(CursorMoved(self, self.cursor))

        self._reader.submit(read, arrived)

    def columns_in_sight(self) -> list[str]:
        """Names of the columns that fit, from left to right."""
        width = self.scrollable_content_region.width - _LEFT - 1
        return [column.name for column, _width in lay_out(self.columns, width)]

    def sorts_in_sight(self) -> set[str]:
        """Return the fields whose order the header shows by an arrow."""
        return {COLUMNS[name].sort for name in self.columns_in_sight()}

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave Escape to the screen where nothing is selected."""
        return bool(self.selected) if action == "deselect" else True

    def cell_region(self, index: int, name: str) -> Region | None:
        """Return where a cell stands on the screen; None when it is not in sight."""
        content = self.scrollable_content_region
        y = index - self.scroll_offset.y + self.n_header
        if not self.n_header <= y < content.height:
            return None
        at = _LEFT
        for column, width in lay_out(self.columns, content.width - _LEFT - 1):
            if column.name == name:
                return Region(content.x + at, content.y + y, width, 1)
            at += width + _GAP
        return None

    def column_at(self, x: int) -> Column | None:
        """The column at a cell of the header."""
        at = _LEFT
        width = self.scrollable_content_region.width - _LEFT - 1
        for column, column_width in lay_out(self.columns, width):
            if at <= x < at + column_width + _GAP:
                return column
            at += column_width + _GAP
        return None

    def on_header_clicked(self, event: HeaderClicked) -> None:
        """Sort by the column."""
        event.stop()
        column = self.column_at(event.x)
        if column is not None and column.sort:
            self.post_message(SortWanted(column.sort))

    def action_select(self) -> None:
        """Select the song, or not, and go on to the next."""
        number = self.number_at(self.cursor)
        if number is None:
            return
        self.selected ^= {number}
        self._anchor = self.cursor
        self._selection_changed()
        self.cursor += 1

    def action_select_range(self) -> None:
        """Select from the last selected song to this one."""
        if self.listing is None:
            return
        low, high = sorted((self._anchor, self.cursor))
        self.selected |= set(self.listing.numbers[low : high + 1].tolist())
        self._selection_changed()

    def action_select_all(self) -> None:
        """Select every listed song."""
        if self.listing is not None:
            self.selected = set(self.listing.numbers.tolist())
            self._selection_changed()

    def action_deselect(self) -> None:
        """Select none."""
        if self.selected:
            self.selected.clear()
            self._selection_changed()

    def _selection_changed(self) -> None:
        self.refresh()
        self.post_message(SelectionChanged(len(self.selected)))


def _arrow(column: Column, sort: Sort | None) -> str:
    if sort is None or column.sort != sort.field:
        return ""
    return " ↓" if sort.descending else " ↑"
