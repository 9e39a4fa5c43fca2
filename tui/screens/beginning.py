"""The first minute: ways to fill the empty library, in the place of its songs."""

from collections.abc import Callable, Sequence

from textual.timer import Timer

from utawaku.library.language import tr
from utawaku.library.requests import AnyRequest, Follow
from utawaku.tui.messages import OfferTaken
from utawaku.tui.screens.dialogs import AskText
from utawaku.tui.screens.inline_editing import InlineEditing
from utawaku.tui.services.services import Services
from utawaku.tui.targets import check_address, check_targets, requests_of
from utawaku.tui.widgets.first_minute import FirstMinute, Step


class Beginning(InlineEditing):
    """A list of songs that gives way to offers while there are none."""

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self._timer: Timer | None = None
        self._welcomes: list[FirstMinute] = []
        """The offers in sight: one, or none."""

    @property
    def is_beginning(self) -> bool:
        """Return whether the offers are in sight."""
        return bool(self._welcomes)

    def library_filled(self) -> None:
        """Show the songs: there are some now."""
        raise NotImplementedError

    def welcome(self, is_empty: bool) -> None:
        """Offer ways to begin while the library is empty."""
        if is_empty == self.is_beginning:
            return
        if is_empty:
            welcome = FirstMinute(self.table)
            self._welcomes = [welcome]
            self.query_one("#library-body").mount(welcome, before=self.table)
            self.query_one("#details").display = False
            self._timer = self.set_interval(0.5, self._look_at_beginnings)
        else:
            if self._timer is not None:
                self._timer.stop()
            had_focus = any(welcome.has_focus_within for welcome in self._welcomes)
            for welcome in self._welcomes:
                welcome.remove()
            self._welcomes = []
            self.table.display = True
            self.library_filled()
            if had_focus:
                self.table.focus()

    def _look_at_beginnings(self) -> None:
        def show(steps: list[Step]) -> None:
            for welcome in self._welcomes:
                welcome.show_steps(steps)

        if self.is_current:
            self.services.beginnings.look(show)

    def on_offer_taken(self, event: OfferTaken) -> None:
        """Begin this way."""
        event.stop()
        beginnings = self.services.beginnings
        if event.name == "demo":
            beginnings.make_demo()
        elif event.name == "channel":
            self._ask_to_begin(
                tr("Follow a channel"), tr("Its address, e.g. https://www.youtube.com/@name"),
                check_address, lambda text: [Follow(url=text.strip())],
            )  # fmt: skip
        else:
            help_ = {
                "address": tr("Addresses of streams or playlists, one a line."),
                "folder": tr("Paths of folders or files, one a line."),
            }[event.name]
            self._ask_to_begin(
                tr("Add to the library"), help_, check_targets, requests_of,
            )  # fmt: skip

    def _ask_to_begin(
        self,
        title: str,
        help: str,
        check: Callable[[str], str],
        requests: Callable[[str], Sequence[AnyRequest]],
    ) -> None:
        def typed(text: str | None) -> None:
            if text is not None:
                self.services.beginnings.file(requests(text))

        self.app.push_screen(AskText(title, help=help, check=check), typed)
