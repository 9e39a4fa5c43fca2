"""Grades and stars given by hand."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from textual.app import App

from utawaku.library.language import tr
from utawaku.library.records import Song
from utawaku.tui.library_handle import LibraryHandle
from utawaku.tui.messages import SongsChanged
from utawaku.tui.services.undo_stack import Step, UndoStack


class Grading:
    """Writes grades as changes that can be undone."""

    def __init__(
        self, app: App[Any], library: LibraryHandle, undo: UndoStack, graded: Callable[[], None]
    ) -> None:
        self._app = app
        self._library = library
        self._undo = undo
        self._graded = graded

    def give(
        self,
        numbers: Sequence[int],
        *,
        grade: int | None = None,
        stars: int | None = None,
        clear: bool = False,
        context: Mapping[str, Any] | None = None,
        undone: Callable[[], None] | None = None,
    ) -> None:
        """Grade songs, or clear their grades and stars.

        Args:
            numbers: the songs.
            grade: -1, 0 or +1.
            stars: 1 to 5.
            clear: take both off.
            context: kept with the grade, e.g. which screen it was given on.
            undone: called after the grades were taken back.
        """
        numbers = list(numbers)
        what = tr("grades cleared") if clear else "grade" if stars is None else "stars"

        def is_new(song: Song) -> bool:
            if clear:
                return song.grade is not None or song.stars is not None
            new_grade = grade is not None and grade != song.grade
            return new_grade or (stars is not None and stars != song.stars)

        def give() -> list[Song] | None:
            catalogue = self._library.catalogue
            before = [song for song in catalogue.browser.songs(numbers) if is_new(song)]
            for song in before:
                if clear:
                    catalogue.grades.clear(song.id)
                else:
                    catalogue.grades.give(song.id, grade=grade, stars=stars, context=context)
            return before or None

        def take_back(before: Sequence[Song]) -> None:
            grades = self._library.catalogue.grades
            for song in before:
                grades.clear(song.id)
                if song.grade is not None or song.stars is not None:
                    grades.give(song.id, grade=song.grade, stars=song.stars, context={"undo": True})

        def done(before: list[Song] | None) -> None:
            if before is not None and len(before) > 1:
                self._app.notify(
                    tr("{n_before} songs: {what}. u undoes it.", n_before=len(before), what=what)
                )
            self._app.screen.post_message(SongsChanged(numbers))
            self._graded()

        name = (
            what
            if len(numbers) == 1
            else tr("{what} of {n_numbers:,} songs", what=what, n_numbers=len(numbers))
        )
        self._undo.run(Step(name, give, take_back, undone), done)
