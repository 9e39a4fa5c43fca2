"""Music as the screens ask for it: by song numbers, with media keys of the desktop."""

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from textual.app import App

from utawaku.library.analysis import read_envelope
from utawaku.library.errors import UtawakuError
from utawaku.library.language import trn
from utawaku.library.records import Song
from utawaku.tui.background import Latest, while_running
from utawaku.tui.library_handle import LibraryHandle
from utawaku.tui.messages import PlayerChanged
from utawaku.tui.player.output import Output, open_device
from utawaku.tui.player.player import Player
from utawaku.tui.preferences import PreferenceStore
from utawaku.tui.services.catalogue_worker import CatalogueWorker
from utawaku.tui.services.error_reports import ErrorReports

if TYPE_CHECKING:
    from utawaku.tui.player.mpris import Mpris


class Playback:
    """Holds the player."""

    def __init__(
        self,
        app: App[Any],
        library: LibraryHandle,
        worker: CatalogueWorker,
        reports: ErrorReports,
        preferences: PreferenceStore,
        *,
        open_output: Callable[[], Output] = open_device,
    ) -> None:
        self._app = app
        self._library = library
        self._worker = worker
        self._reports = reports
        self._preferences = preferences
        self.player = Player(
            library, changed=self._changed, failed=self._failed, open_output=open_output
        )
        self.player.volume = preferences.value.volume
        self.player.replay_gain = preferences.value.replay_gain
        self.by_hand: Callable[[], None] = lambda: None
        """Called when the user chooses what to play: a radio ends."""
        self._mpris: Mpris | None = None
        self._pictures: Latest | None = None

    def open(self) -> None:
        """Listen to media keys."""
        self._pictures = Latest("pictures", while_running(self._app))
        self._worker.read(self._offer_mpris)

    async def close(self) -> None:
        """Leave the desktop's bus, record the last play, give the device back."""
        if self._mpris is not None:
            await asyncio.to_thread(self._mpris.close)
        if self._pictures is not None:
            self._pictures.close()
        await asyncio.to_thread(self.player.close)

    def _offer_mpris(self) -> None:
        try:
            from utawaku.tui.player.mpris import Mpris
        except ImportError:
            return  # only Linux desktops have it, and only there its library is installed
        mpris = Mpris(self.player, self._worker.write, lambda: self._app.call_later(self._app.exit))
        mpris.notices = self._preferences.value.desktop_notices
        if mpris.start():
            self._mpris = mpris

    def switch_notices(self) -> bool:
        """Tell each song on the desktop, or not; return whether they are told."""
        wanted = not self._preferences.value.desktop_notices
        self._preferences.value.desktop_notices = wanted
        self._preferences.save()
        if self._mpris is not None:
            self._mpris.notices = wanted
        return wanted

    def play_numbers(self, numbers: Sequence[int], at: int) -> None:
        """Play these songs, beginning with the one at index `at`."""
        self.by_hand()

        def play() -> None:
            songs = self._library.catalogue.browser.numbered(numbers)
            places = [n for n, (number, _song) in enumerate(songs) if number == numbers[at]]
            self.player.play([song.id for _number, song in songs], places[0] if places else 0)

        self._worker.write(play)

    def enqueue_numbers(self, numbers: Sequence[int], *, next_: bool = False) -> None:
        """Add these songs to the play queue."""

        def enqueue() -> int:
            songs = self._library.catalogue.browser.songs(numbers)
            self.player.enqueue([song.id for song in songs], next_=next_)
            return len(songs)

        def done(n: int) -> None:
            self._app.notify(
                trn("{n} song play next", "{n} songs play next", n)
                if next_
                else trn("{n} song queued", "{n} songs queued", n)
            )

        if numbers:
            self._worker.write(enqueue, done)

    def reread(self) -> None:
        """Read the song that plays again: the catalogue has changed."""
        if self._library.is_open and self.player.state.song is not None:
            self._worker.read(self.player.reread_current)

    def read_pictures(self, song: Song, arrived: Callable[[Any, Any], None]) -> None:
        """Read a song's waveform (None: there is none) and interest curve."""

        def read() -> Any:
            return (
                read_envelope(self._library.settings, song.stream_id),
                self._library.catalogue.insights.interest_curve(song.id),
            )

        def done(found: Any) -> None:
            if isinstance(found, UtawakuError):
                found = (None, [])  # the timeline says that the stream's analysis is damaged
            if isinstance(found, Exception):
                raise found
            arrived(*found)

        if self._pictures is not None:
            self._pictures.submit(read, done)

    def _changed(self) -> None:
        # From any thread.
        if self._app.is_running:
            self._app.post_message(PlayerChanged())

    def _failed(self, error: UtawakuError) -> None:
        # From any thread.
        if self._app.is_running:
            self._app.call_later(self._reports.report, error)
