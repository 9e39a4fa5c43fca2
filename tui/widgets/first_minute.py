"""The first minute with an empty library: what to begin with, and how far it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widget import Widget
from textual.widgets import Static

from utawaku.library.language import msg, tr
from utawaku.tui.messages import CursorMoved, OfferTaken, RowChosen
from utawaku.tui.text import bar, fit, shown
from utawaku.tui.widgets.rows import Cell, Rows


@dataclass(frozen=True)
class Offer:
    """One way to begin."""

    name: str
    title: str
    told: str


OFFERS = (
    Offer("demo", msg("Make the demo"), msg("A 7-minute stream is sung here and cut into songs.")),
    Offer(
        "address",
        msg("Paste an address"),
        msg("A stream or playlist is downloaded, cut and named."),
    ),
    Offer(
        "folder", msg("Choose a folder"), msg("Your recordings are cut and named where they are.")
    ),
    Offer(
        "channel",
        msg("Follow a channel"),
        msg("Its streams come by themselves, each new one, too."),
    ),
)


@dataclass(frozen=True)
class Step:
    """One thing that goes on."""

    name: str
    told: str = ""
    share: float | None = None
    """In [0, 1]; None where it is not known."""
    failed: bool = False


class OfferRows(Rows):
    """The offers."""

    has_header = False
    DEFAULT_CSS: ClassVar[str] = "OfferRows { height: 4; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(str(n), f"take({n - 1})", offer.title, show=False)
        for n, offer in enumerate(OFFERS, 1)
    ]

    def row_count(self) -> int:
        """Return how many ways there are."""
        return len(OFFERS)

    def draw_row(self, index: int, width: int) -> list[Cell]:
        """Draw the number, the offer, and what it does."""
        offer = OFFERS[index]
        return [
            (f" {index + 1} ", self.look("accent")),
            (fit(tr(offer.title), 19), None),
            (fit(tr(offer.told), max(0, width - 22)), self.look("muted")),
        ]

    def action_take(self, index: int) -> None:
        """Begin this way."""
        self.cursor = index
        self.post_message(OfferTaken(OFFERS[index].name))

    def on_row_chosen(self, event: RowChosen) -> None:
        """Begin the way under the cursor."""
        event.stop()
        self.action_take(event.index)

    def on_cursor_moved(self, event: CursorMoved) -> None:
        """Nobody else's business."""
        event.stop()


class FirstMinute(Vertical):
    """Offers in the middle, what goes on below them."""

    DEFAULT_CSS: ClassVar[str] = """
    FirstMinute {
        width: 1fr; height: 1fr; align: center middle; background: $background;
        & > Static { width: 84; max-width: 96%; height: auto; padding: 0 2; }
        & > OfferRows { width: 84; max-width: 96%; margin: 1 0; }
        & > #first-title { text-style: bold; }
        & > #first-keys { color: $muted; }
        & > #first-steps { margin-top: 1; }
    }
    """

    def __init__(self, replaced: Widget) -> None:
        """Take the place, and the focus, of another widget."""
        super().__init__(id="first-minute")
        self._replaced = replaced
        self._drawn: Sequence[Step] = ()

    def compose(self) -> ComposeResult:
        """Title, offers, keys, what goes on."""
        yield Static(tr("The library is empty. Begin with one of these:"), id="first-title",
                     markup=False)  # fmt: skip
        yield OfferRows()
        yield Static(tr("enter or the number begins     ? help     q quit"), id="first-keys",
                     markup=False)  # fmt: skip
        yield Static("", id="first-steps", markup=False)

    def on_mount(self) -> None:
        """Let the keys go to the offers, unless they go elsewhere by now."""
        if self._replaced.has_focus:
            self.screen.set_focus(self.query_one(OfferRows))
        self._replaced.display = False

    def show_steps(self, steps: Sequence[Step]) -> None:
        """Tell what goes on."""
        if steps == self._drawn:
            return
        self._drawn = steps
        colours = self.app.theme_variables
        text = Text(no_wrap=True, overflow="ellipsis")
        for step in steps:
            look = "error" if step.failed else "foreground"
            text.append(f"{shown(step.name)}  ", style=colours.get(look, ""))
            if step.share is not None:
                text.append(bar(step.share, 20), style=colours.get("primary", ""))
                text.append(f" {step.share:4.0%}  ")
            text.append(shown(step.told) + "\n", style=colours.get("muted", ""))
        self.query_one("#first-steps", Static).update(text)
