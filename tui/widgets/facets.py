"""The library by singer, artist, year and grade; a choice goes into the search."""

from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType

from utawaku.library.query.results import FacetValue, quote
from utawaku.tui.messages import CursorMoved, FacetToggled, RowChosen
from utawaku.tui.text import fit, shown
from utawaku.tui.widgets.rows import Cell, Rows

FACETS: tuple[tuple[str, str, int], ...] = (
    ("grade", "Grade", 4),
    ("singer", "Singer", 12),
    ("year", "Year", 8),
    ("artist", "Artist", 30),
)
"""Field, title, most values shown."""


@dataclass(frozen=True)
class FacetLine:
    """A title (without a value) or a value."""

    field: str
    text: str
    value: FacetValue | None = None

    @property
    def term(self) -> str:
        """The search for it."""
        assert self.value is not None
        operator = ":" if self.field in ("grade", "year") else "="
        return f"{self.field}{operator}{quote(self.value.value)}"


class Facets(Rows):
    """The pane at the left."""

    has_header = False
    empty_text = "…"
    DEFAULT_CSS: ClassVar[str] = """
    Facets { width: 26; border-right: solid $border; padding: 0 0 0 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "choose", "Narrow to this", show=False),
    ]

    def __init__(self) -> None:
        super().__init__(id="facets")
        self.lines: list[FacetLine] = []
        self.active: frozenset[str] = frozenset()
        """Terms that the search holds already."""

    def show(self, values: dict[str, list[FacetValue]], active: frozenset[str]) -> None:
        """List values with their counts."""
        lines = []
        for field, title, most in FACETS:
            found = [value for value in values.get(field, []) if value.value][:most]
            if found:
                lines.append(FacetLine(field, title))
                lines += [FacetLine(field, value.value, value) for value in found]
        self.lines = lines
        self.active = active
        self.rows_changed()

    def row_count(self) -> int:
        """Titles and values."""
        return len(self.lines)

    def draw_row(self, index: int, width: int) -> list[Cell]:
        """A title, or a value with its count."""
        line = self.lines[index]
        if line.value is None:
            return [(fit(line.text, width), self.look("muted"))]
        count = f"{line.value.n_songs:,}"
        active = line.term in self.active
        name = shown(line.text)
        return [
            (" ● " if active else "   ", self.look("accent")),
            (fit(name, width - len(count) - 5), self.look("accent") if active else None),
            (" " + count + " ", self.look("faint")),
        ]

    def on_row_chosen(self, event: RowChosen) -> None:
        """Put it into the search, or take it out."""
        event.stop()
        line = self.lines[event.index]
        if line.value is not None:
            self.post_message(FacetToggled(line.term))

    def on_cursor_moved(self, event: CursorMoved) -> None:
        """Nobody else's business."""
        event.stop()
