"""What every place can do with music and marks: the keys of the player, grades, the play queue."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import Binding, BindingType

from utawaku.library.analysis import read_envelope
from utawaku.library.errors import UtawakuError
from utawaku.library.records import Song
from utawaku.tui.background import Latest
from utawaku.tui.base_app import WorkingApp
from utawaku.tui.library_handle import Home
from utawaku.tui.player.output import DeviceOutput, Output
from utawaku.tui.player.player import STEMS, Player
from utawaku.tui.screens.play_queue import QueueScreen
from utawaku.tui.screens.song_actions import SongActions
from utawaku.tui.widgets.player_bar import PlayerBar
from utawaku.tui.widgets.song_table import SongTable

if TYPE_CHECKING:
    from utawaku.tui.player.mpris import Mpris


class PlayingApp(WorkingApp):
    """An app with a player."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "player('toggle')", "Play or pause", show=False),
        Binding("greater_than_sign", "player('next')", "Next song", show=False),
        Binding("less_than_sign", "player('previous')", "Previous song", show=False),
        Binding("right", "seek(5)", "5 s on", show=False),
        Binding("left", "seek(-5)", "5 s back", show=False),
        Binding("shift+right", "seek(30)", "30 s on", show=False),
        Binding("shift+left", "seek(-30)", "30 s back", show=False),
        Binding("plus,equals_sign", "volume(0.05)", "Louder", show=False),
        Binding("minus", "volume(-0.05)", "Softer", show=False),
        Binding("Q", "queue", "Play queue", show=False),
        Binding("z", "shuffle", "Shuffle", show=False),
        Binding("r", "repeat", "Repeat: off, all, one", show=False),
        Binding("h", "highlights", "Highlights only", show=False),
        Binding("m", "stem", "Mix, vocals, accompaniment", show=False),
        Binding("ctrl+g", "replay_gain", "Equal loudness", show=False),
    ]

    def __init__(
        self,
        home: Home,
        *,
        open_output: Callable[[], Output] = DeviceOutput,
    ) -> None:
        super().__init__(home)
        self.player = Player(
            home,
            changed=self._player_changed,
            failed=self._player_failed,
            open_output=open_output,
        )
        self.player.volume = self.memory.volume
        self.player.replay_gain = self.memory.replay_gain
        self._mpris: Mpris | None = None
        self._pictures: Latest | None = None

    def open_player(self) -> None:
        """Fetch pictures of what plays; listen to media keys."""
        self._pictures = Latest("pictures", self.call_later)
        self.read(self._offer_mpris, lambda _: None)

    async def close_player(self) -> None:
        """Leave the desktop's bus, record the last play, give the device back."""
        if self._mpris is not None:
            await asyncio.to_thread(self._mpris.close)
        if self._pictures is not None:
            self._pictures.close()
        await asyncio.to_thread(self.player.close)

    def _offer_mpris(self) -> None:
        """Media keys, where the desktop has them."""
        try:
            from utawaku.tui.player.mpris import Mpris
        except ImportError:
            return  # only Linux desktops have it, and only there its library is installed
        mpris = Mpris(self.player, self.write, lambda: self.call_later(self.exit, 0))
        if mpris.start():
            self._mpris = mpris

    def play_numbers(self, numbers: Sequence[int], at: int) -> None:
        """Play these songs from index `at` on."""
        player = self.player

        def play() -> None:
            songs = self.catalogue.browser.numbered(numbers)
            places = [n for n, (number, _song) in enumerate(songs) if number == numbers[at]]
            player.play([song.id for _number, song in songs], places[0] if places else 0)

        self.write(play, lambda _: self.show_player())

    def enqueue_numbers(self, numbers: Sequence[int], *, next_: bool = False) -> None:
        """Put these songs into the play queue."""
        player = self.player

        def enqueue() -> int:
            songs = self.catalogue.browser.songs(numbers)
            player.enqueue([song.id for song in songs], next_=next_)
            return len(songs)

        def done(n: int) -> None:
            where = "next" if next_ else "queued"
            self.notify(f"{n} song{'' if n == 1 else 's'} {where}")

        if numbers:
            self.write(enqueue, done)

    def mark_songs(
        self,
        numbers: Sequence[int],
        *,
        grade: int | None = None,
        stars: int | None = None,
        clear: bool = False,
        context: Mapping[str, Any] | None = None,
        undone: Callable[[], None] | None = None,
    ) -> None:
        """Grade songs; can be undone, and then `undone` hears of it."""

        def mark() -> list[Song]:
            browser, grades = self.catalogue.browser, self.catalogue.grades
            before = browser.songs(numbers)
            for song in before:
                if clear:
                    grades.clear(song.id)
                else:
                    grades.give(song.id, grade=grade, stars=stars, context=context)
            return before

        def take_back(before: Sequence[Song]) -> list[tuple[int, Song]]:
            browser, grades = self.catalogue.browser, self.catalogue.grades
            for song in before:
                grades.clear(song.id)
                if song.grade is not None or song.stars is not None:
                    grades.give(song.id, grade=song.grade, stars=song.stars, context={"undo": True})
            return browser.numbered(numbers)

        def done(before: list[Song]) -> None:
            what = "mark taken off" if clear else "grade" if stars is None else "stars"
            if len(before) > 1:
                what += f" of {len(before)} songs"
                self.notify(f"Done: {what}. u undoes it.")
            self.offer_undo(what, lambda: take_back(before), undone)
            for song in before:
                self.player.refresh(song.id)
            self._show_marked(numbers)

        self.write(mark, done)

    def _show_marked(self, numbers: Sequence[int]) -> None:
        songs = self.catalogue.browser.numbered(numbers[:500])
        if isinstance(self.screen, SongActions):
            self.screen.songs_changed(songs)

    def action_player(self, what: str) -> None:
        """toggle, next, previous."""
        # Opening a device or a file may take a moment.
        self.write(getattr(self.player, what))

    def action_seek(self, seconds: float) -> None:
        """Some seconds on or back."""
        self.write(lambda: self.player.seek_by(seconds))

    def action_volume(self, by: float) -> None:
        """Louder or softer."""
        self.player.set_volume(self.player.volume + by)
        self.memory.volume = self.player.volume
        self.keep_memory()

    def action_queue(self) -> None:
        """See and rearrange what comes next."""
        self.push_screen(QueueScreen(self.player))

    def action_shuffle(self) -> None:
        """Mix what is still to come, or not."""
        self.player.set_shuffled(not self.player.queue.shuffled)

    def action_repeat(self) -> None:
        """off, all, one."""
        self.player.cycle_repeat()

    def action_highlights(self) -> None:
        """Play only the best part of each song."""
        only = not self.player.highlights_only
        self.player.set_highlights_only(only)
        self.notify("Highlights only" if only else "Whole songs")

    def action_replay_gain(self) -> None:
        """Equal loudness, or as recorded."""
        self.player.set_replay_gain(not self.player.replay_gain)
        self.memory.replay_gain = self.player.replay_gain
        self.keep_memory()

    def action_stem(self) -> None:
        """The mix, the voice alone, the accompaniment alone, at the same moment."""
        following = STEMS[(STEMS.index(self.player.stem) + 1) % len(STEMS)]

        def done(heard: bool) -> None:
            if not heard:
                self.notify("This song has no stems yet: X asks for them.")
                self.player.stem = "mix"
            self.show_player()

        self.write(lambda: self.player.set_stem(following), done)

    def _player_changed(self) -> None:
        """From any thread."""
        if self.is_running:
            self.call_later(self.show_player)

    def _player_failed(self, error: UtawakuError) -> None:
        """From any thread."""
        if self.is_running:
            self.call_later(self.report, error)

    def show_player(self) -> None:
        """Mark what plays, fetch its pictures."""
        state = self.player.state
        song = state.song
        playing_id = song.id if song else ""
        for table in self.screen.query(SongTable):
            if table.playing_id != playing_id:
                table.playing_id = playing_id
                table.refresh()
        for bar in self.screen.query(PlayerBar):
            bar.refresh()
        if self._pictures is None or song is None:
            return

        def arrived(found: Any) -> None:
            if isinstance(found, UtawakuError):
                found = (None, [])  # the stream's own page says that its analysis is damaged
            if isinstance(found, Exception):
                raise found
            for bar in self.screen.query(PlayerBar):
                bar.envelope, bar.interest = found
                bar.refresh()

        self._pictures.submit(
            lambda: (
                read_envelope(self.settings, song.stream_id),
                self.catalogue.insights.interest_curve(song.id),
            ),
            arrived,
        )
