"""Karaoke: the backing, lyrics that scroll, another key and tempo, and a part to practise."""

from pathlib import Path
from typing import Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.timer import Timer
from textual.widgets import Footer, Static

from utawaku.library.errors import UtawakuError
from utawaku.library.language import msg, tr, translated
from utawaku.library.lrc import Lyrics, parse_lyrics
from utawaku.library.lyrics_files import keep_lyrics, read_lyrics
from utawaku.library.records import Song
from utawaku.library.requests import Separate
from utawaku.library.words import word
from utawaku.tui.columns import title_of
from utawaku.tui.player.player import Stem
from utawaku.tui.screens.player_keys import PlayerKeys
from utawaku.tui.services.child_events import Child
from utawaku.tui.services.services import Services
from utawaku.tui.stem_progress import stem_progress
from utawaku.tui.text import clock, shown
from utawaku.tui.widgets.lyrics_view import LyricsView
from utawaku.tui.widgets.song_wave import SongWave

KEEP_AFTER_S = 2.0
"""Moved lyrics are written when this time has gone by without another move."""
LEAST_LOOP_S = 1.0
NO_LYRICS = msg(
    "No lyrics: put a .lrc file beside the song, or switch sources.lrclib on (settings)."
)


class KaraokeScreen(PlayerKeys):
    """Sing along."""

    about = msg(
        "Sing along: up and down change the key, comma and full stop the tempo, a and b mark a "
        "part to practise."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,B,q", "close", "Back"),
        Binding("up", "key(1)", "Higher", key_display="↑"),
        Binding("down", "key(-1)", "Lower", key_display="↓"),
        Binding("comma", "tempo(-0.05)", "Slower", show=False),
        Binding("full_stop", "tempo(0.05)", "Faster", show=False),
        Binding("a", "loop_start", "From here"),
        Binding("b", "loop_stop", "Loop to here"),
        Binding("c", "clear_loop", "No loop", show=False),
        Binding("v", "backing", "Backing"),
        Binding("left_square_bracket", "nudge(-0.1)", "Lyrics earlier", show=False),
        Binding("right_square_bracket", "nudge(0.1)", "Lyrics later", show=False),
        Binding("0", "plain", "Key and tempo as recorded", show=False),
        Binding("j", "scroll(1)", "Lyrics down", show=False),
        Binding("k", "scroll(-1)", "Lyrics up", show=False),
        Binding("l", "ask_lyrics", "Look for lyrics", show=False),
    ]

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self._song: Song | None = None
        self._stem_before: Stem = self.player.stem
        self._child: Child | None = None
        self._moved_s = 0.0
        """By how much lyrics were moved and not yet written."""
        self._keeper: Timer | None = None
        self._loop_start: float | None = None
        self._loop: tuple[float, float] | None = None
        self._backing = ""
        """Text about the backing while there is none."""
        self._wants_backing = True

    def compose(self) -> ComposeResult:
        """Names, lyrics, waveform, what is set."""
        with Vertical(id="karaoke"):
            yield Static("", id="karaoke-title", markup=False)
            yield LyricsView()
            yield SongWave(self.player)
            yield Static("", id="karaoke-set", markup=False)
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Follow the music."""
        self.set_interval(0.05, self._follow)
        self.set_interval(1.0, self._look_for_backing)
        self.show_player()

    def on_unmount(self) -> None:
        """Leave the player as it was."""
        if self._child is not None:
            self._child.stop()

    def _follow(self) -> None:
        if not self.is_current:
            return
        state = self.player.state
        if (state.song and state.song.id) != (self._song and self._song.id):
            self.show_player()
        self.query_one(LyricsView).follow(state.position_s - self._moved_s)
        self._write()

    def show_player(self) -> None:
        """Begin with another song."""
        if not self.is_mounted:
            return
        song = self.player.state.song
        if song is not None and (self._song is None or song.id != self._song.id):
            self._keep_moved()
            self._song, self._moved_s = song, 0.0
            self._loop = self._loop_start = None
            self.services.playback.read_pictures(song, self.query_one(SongWave).take)
            self._read_lyrics(song)
            self._look_for_backing(first=True)
        self._write()

    def _write(self) -> None:
        state, colours, song = self.player.state, self.app.theme_variables, self._song
        muted, accent = colours.get("muted", ""), colours.get("primary", "")
        title = Text(no_wrap=True, overflow="ellipsis")
        title.append(title_of(song) if song else tr("Nothing plays."), style="bold")
        if song is not None and song.artist:
            title.append(f"   {shown(song.artist)}", style=accent)
        told = Text(no_wrap=True, overflow="ellipsis", style=muted)
        told.append("▶ " if state.playing else "‖ ", style=accent)
        told.append(f"{clock(state.position_s)} / {clock(state.duration_s)}")
        told.append(
            tr("   key {semitones:+d}", semitones=self.player.semitones)
            if self.player.semitones
            else tr("   key 0")
        )
        told.append(tr("   tempo {tempo:.0%}", tempo=self.player.tempo))
        if self._loop is not None:
            told.append(
                tr(
                    "   again {start} – {stop}",
                    start=clock(self._loop[0]),
                    stop=clock(self._loop[1]),
                ),
                style=accent,
            )
        elif self._loop_start is not None:
            told.append(
                tr("   from {clock}: b ends it", clock=clock(self._loop_start)), style=accent
            )
        if self._moved_s:
            told.append(tr("   lyrics {moved_s:+.1f} s", moved_s=self._moved_s), style=accent)
        told.append(f"   {self._backing or word(state.stem)}")
        for name, text in (("title", title), ("set", told)):
            self.query_one(f"#karaoke-{name}", Static).update(text)

    # Lyrics

    def _file(self) -> Path | None:
        song, root = self._song, self.services.library.settings.library_root
        return root / song.file_path if song is not None and song.file_path else None

    def _read_lyrics(self, song: Song) -> None:
        path, view = self._file(), self.query_one(LyricsView)
        view.take(None, "…")

        def arrived(lyrics: Lyrics | None) -> None:
            if self._song is not song:
                return
            view.take(lyrics, tr(NO_LYRICS))
            if lyrics is None or not lyrics.is_synced:
                self._ask(song, lyrics)

        self.services.worker.read(lambda: read_lyrics(path) if path else None, arrived)

    def _ask(self, song: Song, known: Lyrics | None, *, again: bool = False) -> None:
        """Look for lyrics at LRCLIB, where that is switched on."""
        view = self.query_one(LyricsView)
        if not self.services.library.settings.sources.lrclib:
            return
        view.take(known, tr("Asking LRCLIB …"))
        if self._child is not None:
            self._child.stop()

        def heard(event: dict[str, Any]) -> None:
            if event.get("event") == "lyrics" and self._song is song:
                view.take(parse_lyrics(str(event.get("text", ""))))

        def ended(error: UtawakuError | None) -> None:
            if error is not None and self._song is song:
                view.take(known, translated(f"{error.problem}. {error.next_step}".strip(". ")))

        arguments = ["lyrics", song.id, "--json", *(["--again"] if again else [])]
        self._child = Child(self.app, arguments, heard, ended)

    def action_ask_lyrics(self) -> None:
        """Ask again, though there are lyrics."""
        if self._song is None:
            return
        if not self.services.library.settings.sources.lrclib:
            self.notify(tr(NO_LYRICS), severity="warning")
            return
        self._ask(self._song, self.query_one(LyricsView).lyrics, again=True)

    def action_nudge(self, by_s: float) -> None:
        """Show lyrics earlier or later, from now on."""
        lyrics = self.query_one(LyricsView).lyrics
        if lyrics is None or not lyrics.is_synced:
            return
        self._moved_s = round(self._moved_s + by_s, 2)
        if self._keeper is not None:
            self._keeper.stop()
        self._keeper = self.set_timer(KEEP_AFTER_S, self._keep_moved)

    def _keep_moved(self) -> None:
        """Write lyrics that were moved, beside the song and into its tags."""
        song, path, view = self._song, self._file(), self.query_one(LyricsView)
        lyrics, moved_s = view.lyrics, self._moved_s
        if self._keeper is not None:
            self._keeper.stop()
            self._keeper = None
        if song is None or path is None or lyrics is None or not moved_s:
            return
        shifted = lyrics.shifted(moved_s)
        view.take(shifted)
        self._moved_s = 0.0
        self.services.worker.write(
            lambda: keep_lyrics(song, path, shifted),
            lambda _: self.notify(tr("Lyrics are kept so.")),
        )

    def action_scroll(self, by: int) -> None:
        """Read on in lyrics without times."""
        self.query_one(LyricsView).scroll_plain(by)

    # Backing

    def _look_for_backing(self, *, first: bool = False) -> None:
        song, player = self._song, self.player
        if song is None or not self._wants_backing or not self.is_current:
            return
        if player.state.stem == "accompaniment" and not self._backing:
            return
        catalogue, pipeline = self.services.library.catalogue, self.services.pipeline

        def look() -> tuple[bool, str]:
            if "accompaniment" in catalogue.insights.stem_paths(song.id) and player.set_stem(
                "accompaniment"
            ):
                return True, ""
            if first:
                catalogue.requests.file(Separate(song_id=song.id))
            asked = [one for one in catalogue.requests.recent(limit=50)
                     if one.kind == Separate.kind and one.target == song.id]  # fmt: skip
            if asked and asked[0].state == "failed":
                return False, tr(
                    "mix: no backing ({message})", message=shown(translated(asked[0].message))
                )
            if asked and asked[0].state == "running":
                progress, _step = stem_progress(asked[0], catalogue) or (0.0, "")
                return False, tr("mix, backing {progress:.0%}", progress=progress)
            return False, tr("mix, backing is asked for")

        def looked(found: tuple[bool, str]) -> None:
            if self._song is not song or not self._wants_backing:
                return
            self._backing = found[1]
            if first and found[1]:
                self.notify(
                    tr("The backing will be made{when}.", when=pipeline.wait_note()),
                    markup=False,
                )

        self.services.worker.write(look, looked)

    def action_backing(self) -> None:
        """Hear the backing, or the mix."""
        self._wants_backing = not self._wants_backing
        self._backing = ""
        player = self.player
        if self._wants_backing:
            self._look_for_backing(first=True)
        else:
            self.services.worker.write(lambda: player.set_stem("mix"))

    # Key, tempo, loop

    def action_key(self, by: int) -> None:
        """Sing higher or lower."""
        player = self.player
        self.services.worker.write(lambda: player.stretch(player.semitones + by, player.tempo))

    def action_tempo(self, by: float) -> None:
        """Sing faster or slower."""
        player = self.player
        self.services.worker.write(lambda: player.stretch(player.semitones, player.tempo + by))

    def action_plain(self) -> None:
        """Sing it as it was recorded."""
        player = self.player
        self.services.worker.write(lambda: player.stretch(0, 1.0))

    def action_loop_start(self) -> None:
        """The part to practise begins here."""
        self._loop_start = self.player.state.position_s

    def action_loop_stop(self) -> None:
        """The part ends here: play it again and again."""
        start_s, stop_s, player = self._loop_start, self.player.state.position_s, self.player
        if start_s is None:
            self.notify(tr("a marks where the part begins, b where it ends."))
            return
        if stop_s - start_s < LEAST_LOOP_S:
            self.notify(tr("The part is shorter than a second."))
            return
        part = (start_s, stop_s)
        self._loop = part
        self.services.worker.write(lambda: player.repeat_part(part))

    def action_clear_loop(self) -> None:
        """Go on behind the part."""
        player = self.player
        self._loop = self._loop_start = None
        self.services.worker.write(lambda: player.repeat_part(None))

    def action_close(self) -> None:
        """Back; the player sounds as it did before."""
        self._keep_moved()
        player, stem = self.player, self._stem_before

        def restore() -> None:
            player.repeat_part(None)
            player.stretch(0, 1.0)
            if player.stem != stem:
                player.set_stem(stem)

        self.services.worker.write(restore)
        self.dismiss(None)
