"""A list of any length that draws only the rows in sight, with a cursor and a header line."""

from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from utawaku.library.language import msg, tr
from utawaku.tui.messages import CursorMoved, HeaderClicked, RowChosen
from utawaku.tui.text import fit

Cell = tuple[str, Style | None]
"""Text as wide as its column, and how it looks."""


class Rows(ScrollView, can_focus=True):
    """Subclasses say how many rows there are and draw one."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "rows--header",
        "rows--cursor",
        "rows--muted",
        "rows--faint",
        "rows--accent",
        "rows--marked",
        "rows--good",
        "rows--bad",
        "rows--warn",
        "rows--music",
        "rows--speech",
        "rows--silence",
    }
    DEFAULT_CSS = """
    Rows {
        background: $background;
        scrollbar-size-vertical: 1;
        scrollbar-gutter: stable;
        overflow-x: hidden;
        & > .rows--header { color: $muted; text-style: none; }
        & > .rows--cursor { background: $selection; }
        & > .rows--muted { color: $muted; }
        & > .rows--faint { color: $faint; }
        & > .rows--accent { color: $primary; }
        & > .rows--marked { color: $marked; }
        & > .rows--good { color: $success; }
        & > .rows--bad { color: $error; }
        & > .rows--warn { color: $warning; }
        & > .rows--music { color: $music; }
        & > .rows--speech { color: $speech; }
        & > .rows--silence { color: $silence; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "move(1)", "Down", show=False),
        Binding("k,up", "move(-1)", "Up", show=False),
        Binding("ctrl+d,pagedown", "page(1)", "Page down", show=False),
        Binding("ctrl+u,pageup", "page(-1)", "Page up", show=False),
        Binding("left", "scroll_left", "Scroll left", show=False),
        Binding("right", "scroll_right", "Scroll right", show=False),
        Binding("g,home", "first", "First", show=False),
        Binding("G,end", "last", "Last", show=False),
        Binding("enter", "choose", "Choose", show=False),
    ]

    cursor: reactive[int] = reactive(0, repaint=False)
    has_header: ClassVar[bool] = True
    empty_text: str = msg("Nothing here yet.")

    def row_count(self) -> int:
        """Return how many rows there are."""
        raise NotImplementedError

    def draw_row(self, index: int, width: int) -> list[Cell]:
        """The cells of a row; together as wide as `width`."""
        raise NotImplementedError

    def draw_header(self, width: int) -> list[Cell]:
        """The cells of the header."""
        return [(" " * width, None)]

    def look(self, name: str) -> Style:
        """The style of one of our component classes, without its background."""
        return self.get_component_rich_style(f"rows--{name}", partial=True)

    @property
    def n_header(self) -> int:
        """Lines that the header takes."""
        return 1 if self.has_header else 0

    @property
    def n_visible(self) -> int:
        """Rows that fit."""
        return max(1, self.scrollable_content_region.height - self.n_header)

    def rows_changed(self) -> None:
        """There are more, fewer or other rows."""
        n_rows = self.row_count()
        self.virtual_size = Size(self.scrollable_content_region.width, n_rows + self.n_header)
        if n_rows and self.cursor >= n_rows:
            self.cursor = n_rows - 1
        self.refresh()

    def on_mount(self) -> None:
        """Take the size of what there is."""
        self.rows_changed()

    def on_resize(self) -> None:
        """Lines are as wide as the widget."""
        self.rows_changed()
        self.show_cursor(animate=False)

    def render_line(self, y: int) -> Strip:
        """One line of the terminal."""
        width = self.scrollable_content_region.width
        base = self.rich_style
        if self.has_header and y == 0:
            style = self.get_component_rich_style("rows--header")
            return self._strip(self.draw_header(width), width, base + style)
        index = self.scroll_offset.y + y - self.n_header
        if not 0 <= index < self.row_count():
            if self.row_count() == 0 and y == self.n_header + 1:
                muted = self.look("muted")
                return self._strip([(fit("  " + tr(self.empty_text), width), muted)], width, base)
            return Strip.blank(width, base)
        if index == self.cursor:
            cursor = self.get_component_rich_style("rows--cursor")
            base = base + (cursor if self.has_focus else Style(bgcolor=cursor.bgcolor, dim=False))
            if self.has_focus:
                base += Style(bold=True)
        return self._strip(self.draw_row(index, width), width, base)

    def _strip(self, cells: list[Cell], width: int, base: Style) -> Strip:
        segments = [Segment(text, base + style if style else base) for text, style in cells]
        return Strip(segments).adjust_cell_length(width, base)

    def refresh_row(self, index: int) -> None:
        """Draw one row again, if it is in sight."""
        y = index - self.scroll_offset.y + self.n_header
        if self.n_header <= y < self.size.height:
            self.refresh(Region(0, y, self.size.width, 1))

    def watch_cursor(self, before: int, now: int) -> None:
        """Follow the cursor."""
        if not self.is_mounted:
            return
        self.refresh_row(before)
        self.refresh_row(now)
        self.show_cursor(animate=False)
        self.post_message(CursorMoved(self, now))

    def validate_cursor(self, cursor: int) -> int:
        """Stay among the rows."""
        return min(max(cursor, 0), max(0, self.row_count() - 1))

    def show_cursor(self, *, animate: bool = False) -> None:
        """Scroll so that the cursor's row is in sight."""
        top = self.scroll_offset.y
        visible = self.n_visible
        if self.cursor < top:
            target = self.cursor
        elif self.cursor >= top + visible:
            target = self.cursor - visible + 1
        else:
            return
        self.scroll_to(y=target, animate=animate, immediate=True, force=True)

    def watch_has_focus(self, has_focus: bool) -> None:
        """The cursor looks different with the focus."""
        super().watch_has_focus(has_focus)
        self.refresh()

    def action_move(self, by: int) -> None:
        """Down or up."""
        self.cursor += by

    def action_page(self, by: int) -> None:
        """A screenful down or up."""
        self.cursor += by * max(1, self.n_visible - 1)

    def action_first(self) -> None:
        """To the top."""
        self.cursor = 0

    def action_last(self) -> None:
        """To the end."""
        self.cursor = self.row_count() - 1

    def action_choose(self) -> None:
        """Choose the row under the cursor."""
        if self.row_count():
            self.post_message(RowChosen(self, self.cursor))

    def on_click(self, event: events.Click) -> None:
        """Put the cursor there; a double click chooses."""
        y = event.y - self.gutter.top
        if self.has_header and y == 0:
            self.post_message(HeaderClicked(self, event.x))
            return
        index = self.scroll_offset.y + y - self.n_header
        if 0 <= index < self.row_count():
            self.cursor = index
            if event.chain >= 2:
                self.action_choose()
