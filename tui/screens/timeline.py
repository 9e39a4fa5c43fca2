"""One stream from left to right: what was found in it."""

from typing import Any, ClassVar

from rich.cells import cell_len
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Static

from utawaku.library.doubt import most_doubtful
from utawaku.library.language import msg, tr
from utawaku.library.records import Song, Stream
from utawaku.library.requests import LaySetlist
from utawaku.tui.messages import CursorMoved, MarkerSet, RowChosen, ZoomWanted
from utawaku.tui.screens.boundary_editing import BoundaryEditing
from utawaku.tui.screens.dialogs import AskText, Choice, Choose
from utawaku.tui.screens.setlist_preview import SetlistPreview
from utawaku.tui.services.services import Services
from utawaku.tui.stream import StreamPicture, read_stream
from utawaku.tui.text import clock, fit, shown
from utawaku.tui.widgets.stream_songs import StreamSongs
from utawaku.tui.widgets.timeline_view import TimelineView


class TimelineScreen(BoundaryEditing):
    """Look at a stream and mend its cuts."""

    mode = "timeline"
    about = msg(
        "One stream. [ and ] take hold of a song's start or end, comma and full stop "
        "nudge it by 0.1 s, < and > by 1 s: you hear 1.5 s before and after the cut. "
        "D goes to the next doubtful cut: y right, M merge, | split here, x not a song."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "song(1)", "Next song", show=False),
        Binding("k,up", "song(-1)", "Previous song", show=False),
        Binding("i", "zoom(0.5)", "Closer", show=False),
        Binding("o", "zoom(2)", "Wider", show=False),
        Binding("w", "whole", "Whole stream", show=False),
        Binding("c", "to_song", "Show the song", show=False),
        Binding("left", "marker(-1)", "Marker left", show=False),
        Binding("right", "marker(1)", "Marker right", show=False),
        Binding("shift+left", "marker(-10)", "Marker far left", show=False),
        Binding("shift+right", "marker(10)", "Marker far right", show=False),
        Binding("space", "play_here", "Play from the marker", show=False),
        Binding("S", "setlist", "Paste a setlist", show=False),
        Binding("l", "pieces", "Pieces between subtitles", show=False),
        Binding("v", "streams", "Streams"),
        Binding("D", "doubtful", "Doubtful"),
        Binding("f", "grade(1)", "Like", show=False),
        Binding("d", "grade(-1)", "Dislike", show=False),
        Binding("e", "edit", "Edit", show=False),
    ]

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self._wanted_song = ""

    def restyle(self) -> None:
        """Draw texts again that hold colours of the theme."""
        super().restyle()
        self._write_headline()

    def compose_body(self) -> ComposeResult:
        """Title, picture, list."""
        with Vertical(id="timeline-body"):
            yield Static("", id="stream-title", markup=False)
            yield TimelineView()
            yield StreamSongs()

    def on_mount(self) -> None:
        """Follow the music."""
        self.rows.focus()
        self.set_interval(0.1, self._follow)

    def show_stream(self, stream_id: str, song_id: str = "") -> None:
        """Show a stream, at a song."""
        self._settle()
        self._wanted_song = song_id
        self._stream_id = stream_id
        self._version = -1
        if self.is_current:
            self.refresh_data()

    def refresh_data(self) -> None:
        """Read the stream, if anything was written since."""
        catalogue, settings = self.catalogue, self.settings
        stream_id, known = self._stream_id, self._version
        if self._moving is not None or not self.is_mounted:
            return

        def read() -> tuple[int, StreamPicture | None] | None:
            version = catalogue.browser.version()
            if version == known:
                return None
            return version, read_stream(catalogue, settings, stream_id)

        def arrived(found: Any) -> None:
            if found is None or self._moving is not None or stream_id != self._stream_id:
                return
            self._version, picture = found
            self._show(picture)

        self.worker.read(read, arrived)

    def _show(self, read: StreamPicture | None) -> None:
        if read is None:
            self.query_one("#stream-title", Static).update(
                tr("No streams yet: P, then a, takes one in.")
            )
            return
        fresh = self._read is None or self._read.stream.id != read.stream.id
        self._read, self._stream_id = read, read.stream.id
        self._write_headline()
        self.draw()
        view, rows = self.view, self.rows
        at = next((n for n, s in enumerate(rows.songs) if s.id == self._wanted_song), None)
        if fresh:
            view.show(0.0, view.picture.duration_s)
            view.marker_s = rows.songs[0].start_s if rows.songs else 0.0
            asked = at if self._wanted_song else _place_of_most_doubtful(rows.songs)
            rows.cursor = asked or 0
            if at:
                self.action_to_song()
        elif at is not None:
            rows.cursor = at
        self._wanted_song = ""
        self.select()

    def on_resize(self) -> None:
        """The headline takes the room there is."""
        self.call_after_refresh(self._write_headline)

    def _write_headline(self) -> None:
        """The stream's name, and as many of its facts as leave the name some room."""
        if self._read is None:
            return
        read, stream = self._read, self._read.stream
        title = self.query_one("#stream-title", Static)
        width = title.content_size.width or self.size.width - 4
        name = shown(stream.title) or stream.id
        channel = shown(stream.channel)
        stamps = tr("{n_stamps} setlist lines", n_stamps=len(read.stamps)) if read.stamps else ""
        length, songs = clock(stream.duration_s), tr("{n_songs} songs", n_songs=len(read.songs))
        n_doubtful = len(most_doubtful(read.songs))
        doubtful = tr("{n_doubtful} doubtful", n_doubtful=n_doubtful) if n_doubtful else ""
        facts = [f for f in (channel, stream.uploaded_on, length, songs, doubtful, stamps) if f]
        room = width - min(cell_len(name), width // 2) - 3
        for least in (stamps, channel, stream.uploaded_on, length, songs):
            if least in facts and cell_len("  ".join(facts)) > room:
                facts.remove(least)
        told = "   " + "  ".join(facts) if facts else ""
        line = Text(fit(name, min(cell_len(name), width - cell_len(told))), no_wrap=True)
        muted = self.app.theme_variables.get("muted", "")
        title.update(line.append(told, style=f"not bold {muted}"))

    # The song under the cursor

    def target_numbers(self) -> list[int]:
        """The song under the cursor."""
        song = self.current
        if song is None or self._read is None or song.id not in self._read.numbers:
            return []
        return [self._read.numbers[song.id]]

    def songs_changed(self, songs: list[tuple[int, Song]]) -> None:
        """Show songs as they are now."""
        self._version = -1
        self.refresh_data()

    def on_cursor_moved(self, event: CursorMoved) -> None:
        """Show the song in the picture."""
        event.stop()
        self._settle()
        self.select()

    def on_row_chosen(self, event: RowChosen) -> None:
        """Play the stream's songs from this one on."""
        event.stop()
        song = self.current
        if song is not None:
            ids = [other.id for other in self.rows.songs]
            player = self.player
            self.worker.write(lambda: player.play(ids, ids.index(song.id)))

    def action_song(self, by: int) -> None:
        """Another song."""
        self.rows.cursor += by

    # Doubtful cuts

    def action_doubtful(self) -> None:
        """The next doubtful cut: of this stream, the most doubtful first; then of another."""
        self._settle()
        current = self.current
        here = most_doubtful(self.rows.songs)
        if here and here != [current]:
            place = here.index(current) + 1 if current in here else 0
            self.rows.cursor = self.rows.songs.index(here[place % len(here)])
            self.action_to_song()
            return
        known = [song.id for song in self.rows.songs]
        review = self.catalogue.review

        def found(songs: list[Song]) -> None:
            if songs:
                self.show_stream(songs[0].stream_id, songs[0].id)
            else:
                self.notify(tr("No other cut is doubtful."))

        self.worker.read(lambda: review.doubtful(1, without=known), found)

    def cuts_changed(self, judged: Song | None) -> None:
        """Show the cuts as they are now; after a verdict, the next doubtful one."""
        if judged is not None:
            left = most_doubtful([song for song in self.rows.songs if song.id != judged.id])
            self._wanted_song = left[0].id if left else ""
        super().cuts_changed(judged)

    def cuts_restored(self, judged: Song | None) -> None:
        """Show again what was judged."""
        self._wanted_song = judged.id if judged is not None else ""
        super().cuts_changed(None)

    # Looking

    def on_marker_set(self, event: MarkerSet) -> None:
        """A click."""
        event.stop()
        self.set_marker(event.at_s)

    def on_zoom_wanted(self, event: ZoomWanted) -> None:
        """The wheel."""
        event.stop()
        self.view.zoom(event.factor, event.around_s)

    def action_marker(self, columns: int) -> None:
        """Move the marker by columns."""
        self.set_marker(self.view.marker_s + columns * self.view.column_s)
        player = self.player
        if player.recording_at_s(self._stream_id) is not None:
            self.action_play_here()

    def action_zoom(self, factor: float) -> None:
        """Closer or wider around the marker."""
        self.view.zoom(factor, self.view.marker_s)

    def action_whole(self) -> None:
        """The whole recording."""
        self.view.show(0.0, self.view.picture.duration_s)

    def action_to_song(self) -> None:
        """As close as the song fits, with some air."""
        song = self.current
        if song is not None:
            air_s = 0.15 * song.duration_s
            self.view.show(song.start_s - air_s, song.stop_s + air_s)

    def _follow(self) -> None:
        """The marker goes with what is heard of this recording."""
        if not self.is_current or self._moving is not None:
            return
        at_s = self.player.recording_at_s(self._stream_id)
        if at_s is None or not self.player.moving:
            return
        if abs(at_s - self.view.marker_s) >= self.view.column_s / 2:
            self.set_marker(at_s)

    def action_play_here(self) -> None:
        """Play the recording from the marker on, or pause."""
        player, read = self.player, self._read
        if read is None:
            return
        if player.moving:
            player.pause()
            return
        stream, at_s = read.stream, self.view.marker_s
        self.worker.write(lambda: player.play_recording(stream, at_s))

    # Other streams, other names

    def action_setlist(self) -> None:
        """Paste timestamps and titles over the stream."""
        stream_id = self._stream_id

        def pasted(text: str | None) -> None:
            if text is not None and self._read is not None:
                preview = SetlistPreview(self._read.stream, text)
                self.app.push_screen(preview, lambda sure: answered(sure, text))

        def answered(sure: bool | None, text: str) -> None:
            if sure:
                self.services.pipeline.file_request(
                    LaySetlist(stream_id=stream_id, text=text),
                    tr("the setlist will be laid over the stream"),
                )

        if stream_id:
            self.app.push_screen(
                AskText(
                    tr("Paste a setlist"),
                    help=tr(
                        "One line a song: 12:34 夜に駆ける / YOASOBI. Without times: as many lines "
                        "as there are songs."
                    ),
                    check=lambda text: "" if text.strip() else tr("There is nothing in it."),
                    several_lines=True,
                ),
                pasted,
            )  # fmt: skip

    def action_pieces(self) -> None:
        """Cut the recording at subtitles, and make the stems of each piece."""
        if self._read is None:
            return
        # What only this screen needs is imported with it: the tab does not wait.
        from utawaku.tui.screens.pieces import PiecesScreen

        at_s = self.player.recording_at_s(self._stream_id)
        at_s = self.view.marker_s if at_s is None else at_s
        self.app.push_screen(PiecesScreen(self.services, self._read.stream, at_s))

    def action_streams(self) -> None:
        """Another stream."""
        catalogue = self.catalogue

        def ask(streams: list[Stream]) -> None:
            choices = [
                Choice(
                    stream.id,
                    stream.title or stream.id,
                    f"{stream.uploaded_on}  {shown(stream.channel)}  {clock(stream.duration_s)}",
                )
                for stream in streams
            ]

            def chosen(stream_id: str | None) -> None:
                if stream_id is not None:
                    self.show_stream(stream_id)

            self.app.push_screen(Choose(tr("Streams, the newest first"), choices), chosen)

        self.worker.read(lambda: catalogue.streams.all(limit=500), ask)


def _place_of_most_doubtful(songs: list[Song]) -> int:
    """Place in the list of the song to be asked about first; 0 where none is doubtful."""
    asked = most_doubtful(songs)
    return songs.index(asked[0]) if asked else 0
