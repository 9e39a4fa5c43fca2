"""Plays that are told to ListenBrainz: those since the last that it took.

The catalogue's own plays are the queue, so that what was heard offline is sent later.
"""

from dataclasses import dataclass

from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.errors import ConfigError
from utawaku.library.records import Song
from utawaku.library.store.grades import Play
from utawaku.services.listenbrainz import (
    EARLIEST_S,
    MAX_LISTENS,
    Listen,
    RefusedListensError,
    submit,
)

LEAST_SHARE, LEAST_S = 0.5, 240.0
"""A play counts after half of the song, or after four minutes."""
FIRST_S = 3600.0
"""Plays of the time before scrobbling was switched on that are sent, too."""
_SENT = "listenbrainz_sent"


@dataclass
class Scrobbled:
    """The outcome of the plays."""

    n_sent: int = 0
    n_refused: int = 0
    n_left_out: int = 0
    """Too short, or of a song without a name."""


def scrobble(catalogue: Catalogue, settings: Settings, now: float) -> Scrobbled:
    """Send the plays that were not sent yet; what fails stays for the next time.

    Raises:
        ConfigError: it is switched off, or the token is missing or refused.
        SourceError: ListenBrainz has no answer now.
    """
    wanted = settings.scrobble
    token = wanted.listenbrainz_token.get_secret_value()
    if not wanted.listenbrainz or not token:
        raise ConfigError(
            "scrobbling is switched off" if not wanted.listenbrainz else "there is no token",
            subject="scrobble.listenbrainz",
            next_step="Set scrobble.listenbrainz and scrobble.listenbrainz_token",
        )
    done = Scrobbled()
    sent = int(catalogue.memories.recall(_SENT, -1))
    if sent < 0:
        sent = catalogue.grades.last_play(before=now - FIRST_S)
        catalogue.memories.keep(_SENT, sent)
    while plays := catalogue.grades.plays_since(sent, limit=MAX_LISTENS):
        heard = catalogue.browser.songs_by_id([play.song_id for play in plays])
        songs = {song.id: song for song in heard}
        listens = [_listen_of(play, songs.get(play.song_id), catalogue) for play in plays]
        ready = [listen for listen in listens if listen is not None]
        done.n_left_out += len(plays) - len(ready)
        if ready:
            _send(wanted.listenbrainz_url.get_secret_value(), token, ready, done)
        sent = plays[-1].number
        catalogue.memories.keep(_SENT, sent)
    return done


def _send(url: str, token: str, listens: list[Listen], done: Scrobbled) -> None:
    """Send listens at once; where one is refused, one by one."""
    try:
        submit(url, token, listens)
        done.n_sent += len(listens)
    except RefusedListensError:
        if len(listens) == 1:
            done.n_refused += 1
            return
        for listen in listens:
            _send(url, token, [listen], done)


def _listen_of(play: Play, song: Song | None, catalogue: Catalogue) -> Listen | None:
    """Return a play as a listen; None where it does not count."""
    listened_s = play.stop_s - play.start_s
    began_at = int(play.at - listened_s)
    if song is None or not song.title or began_at < EARLIEST_S:
        return None
    if listened_s < min(LEAST_SHARE * song.duration_s, LEAST_S):
        return None
    label = catalogue.labels.applied(song.id)
    return Listen(
        began_at,
        song.title,
        song.artist or song.singer or song.channel,
        song.stream_title,
        song.duration_s,
        label.isrc if label is not None and label.isrc else "",
        song.stream_url if song.stream_url.startswith(("https://", "http://")) else "",
    )
