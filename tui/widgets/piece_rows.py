"""The pieces that a recording is cut into, one a line."""

from collections.abc import Sequence

from utawaku.library.language import msg, tr
from utawaku.library.planned_pieces import PlannedPiece
from utawaku.tui.text import clock, fit, precise_clock, shown
from utawaku.tui.widgets.rows import Cell, Rows


class PieceRows(Rows):
    """Number, times, length, whether it is made, text; the one that is heard is marked."""

    empty_text = msg("Reading the subtitles …")

    def __init__(self) -> None:
        super().__init__(id="piece-rows")
        self.pieces: Sequence[PlannedPiece] = ()
        self.heard: int | None = None
        """Index of the piece that is heard."""

    def row_count(self) -> int:
        """Return how many pieces there are."""
        return len(self.pieces)

    def draw_header(self, width: int) -> list[Cell]:
        """Titles."""
        heads = ((tr("Start"), 12), (tr("Stop"), 12), (tr("Length"), 8), (tr("Made"), 8))
        line = " " * 8 + "".join(fit(head, cells) for head, cells in heads) + tr("Text")
        return [(fit(line, width), None)]

    def draw_row(self, index: int, width: int) -> list[Cell]:
        """One piece."""
        piece = self.pieces[index]
        is_heard = index == self.heard
        look = "accent" if is_heard else "muted"
        room = max(8, width - 8 - 12 - 12 - 8 - 8)
        return [
            (" ▶ " if is_heard else "   ", self.look("accent")),
            (f"{piece.number:>4} ", self.look("faint")),
            (fit(precise_clock(piece.start_s), 12), self.look(look)),
            (fit(precise_clock(piece.stop_s), 12), self.look(look)),
            (
                fit(clock(round(piece.stop_s - piece.start_s, 3)), 6, right=True) + "  ",
                self.look("muted"),
            ),
            (fit("●" if piece.vocals else "", 8), self.look("good")),
            (
                fit(shown(piece.text) or tr("gap"), room),
                self.look("accent") if is_heard else None if piece.text else self.look("faint"),
            ),
        ]

    def piece_at(self, at_s: float) -> int | None:
        """Return the index of the piece that a second of the recording lies in."""
        for index, piece in enumerate(self.pieces):
            if piece.start_s <= at_s < piece.stop_s:
                return index
        return None
