"""Grading: one song after another, by ear, with one hand."""

import time
from collections.abc import Sequence
from typing import Any, ClassVar

from rich.console import Group
from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Static

from library.catalogue import Catalogue
from library.records import Song
from library.store.review import Guess, Pick
from tui.columns import title_of
from tui.screens.song_actions import SongActions
from tui.text import bar, clock, shown

AHEAD = 20
REASONS = {
    "promising": "promising: the model thinks you will like it",
    "uncertain": "uncertain: your answer teaches the model most here",
    "varied": "varied: unlike what you have graded so far",
    "random": "random: so that the model hears of everything",
}
_LEVELS = "▁▂▃▄▅▆▇█"


class ReviewScreen(SongActions):
    """The grading queue."""

    mode = "review"
    about = "Listen and judge. Left hand: d f s and 1 to 5. Right hand: the arrow keys."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f,right", "grade(1)", "Like", key_display="f →"),
        Binding("d,left", "grade(-1)", "Dislike", key_display="d ←"),
        Binding("s,down,j", "skip", "Skip", key_display="s ↓"),
        Binding("g,up,k", "again", "Hear again", key_display="g ↑"),
        Binding("enter", "whole", "Whole song"),
        Binding("n", "grade(0)", "Neutral", show=False),
        Binding("a", "enqueue", "Queue", show=False),
        Binding("e", "edit", "Edit", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._picks: list[Pick] = []
        self._numbers: dict[str, int] = {}
        self._skipped: list[str] = []
        self._n_today = 0
        self._guesses: list[Guess] = []
        self._aucs: list[float] = []
        self._reading = False
        self._began = False

    def compose_body(self) -> ComposeResult:
        """The song, and how it goes."""
        with Vertical(id="review-body"):
            yield Static("", id="review-song")
            yield Static("", id="review-state")

    def on_mount(self) -> None:
        """Fetch the first songs."""
        self._fetch()

    def on_screen_resume(self) -> None:
        """Begin to play when the place is entered, not before."""
        super().on_screen_resume()
        self._began = True
        self._play()

    def look_again(self) -> None:
        """Names may have changed."""
        if not self._picks:
            self._fetch()
            return
        song_id = self._picks[0].song.id
        browser = self.utawaku.catalogue.browser

        def arrived(songs: Any) -> None:
            if songs and self._picks and self._picks[0].song.id == songs[0].id:
                if songs[0].grade is not None and song_id not in self._skipped:
                    self._advance()
                    return
                self._picks[0] = Pick(songs[0], self._picks[0].why)
                self._draw()

        self.utawaku.read(lambda: browser.songs_by_id([song_id]), arrived)

    def _fetch(self) -> None:
        if self._reading:
            return
        self._reading = True
        catalogue = self.utawaku.catalogue
        without = [*self._skipped, *(pick.song.id for pick in self._picks)]
        midnight = time.time() - time.time() % 86400

        def read() -> tuple[list[Pick], dict[str, int], int, list[Guess], list[float]]:
            picks = queued_picks(catalogue, without)
            if len(picks) < AHEAD // 2:
                # Nothing was trained yet, or its questions are used up.
                asked = [*without, *(pick.song.id for pick in picks)]
                skipped = catalogue.taste.not_to_be_asked()
                own = catalogue.review.picks(AHEAD * 2, without=asked)
                picks += [pick for pick in own if pick.song.id not in skipped][:AHEAD]
            numbers = catalogue.browser.numbers_of([pick.song.id for pick in picks])
            return (
                picks,
                numbers,
                catalogue.review.n_graded(since=midnight),
                catalogue.review.guesses(),
                [model.auc for model in catalogue.taste.models() if model.auc is not None],
            )

        def arrived(found: Any) -> None:
            self._reading = False
            picks, numbers, self._n_today, self._guesses, self._aucs = found
            was_empty = not self._picks
            known = {pick.song.id for pick in self._picks}
            self._picks += [pick for pick in picks if pick.song.id not in known]
            self._numbers |= numbers
            self._draw()
            if was_empty:
                self._play()

        self.utawaku.read(read, arrived)

    @property
    def current(self) -> Song | None:
        """The song to be graded."""
        return self._picks[0].song if self._picks else None

    def target_numbers(self) -> list[int]:
        """The song to be graded."""
        song = self.current
        return [self._numbers[song.id]] if song is not None and song.id in self._numbers else []

    def _play(self) -> None:
        song = self.current
        if song is not None and self._began and self.is_current:
            player = self.utawaku.player
            self.utawaku.write(lambda: player.play([song.id], preview=True))

    def _mark(
        self, *, grade: int | None = None, stars: int | None = None, clear: bool = False
    ) -> None:
        """Record the mark with what the model thought, and go on."""
        numbers = self.target_numbers()
        if not numbers or clear:
            return
        pick = self._picks[0]
        if stars is not None and grade is None:
            grade = 1 if stars >= 4 else -1 if stars <= 2 else 0
        context: dict[str, Any] = {"where": "review", "why": pick.why}
        if pick.song.taste is not None:
            context["taste"] = pick.song.taste
        self.utawaku.mark_songs(
            numbers, grade=grade, stars=stars, context=context, undone=lambda: self._back(pick)
        )
        if pick.song.taste is not None and grade:
            self._guesses.append(Guess(pick.song.taste, grade == 1))
        self._n_today += 1
        self._advance()

    def _back(self, pick: Pick) -> None:
        """A mark was undone: ask again."""
        self._picks.insert(0, pick)
        self._n_today = max(0, self._n_today - 1)
        self._draw()
        self._play()

    def _advance(self) -> None:
        if self._picks:
            self._picks.pop(0)
        if len(self._picks) < AHEAD // 2:
            self._fetch()
        if not self._picks:
            self.utawaku.write(self.utawaku.player.stop)
        self._draw()
        self._play()

    def action_skip(self) -> None:
        """Not now."""
        song = self.current
        if song is not None:
            pick, taste = self._picks[0], self.utawaku.catalogue.taste
            self._skipped.append(song.id)
            self._advance()

            def back() -> None:
                self._skipped.remove(song.id)
                self._picks.insert(0, pick)
                self._draw()
                self._play()

            self.utawaku.write(
                lambda: taste.skip(song.id),
                lambda _: self.utawaku.offer_undo("skipping", lambda: taste.unskip(song.id), back),
            )

    def action_again(self) -> None:
        """Hear the highlight again."""
        self._play()

    def action_whole(self) -> None:
        """Hear the whole song."""
        song = self.current
        if song is not None:
            player = self.utawaku.player
            self.utawaku.write(lambda: player.play([song.id]))

    def _draw(self) -> None:
        colours = self.app.theme_variables
        muted, accent = colours.get("muted", ""), colours.get("primary", "")
        box = self.query_one("#review-song", Static)
        if not self._picks:
            words = "Looking for songs …" if self._reading else "Every song is graded. Well done."
            box.update(Text(words, style=muted))
        else:
            pick = self._picks[0]
            song = pick.song
            title = Text(title_of(song), style="bold", justify="center")
            artist = Text(shown(song.artist) or "artist unknown", style=muted, justify="center")
            sung = f"{shown(song.singer)}   {song.uploaded_on}   {clock(song.duration_s)}"
            by = Text(sung, style=muted, justify="center")
            why = Text(
                REASONS.get(pick.why, shown(pick.why)),
                style=colours.get("warning", ""),
                justify="center",
            )
            if song.taste is None:
                guess = Text("no guess yet", style=muted, justify="center")
            else:
                guess = Text(justify="center")
                guess.append("dislike ", style=muted)
                guess.append(bar(song.taste, 24), style=f"{accent} on {colours.get('selection')}")
                guess.append(" like", style=muted).append(f"   {song.taste:.0%}")
            box.update(Group(title, artist, Text(), by, Text(), why, guess))
        self.query_one("#review-state", Static).update(self._state(muted, accent))

    def _state(self, muted: str, accent: str) -> Table:
        table = Table.grid(padding=(0, 3), expand=True)
        table.add_column(ratio=1)
        table.add_column(ratio=2, justify="right")
        today = Text(f"{self._n_today} graded today", style=muted)
        told = Text(style=muted)
        rates = hit_rates(self._guesses)
        if len(self._aucs) > 1:
            told.append("model ")
            told.append(
                "".join(_LEVELS[min(7, max(0, int((auc - 0.5) * 16)))] for auc in self._aucs[-24:]),
                style=accent,
            )
            told.append(f" AUC {self._aucs[-1]:.2f}, was {self._aucs[0]:.2f}")
        elif rates:
            told.append("guessed right ")
            told.append("".join(_LEVELS[min(7, int(rate * 8))] for rate in rates), style=accent)
            told.append(f" {rates[-1]:.0%} of the last {min(len(self._guesses), WINDOW)}")
        else:
            told.append(f"after {WINDOW} grades you see here how well the model guesses")
        table.add_row(today, told)
        return table


WINDOW = 20


def queued_picks(catalogue: Catalogue, without: Sequence[str]) -> list[Pick]:
    """What the taste model wants to know, in its order, without what was asked just now."""
    left = set(without)
    reasons = {song_id: why for song_id, why in catalogue.taste.queue() if song_id not in left}
    songs = catalogue.browser.songs_by_id(list(reasons)[: AHEAD * 2])
    return [Pick(song, reasons[song.id]) for song in songs]


def hit_rates(guesses: Sequence[Guess], *, points: int = 24) -> list[float]:
    """Share of right guesses among each `WINDOW` grades in a row, at up to `points` moments."""
    if len(guesses) < WINDOW:
        return []
    right = [guess.right for guess in guesses]
    stops = range(WINDOW, len(right) + 1)
    step = max(1, len(stops) // points)
    chosen = [*stops][::-1][::step][:points][::-1]
    return [sum(right[stop - WINDOW : stop]) / WINDOW for stop in chosen]
