"""Actions on songs wherever they are listed: grade, label, drop, request work."""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, get_args

from textual.binding import Binding, BindingType

from utawaku.library.errors import NotFoundError
from utawaku.library.language import msg, tr, trn
from utawaku.library.playlists import MAX_SONGS, PlaylistOptions
from utawaku.library.records import DropReason, LabelCandidate, Request, Song
from utawaku.library.requests import Label, Recut, Retag, Separate
from utawaku.library.requests import MakePlaylist as PlaylistRequest
from utawaku.tui.columns import title_of
from utawaku.tui.messages import SongsChanged
from utawaku.tui.screens.dialogs import Choice, Choose
from utawaku.tui.screens.edit_songs import Change, EditSongs, Preview, changes_of
from utawaku.tui.screens.playlist import MakePlaylist, Playlists
from utawaku.tui.screens.song_lists import add_to_one
from utawaku.tui.screens.tab_screen import TabScreen
from utawaku.tui.services.radio_tuner import choices_for
from utawaku.tui.services.undo_stack import Step
from utawaku.tui.text import shown

MAX_SHOWN_AT_ONCE = 500
"""Graded songs that are read again at once; others follow with the next search."""
_ASK = msg("ask again")
_TYPE = "type"


class SongActions(TabScreen):
    """A place that lists songs; it says which ones an action is about."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "enqueue", "Queue"),
        Binding("A", "enqueue_next", "Play next", show=False),
        Binding("f", "grade(1)", "Like"),
        Binding("d", "grade(-1)", "Dislike"),
        Binding("n", "grade(0)", "Neutral", show=False),
        *(Binding(str(n), f"stars({n})", "1 to 5 stars", show=False) for n in range(1, 6)),
        Binding("0", "clear_grade", "No mark", show=False),
        Binding("e", "edit", "Edit"),
        Binding("N", "names", "Choose a name", show=False),
        Binding("x", "drop", "Drop", show=False),
        Binding("X", "separate", "Separate into stems", show=False),
        Binding("ctrl+e", "backing_files", "Backing as a file", show=False),
        Binding("C", "cut_again", "Cut the file again", show=False),
        Binding("t", "timeline", "In its stream", show=False),
        Binding("p", "publish", "Publish", show=False),
        Binding("y", "make_playlist", "Make a playlist of these", show=False),
        Binding("Y", "playlists", "Playlists in one file", show=False),
        Binding("B", "karaoke", "Karaoke", show=False),
        Binding("M", "radio", "More like this, endless", show=False),
        Binding("H", "radios", "Radio: never played, best of ...", show=False),
        Binding("F", "file_into", "Put on a playlist", show=False),
    ]

    def target_numbers(self) -> list[int]:
        """Numbers of the songs that the next action is about."""
        raise NotImplementedError

    def playlist_numbers(self) -> tuple[list[int], str]:
        """Numbers of the songs that a playlist is made of, and a name for it."""
        return self.target_numbers(), ""

    def songs_changed(self, songs: list[tuple[int, Song]]) -> None:
        """Show songs as they are now."""

    def on_songs_changed(self, event: SongsChanged) -> None:
        """Read songs that were graded, and show them."""
        event.stop()
        browser = self.catalogue.browser
        numbers = event.numbers[:MAX_SHOWN_AT_ONCE]
        self.worker.read(lambda: browser.numbered(numbers), self.songs_changed)

    def action_enqueue(self) -> None:
        """Put songs at the end of the play queue."""
        self.services.playback.enqueue_numbers(self.target_numbers())

    def action_enqueue_next(self) -> None:
        """Put songs right behind what plays."""
        self.services.playback.enqueue_numbers(self.target_numbers(), next_=True)

    def action_grade(self, grade: int) -> None:
        """Like, dislike, neutral."""
        self._mark(grade=grade)

    def action_stars(self, stars: int) -> None:
        """One to five stars."""
        self._mark(stars=stars)

    def action_clear_grade(self) -> None:
        """Take the marks off."""
        self._mark(clear=True)

    def _mark(
        self, *, grade: int | None = None, stars: int | None = None, clear: bool = False
    ) -> None:
        numbers = self.target_numbers()
        if numbers:
            self.services.grading.give(
                numbers, grade=grade, stars=stars, clear=clear, context={"where": self.mode}
            )

    # Names

    def action_edit(self) -> None:
        """Type names and tags, of one song or of all that are selected."""
        numbers = self.target_numbers()
        catalogue = self.catalogue

        def read() -> tuple[list[Song], dict[str, list[str]]]:
            songs = catalogue.browser.songs(numbers)
            return songs, catalogue.insights.tags_by_user([song.id for song in songs])

        def ask(found: Any) -> None:
            songs, tags = found
            if not songs:
                return

            def typed(values: dict[str, str] | None) -> None:
                if values:
                    self._preview(changes_of(songs, tags, values), tags)

            self.app.push_screen(EditSongs(songs, tags), typed)

        if numbers:
            self.worker.read(read, ask)

    def _preview(self, changes: Sequence[Change], tags: Mapping[str, Sequence[str]]) -> None:
        if not changes:
            self.notify(tr("Nothing would change."))
            return
        if len(changes) == 1:
            self._change(changes)
            return

        def answered(sure: bool | None) -> None:
            if sure:
                self._change(changes)

        self.app.push_screen(Preview(changes, tags), answered)

    def _change(self, changes: Sequence[Change]) -> None:
        catalogue = self.catalogue
        song_ids = [change.song.id for change in changes]

        def retag() -> None:
            for song_id in song_ids:
                catalogue.requests.file(Retag(song_id=song_id))

        def write() -> tuple[Any, dict[str, list[str]]]:
            tags_before = catalogue.insights.tags_by_user(song_ids)
            named = {change.song.id: change.values for change in changes if change.values}
            edits = catalogue.edits.rename(named) if named else []
            for change in changes:
                if change.tags is not None:
                    catalogue.songs.set_tags(
                        change.song.id, dict.fromkeys(change.tags, 1.0), source="user"
                    )
            retag()
            return edits, tags_before

        def undo(written: tuple[Any, dict[str, list[str]]]) -> None:
            edits, tags_before = written
            for edit in edits:
                catalogue.edits.undo(edit.id)
            for change in changes:
                if change.tags is not None:
                    old = tags_before[change.song.id]
                    catalogue.songs.set_tags(change.song.id, dict.fromkeys(old, 1.0), source="user")
            retag()

        def done(_result: Any) -> None:
            self.notify(
                trn("{n} song changed. u undoes it.", "{n} songs changed. u undoes it.", n),
                markup=False,
            )

        n = len(changes)
        what = (
            tr("changes of {n} songs", n=n)
            if n > 1
            else tr("names of {title}", title=title_of(changes[0].song))
        )
        self.services.undo.run(Step(what, write, undo), done, self.not_changed)

    def not_changed(self) -> None:
        """Names could not be written: show what there is."""
        self.refresh_data()

    def action_names(self) -> None:
        """Choose among what the song may be."""
        numbers = self.target_numbers()[:1]
        catalogue = self.catalogue

        def read() -> tuple[list[Song], list[LabelCandidate]]:
            songs = catalogue.browser.songs(numbers)
            return songs, catalogue.insights.candidates(songs[0].id) if songs else []

        def ask(found: Any) -> None:
            songs, candidates = found
            if not songs:
                return
            song = songs[0]
            choices = [
                Choice(str(n), f"{one.title} — {one.artist}" if one.artist else one.title,
                       evidence_of(one))
                for n, one in enumerate(candidates)
            ]  # fmt: skip
            choices.append(Choice(_TYPE, tr("Type a name …")))
            choices.append(Choice(_ASK, tr("Look for names again"), tr("asks the pipeline")))

            def chosen(value: str | None) -> None:
                if value == _TYPE:
                    self.action_edit()
                elif value == _ASK:
                    self.services.pipeline.file_request(
                        Label(song_or_stream_id=song.id), tr("labels will be looked for")
                    )
                elif value is not None:
                    one = candidates[int(value)]
                    self._change([Change(song, {"title": one.title, "artist": one.artist}, None)])

            self.app.push_screen(
                Choose(tr("What is {title}?", title=title_of(song)), choices), chosen
            )

        if numbers:
            self.worker.read(read, ask)

    # The rest

    def action_drop(self) -> None:
        """These are no songs, or not wanted: asked, for either teaches another model."""
        numbers = self.target_numbers()
        if not numbers:
            return
        catalogue = self.catalogue

        def drop(reason: DropReason) -> Any:
            songs = catalogue.browser.songs(numbers)
            edits = catalogue.edits.drop([song.id for song in songs], reason)
            for stream_id in {song.stream_id for song in songs}:
                catalogue.requests.file(Recut(stream_id=stream_id))
            return edits

        def undo(edits: Sequence[Any]) -> None:
            for edit in edits:
                catalogue.edits.undo(edit.id)
                catalogue.requests.file(Recut(stream_id=edit.stream_id))

        def done(_edits: Any) -> None:
            self.notify(
                trn("{n} dropped. u brings it back.", "{n} dropped. u brings them back.", n)
            )

        def answered(value: str | None) -> None:
            reason = next((one for one in get_args(DropReason) if one == value), None)
            if reason is not None:
                name = trn("dropping {n} song", "dropping {n} songs", n)
                self.services.undo.run(Step(name, lambda: drop(reason), undo), done)

        n = len(numbers)
        self.app.push_screen(
            Choose(
                trn("Drop {n} song from the library?", "Drop {n} songs from the library?", n),
                [
                    Choice(
                        "unwanted", tr("Not wanted"), tr("songs all the same: counts as a dislike")
                    ),
                    Choice(
                        "no_song",
                        tr("Not a song"),
                        tr("talk, a loop, a jingle: teaches cutting"),
                    ),
                ],
                note=tr("Files go to the trash; marks stay; u undoes it."),
            ),
            answered,
        )

    def action_separate(self) -> None:
        """Ask for vocals and accompaniment."""
        numbers = self.target_numbers()
        catalogue = self.catalogue

        def file() -> int:
            songs = catalogue.browser.songs(numbers)
            return len([catalogue.requests.file(Separate(song_id=song.id)) for song in songs])

        def filed(n: Any) -> None:
            self.notify(
                trn("{n} song will be separated", "{n} songs will be separated", n)
                + self.services.pipeline.wait_note()
            )

        if numbers:
            self.worker.write(file, filed)

    def action_backing_files(self) -> None:
        """Write songs without their voice as files."""
        # What only this dialog needs is imported with it: the first screen does not wait.
        from utawaku.tui.screens.backing_files import ask_for_files

        numbers, browser = self.target_numbers(), self.catalogue.browser
        if numbers:
            self.worker.read(
                lambda: browser.songs(numbers),
                lambda songs: ask_for_files(self.app, self.services, songs),
            )

    def action_cut_again(self) -> None:
        """Have files cut again, as after a change of the settings; boundaries stay."""
        numbers = self.target_numbers()
        catalogue, root = self.catalogue, self.settings.library_root

        def file() -> int:
            songs = catalogue.browser.songs(numbers)
            there = set()
            for stream_id in {song.stream_id for song in songs}:
                stream = catalogue.streams.find(stream_id)
                if stream and stream.recording_path and (root / stream.recording_path).is_file():
                    there.add(stream_id)
            cut = [song.id for song in songs if song.stream_id in there]
            if not cut:
                raise NotFoundError(
                    "the recording is not there to cut from",
                    subject=title_of(songs[0]) if songs else "",
                    next_step="Take the stream in again (Pipeline, key a)",
                )
            catalogue.songs.cut_again(cut)
            for stream_id in sorted(there):
                catalogue.requests.file(Recut(stream_id=stream_id, again=("library_files",)))
            return len(cut)

        def filed(n: int) -> None:
            left = len(numbers) - n
            note = self.services.pipeline.wait_note()
            told = trn(
                "{n} song will be cut again{note}",
                "{n} songs will be cut again{note}",
                n,
                note=note,
            )
            if left:
                told += tr(". {left} cannot: the recording is gone", left=left)
            self.notify(told)

        if numbers:
            self.worker.write(file, filed)

    def action_timeline(self) -> None:
        """See the song in its stream."""
        numbers = self.target_numbers()[:1]
        browser = self.catalogue.browser

        def show(songs: Any) -> None:
            if songs:
                self.services.navigator.show_timeline(songs[0].stream_id, songs[0].id)

        if numbers:
            self.worker.read(lambda: browser.songs(numbers), show)

    def action_make_playlist(self) -> None:
        """Join songs into one file."""
        numbers, name = self.playlist_numbers()
        name = name or f"Songs {time.strftime('%Y-%m-%d')}"
        if len(numbers) > MAX_SONGS:
            self.notify(
                tr(
                    "{n:,} songs are too many for one file: search, or select up to {most:,}.",
                    n=len(numbers),
                    most=MAX_SONGS,
                ),
                severity="warning",
            )
            return
        catalogue = self.catalogue

        def ask(song_ids: list[str]) -> None:
            if not song_ids:
                self.notify(tr("None of these songs has a file yet."), severity="warning")
                return
            dialog = MakePlaylist(song_ids, name, self.settings.library_root)
            self.app.push_screen(dialog, chosen)

        def chosen(options: PlaylistOptions | None) -> None:
            if options is not None:
                self.services.playlists.file(options)

        if numbers:
            self.worker.read(
                lambda: [song.id for song in catalogue.browser.songs(numbers) if song.file_path],
                ask,
            )

    def action_playlists(self) -> None:
        """Playlists that were made."""
        requests = self.catalogue.requests

        def chosen(request: Request | None) -> None:
            if request is None:
                return
            if request.state != "done":
                self.notify(
                    tr(
                        "It is {state}. {message}",
                        state=request.state,
                        message=shown(request.message),
                    ),
                    markup=False,
                )
                return
            player, path = self.player, Path(request.target)
            name = str(request.arguments.get("name", path.stem))
            self.worker.write(lambda: player.play_file(path, name), lambda _: self.show_player())

        def show(found: list[Request]) -> None:
            self.app.push_screen(Playlists(found, time.time()), chosen)

        self.worker.read(lambda: requests.of_kind(PlaylistRequest), show)

    def action_karaoke(self) -> None:
        """Sing the song under the cursor."""
        from utawaku.tui.screens.karaoke import KaraokeScreen

        def sing(song: Song | None) -> None:
            playing = self.player.state.song
            if song is not None and (playing is None or playing.id != song.id):
                self.services.playback.play_numbers(self.target_numbers()[:1], 0)
            if song is not None or playing is not None:
                self.app.push_screen(KaraokeScreen(self.services))

        self._with_song(sing)

    def action_radio(self) -> None:
        """Play songs that sound like this one, for ever."""

        def begin(song: Song | None) -> None:
            if song is not None:
                self._begin(0, song)

        self._with_song(begin)

    def action_radios(self) -> None:
        """Choose what plays for ever."""

        def ask(song: Song | None) -> None:
            found = choices_for(song)
            choices = [
                Choice(str(n), radio.name[:1].upper() + radio.name[1:], told)
                for n, (radio, _first, told) in enumerate(found)
            ]

            def chosen(value: str | None) -> None:
                if value is not None:
                    self._begin(int(value), song)

            self.app.push_screen(Choose(tr("Radio: it goes on by itself"), choices), chosen)

        self._with_song(ask)

    def _begin(self, index: int, song: Song | None) -> None:
        radio, first, _told = choices_for(song)[index]
        self.services.tuner.start(radio, first)

    def _with_song(self, then: Callable[[Song | None], None]) -> None:
        numbers, browser = self.target_numbers()[:1], self.catalogue.browser
        self.worker.read(
            lambda: browser.songs(numbers), lambda songs: then(songs[0] if songs else None)
        )

    def action_file_into(self) -> None:
        """Put songs on a playlist of the user."""
        numbers, browser = self.target_numbers(), self.catalogue.browser
        if numbers:
            add_to_one(self.app, self.services, lambda: browser.songs(numbers))

    def action_publish(self) -> None:
        """Compose a submission of the songs."""
        numbers = self.target_numbers()
        if numbers:
            # What only publishing needs is imported here: the first screen does not wait for it.
            from utawaku.tui.screens.submission import start_submissions

            start_submissions(self.app, self.services, numbers)


def evidence_of(candidate: LabelCandidate) -> str:
    """Score, source and why, on one line."""
    reasons = []
    for name, value in candidate.evidence.items():
        if isinstance(value, (str, int, float)) and not isinstance(value, bool):
            told = f"{value:.2f}" if isinstance(value, float) else str(value)
            reasons.append(f"{name.replace('_', ' ')} {told}")
    return shown(f"{candidate.score:4.0%}  {candidate.source}  {', '.join(reasons)}")
