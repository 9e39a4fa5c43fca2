"""The song that plays, over the whole screen."""

from typing import Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Footer, Static

from utawaku.library.language import msg, tr, translated
from utawaku.library.records import Song
from utawaku.tui.columns import mark, title_of
from utawaku.tui.messages import CursorMoved, RowChosen
from utawaku.tui.player.queue import Entry
from utawaku.tui.screens.karaoke import KaraokeScreen
from utawaku.tui.screens.player_keys import PlayerKeys
from utawaku.tui.services.services import Services
from utawaku.tui.text import clock, fit, shown
from utawaku.tui.widgets.queue_rows import QueueRows
from utawaku.tui.widgets.rows import Cell
from utawaku.tui.widgets.song_stage import SongStage
from utawaku.tui.widgets.song_wave import SongWave

NEXT_FROM = 20
"""Lines of the terminal from which what comes next is listed."""


class NextRows(QueueRows):
    """The turns behind the one that plays."""

    has_header = True
    empty_text = msg("Nothing comes after it.")

    def draw_header(self, width: int) -> list[Cell]:
        """Draw the title."""
        return [(fit(tr("   Next"), width), None)]

    @property
    def entries(self) -> list[Entry]:
        """In the order they will be heard."""
        return self._player.queue.entries[self._player.queue.at + 1 :]

    def is_now(self, index: int) -> bool:
        """Return False: what plays stands above."""
        return False


class NowPlayingScreen(PlayerKeys):
    """Artwork, spectrum, waveform, curve, and what comes next."""

    about = msg("The song that plays. A click on the waveform seeks.")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,W,q", "close", "Back"),
        Binding("f", "grade(1)", "Like"),
        Binding("d", "grade(-1)", "Dislike"),
        Binding("n", "grade(0)", "Neutral", show=False),
        *(Binding(str(n), f"stars({n})", "1 to 5 stars", show=False) for n in range(1, 6)),
        Binding("s", "spectrum", "Spectrum"),
        Binding("B", "karaoke", "Karaoke"),
    ]

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self._song: Song | None = None

    def compose(self) -> ComposeResult:
        """Names, stage, waveform, time."""
        services = self.services
        with Vertical(id="now-playing"):
            yield Static("", id="now-title", markup=False)
            yield Static("", id="now-facts", markup=False)
            stage = SongStage(services.library, self.player, services.preferences.value)
            yield stage
            yield SongWave(self.player)
            yield Static("", id="now-time", markup=False)
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Follow the music."""
        self.query_one("#stage-side").mount(NextRows(self.player))
        self._place()
        self.set_interval(0.2, self.show_player)
        self.show_player()

    def on_resize(self) -> None:
        """Place the parts again: the list of the next songs needs room."""
        if self.query(NextRows):
            self._place()

    def _place(self) -> None:
        rows = self.query_one(NextRows)
        rows.display = self.size.height >= NEXT_FROM
        rows.styles.height = min(10, max(3, self.size.height // 5))

    def show_player(self) -> None:
        """Show what plays now."""
        if not self.is_mounted:
            return
        song = self.player.state.song
        self._write(song)
        rows = self.query_one(NextRows)
        rows.rows_changed()
        self._read_next(rows)
        if song is None or (self._song is not None and song.id == self._song.id):
            self._song = song
            return
        self._song = song
        self.query_one(SongStage).show(song)
        self.services.playback.read_pictures(song, self.query_one(SongWave).take)

    def _read_next(self, rows: NextRows) -> None:
        missing = [entry.song_id for entry in rows.entries[:20] if entry.song_id not in rows.songs]
        if not missing:
            return
        browser = self.services.library.catalogue.browser

        def arrived(songs: Any) -> None:
            rows.songs |= dict.fromkeys(missing) | {one.id: one for one in songs}
            rows.rows_changed()

        self.services.worker.read(lambda: browser.songs_by_id(missing), arrived)

    def _write(self, song: Song | None) -> None:
        state, colours = self.player.state, self.app.theme_variables
        muted, accent = colours.get("muted", ""), colours.get("primary", "")
        title = Text(no_wrap=True, overflow="ellipsis")
        facts = Text(no_wrap=True, overflow="ellipsis", style=muted)
        time = Text(no_wrap=True)
        if song is None:
            title.append(shown(state.beside) or tr("Nothing plays."), style="bold")
        else:
            title.append(title_of(song), style="bold")
            if song.artist:
                title.append(f"   {shown(song.artist)}", style=accent)
            marks = f"{mark(song)} {'★' * (song.stars or 0)}".strip()
            known = (shown(song.singer), song.uploaded_on, shown(song.stream_title), marks)
            facts.append("   ".join(fact for fact in known if fact))
            time.append("▶ " if state.playing else "‖ ", style=accent)
            time.append(f"{clock(state.position_s)} / {clock(state.duration_s)}")
            if song.bpm:
                time.append(
                    tr("   {bpm:.0f} BPM  {key}", bpm=song.bpm, key=shown(song.key)), style=muted
                )
            if state.silent_because:
                time.append(
                    tr(
                        "   silent: {silent_because}",
                        silent_because=translated(state.silent_because),
                    ),
                    style=colours.get("warning", ""),
                )
        for name, text in (("title", title), ("facts", facts), ("time", time)):
            self.query_one(f"#now-{name}", Static).update(text)

    def on_row_chosen(self, event: RowChosen) -> None:
        """Play this turn now."""
        event.stop()
        entry = self.query_one(NextRows).entries[event.index]
        self.services.worker.write(lambda: self.player.jump(entry.key))

    def on_cursor_moved(self, event: CursorMoved) -> None:
        """Nobody else's business."""
        event.stop()

    def action_spectrum(self) -> None:
        """Switch the spectrum on or off, also for the next time."""
        spectrum = self.query_one(SongStage).spectrum
        spectrum.choose("off" if spectrum.moves else "on")
        preferences = self.services.preferences
        preferences.value.spectrum = spectrum.choice
        preferences.save()

    def _mark(self, grade: int | None = None, stars: int | None = None) -> None:
        song, services = self.player.state.song, self.services
        if song is None:
            return
        browser = services.library.catalogue.browser

        def give(numbers: dict[str, int]) -> None:
            if song.id in numbers:
                context = {"where": "now playing"}
                services.grading.give([numbers[song.id]], grade=grade, stars=stars, context=context)

        services.worker.read(lambda: browser.numbers_of([song.id]), give)

    def action_grade(self, grade: int) -> None:
        """Like, dislike, neutral."""
        self._mark(grade=grade)

    def action_stars(self, stars: int) -> None:
        """One to five stars."""
        self._mark(stars=stars)

    def action_karaoke(self) -> None:
        """Sing it."""
        self.app.push_screen(KaraokeScreen(self.services))

    def action_close(self) -> None:
        """Back."""
        self.dismiss(None)
