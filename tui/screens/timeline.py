"""One stream from left to right: what was found in it, and its boundaries by hand."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.timer import Timer
from textual.widgets import Static

from library.analysis import Envelope, read_envelope
from library.catalogue import Catalogue
from library.config import Settings
from library.errors import UtawakuError
from library.records import Segment, SetlistLine, Song, SongEdit, Stream
from tui.columns import mark, title_of
from tui.screens.dialogs import AskText, Choice, Choose
from tui.screens.song_actions import SongActions
from tui.text import clock, fit, precise_clock, shown
from tui.widgets.rows import Cell, Rows
from tui.widgets.timeline_view import Picture, TimelineView

AROUND_S = 1.5
"""How much is heard before and behind a cut."""
SETTLE_S = 0.7
"""Nudges this close together are one step of the history."""
NEW_SONG_S = 240.0


@dataclass(frozen=True)
class StreamPicture:
    """What is read of a stream."""

    stream: Stream
    segments: list[Segment]
    songs: list[Song]
    numbers: dict[str, int]
    stamps: Sequence[SetlistLine]
    envelope: Envelope | None
    damaged: str = ""
    """Why there is no waveform, if not for being too early."""


def read_stream(catalogue: Catalogue, settings: Settings, stream_id: str) -> StreamPicture | None:
    """Read one stream, or the newest; off the event loop. None when there is none at all."""
    if not stream_id:
        newest = catalogue.streams.all(limit=1)
        if not newest:
            return None
        stream_id = newest[0].id
    stream = catalogue.streams.get(stream_id)
    songs = catalogue.songs.of_stream(stream_id)
    setlists = catalogue.setlists.of_stream(stream_id)
    envelope, damaged = None, ""
    try:
        envelope = read_envelope(settings, stream_id)
    except UtawakuError as error:
        damaged = str(error)
    return StreamPicture(
        stream,
        catalogue.streams.segments(stream_id),
        songs,
        catalogue.browser.numbers_of([song.id for song in songs]),
        setlists[0].lines if setlists else (),
        envelope,
        damaged,
    )


class StreamSongs(Rows):
    """The songs of the stream as a list."""

    empty_text = "No songs in this stream. a adds one at the marker."

    def __init__(self) -> None:
        super().__init__(id="stream-songs")
        self.songs: list[Song] = []
        self.picture = Picture()

    def row_count(self) -> int:
        """How many songs there are."""
        return len(self.songs)

    def draw_header(self, width: int) -> list[Cell]:
        """Titles."""
        return [(fit("      Start       Stop        Length  Title", width - 18), None),
                (fit("Sure  By", 18), None)]  # fmt: skip

    def draw_row(self, index: int, width: int) -> list[Cell]:
        """Number, mark, span, title, how sure the cut is."""
        song = self.songs[index]
        start_s, stop_s = self.picture.span_of(song)
        by = f"{title_of(song)}  {shown(song.artist)}" if song.artist else title_of(song)
        sure = "low" if song.confidence < 0.6 else ""
        room = max(8, width - 6 - 12 - 12 - 8 - 18)
        return [
            (f" {index + 1:2} ", self.look("faint")),
            (mark(song) + " ", self.look("accent" if song.grade == 1 else "muted")),
            (fit(precise_clock(start_s), 12), self.look("muted")),
            (fit(precise_clock(stop_s), 12), self.look("muted")),
            (fit(clock(stop_s - start_s), 6, right=True) + "  ", self.look("muted")),
            (fit(by, room), None),
            (f"{song.confidence:4.0%}  ", self.look("warn" if sure else "muted")),
            (fit(song.boundary_source, 12), self.look("marked" if song.boundary_source == "user"
                                                      else "muted")),
        ]  # fmt: skip


class TimelineScreen(SongActions):
    """Look at a stream and mend its cuts."""

    mode = "timeline"
    about = (
        "One stream. [ and ] take hold of a song's start or end, comma and full stop nudge it by "
        "0.1 s, < and > by 1 s: you hear 1.5 s before and after the cut."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left_square_bracket", "edge('start')", "Start", key_display="["),
        Binding("right_square_bracket", "edge('stop')", "End", key_display="]"),
        Binding("comma", "nudge(-0.1)", "0.1 s earlier", show=False),
        Binding("full_stop", "nudge(0.1)", "0.1 s later", show=False),
        Binding("less_than_sign", "nudge(-1)", "1 s earlier", show=False),
        Binding("greater_than_sign", "nudge(1)", "1 s later", show=False),
        Binding("s", "split", "Split"),
        Binding("j,down", "song(1)", "Next song", show=False),
        Binding("k,up", "song(-1)", "Previous song", show=False),
        Binding("M", "merge", "Merge with next", show=False),
        Binding("a", "add", "Add"),
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
        Binding("v", "streams", "Streams"),
        Binding("f", "grade(1)", "Like", show=False),
        Binding("d", "grade(-1)", "Dislike", show=False),
        Binding("e", "edit", "Edit", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._stream_id = ""
        self._wanted_song = ""
        self._read: StreamPicture | None = None
        self._edge = "start"
        self._version = -1
        self._settling: Timer | None = None
        self.settle_s = SETTLE_S
        self._moving: tuple[str, float, float] | None = None
        """Song, start and stop of the nudges that are not written yet."""

    def compose_body(self) -> ComposeResult:
        """Title, picture, list."""
        with Vertical(id="timeline-body"):
            yield Static("", id="stream-title", markup=False)
            yield TimelineView()
            yield StreamSongs()

    @property
    def view(self) -> TimelineView:
        """The picture."""
        return self.query_one(TimelineView)

    @property
    def rows(self) -> StreamSongs:
        """The list."""
        return self.query_one(StreamSongs)

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
            self.look_again()

    def look_again(self) -> None:
        """Read the stream, if anything was written since."""
        catalogue, settings = self.utawaku.catalogue, self.utawaku.settings
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

        self.utawaku.read(read, arrived)

    def _show(self, read: StreamPicture | None) -> None:
        title = self.query_one("#stream-title", Static)
        if read is None:
            title.update("No streams yet: P, then a, takes one in.")
            return
        fresh = self._read is None or self._read.stream.id != read.stream.id
        self._read, self._stream_id = read, read.stream.id
        stream = read.stream
        facts = [
            shown(stream.channel),
            stream.uploaded_on,
            clock(stream.duration_s),
            f"{len(read.songs)} songs",
            f"{len(read.stamps)} setlist lines" if read.stamps else "",
        ]
        line = Text(shown(stream.title) or stream.id, no_wrap=True, overflow="ellipsis")
        muted = self.app.theme_variables.get("muted", "")
        line.append("   " + "  ".join(f for f in facts if f), style=f"not bold {muted}")
        title.update(line)
        self._draw()
        view, rows = self.view, self.rows
        at = next((n for n, s in enumerate(rows.songs) if s.id == self._wanted_song), None)
        if fresh:
            view.show(0.0, view.picture.duration_s)
            view.marker_s = rows.songs[0].start_s if rows.songs else 0.0
            rows.cursor = at or 0
            if at:
                self.action_to_song()
        elif at is not None:
            rows.cursor = at
        self._wanted_song = ""
        self._select()

    def _draw(self) -> None:
        """Put what was read, and what is being moved, into the picture and the list."""
        if self._read is None:
            return
        read = self._read
        duration_s = max(
            read.stream.duration_s, max((song.stop_s for song in read.songs), default=0.0)
        )
        spans = {} if self._moving is None else {self._moving[0]: self._moving[1:]}
        picture = Picture(
            duration_s, read.segments, read.songs, read.stamps, read.envelope, spans, read.damaged
        )
        self.view.picture = picture
        self.rows.picture = picture
        self.rows.songs = read.songs
        self.rows.rows_changed()
        self.view.refresh()

    # The song under the cursor

    @property
    def current(self) -> Song | None:
        """The song under the cursor."""
        rows = self.rows
        return rows.songs[rows.cursor] if rows.songs else None

    def target_numbers(self) -> list[int]:
        """The song under the cursor."""
        song = self.current
        if song is None or self._read is None or song.id not in self._read.numbers:
            return []
        return [self._read.numbers[song.id]]

    def songs_changed(self, songs: list[tuple[int, Song]]) -> None:
        """Show songs as they are now."""
        self._version = -1
        self.look_again()

    def on_rows_moved(self, event: Rows.Moved) -> None:
        """Show the song in the picture."""
        event.stop()
        self._settle()
        self._select()

    def _select(self) -> None:
        song = self.current
        view = self.view
        view.selected_id = song.id if song else ""
        view.edge = self._edge
        if song is not None:
            start_s, stop_s = view.picture.span_of(song)
            self._set_marker(start_s if self._edge == "start" else stop_s)
        view.refresh()

    def on_rows_chosen(self, event: Rows.Chosen) -> None:
        """Play the stream's songs from this one on."""
        event.stop()
        song = self.current
        if song is not None:
            ids = [other.id for other in self.rows.songs]
            player = self.utawaku.player
            self.utawaku.write(lambda: player.play(ids, ids.index(song.id)))

    def action_song(self, by: int) -> None:
        """Another song."""
        self.rows.cursor += by

    # Looking

    def _set_marker(self, at_s: float) -> None:
        view = self.view
        view.marker_s = min(max(at_s, 0.0), max(view.picture.duration_s, 0.0))
        view.reveal(view.marker_s)
        view.refresh()

    def on_timeline_view_marker_set(self, event: TimelineView.MarkerSet) -> None:
        """A click."""
        event.stop()
        self._set_marker(event.at_s)

    def on_timeline_view_zoom_asked(self, event: TimelineView.ZoomAsked) -> None:
        """The wheel."""
        event.stop()
        self.view.zoom(event.factor, event.around_s)

    def action_marker(self, columns: int) -> None:
        """Move the marker by columns."""
        self._set_marker(self.view.marker_s + columns * self.view.column_s)
        player = self.utawaku.player
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
        at_s = self.utawaku.player.recording_at_s(self._stream_id)
        if at_s is None or not self.utawaku.player.moving:
            return
        if abs(at_s - self.view.marker_s) >= self.view.column_s / 2:
            self._set_marker(at_s)

    def action_play_here(self) -> None:
        """Play the recording from the marker on, or pause."""
        player, read = self.utawaku.player, self._read
        if read is None:
            return
        if player.moving:
            player.pause()
            return
        stream, at_s = read.stream, self.view.marker_s
        self.utawaku.write(lambda: player.play_recording(stream, at_s))

    # Mending

    def action_edge(self, edge: str) -> None:
        """Take hold of the start or the end, and hear it."""
        self._settle()
        self._edge = edge
        self._select()
        song = self.current
        if song is not None:
            start_s, stop_s = self.view.picture.span_of(song)
            at_s = start_s if edge == "start" else stop_s
            self.view.show(at_s - 15, at_s + 15)
            self._audition(at_s)

    def action_nudge(self, by_s: float) -> None:
        """Move the held end, and hear it."""
        song = self.current
        if song is None:
            return
        start_s, stop_s = self.view.picture.span_of(song)
        if self._edge == "start":
            start_s = max(0.0, round(start_s + by_s, 3))
        else:
            stop_s = min(self.view.picture.duration_s, round(stop_s + by_s, 3))
        if stop_s - start_s < 1.0:
            return
        self._moving = (song.id, start_s, stop_s)
        self._draw()
        at_s = start_s if self._edge == "start" else stop_s
        self._set_marker(at_s)
        self._audition(at_s)
        if self._settling is not None:
            self._settling.stop()
        self._settling = self.set_timer(self.settle_s, self._settle)

    def _audition(self, at_s: float) -> None:
        player, read = self.utawaku.player, self._read
        if read is None:
            return
        stream = read.stream
        self.utawaku.write(
            lambda: player.play_recording(stream, max(0.0, at_s - AROUND_S), at_s + AROUND_S)
        )

    def _settle(self) -> None:
        """Write the nudges as one step."""
        if self._settling is not None:
            self._settling.stop()
            self._settling = None
        moving, self._moving = self._moving, None
        if moving is None:
            return
        edits = self.utawaku.catalogue.edits
        song_id, start_s, stop_s = moving
        if self._read is not None:
            # Until the catalogue answers, the picture stays as the user left it.
            songs = [
                replace(song, start_s=start_s, stop_s=stop_s) if song.id == song_id else song
                for song in self._read.songs
            ]
            self._read = replace(self._read, songs=songs)
        self._edit("moving a cut", lambda: edits.move(song_id, start_s, stop_s))

    def _edit(self, what: str, job: Callable[[], SongEdit]) -> None:
        """Change boundaries, ask for a re-cut, offer the way back."""
        catalogue = self.utawaku.catalogue

        def change() -> SongEdit:
            try:
                edit = job()
            finally:
                self._version = -1
            catalogue.requests.file("recut", edit.stream_id)
            return edit

        def undo(edit: SongEdit) -> None:
            catalogue.edits.undo(edit.id)
            catalogue.requests.file("recut", edit.stream_id)
            self._version = -1

        def done(edit: SongEdit) -> None:
            self.utawaku.offer_undo(what, lambda: undo(edit))
            self.look_again()

        self.utawaku.write(change, done, failed=self.look_again)

    def action_split(self) -> None:
        """Two songs of one, at the marker."""
        self._settle()
        at_s = self.view.marker_s
        song = next((s for s in self.rows.songs if s.start_s < at_s < s.stop_s), None)
        if song is None:
            self.notify("Put the marker inside a song first.")
            return
        edits = self.utawaku.catalogue.edits
        self._edit("splitting", lambda: edits.split(song.id, at_s))

    def action_merge(self) -> None:
        """One song of this and the next."""
        self._settle()
        rows = self.rows
        if rows.cursor + 1 >= len(rows.songs):
            self.notify("There is no next song.")
            return
        first, second = rows.songs[rows.cursor], rows.songs[rows.cursor + 1]
        edits = self.utawaku.catalogue.edits
        self._edit("merging", lambda: edits.merge(first.id, second.id))

    def action_add(self) -> None:
        """A song at the marker, up to the next song at most."""
        self._settle()
        at_s = self.view.marker_s
        if any(song.start_s <= at_s < song.stop_s for song in self.rows.songs):
            self.notify("There is a song already: s splits it.")
            return
        later = [song.start_s for song in self.rows.songs if song.start_s > at_s]
        stop_s = min([at_s + NEW_SONG_S, self.view.picture.duration_s, *later])
        edits, stream_id = self.utawaku.catalogue.edits, self._stream_id
        if stream_id:
            self._edit("adding a song", lambda: edits.add(stream_id, at_s, stop_s))

    def action_setlist(self) -> None:
        """Paste timestamps and titles over the stream."""
        stream_id = self._stream_id

        def pasted(text: str | None) -> None:
            if text is not None:
                self.utawaku.file_request(
                    "setlist", stream_id, "the setlist will be laid over the stream",
                    {"text": text},
                )  # fmt: skip

        if stream_id:
            self.app.push_screen(
                AskText(
                    "Paste a setlist",
                    help="One line a song, with its time: 12:34 夜に駆ける / YOASOBI",
                    check=lambda text: (
                        "" if any(c.isdigit() for c in text) and ":" in text
                        else "There is no time such as 12:34 in it."
                    ),
                    several_lines=True,
                ),
                pasted,
            )  # fmt: skip

    def action_streams(self) -> None:
        """Another stream."""
        catalogue = self.utawaku.catalogue

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

            self.app.push_screen(Choose("Streams, the newest first", choices), chosen)

        self.utawaku.read(lambda: catalogue.streams.all(limit=500), ask)
