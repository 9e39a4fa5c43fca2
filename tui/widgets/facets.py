"""The library by grade, singer, year, tag and artist; an artist opens to streams and songs.

A choice goes into the search; a song is played.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType

from utawaku.library.language import msg, tr
from utawaku.library.query.results import FacetValue, quote
from utawaku.library.records import Song
from utawaku.tui.columns import title_of
from utawaku.tui.messages import BranchOpened, CursorMoved, FacetToggled, RowChosen, SongWanted
from utawaku.tui.text import fit, shown
from utawaku.tui.widgets.rows import Cell, Rows

FACETS: tuple[tuple[str, str, int], ...] = (
    ("grade", msg("Grade"), 4),
    ("singer", msg("Singer"), 12),
    ("year", msg("Year"), 8),
    ("tag", msg("Tag"), 12),
    ("artist", msg("Artist"), 30),
)
"""Field, title, most values shown."""

GRADES = {
    "like": msg("like"),
    "neutral": msg("neutral"),
    "dislike": msg("dislike"),
    "none": msg("not graded"),
}
"""Values of a grade, and their words."""

Path = tuple[str, ...]
"""Artist, then stream: the values above a branch and its own."""


@dataclass(frozen=True)
class FacetLine:
    """A title (without a value), a value, or a song."""

    field: str
    text: str
    value: FacetValue | None = None
    path: Path = ()
    """Of an artist or stream: it can be opened."""
    song: Song | None = None

    @property
    def term(self) -> str:
        """The search for it; of a stream with its artist."""
        if self.field == "stream":
            artist, stream = self.path
            return f"artist={quote(artist)} stream={quote(stream)}"
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
        Binding("l,right", "open", "Open", show=False),
        Binding("h,left", "close", "Close", show=False),
    ]

    def __init__(self) -> None:
        super().__init__(id="facets")
        self.lines: list[FacetLine] = []
        self.active: frozenset[str] = frozenset()
        """Terms that the search holds already."""
        self._values: dict[str, list[FacetValue]] = {}
        self.branches: dict[Path, Sequence[FacetValue | Song]] = {}
        """Open artists with their streams, open streams with their songs."""

    def show(self, values: dict[str, list[FacetValue]], active: frozenset[str]) -> None:
        """List values with their counts."""
        self._values, self.active = values, active
        self._draw()

    def open_branch(self, path: Path, found: Sequence[FacetValue | Song]) -> None:
        """List the streams of an artist, or the songs of a stream, below it."""
        self.branches[path] = found
        self._draw()

    def _draw(self) -> None:
        lines = []
        for field, title, most in FACETS:
            found = [value for value in self._values.get(field, []) if value.value][:most]
            if found:
                lines.append(FacetLine(field, tr(title)))
            for value in found:
                path = (value.value,) if field == "artist" else ()
                lines.append(FacetLine(field, value.value, value, path))
                lines += self._below(path) if path else []
        self.lines = lines
        self.rows_changed()

    def _below(self, path: Path) -> list[FacetLine]:
        lines = []
        for one in self.branches.get(path, ()):
            if isinstance(one, Song):
                lines.append(FacetLine("song", title_of(one), path=path, song=one))
            else:
                below = (*path, one.value)
                lines.append(FacetLine("stream", one.value or tr("no title"), one, below))
                lines += self._below(below)
        return lines

    def row_count(self) -> int:
        """Titles, values and songs."""
        return len(self.lines)

    def draw_row(self, index: int, width: int) -> list[Cell]:
        """A title, a value with its count, or a song."""
        line = self.lines[index]
        if line.song is not None:
            return [(fit("       " + line.text, width), self.look("muted"))]
        if line.value is None:
            return [(fit(line.text, width), self.look("muted"))]
        count = f"{line.value.n_songs:,}"
        active = line.term in self.active or line.term in " ".join(sorted(self.active))
        sign = "●" if active else "▾" if line.path in self.branches else "▸" if line.path else " "
        indent = "  " if line.field == "stream" else ""
        return [
            (f"{indent} {sign} ", self.look("accent" if active else "faint")),
            (
                fit(shown(_name_of(line)), width - len(count) - 5 - len(indent), middle=True),
                self.look("accent") if active else None,
            ),
            (" " + count + " ", self.look("faint")),
        ]

    def on_row_chosen(self, event: RowChosen) -> None:
        """Put it into the search, or take it out; play a song."""
        event.stop()
        line = self.lines[event.index]
        if line.song is not None:
            self.post_message(SongWanted(line.song.id))
        elif line.value is not None:
            self.post_message(FacetToggled(line.term))

    @property
    def _line(self) -> FacetLine | None:
        return self.lines[self.cursor] if self.lines else None

    def action_open(self) -> None:
        """Open the artist or stream under the cursor."""
        line = self._line
        if line is not None and line.path and line.song is None and line.path not in self.branches:
            self.post_message(BranchOpened(line.path))

    def action_close(self) -> None:
        """Close what is open here, and go to it."""
        line = self._line
        if line is None or not line.path:
            return
        path = line.path if line.path in self.branches or len(line.path) == 1 else line.path[:-1]
        for known in [one for one in self.branches if one[: len(path)] == path]:
            del self.branches[known]
        self._draw()
        self.cursor = next(n for n, one in enumerate(self.lines) if one.path == path)

    def on_cursor_moved(self, event: CursorMoved) -> None:
        """Keep the move of this cursor from the screen."""
        event.stop()


def _name_of(line: FacetLine) -> str:
    if line.field == "grade" and line.text in GRADES:
        return tr(GRADES[line.text])
    return line.text
