"""Turns of the play queue."""

from utawaku.library.language import msg
from utawaku.library.records import Song
from utawaku.tui.columns import title_of
from utawaku.tui.player.player import Player
from utawaku.tui.player.queue import Entry
from utawaku.tui.text import clock, fit, shown
from utawaku.tui.widgets.rows import Cell, Rows


class QueueRows(Rows):
    """The turns of the queue."""

    has_header = False
    empty_text = msg("The queue is empty: a in the library adds songs.")

    def __init__(self, player: Player) -> None:
        super().__init__()
        self._player = player
        self.songs: dict[str, Song | None] = {}
        """Songs that were read; None for one that is gone."""

    @property
    def entries(self) -> list[Entry]:
        """In the order they are heard."""
        return self._player.queue.entries

    def row_count(self) -> int:
        """Return how many turns there are."""
        return len(self.entries)

    def draw_row(self, index: int, width: int) -> list[Cell]:
        """Sign, title, singer, length."""
        entry = self.entries[index]
        song = self.songs.get(entry.song_id)
        now = self.is_now(index)
        sign = " ▶ " if now else "   "
        if song is None:
            return [(sign, self.look("accent")), (fit("·", width - 3), self.look("faint"))]
        by = " · ".join(shown(name) for name in (song.artist, song.singer) if name)
        left = max(12, (width - 12) * 11 // 20)
        look = "accent" if now else "muted" if self.is_over(index) else ""
        return [
            (sign, self.look("accent")),
            (fit(title_of(song), left - 2) + "  ", self.look(look) if look else None),
            (fit(by, max(0, width - left - 11)), self.look("muted")),
            (fit(clock(song.duration_s), 7, right=True) + " ", self.look("muted")),
        ]

    def is_now(self, index: int) -> bool:
        """Return whether this turn plays."""
        return index == self._player.queue.at

    def is_over(self, index: int) -> bool:
        """Return whether this turn was heard."""
        return self.entries is self._player.queue.entries and index < self._player.queue.at
