"""The songs of one stream as a list."""

from utawaku.library.doubt import doubtful_ends, is_doubtful
from utawaku.library.language import msg, tr
from utawaku.library.records import Song
from utawaku.library.words import word
from utawaku.tui.columns import mark, title_of
from utawaku.tui.text import clock, fit, precise_clock, shown
from utawaku.tui.widgets.rows import Cell, Rows
from utawaku.tui.widgets.timeline_view import Picture


class StreamSongs(Rows):
    """The songs of the stream as a list."""

    empty_text = msg("No songs in this stream. a adds one at the marker.")

    def __init__(self) -> None:
        super().__init__(id="stream-songs")
        self.songs: list[Song] = []
        self.picture = Picture()

    def row_count(self) -> int:
        """Return how many songs there are."""
        return len(self.songs)

    def draw_header(self, width: int) -> list[Cell]:
        """Titles."""
        heads = ((tr("Start"), 12), (tr("Stop"), 12), (tr("Length"), 8))
        left = " " * 6 + "".join(fit(head, cells) for head, cells in heads) + tr("Title")
        return [(fit(left, width - 18), None), (fit(fit(tr("Sure"), 6) + tr("By"), 18), None)]

    def draw_row(self, index: int, width: int) -> list[Cell]:
        """Number, mark, span, title, how sure the cut is."""
        song = self.songs[index]
        start_s, stop_s = self.picture.span_of(song)
        by = f"{title_of(song)}  {shown(song.artist)}" if song.artist else title_of(song)
        start_look, stop_look = (
            "warn" if doubtful else "muted" for doubtful in doubtful_ends(song)
        )
        start, stop = (
            precise_clock(at_s) + (" ?" if look == "warn" else "")
            for at_s, look in ((start_s, start_look), (stop_s, stop_look))
        )
        room = max(8, width - 6 - 12 - 12 - 8 - 18)
        return [
            (f" {index + 1:2} ", self.look("faint")),
            (mark(song) + " ", self.look("accent" if song.grade == 1 else "muted")),
            (fit(start, 12), self.look(start_look)),
            (fit(stop, 12), self.look(stop_look)),
            (fit(clock(stop_s - start_s), 6, right=True) + "  ", self.look("muted")),
            (fit(by, room - 1) + " ", None),
            (f"{song.confidence:4.0%}  ", self.look("warn" if is_doubtful(song) else "muted")),
            (
                fit(word(song.boundary_source), 12),
                self.look("marked" if song.boundary_source == "user" else "muted"),
            ),
        ]
