"""Stored times after this machine's clock was set back.

A clock that was ahead leaves times that lie in the future once it is right: downloads that would
count for a month, cooldowns that would not end, polls and tries that would wait. They count as now.
They are changed where they are kept, else "now" would go on for as long as the clock was ahead.
"""

import sqlalchemy as sa

from utawaku.library.schema import channels, memories, requests, site_events, site_rests
from utawaku.library.store.connections import Connections, upsert

SLACK_S = 60.0
"""Clocks are set right by less than this all the time."""
_LATEST = "latest time seen"
_DATED = (site_events.c.at, site_rests.c.since, channels.c.last_look_at)


class StoredTimes:
    """All times that say when something may be done again."""

    def __init__(self, catalogue: Connections) -> None:
        self._catalogue = catalogue

    def settle(self, now: float) -> bool:
        """Let times that a wrong clock dated into the future count as now; True if any were.

        The latest time that was seen is noted, so that a wait whose own time of writing nobody kept
        is known to be from a wrong clock, too. Call it before what waits is looked at.
        """
        limit = now + SLACK_S
        with self._catalogue.read() as connection:
            latest = connection.scalar(sa.select(memories.c.at).where(memories.c.name == _LATEST))
            dated = [sa.exists(sa.select(1).where(column > limit)) for column in _DATED]
            is_ahead = bool(connection.scalar(sa.select(sa.or_(*dated))))
        was_set_back = latest is not None and latest > limit
        if not (is_ahead or was_set_back):
            if latest is None or now - latest > SLACK_S:
                self._note(now)
            return False
        with self._catalogue.write() as connection:
            for change in _changes(now, limit, was_set_back=was_set_back):
                connection.execute(change)
            upsert(connection, memories, {"name": _LATEST}, {"value": None, "at": now})
        return True

    def _note(self, now: float) -> None:
        with self._catalogue.write() as connection:
            upsert(connection, memories, {"name": _LATEST}, {"value": None, "at": now})


def _changes(now: float, limit: float, *, was_set_back: bool) -> list[sa.Update]:
    """Return what sets the times right; a cooldown keeps its length."""
    changes = [
        site_events.update().where(site_events.c.at > limit).values(at=now),
        site_rests.update()
        .where(site_rests.c.since > limit)
        .values(since=now, until=now + site_rests.c.until - site_rests.c.since),
        channels.update()
        .where(channels.c.last_look_at > limit)
        .values(last_look_at=now, next_look_at=now),
    ]
    if was_set_back:
        changes += [
            channels.update().where(channels.c.next_look_at > now).values(next_look_at=now),
            requests.update()
            .where(requests.c.state == "queued", requests.c.not_before > now)
            .values(not_before=now),
        ]
    return changes
