"""Plays and grades that are told to ListenBrainz: those that it did not take yet.

The catalogue's own plays and grades are the queue, so that what came offline is sent later.
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
    RefusedError,
    send_feedback,
    submit,
)
from utawaku.workflows.sources import recording_id

LEAST_SHARE, LEAST_S = 0.5, 240.0
"""A play counts after half of the song, or after four minutes."""
FIRST_S = 3600.0
"""Plays of the time before scrobbling was switched on that are sent, too."""
MAX_GRADES = 100
"""Grades of one run; each takes a request, and the next run sends the rest."""
_SENT = "listenbrainz_sent"
_SENT_SCORES = "listenbrainz_scores"


@dataclass
class Scrobbled:
    """The outcome of the plays and the grades."""

    n_sent: int = 0
    n_refused: int = 0
    n_left_out: int = 0
    """Too short, or of a song without a name."""
    n_grades: int = 0
    n_grades_refused: int = 0
    n_grades_waiting: int = 0
    """More than one run sends."""


def scrobble(catalogue: Catalogue, settings: Settings, now: float) -> Scrobbled:
    """Send the plays and grades that were not sent yet; what fails stays for the next time.

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
    if wanted.listenbrainz_grades:
        _send_grades(catalogue, wanted.listenbrainz_url.get_secret_value(), token, done)
    return done


def _send_grades(catalogue: Catalogue, url: str, token: str, done: Scrobbled) -> None:
    """Send the scores that differ from what ListenBrainz took, at most `MAX_GRADES`."""
    sent: dict[str, int] = catalogue.memories.recall(_SENT_SCORES, {})
    wanted = _scores(catalogue)
    # A grade that was taken back is 0 there too; what was never sent need not be said.
    changes = {recording: 0 for recording, score in sent.items() if score} | wanted
    changes = {name: score for name, score in changes.items() if score != sent.get(name, 0)}
    done.n_grades_waiting = max(0, len(changes) - MAX_GRADES)
    for recording, score in list(changes.items())[:MAX_GRADES]:
        try:
            send_feedback(url, token, recording, score)
            done.n_grades += 1
        except RefusedError:
            done.n_grades_refused += 1
        sent[recording] = score
        catalogue.memories.keep(_SENT_SCORES, sent)


def _scores(catalogue: Catalogue) -> dict[str, int]:
    """Return the latest grade of each recording that MusicBrainz knows."""
    scores: dict[str, int] = {}
    for grade, evidence in catalogue.grades.with_labels():
        recording = recording_id(evidence)
        if recording:
            scores.pop(recording, None)  # the order is that of the latest grades
            scores[recording] = grade
    return scores


def _send(url: str, token: str, listens: list[Listen], done: Scrobbled) -> None:
    """Send listens at once; where one is refused, one by one."""
    try:
        submit(url, token, listens)
        done.n_sent += len(listens)
    except RefusedError:
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
        recording_id(label.evidence) if label is not None else "",
    )
