"""Everything about one song."""

import time

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Static

from utawaku.library.language import tr, trn
from utawaku.library.query.results import quote
from utawaku.library.records import Song
from utawaku.library.words import word
from utawaku.tui.columns import mark, title_of
from utawaku.tui.library_handle import LibraryHandle
from utawaku.tui.text import ago, bar, clock, shown
from utawaku.tui.widgets.cover import Cover


class Details(VerticalScroll, can_focus=False):
    """The pane beside the table."""

    DEFAULT_CSS = """
    Details {
        width: 38;
        background: $background;
        border-left: solid $border;
        padding: 0 1 0 2;
        scrollbar-size-vertical: 1;
    }
    """

    def __init__(self, home: LibraryHandle, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.cover = Cover(home)
        self._text = Static("", id="details-text", markup=False)
        """Kept here: an answer may come when the screen has been taken apart."""
        self._told: Song | None = None

    def compose(self) -> ComposeResult:
        """A picture and a text."""
        yield self.cover
        yield self._text

    def on_resize(self) -> None:
        """The cover has another room."""
        self.cover.again()

    def show(self, song: Song | None) -> None:
        """Tell about a song."""
        if self.display:
            self.cover.show(song)
        if song is not None and song == self._told:
            return  # laying the screen out again is what costs most of a key
        self._told = song
        self._text.update("" if song is None else self._tell(song))

    def forget(self) -> None:
        """Draw the next song even if it is the one that is shown."""
        self._told = None

    def _colour(self, name: str) -> str:
        return self.app.theme_variables.get(name, "")

    def _tell(self, song: Song) -> Table:
        muted, accent = self._colour("muted"), self._colour("primary")
        table = Table.grid(padding=(0, 1), expand=True)
        table.add_column(width=9, style=muted)
        table.add_column(ratio=1, overflow="fold")
        head = Text(title_of(song), style="bold")
        outer = Table.grid(expand=True)
        outer.add_column(overflow="fold")
        outer.add_row(head)
        if song.artist:
            outer.add_row(Text(shown(song.artist), style=accent))
        outer.add_row("")

        def fact(name: str, value: str, style: str = "") -> None:
            if value:
                table.add_row(name, Text(value, style=style))

        fact(tr("sung by"), shown(song.singer))
        fact(tr("stream"), shown(song.stream_title))
        fact(tr("date"), song.uploaded_on)
        fact(
            tr("at"),
            tr(
                "{start} to {stop}  ({length})",
                start=clock(song.start_s),
                stop=clock(song.stop_s),
                length=clock(song.duration_s),
            ),
        )
        fact(tr("grade"), f"{mark(song)} {'★' * (song.stars or 0)}".strip(), accent)
        if song.taste is not None:
            fact(tr("taste"), f"{bar(song.taste, 10)} {song.taste:.0%}", accent)
        if song.highlight_start_s is not None:
            sure = song.highlight_certainty
            at = clock(song.highlight_start_s)
            fact(
                tr("highlight"),
                at if sure is None else tr("{at}, {sure:.0%} sure", at=at, sure=sure),
            )
        music = [f"{song.bpm:.0f} BPM" if song.bpm else "", shown(song.key)]
        fact(tr("music"), "  ".join(part for part in music if part))
        fact(tr("tags"), ", ".join(shown(tag) for tag in song.tags[:12]))
        n = song.play_count
        plays = tr("never") if not n else trn("once", "{n} times", n)
        if song.last_played_at:
            plays += f", {ago(time.time() - song.last_played_at)}"
        fact(tr("played"), plays)
        fact(tr("added"), ago(time.time() - song.added_at))
        fact(tr("named by"), word(song.label_source) or tr("nobody yet"))
        fact(
            tr("cut by"),
            tr(
                "{boundary_source}, {confidence:.0%} sure",
                boundary_source=word(song.boundary_source),
                confidence=song.confidence,
            ),
        )
        if song.start_confidence is not None and song.stop_confidence is not None:
            fact(
                tr("its ends"),
                tr(
                    "start {start:.0%}, end {stop:.0%} sure",
                    start=song.start_confidence,
                    stop=song.stop_confidence,
                ),
            )
        fact(tr("flags"), ", ".join(shown(word(flag)) for flag in song.flags))
        if song.loudness_lufs is not None:
            fact(tr("loudness"), f"{song.loudness_lufs:.1f} LUFS")
        fact(tr("file"), shown(song.file_path) or tr("not cut yet"))
        outer.add_row(table)
        return outer


def same_song_query(song: Song) -> str:
    """The search for all copies of a song."""
    return f"title={quote(song.title)} artist={quote(song.artist)}" if song.title else ""
