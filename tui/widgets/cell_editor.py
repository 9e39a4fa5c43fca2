"""A field over one cell of a table."""

from typing import ClassVar, Literal

from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.widgets.input import Selection

from utawaku.tui.messages import CellLeft
from utawaku.tui.text import shown
from utawaku.tui.widgets.line_input import LineInput

Way = Literal["save", "leave", "next", "previous", "down", "up"]


class CellEditor(LineInput):
    """Enter saves, Escape leaves, Tab goes to the next cell; Up and Down save and go on."""

    DEFAULT_CSS: ClassVar[str] = """
    CellEditor, CellEditor:focus {
        position: absolute;
        layer: above;
        height: 1;
        border: none;
        padding: 0;
        background: $panel;
        background-tint: $foreground 0%;
        color: $foreground;
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "finish('save')", "Save"),
        Binding("escape", "finish('leave')", "Leave as it was"),
        Binding("tab", "finish('next')", "Next cell"),
        Binding("shift+tab", "finish('previous')", "Previous cell", show=False),
        Binding("down", "finish('down')", "Save, next song"),
        Binding("up", "finish('up')", "Save, previous song", show=False),
    ]

    field = ""
    """The typed text."""
    before = ""
    """The text before, as it is shown: a field that is not typed over does not change."""

    def __init__(self) -> None:
        super().__init__(compact=True, select_on_focus=False)

    def take(self, field: str, name: str, stored: str, typed: str) -> None:
        """Hold another cell.

        Args:
            field: its column.
            name: shown while it is empty.
            stored: what stands in the cell.
            typed: what was typed over it before, else the same.
        """
        self.field, self.before = field, shown(stored)
        self.placeholder = name
        self.value = shown(typed)
        # The cursor stands before the selection, so that the start of a long name is in sight.
        self.selection = Selection(len(self.value), 0)

    def place(self, region: Region) -> None:
        """Lie over these cells of the screen."""
        self.styles.offset = (region.x, region.y)
        self.styles.width = region.width

    def action_finish(self, way: Way) -> None:
        """Tell that it is done."""
        self.post_message(CellLeft(way, self.value))
