"""Cuts judged by one key each: right, merged with the next, split here, not a song."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType

from utawaku.library.language import tr
from utawaku.library.records import Song, SongEdit
from utawaku.library.requests import Recut
from utawaku.tui.screens.song_actions import SongActions
from utawaku.tui.services.undo_stack import Step


class CutJudging(SongActions):
    """A place that shows one song at a time, of which the user says whether it is cut right.

    What is said becomes the user's own cut: it stands at every re-materialization, and
    `utawaku train song-rules` and `utawaku train songs` learn from it.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "right", "Cut is right", show=False),
        Binding("M", "merge", "Merge with next", show=False),
        Binding("vertical_line", "split", "Split here", key_display="|", show=False),
        Binding("x", "no_song", "Not a song", show=False),
    ]

    @property
    def current(self) -> Song | None:
        """The song that is judged."""
        raise NotImplementedError

    def action_merge(self) -> None:
        """One song of this and the next."""
        raise NotImplementedError

    def action_split(self) -> None:
        """Two songs of one."""
        raise NotImplementedError

    def cuts_changed(self, judged: Song | None) -> None:
        """Show cuts that were changed; `judged` is a song of which nothing is left to be said."""

    def cuts_unchanged(self, judged: Song | None) -> None:
        """Show cuts as they are: a change of them failed."""

    def cuts_restored(self, judged: Song | None) -> None:
        """Show again what was judged: a change was taken back."""

    def action_right(self) -> None:
        """Start and end are where they belong."""
        song, edits = self.current, self.catalogue.edits
        if song is not None:
            self.change_cuts(
                tr("finding a cut right"), lambda: _one(edits.confirm([song.id])), song, recut=False
            )

    def action_no_song(self) -> None:
        """Talk, a loop, a jingle: no song."""
        song, edits = self.current, self.catalogue.edits
        if song is not None:
            self.change_cuts(
                tr("dropping what is no song"), lambda: _one(edits.drop([song.id], "no_song")), song
            )

    def change_cuts(
        self,
        what: str,
        job: Callable[[], SongEdit],
        judged: Song | None = None,
        *,
        recut: bool = True,
    ) -> None:
        """Change boundaries, ask for a re-cut, offer the way back.

        Args:
            what: words for the notice of an undo.
            job: the change.
            judged: a song of which nothing is left to be said afterwards.
            recut: files have to be cut again for it.
        """
        catalogue = self.catalogue

        def file_recut(edit: SongEdit) -> None:
            if recut:
                catalogue.requests.file(Recut(stream_id=edit.stream_id))

        def change() -> SongEdit:
            edit = job()
            file_recut(edit)
            return edit

        def undo(edit: SongEdit) -> None:
            catalogue.edits.undo(edit.id)
            file_recut(edit)

        def changed() -> None:
            self.cuts_changed(judged)

        step = Step(what, change, undo, lambda: self.cuts_restored(judged), changed)
        self.services.undo.run(step, lambda _: changed(), lambda: self.cuts_unchanged(judged))


def _one(edits: Sequence[SongEdit]) -> SongEdit:
    """The edit of the one stream that a song is of."""
    (edit,) = edits
    return edit
