"""Music that ends by itself: softly after some minutes, or with the song."""

import time

from textual.app import App
from textual.timer import Timer

from utawaku.library.language import tr
from utawaku.tui.messages import PlayerChanged
from utawaku.tui.player.player import Player

FADE_S = 10.0
"""The music gets softer for so long before it stops."""
LOOK_EVERY_S = 0.25


class SleepTimer:
    """Stops the player at a moment, or at the end of the song that plays."""

    def __init__(self, app: App[int], player: Player) -> None:
        self._app = app
        self._player = player
        self._timer: Timer | None = None
        self._at = 0.0
        self._song_id = ""
        self._volume: float | None = None
        """Volume before the fade."""

    @property
    def told(self) -> str:
        """Return words for the player bar; empty while it is off."""
        if self._song_id:
            return tr("sleep after this song")
        if not self._at:
            return ""
        left_s = max(0.0, self._at - time.monotonic())
        return (
            tr("sleep {left_s:.0f} min", left_s=left_s / 60)
            if left_s >= 60
            else tr("sleep {left_s:.0f} s", left_s=left_s)
        )

    def start(self, after_s: float) -> None:
        """Stop after so many seconds."""
        self.stop()
        self._at = time.monotonic() + after_s
        self._begin()

    def after_song(self) -> None:
        """Stop when the song that plays is over."""
        self.stop()
        song = self._player.state.song
        if song is not None:
            self._song_id = song.id
            self._begin()

    def stop(self) -> None:
        """Let the music go on."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        self._at, self._song_id = 0.0, ""
        self._end_fade()

    def _begin(self) -> None:
        self._timer = self._app.set_interval(LOOK_EVERY_S, self._look)
        self._app.post_message(PlayerChanged())

    def _look(self) -> None:
        state, now = self._player.state, time.monotonic()
        if self._song_id:
            if state.song is None or state.song.id != self._song_id:
                self._sleep()
            return
        left_s = self._at - now
        if left_s <= 0:
            self._sleep()
        elif left_s < FADE_S and state.playing:
            if self._volume is None:
                self._volume = self._player.volume
            self._player.set_volume(self._volume * left_s / FADE_S)

    def _sleep(self) -> None:
        self._player.pause()
        self.stop()
        self._app.notify(tr("The music has stopped. Good night."))
        self._app.post_message(PlayerChanged())

    def _end_fade(self) -> None:
        if self._volume is not None:
            self._player.set_volume(self._volume)
            self._volume = None
