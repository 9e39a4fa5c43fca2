"""Doubtful cuts in the review: heard at both ends, judged by one key."""

from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType

from utawaku.library.doubt import doubtful_ends
from utawaku.library.errors import EditError, NotFoundError
from utawaku.library.language import tr
from utawaku.library.records import Song, SongEdit
from utawaku.tui.screens.cut_judging import CutJudging
from utawaku.tui.text import clock

BEFORE_S, AFTER_S = 3.0, 5.0
"""Seconds of the recording heard outside of the song, before its start and after its end."""
END_S = 8.0
"""Seconds of the song heard before its end."""


class ReviewCuts(CutJudging):
    """The half of the review that asks about cuts, the most doubtful first."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c", "cuts", "Cuts", show=False),
        Binding("b", "hear_end", "Hear its end", show=False),
    ]
    checking_cuts = False
    """Doubtful cuts are asked about, not songs to grade."""

    def action_cuts(self) -> None:
        """Ask about doubtful cuts, or about songs to grade again."""
        self.checking_cuts = not self.checking_cuts
        self.ask_anew()

    def ask_anew(self) -> None:
        """Ask the first question of the other kind."""
        raise NotImplementedError

    def action_merge(self) -> None:
        """One song of this and the next of its stream."""
        song, catalogue = self.current, self.catalogue
        if song is None:
            return

        def merge() -> SongEdit:
            later = [
                other
                for other in catalogue.songs.of_stream(song.stream_id)
                if other.start_s > song.start_s
            ]
            if not later:
                raise EditError("there is no next song", subject=song.title or song.id)
            return catalogue.edits.merge(song.id, later[0].id)

        self.change_cuts(tr("merging"), merge, song)

    def action_split(self) -> None:
        """Two songs, at what is heard now."""
        song, edits = self.current, self.catalogue.edits
        if song is None:
            return
        at_s = self.player.recording_at_s(song.stream_id)
        if at_s is None or not song.start_s < at_s < song.stop_s:
            self.notify(tr("It is split at what is heard: play it to there first."))
            return
        self.change_cuts(tr("splitting"), lambda: edits.split(song.id, at_s), song)

    def action_hear_end(self) -> None:
        """Hear how the song ends, and what follows."""
        song = self.current
        if song is not None:
            self.hear_cut(song, song.stop_s - END_S, song.stop_s + AFTER_S)

    def hear_start(self, song: Song) -> None:
        """Hear what comes before the song, and the song."""
        self.hear_cut(song, song.start_s - BEFORE_S, None)

    def hear_cut(self, song: Song, from_s: float, to_s: float | None) -> None:
        """Play the recording between two seconds of it; the file where there is no recording."""
        catalogue, player = self.catalogue, self.player

        def play() -> None:
            try:
                stream = catalogue.streams.get(song.stream_id)
                player.play_recording(stream, max(0.0, from_s), to_s)
            except NotFoundError:
                player.play([song.id])

        self.worker.write(play)

    def cut_line(self, song: Song) -> Text:
        """The place of the song in its stream, and how sure each end is."""
        colours = self.app.theme_variables
        muted, warning = colours.get("muted", ""), colours.get("warning", "")
        text = Text(style=muted)
        ends = (song.start_confidence, song.stop_confidence)
        times = (clock(song.start_s), clock(song.stop_s))
        for n, (at, chance, doubtful) in enumerate(
            zip(times, ends, doubtful_ends(song), strict=True)
        ):
            text.append("  –  " if n else "")
            sure = "" if chance is None else " " + tr("{chance:.0%} sure", chance=chance)
            text.append(at + sure + (" ?" if doubtful else ""), style=warning if doubtful else "")
        return text
