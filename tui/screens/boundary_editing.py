"""Boundaries by hand: nudged and heard, split, merged, added, and taken back."""

from dataclasses import replace
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.timer import Timer

from utawaku.library.language import tr
from utawaku.library.records import Song
from utawaku.tui.screens.cut_judging import CutJudging
from utawaku.tui.services.services import Services
from utawaku.tui.stream import StreamPicture
from utawaku.tui.widgets.stream_songs import StreamSongs
from utawaku.tui.widgets.timeline_view import Picture, TimelineView

AROUND_S = 1.5
"""Seconds played before and behind a cut."""
SETTLE_S = 0.7
"""Nudges this close together are one step of the history."""
NEW_SONG_S = 240.0


class BoundaryEditing(CutJudging):
    """A place with a picture of a stream and a list of its songs, where its cuts are changed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left_square_bracket", "edge('start')", "Start", key_display="["),
        Binding("right_square_bracket", "edge('stop')", "End", key_display="]"),
        Binding("comma", "nudge(-0.1)", "0.1 s earlier", show=False),
        Binding("full_stop", "nudge(0.1)", "0.1 s later", show=False),
        Binding("less_than_sign", "nudge(-1)", "1 s earlier", show=False),
        Binding("greater_than_sign", "nudge(1)", "1 s later", show=False),
        Binding("s", "split", "Split"),
        Binding("a", "add", "Add"),
    ]

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self._stream_id = ""
        self._read: StreamPicture | None = None
        self._edge = "start"
        self._version = -1
        self._settling: Timer | None = None
        self.settle_s = SETTLE_S
        self._moving: tuple[str, float, float] | None = None
        """Song, start and stop of the nudges that are not written yet."""

    @property
    def view(self) -> TimelineView:
        """The picture."""
        return self.query_one(TimelineView)

    @property
    def rows(self) -> StreamSongs:
        """The list."""
        return self.query_one(StreamSongs)

    @property
    def current(self) -> Song | None:
        """The song under the cursor."""
        rows = self.rows
        return rows.songs[rows.cursor] if rows.songs else None

    def draw(self) -> None:
        """Put what was read, and what is being moved, into the picture and the list."""
        if self._read is None:
            return
        read = self._read
        duration_s = max(
            read.stream.duration_s, max((song.stop_s for song in read.songs), default=0.0)
        )
        spans = {} if self._moving is None else {self._moving[0]: self._moving[1:]}
        stamps = sorted([*read.stamps, *read.off_topic], key=lambda line: line.start_s)
        picture = Picture(
            duration_s, read.segments, read.songs, stamps, read.envelope, spans, read.damaged
        )
        self.view.picture = picture
        self.rows.picture = picture
        self.rows.songs = read.songs
        self.rows.rows_changed()
        self.view.refresh()

    def select(self) -> None:
        """Show which song and which of its ends is held."""
        song = self.current
        view = self.view
        view.selected_id = song.id if song else ""
        view.edge = self._edge
        if song is not None:
            start_s, stop_s = view.picture.span_of(song)
            self.set_marker(start_s if self._edge == "start" else stop_s)
        view.refresh()

    def set_marker(self, at_s: float) -> None:
        """Put the marker at a second of the recording."""
        view = self.view
        view.marker_s = min(max(at_s, 0.0), max(view.picture.duration_s, 0.0))
        view.reveal(view.marker_s)
        view.refresh()

    def action_edge(self, edge: str) -> None:
        """Take hold of the start or the end, and hear it."""
        self._settle()
        self._edge = edge
        self.select()
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
        self.draw()
        at_s = start_s if self._edge == "start" else stop_s
        self.set_marker(at_s)
        self._audition(at_s)
        if self._settling is not None:
            self._settling.stop()
        self._settling = self.set_timer(self.settle_s, self._settle)

    def _audition(self, at_s: float) -> None:
        player, read = self.player, self._read
        if read is None:
            return
        stream = read.stream
        self.worker.write(
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
        edits = self.catalogue.edits
        song_id, start_s, stop_s = moving
        if self._read is not None:
            # Until the catalogue answers, the picture stays as the user left it.
            songs = [
                replace(song, start_s=start_s, stop_s=stop_s) if song.id == song_id else song
                for song in self._read.songs
            ]
            self._read = replace(self._read, songs=songs)
        self.change_cuts(tr("moving a cut"), lambda: edits.move(song_id, start_s, stop_s))

    def cuts_changed(self, judged: Song | None) -> None:
        """Show the cuts as they are now."""
        self._version = -1
        self.refresh_data()

    cuts_unchanged = cuts_changed
    cuts_restored = cuts_changed

    def action_split(self) -> None:
        """Two songs of one, at the marker."""
        self._settle()
        at_s = self.view.marker_s
        song = next((s for s in self.rows.songs if s.start_s < at_s < s.stop_s), None)
        if song is None:
            self.notify(tr("Put the marker inside a song first."))
            return
        edits = self.catalogue.edits
        self.change_cuts(tr("splitting"), lambda: edits.split(song.id, at_s))

    def action_merge(self) -> None:
        """One song of this and the next."""
        self._settle()
        rows = self.rows
        if rows.cursor + 1 >= len(rows.songs):
            self.notify(tr("There is no next song."))
            return
        first, second = rows.songs[rows.cursor], rows.songs[rows.cursor + 1]
        edits = self.catalogue.edits
        self.change_cuts(tr("merging"), lambda: edits.merge(first.id, second.id))

    def action_add(self) -> None:
        """A song at the marker, up to the next song at most."""
        self._settle()
        at_s = self.view.marker_s
        if any(song.start_s <= at_s < song.stop_s for song in self.rows.songs):
            self.notify(tr("There is a song already: s splits it."))
            return
        later = [song.start_s for song in self.rows.songs if song.start_s > at_s]
        stop_s = min([at_s + NEW_SONG_S, self.view.picture.duration_s, *later])
        edits, stream_id = self.catalogue.edits, self._stream_id
        if stream_id:
            self.change_cuts(tr("adding a song"), lambda: edits.add(stream_id, at_s, stop_s))
