"""Messages between widgets, screens and the app."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from textual.message import Message
from textual.widget import Widget

from utawaku.library.errors import UtawakuError

CellExit = Literal["save", "leave", "next", "previous", "down", "up"]
"""Ways to leave a cell that is typed into."""


class LatestOnly(Message):
    """A message that replaces an older one of the same kind from the same sender."""

    def can_replace(self, message: Message) -> bool:
        """Return whether `message` is an older one of the same kind and sender."""
        return type(message) is type(self) and message._sender is self._sender


# Lists


@dataclass
class CursorMoved(LatestOnly):
    """The cursor of a list moved to another row."""

    rows: Widget
    index: int

    @property
    def control(self) -> Widget:
        """The list."""
        return self.rows

    def can_replace(self, message: Message) -> bool:
        """Return whether `message` is an older one of the same list."""
        return isinstance(message, CursorMoved) and message.rows is self.rows


@dataclass
class RowChosen(Message):
    """A row was chosen by Enter or a double click."""

    rows: Widget
    index: int

    @property
    def control(self) -> Widget:
        """The list."""
        return self.rows


@dataclass
class HeaderClicked(Message):
    """The header of a list was clicked, at this cell."""

    rows: Widget
    x: int

    @property
    def control(self) -> Widget:
        """The list."""
        return self.rows


@dataclass
class SelectionChanged(LatestOnly):
    """The selection of the song table changed."""

    n_selected: int


@dataclass
class SortWanted(Message):
    """A column's title was clicked."""

    field: str


@dataclass
class SongsUnreadable(Message):
    """The song table could not read its songs."""

    error: UtawakuError


@dataclass
class CellLeft(Message):
    """The user left a cell that was typed into."""

    way: CellExit
    value: str


@dataclass
class SwitchTurned(Message):
    """Another word of a switch was chosen."""

    switch: Widget
    at: int

    @property
    def control(self) -> Widget:
        """The switch."""
        return self.switch


@dataclass
class OfferTaken(Message):
    """A way to fill the empty library was chosen."""

    name: str


@dataclass
class FacetToggled(Message):
    """A value of the browse pane was chosen."""

    term: str


@dataclass
class BranchOpened(Message):
    """An artist, or a stream of an artist, was opened in the browse pane."""

    path: tuple[str, ...]


@dataclass
class SongWanted(Message):
    """A song was chosen in the browse pane."""

    song_id: str


# Search


@dataclass
class SearchChanged(LatestOnly):
    """The search field holds another search that can be parsed."""

    text: str


@dataclass
class SearchLeft(Message):
    """The user returned from the search field to the songs."""


@dataclass
class CompletionWanted(Message):
    """Tab was pressed in the search field."""


# Timeline


@dataclass
class MarkerSet(LatestOnly):
    """The timeline was clicked at this second of the recording."""

    at_s: float


@dataclass
class ZoomWanted(Message):
    """The wheel was turned over the timeline."""

    factor: float
    around_s: float


# The whole app


@dataclass
class TabWanted(Message):
    """A tab of the top bar was clicked."""

    mode: str


@dataclass
class PlayerChanged(LatestOnly):
    """Another song plays, or the player's state changed."""


@dataclass
class PipelineChanged(LatestOnly):
    """The pipeline is being started, runs, or does not."""


@dataclass
class CatalogueChanged(LatestOnly):
    """The catalogue changed: by this app or by another program."""


@dataclass
class SongsChanged(Message):
    """Songs were graded or renamed by this app."""

    numbers: Sequence[int]
