"""Grading: one song after another, by ear, with one hand."""

from typing import Any, ClassVar

from rich.console import Group
from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Static

from utawaku.library.doubt import is_doubtful
from utawaku.library.errors import UtawakuError
from utawaku.library.language import msg, tr, translated, trn
from utawaku.library.records import Candidate, Song
from utawaku.library.shared_files import preview_file
from utawaku.library.store.candidates import OPEN
from utawaku.library.store.review import Guess, Pick
from utawaku.tui.columns import title_of
from utawaku.tui.screens.review_cuts import ReviewCuts
from utawaku.tui.screens.review_progress import progress_table
from utawaku.tui.screens.review_queue import (
    AHEAD,
    REASONS,
    Asked,
    Find,
    read_round,
)
from utawaku.tui.services.services import Services
from utawaku.tui.services.undo_stack import Step
from utawaku.tui.text import bar, clock, shown
from utawaku.tui.widgets.song_stage import SongStage

STAGE_FROM = 32
"""Lines of the terminal from which artwork and spectrum stand above the song."""


class ReviewScreen(ReviewCuts):
    """The grading queue, and the queue of doubtful cuts."""

    mode = "review"
    about = msg(
        "Listen and judge. Left hand: d f s and 1 to 5. Right hand: the arrow keys. c asks about "
        "doubtful cuts: y right, M merge with the next, | split at what is heard, x not a song."
    )
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

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self._picks: list[Asked] = []
        self._numbers: dict[str, int] = {}
        self._skipped: list[str] = []
        self._n_songs = 0
        self._n_today = 0
        self._n_doubtful = 0
        self._guesses: list[Guess] = []
        self._aucs: list[float] = []
        self._liked: list[float] = []
        self._reading = False
        self._began = False

    def restyle(self) -> None:
        """Draw texts again that hold colours of the theme."""
        super().restyle()
        self._draw()

    def compose_body(self) -> ComposeResult:
        """The song, and how it goes."""
        with Vertical(id="review-body"):
            yield SongStage(self.services.library, self.player, self.services.preferences.value)
            yield Static("", id="review-song")
            yield Static("", id="review-state")

    def on_mount(self) -> None:
        """Fetch the first songs."""
        self._place()
        self._fetch()

    def on_resize(self) -> None:
        """Artwork and spectrum need room."""
        self._place()
        self._draw()

    def _place(self) -> None:
        self.query_one(SongStage).display = self.size.height >= STAGE_FROM

    def on_screen_resume(self) -> None:
        """Begin to play when the place is entered, not before."""
        super().on_screen_resume()
        self._began = True
        self._play()

    def refresh_data(self) -> None:
        """Names may have changed, and others may have decided."""
        if not self._picks:
            self._fetch()
            return
        asked, catalogue, checking = self._picks[0], self.catalogue, self.checking_cuts

        def read() -> Asked | None:
            if isinstance(asked, Find):
                one = catalogue.candidates.get(asked.candidate.id)
                return Find(one, asked.why) if one.state in OPEN else None
            songs = catalogue.browser.songs_by_id([asked.song.id])
            open_ = bool(songs) and songs[0].state == "kept"
            if open_ and checking:
                open_ = is_doubtful(songs[0])
            elif open_:
                open_ = songs[0].grade is None
            return Pick(songs[0], asked.why) if open_ else None

        def arrived(found: Asked | None) -> None:
            if not self._picks or self._picks[0] is not asked:
                return
            if found is None:
                self._advance()
                return
            self._picks[0] = found
            self._draw()

        self.worker.read(read, arrived)

    def _fetch(self) -> None:
        if self._reading:
            return
        self._reading = True
        catalogue, without, skipped = self.catalogue, [*self._picks], [*self._skipped]
        cuts = self.checking_cuts

        def arrived(found: Any) -> None:
            self._reading = False
            if cuts != self.checking_cuts:
                self._fetch()
                return
            self._n_doubtful = found.n_doubtful
            self._n_songs, self._n_today = found.n_songs, found.n_today
            self._guesses = found.guesses
            self._aucs, self._liked = found.aucs, found.liked
            was_empty = not self._picks
            known = {_key(asked) for asked in self._picks}
            self._picks += [asked for asked in found.asked if _key(asked) not in known]
            self._numbers |= found.numbers
            self._draw()
            if was_empty:
                self._play()

        self.worker.read(lambda: read_round(catalogue, without, skipped, cuts=cuts), arrived)

    @property
    def current(self) -> Song | None:
        """The song to be graded; None when it is a stream of the crawler, or nothing."""
        asked = self._picks[0] if self._picks else None
        return asked.song if isinstance(asked, Pick) else None

    @property
    def candidate(self) -> Candidate | None:
        """The stream of the crawler that is to be graded."""
        asked = self._picks[0] if self._picks else None
        return asked.candidate if isinstance(asked, Find) else None

    def target_numbers(self) -> list[int]:
        """The song to be graded."""
        song = self.current
        return [self._numbers[song.id]] if song is not None and song.id in self._numbers else []

    def _play(self) -> None:
        if not (self._picks and self._began and self.is_current):
            return
        player, song, candidate = self.player, self.current, self.candidate
        if song is not None and self.checking_cuts:
            self.hear_start(song)
        elif song is not None:
            self.worker.write(lambda: player.play([song.id], preview=True))
        elif candidate is not None:
            path = preview_file(self.settings, candidate.preview_path)

            def play() -> None:
                if candidate.preview_path and path.is_file():
                    player.play_file(path, candidate.title or candidate.url)
                else:
                    player.stop()

            self.worker.write(play)

    def _mark(
        self, *, grade: int | None = None, stars: int | None = None, clear: bool = False
    ) -> None:
        """Record the mark with what the model thought, and go on."""
        if stars is not None and grade is None:
            grade = 1 if stars >= 4 else -1 if stars <= 2 else 0
        if clear:
            return
        if self.candidate is not None and grade is not None:
            self._decide(self.candidate, grade)
            return
        numbers = self.target_numbers()
        if not numbers:
            return
        pick = self._picks[0]
        assert isinstance(pick, Pick)
        context: dict[str, Any] = {"where": "review", "why": pick.why}
        if pick.song.taste is not None:
            context["taste"] = pick.song.taste
        self.services.grading.give(
            numbers, grade=grade, stars=stars, context=context, undone=lambda: self._back(pick)
        )
        if pick.song.taste is not None and grade:
            self._guesses.append(Guess(pick.song.taste, grade == 1))
        self._n_today += 1
        self._advance()

    def _decide(self, candidate: Candidate, grade: int | None) -> None:
        """Take a stream of the crawler in, refuse it, or (None) leave it without a mark."""
        find, store = self._picks[0], self.catalogue.candidates
        title = shown(candidate.title) or shown(candidate.url)

        def decide() -> bool | None:
            if grade is None:
                return store.skip(candidate.id) or None
            return store.decide(candidate.id, grade=grade) or None

        def take_back(_result: bool) -> None:
            if not store.undecide(candidate):
                raise UtawakuError(
                    "the stream is being ingested already",
                    subject=title,
                    next_step="The pipeline (P) can cancel it",
                )

        def decided(changed: bool | None) -> None:
            self.services.retrainer.graded()
            if changed and grade == 1:
                told = tr(
                    "{title} will be ingested{when}",
                    title=title,
                    when=self.services.pipeline.wait_note(),
                )
                self.notify(told, markup=False)

        def back() -> None:
            self._back(find, grade is not None)

        what = {1: tr("taking a stream in"), None: tr("skipping")}.get(
            grade, tr("refusing a stream")
        )
        step = Step(what, decide, take_back, back, lambda: self._remove(find))
        self.services.undo.run(step, decided, back)
        if grade is not None:
            self._n_today += 1
        self._advance()

    def _back(self, asked: Asked, counted: bool = True) -> None:
        """A mark was undone, or could not be written: ask again."""
        self._picks.insert(0, asked)
        self._n_today = max(0, self._n_today - counted)
        self._draw()
        self._play()

    def _remove(self, asked: Asked) -> None:
        """A decision was redone: ask about it no more."""
        if self._picks and self._picks[0] is asked:
            self._advance()
        elif asked in self._picks:
            self._picks.remove(asked)

    def _advance(self) -> None:
        if self._picks:
            self._picks.pop(0)
        if len(self._picks) < AHEAD // 2:
            self._fetch()
        if not self._picks:
            self.worker.write(self.player.stop)
        self._draw()
        self._play()

    def action_skip(self) -> None:
        """Not this one."""
        song = self.current
        if self.candidate is not None:
            self._decide(self.candidate, None)
        elif song is not None:
            pick, taste = self._picks[0], self.catalogue.taste
            self._skipped.append(song.id)
            self._advance()
            if self.checking_cuts:
                return  # asked about again another time

            def back() -> None:
                self._skipped.remove(song.id)
                self._picks.insert(0, pick)
                self._draw()
                self._play()

            def skip() -> str:
                taste.skip(song.id)
                return song.id

            self.services.undo.run(
                Step(tr("skipping"), skip, taste.unskip, back, lambda: self._remove(pick))
            )

    # Cuts

    def ask_anew(self) -> None:
        """Ask about cuts, or about songs to grade."""
        self._picks.clear()
        self._skipped.clear()
        self._fetch()
        self._draw()

    def cuts_changed(self, judged: Song | None) -> None:
        """Go on; a song to be graded stays in question."""
        asked = (one for one in self._picks if isinstance(one, Pick))
        pick = next((one for one in asked if judged and one.song.id == judged.id), None)
        if not self.checking_cuts or pick is None:
            self.refresh_data()
            return
        self._n_doubtful = max(0, self._n_doubtful - 1)
        self._remove(pick)

    def cuts_restored(self, judged: Song | None) -> None:
        """Ask again about a cut that was judged."""
        if self.checking_cuts and judged is not None:
            self._n_doubtful += 1
            self._back(Pick(judged, "doubtful"), counted=False)
        else:
            self.refresh_data()

    def action_again(self) -> None:
        """Hear the highlight again."""
        self._play()

    def action_whole(self) -> None:
        """Hear the whole song, or all that there is of a stream."""
        song = self.current
        if self.candidate is not None:
            self._play()
        if song is not None:
            player = self.player
            self.worker.write(lambda: player.play([song.id]))

    def _nothing_to_ask(self) -> str:
        if self._reading:
            return tr("Looking for songs …")
        if self.checking_cuts:
            return tr("No cut is doubtful. c goes back to the songs to grade.")
        if not self._n_songs:
            return tr("No songs yet. P, then a, takes in a stream, a file or a folder.")
        if self._skipped:
            return tr("Only what you skipped is left: it comes again next time.")
        return tr("Every song is graded. Well done.")

    def _draw(self) -> None:
        colours = self.app.theme_variables
        muted = colours.get("muted", "")
        box = self.query_one("#review-song", Static)
        self.query_one(SongStage).show(self.current)
        asked = self._picks[0] if self._picks else None
        if asked is None:
            box.update(Text(self._nothing_to_ask(), style=muted))
        else:
            lines = self._song(asked.song) if isinstance(asked, Pick) else self._find(asked)
            why = Text(
                tr(REASONS.get(asked.why, shown(asked.why))), style=colours.get("warning", "")
            )
            taste = asked.song.taste if isinstance(asked, Pick) else asked.candidate.score
            for line in (*lines, why):
                line.justify = "center"
            box.update(Group(*lines, Text(), why, self._guess(taste)))
        self.query_one("#review-state", Static).update(self._state())

    def _song(self, song: Song) -> list[Text]:
        muted = self.app.theme_variables.get("muted", "")
        return [
            Text(title_of(song), style="bold"),
            Text(shown(song.artist) or tr("artist unknown"), style=muted),
            Text(),
            Text(
                f"{shown(song.singer)}   {song.uploaded_on}   {clock(song.duration_s)}", style=muted
            ),
            *([self.cut_line(song)] if self.checking_cuts or is_doubtful(song) else []),
        ]

    def _find(self, find: Find) -> list[Text]:
        """A stream of the crawler: what it is, what can be heard, what a mark does."""
        muted, candidate = self.app.theme_variables.get("muted", ""), find.candidate
        length = clock(candidate.duration_s) if candidate.duration_s else ""
        facts = [
            shown(candidate.channel),
            length,
            tr("found by {source}", source=shown(translated(candidate.source))),
        ]
        path = preview_file(self.settings, candidate.preview_path)
        if not candidate.preview_path:
            heard = tr("no preview was fetched yet: its name is all there is")
        elif path.is_file():
            heard = tr("a preview of it plays")
        else:
            heard = tr("its preview is gone from the cache: its name is all there is")
        return [
            Text(tr("a stream that is not in the library"), style=muted),
            Text(shown(candidate.title)[:120] or tr("no title"), style="bold"),
            Text("   ".join(fact for fact in facts if fact), style=muted),
            Text(shown(candidate.url), style=muted),
            Text(heard, style=muted),
            Text(),
            Text(tr("like takes it in   dislike refuses it for good"), style=muted),
        ]

    def _guess(self, taste: float | None) -> Text:
        """Return how much the model thinks it is liked."""
        colours = self.app.theme_variables
        muted = colours.get("muted", "")
        if taste is None:
            return Text(tr("no guess yet"), style=muted, justify="center")
        guess = Text(justify="center")
        guess.append(tr("dislike") + " ", style=muted)
        selection = colours.get("selection", "")
        guess.append(bar(taste, 24), style=f"{colours.get('primary', '')} on {selection}")
        return guess.append(" " + tr("like"), style=muted).append(f"   {taste:.0%}")

    def _state(self) -> Table:
        """Return how the model improves, and what is left to do."""
        told = tr("{n_today} graded today", n_today=self._n_today)
        if self._n_doubtful:
            told += "   " + trn(
                "{n} cut is doubtful: c", "{n} cuts are doubtful: c", self._n_doubtful
            )
        return progress_table(
            self.app.theme_variables,
            self.size,
            self._guesses,
            self._aucs,
            self._liked,
            told,
        )


def _key(asked: Asked) -> tuple[str, str]:
    """Tells what is asked about from everything else."""
    if isinstance(asked, Find):
        return "candidate", str(asked.candidate.id)
    return "song", asked.song.id
