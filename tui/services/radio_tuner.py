"""Endless music: songs are put behind the queue before it ends."""

from collections.abc import Sequence
from typing import Any

from textual.app import App

from utawaku.library.language import tr, translated
from utawaku.library.radio import Radio, next_songs
from utawaku.library.records import Song
from utawaku.tui.columns import title_of
from utawaku.tui.library_handle import LibraryHandle
from utawaku.tui.messages import PlayerChanged
from utawaku.tui.player.player import Player
from utawaku.tui.services.catalogue_worker import CatalogueWorker

LOW = 3
"""Waiting songs below which more are chosen."""
MAX_HEARD = 2000


class RadioTuner:
    """Holds the radio that plays, if one does."""

    def __init__(
        self, app: App[Any], library: LibraryHandle, worker: CatalogueWorker, player: Player
    ) -> None:
        self._app = app
        self._library = library
        self._worker = worker
        self._player = player
        self._choosing = False
        self.radio: Radio | None = None

    def start(self, radio: Radio, first: Song | None = None) -> None:
        """Play a song, or the first choice, and go on for ever."""
        player, library = self._player, self._library

        def play() -> list[str]:
            ids = [first.id] if first is not None else []
            heard = [entry.song_id for entry in player.queue.entries[-MAX_HEARD:]]
            ids += next_songs(radio, [*heard, *ids], library.catalogue, library.settings)
            if ids:
                player.play(ids)
            return ids

        def playing(ids: Sequence[str]) -> None:
            if len(ids) > (first is not None):
                self.radio = radio
                self._app.post_message(PlayerChanged())
                self._app.notify(
                    tr("Radio: {name}. It goes on by itself.", name=translated(radio.name)),
                    markup=False,
                )
            elif radio.kind == "like":
                self._app.notify(tr("There is no other song to go on with."), severity="warning")
            else:
                self._app.notify(tr("There is no such song."), severity="warning")

        self.stop()
        self._worker.read(play, playing)

    def stop(self) -> None:
        """Let the queue end."""
        if self.radio is not None:
            self.radio = None
            self._app.post_message(PlayerChanged())

    def tend(self) -> None:
        """Choose more songs if few wait."""
        queue, radio = self._player.queue, self.radio
        n_waiting = len(queue.entries) - queue.at - 1
        if radio is None or self._choosing or n_waiting >= LOW:
            return
        library = self._library
        heard = [entry.song_id for entry in queue.entries[-MAX_HEARD:]]
        self._choosing = True

        def chosen(ids: Sequence[str]) -> None:
            self._choosing = False
            if self.radio is radio and ids:
                self._worker.write(lambda: self._player.enqueue(ids))

        def failed() -> None:
            self._choosing = False
            self.stop()

        self._worker.read(
            lambda: next_songs(radio, heard, library.catalogue, library.settings), chosen, failed
        )


def choices_for(song: Song | None) -> list[tuple[Radio, Song | None, str]]:
    """Return the radios that can be begun at a song: each with its first song and a few words."""
    found: list[tuple[Radio, Song | None, str]] = []
    if song is not None:
        found.append((Radio("like", song.id, title_of(song)), song, tr("by its sound")))
    found.append((Radio("never"), None, tr("what you have not heard yet, the likeliest first")))
    channel, singer = (song.channel, song.singer) if song is not None else ("", "")
    if channel:
        told = tr("by your stars, then by your taste")
        found.append((Radio("channel", channel, channel), None, told))
    if singer and singer != channel:
        told = tr("by your stars, then by your taste")
        found.append((Radio("singer", singer, singer), None, told))
    return found
