"""Changes of the catalogue as a stream of events, whoever made them: pipeline, screen or command.

The catalogue keeps states and no history of them, so what is listened to is read again whenever
somebody has written, and compared. An artefact that begins and ends between two looks is told by
its end alone.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal

import sqlalchemy as sa

from utawaku.library.catalogue import Catalogue
from utawaku.library.records import Notice, Song
from utawaku.library.schema import asset_states, requests, songs

EVENTS = ("asset", "request", "song", "notice")
_REQUESTS, _NOTICES = 500, 200
"""The latest ones that are compared."""


Seen = dict[Any, dict[Any, dict[str, Any]]]
"""Facts by event and key."""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is different now."""

    event: Literal["asset", "request", "song", "notice"]
    """`asset`: an artefact of a stream began, was made or failed; `request`: it was filed or has
    another state; `song`: a song was found; `notice`: something the user should know."""
    at: float
    """Seconds since the epoch at which it was seen."""
    facts: dict[str, Any]
    """For `asset`: stream, asset, state, message; `request`: request, kind, target, state, message;
    `song`: the song; `notice`: the notice."""

    def as_event(self) -> dict[str, Any]:
        """Return it as one flat object, fit for JSON."""
        return {"event": self.event, "at": self.at, **self.facts}


class Changes:
    """Listens to one catalogue. What was there before the first look is no change."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._version = catalogue.browser.version()
        self._seen = self._look(None)

    def new(self) -> list[Change]:
        """Return what has changed since the last call, in the order of `EVENTS`."""
        version = self._catalogue.browser.version()
        if version == self._version:
            return []
        self._version = version
        before, self._seen = self._seen, self._look(self._seen)
        now = time.time()
        return [
            Change(event, now, facts)
            for event, there in self._seen.items()
            for key, facts in there.items()
            if before[event].get(key) != facts
        ]

    def follow(
        self, *, every_s: float = 1.0, stop: Callable[[], bool] = lambda: False
    ) -> Iterator[Change]:
        """Yield changes as they come, looking every `every_s` seconds, until `stop` says so."""
        while not stop():
            yield from self.new()
            time.sleep(every_s)

    def _look(self, before: Seen | None) -> Seen:
        """Read all that is listened to, by event and key."""
        catalogue = self._catalogue
        with catalogue.read() as connection:
            assets = connection.execute(
                sa.select(
                    asset_states.c.stream_id.label("stream"),
                    asset_states.c.asset,
                    asset_states.c.state,
                    asset_states.c.message,
                    asset_states.c.finished_at,
                )
            ).mappings()
            states = {(row["stream"], row["asset"]): dict(row) for row in assets}
            asked = connection.execute(
                sa.select(
                    requests.c.id.label("request"),
                    requests.c.kind,
                    requests.c.target,
                    requests.c.state,
                    requests.c.message,
                )
                .order_by(requests.c.id.desc())
                .limit(_REQUESTS)
            ).mappings()
            filed = {row["request"]: dict(row) for row in asked}
            ids = set(connection.execute(sa.select(songs.c.id)).scalars())
        known = ids if before is None else set(before["song"])
        found: dict[Any, dict[str, Any]] = {
            one: {} if before is None else before["song"][one] for one in ids & known
        }
        new = catalogue.browser.songs_by_id(sorted(ids - known))
        found |= {song.id: {"song": song} for song in new}
        notices = {
            (one.id, one.created_at): {"notice": one}
            for one in catalogue.notices.recent(limit=_NOTICES)
        }
        return {"asset": states, "request": filed, "song": found, "notice": notices}


def plain(change: Change) -> dict[str, Any]:
    """Return a change as JSON has it: records as objects."""
    records = {
        name: asdict(value) if isinstance(value, Song | Notice) else value
        for name, value in change.as_event().items()
    }
    records.pop("finished_at", None)
    return records
