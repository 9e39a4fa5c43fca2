"""The search field, and one line below it with help or errors."""

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Static

from utawaku.library.errors import QueryError
from utawaku.library.language import tr, translated
from utawaku.tui.library_handle import LibraryHandle
from utawaku.tui.messages import CompletionWanted, SearchChanged, SearchLeft
from utawaku.tui.text import shown
from utawaku.tui.widgets.line_input import LineInput

if TYPE_CHECKING:
    from utawaku.library.query.completion import Completion


class SearchInput(LineInput):
    """One line; Tab completes, Enter and Down go to the songs, Escape gives up."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "complete", "Complete", show=False),
        Binding("down,enter", "done", "To the songs", show=False),
        Binding("escape", "give_up", "Clear", show=False),
        Binding("up", "noop", show=False),
    ]

    def action_complete(self) -> None:
        """Take the first completion."""
        self.post_message(CompletionWanted())

    def action_done(self) -> None:
        """Go to the songs."""
        self.post_message(SearchLeft())

    def action_give_up(self) -> None:
        """Empty the field; from an empty one back to the songs."""
        if self.value:
            self.value = ""
        else:
            self.post_message(SearchLeft())

    def action_noop(self) -> None:
        """Keep the cursor where it is."""


class SearchBar(Vertical):
    """The search field, what it found, and the line that helps."""

    DEFAULT_CSS: ClassVar[str] = """
    SearchBar {
        height: auto;
        padding: 0 2;
        & > Horizontal { height: 1; }
        & #prompt { width: 2; color: $primary; }
        & SearchInput {
            width: 1fr; height: 1; border: none; padding: 0; background: $background;
            &:focus { border: none; background-tint: $foreground 0%; }
        }
        & #count { width: auto; color: $muted; padding: 0 0 0 2; }
        & #search-help { height: auto; max-height: 2; display: none; color: $muted; }
        & #search-help.shown { display: block; }
    }
    """

    def __init__(
        self,
        run_later: Callable[[Callable[[], object], Callable[[object], None]], None],
        home: LibraryHandle,
    ) -> None:
        super().__init__()
        self._run_later = run_later
        self._home = home
        self._completions: list[Completion] = []
        self._helped: Text | None = Text()
        self._count_length = 0
        self.error: QueryError | None = None

    def compose(self) -> ComposeResult:
        """Prompt, field, count; the line below."""
        with Horizontal():
            yield Static("/ ", id="prompt", markup=False)
            yield SearchInput(
                placeholder=tr("Search   singer:mio taste>0.7 added:-7d sort:taste"),
                id="search",
                compact=True,
            )
            yield Static("", id="count", markup=False)
        yield Static("", id="search-help", markup=False)

    @property
    def input(self) -> SearchInput:
        """The field."""
        return self.query_one(SearchInput)

    @property
    def text(self) -> str:
        """Return what is typed."""
        return self.input.value

    def set_text(self, text: str) -> None:
        """Search for this."""
        self.input.value = text
        self.input.cursor_position = len(text)

    def show_count(self, text: str) -> None:
        """Tell how much was found."""
        self.query_one("#count", Static).update(text, layout=len(text) != self._count_length)
        self._count_length = len(text)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Something was typed."""
        event.stop()
        if self._home.is_open:
            self.understand()

    def understand(self) -> None:
        """Understand what is typed, or show where it goes wrong."""
        # It knows every column, so it comes with the catalogue.
        from utawaku.library.query.syntax import parse

        try:
            parse(self.text)
        except QueryError as error:
            self.error = error
        else:
            self.error = None
            self.post_message(SearchChanged(self.text))
        self._help()

    def on_descendant_focus(self) -> None:
        """Help while typing."""
        self._help()

    def on_descendant_blur(self) -> None:
        """Help no more; errors stay in sight."""
        self._completions = []
        self._show_help()

    def _help(self) -> None:
        text, caret = self.input.value, self.input.cursor_position
        if not self.input.has_focus:
            self._completions = []
            self._show_help()
            return

        def look() -> object:
            from utawaku.library.query.completion import complete

            return complete(text, caret, self._home.catalogue.browser.values)

        def arrived(found: object) -> None:
            if isinstance(found, Exception):
                found = []  # values could not be read; the search itself will say why
            assert isinstance(found, list)
            self._completions = found if self.input.has_focus else []
            self._show_help()

        self._run_later(look, arrived)

    def _show_help(self) -> None:
        line = self.query_one("#search-help", Static)
        text = Text(no_wrap=True, overflow="ellipsis")
        muted = self.app.theme_variables.get("muted", "")
        accent = self.app.theme_variables.get("primary", "")
        if self._completions:
            text.append("tab ", style=muted)
            for n, found in enumerate(self._completions):
                text.append(shown(found.text).strip(), style=accent if n == 0 else "")
                meaning = (translated(found.note), found.example) if n == 0 else ()
                note = "  ".join(filter(None, meaning))
                text.append(f" {note}   " if note else "  ", style=muted)
        elif self.error is not None:
            caret = self._caret_cell(self.error.position)
            words = translated(self.error.problem)
            if self.error.next_step:
                words = translated(f"{self.error.problem}. {self.error.next_step}")
            text.append(" " * caret + "^ ", style=self.app.theme_variables.get("error", ""))
            text.append(words, style=self.app.theme_variables.get("error", ""))
        if text == self._helped:
            return  # laying the screen out again is what costs most of a key
        self._helped = text
        line.update(text)
        line.set_class(bool(text.plain), "shown")

    def restyle(self) -> None:
        """Draw the line below the field again, in the colours of the theme."""
        self._helped = None
        self._show_help()

    def _caret_cell(self, position: int) -> int:
        """The cell of the terminal where a character of the field stands, below the prompt."""
        cell = 2 + cell_len(self.input.value[:position]) - int(self.input.scroll_offset.x)
        return min(max(cell, 0), max(0, self.size.width - 30))

    def on_completion_wanted(self, event: CompletionWanted) -> None:
        """Put the first completion in."""
        event.stop()
        if not self._completions:
            return
        found = self._completions[0]
        value = self.input.value
        self.input.value = value[: found.start] + found.text + value[found.stop :].lstrip()
        self.input.cursor_position = found.start + len(found.text)
