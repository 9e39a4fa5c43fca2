"""Recent use of each site, and the cooldowns of sites."""

import time
from collections.abc import Sequence
from dataclasses import fields

import sqlalchemy as sa

from utawaku.library.records import SiteCooldown
from utawaku.library.schema import site_events, site_rests
from utawaku.library.store.connections import Connections, upsert

DAY_S = 86_400.0
_CLOCK_SLACK_S = 60.0
_LONGEST_REST_S = 48 * 3600.0
_COLUMNS = [site_rests.c[field.name] for field in fields(SiteCooldown)]


class Sites:
    """Budgets and rests by site (yt-dlp's extractor key in lower case)."""

    def __init__(self, catalogue: Connections) -> None:
        self._catalogue = catalogue

    def note(
        self, site: str, kind: str, *, stream_id: str = "", size_bytes: int = 0, at: float = 0.0
    ) -> None:
        """Count a `download`, `look` or `preview`."""
        with self._catalogue.write() as connection:
            connection.execute(
                site_events.insert().values(
                    site=site,
                    kind=kind,
                    stream_id=stream_id,
                    size_bytes=size_bytes,
                    at=at or time.time(),
                )
            )

    def count(self, site: str, kind: str, *, now: float | None = None) -> int:
        """Return how often in the last 24 hours. What a wrong clock dated into the future is left
        out.
        """
        return len(self._within_a_day(site, kind, time.time() if now is None else now))

    def free_again_at(
        self, site: str, kind: str, budget: int, *, now: float | None = None
    ) -> float | None:
        """Return when the day's budget allows one more; None where it does so now."""
        moment = time.time() if now is None else now
        times = self._within_a_day(site, kind, moment)
        return None if len(times) < budget else times[-budget] + DAY_S

    def counts(self, kind: str, *, now: float | None = None) -> dict[str, int]:
        """Return how often in the last 24 hours, by site."""
        moment = time.time() if now is None else now
        query = (
            sa.select(site_events.c.site, sa.func.count())
            .where(
                site_events.c.kind == kind,
                site_events.c.at > moment - DAY_S,
                site_events.c.at <= moment + _CLOCK_SLACK_S,
            )
            .group_by(site_events.c.site)
        )
        with self._catalogue.read() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def refuse(
        self,
        site: str,
        reason: str,
        *,
        base_s: float,
        longest_s: float = _LONGEST_REST_S,
        retry_after_s: float | None = None,
        now: float | None = None,
    ) -> SiteCooldown:
        """The site refused us: leave it alone, each time in a row for twice as long.

        No rest is longer than `longest_s`.
        A refusal while the site rests already (a run that was under way) does not lengthen it.
        """
        at = time.time() if now is None else now
        with self._catalogue.write() as connection:
            row = connection.execute(sa.select(*_COLUMNS).where(site_rests.c.site == site)).first()
            known = _sane(SiteCooldown(*row), at) if row else None
            if known is not None and known.until > at:
                refusals, until = known.refusals, known.until
            else:
                refusals = (known.refusals if known else 0) + 1
                until = at + min(base_s * 2 ** (refusals - 1), longest_s)
            # What the site itself asks for counts, within reason.
            until = max(until, at + min(retry_after_s or 0.0, _LONGEST_REST_S))
            rest = SiteCooldown(site, refusals, reason, at, until)
            upsert(
                connection,
                site_rests,
                {"site": site},
                {"refusals": refusals, "reason": reason, "since": at, "until": until},
            )
        return rest

    def welcome(self, site: str) -> None:
        """The site served us again, or the user says that it will."""
        with self._catalogue.write() as connection:
            connection.execute(site_rests.delete().where(site_rests.c.site == site))

    def rest(self, site: str, *, now: float | None = None) -> SiteCooldown | None:
        """The rest that the site is in now; None where it may be asked."""
        at = time.time() if now is None else now
        return next((rest for rest in self.rests(now=at) if rest.site == site), None)

    def rests(self, *, now: float | None = None) -> Sequence[SiteCooldown]:
        """All sites that are on cooldown now."""
        at = time.time() if now is None else now
        with self._catalogue.read() as connection:
            rows = list(connection.execute(sa.select(*_COLUMNS).order_by(site_rests.c.site)))
        found = [_sane(SiteCooldown(*row), at) for row in rows]
        return [rest for rest in found if rest.until > at]

    def forget_events(self, *, before: float) -> int:
        """Delete old counts; returns how many."""
        with self._catalogue.write() as connection:
            return connection.execute(
                site_events.delete().where(site_events.c.at < before)
            ).rowcount

    def _within_a_day(self, site: str, kind: str, now: float) -> list[float]:
        query = (
            sa.select(site_events.c.at)
            .where(
                site_events.c.site == site,
                site_events.c.kind == kind,
                site_events.c.at > now - DAY_S,
                site_events.c.at <= now + _CLOCK_SLACK_S,
            )
            .order_by(site_events.c.at)
        )
        with self._catalogue.read() as connection:
            return list(connection.execute(query).scalars())


def _sane(rest: SiteCooldown, now: float) -> SiteCooldown:
    """A rest that began in the future was written by a wrong clock: its length counts from now."""
    if rest.since <= now + _CLOCK_SLACK_S:
        return rest
    return SiteCooldown(rest.site, rest.refusals, rest.reason, now, now + (rest.until - rest.since))
