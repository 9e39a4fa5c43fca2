"""Rate limit, remembered answers and circuit breaker of one outside service.

Every process that asks shares them, and every machine where the catalogue is on PostgreSQL: the
answers by question, the times of recent requests, a lease for each request under way, and the
circuit breaker. A question is asked once; at most so many requests run at once and start within any
minute; after a refusal, or several failures, nobody asks until the given time. Where a service's
limit is not known the pace is found: each answer raises it a little, a refusal halves it.
"""

from __future__ import annotations

import random
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from utawaku.library.service_records import FileStore, KeptAnswer, ServiceRecord, ServiceStore
from utawaku.library.service_status import LONGEST_COOLDOWN_S, allowance, is_cooling_down

FAILURES_TO_OPEN = 3
FIRST_PAUSE_S = 60.0
LONGEST_PAUSE_S = 3600.0

_RAISED_BY = 0.05
"""Share of the first pace that each answer adds."""
_SLOWEST = 1.0
"""Requests a minute that refusals do not go below."""
_LEASE_S = 120.0
_CLOCK_SLACK_S = 1.0


@dataclass(frozen=True, slots=True)
class BreakerState:
    """The circuit breaker of a service, and its reason."""

    is_open: bool
    open_until: float
    """Seconds since the epoch."""
    reason: str
    n_failures: int
    """Failures since the last success."""


@dataclass(frozen=True, slots=True)
class Lease:
    """Leave to send one request, to be handed back with `ServiceGate.release`."""

    id: str


class ServiceGate:
    """The shared state. Safe to use from threads and processes at once.

    Every method raises RecognitionError when the store cannot be used.
    """

    def __init__(
        self,
        store: ServiceStore | Path,
        *,
        at_once: int = 4,
        per_minute: float = 5.0,
        most_per_minute: float = 0.0,
    ) -> None:
        """Use a store.

        Args:
            store: where the state lies; a path is a file of its own.
            at_once: requests under way at the same time.
            per_minute: requests that start within a minute, at first.
            most_per_minute: what answers raise the pace to; at least `per_minute`.
        """
        self._store = FileStore(store) if isinstance(store, Path) else store
        self._at_once = at_once
        self._first, self._most = per_minute, max(most_per_minute, per_minute)

    def recall_value(self, key: str) -> Any:
        """Return the remembered answer to a question, if it still holds; else None."""
        return self._store.recall(key, time.time())

    def remember_value(self, key: str, answer: Any, *, for_s: float | None) -> None:
        """Keep an answer (anything JSON can hold) for so long; None keeps it for good."""
        now = time.time()
        expires_at = None if for_s is None else now + for_s
        self._store.remember([KeptAnswer(key, answer, now, expires_at)])

    def forget_values(self) -> int:
        """Forget every remembered answer; return how many there were."""
        return self._store.forget()

    def enter(self) -> Lease | float:
        """Leave to send a request now, or the seconds to wait before asking again."""
        now = time.time()
        with self._store.changing() as record:
            _settle(record, now)
            burst, span_s = allowance(self._pace(record))
            recent = sorted(at for at in record.requests if at > now - span_s)
            under_way = {key: at for key, at in record.leases.items() if at > now}
            record.requests, record.leases = recent, under_way
            if len(recent) >= burst:
                return max(recent[-burst] + span_s - now, 0.05)
            if len(under_way) >= self._at_once:
                return 0.1
            lease = Lease(uuid.uuid4().hex)
            recent.append(now)
            under_way[lease.id] = now + _LEASE_S
            return lease

    def release(self, lease: Lease) -> None:
        """The request is over."""
        with self._store.changing() as record:
            record.leases.pop(lease.id, None)

    def state(self) -> BreakerState:
        """The circuit breaker, for the user to see."""
        now = time.time()
        record = self._store.read()
        if _settle(record, now):
            with self._store.changing() as record:
                _settle(record, now)
        return _breaker(record)

    def succeeded(self) -> None:
        """The service answered: all is forgiven, and it is asked a little oftener."""
        with self._store.changing() as record:
            record.n_failures, record.n_pauses = 0, 0
            record.open_until, record.reason = 0.0, ""
            pace = self._pace(record)
            if pace < self._most:
                record.per_minute = min(pace + _RAISED_BY * self._first, self._most)

    def slow_down(self) -> float:
        """The service refused: halve the pace; return it, in requests a minute."""
        with self._store.changing() as record:
            record.per_minute = max(self._pace(record) / 2, min(_SLOWEST, self._first))
            return record.per_minute

    def pace(self) -> float:
        """Requests that may start within a minute now."""
        return self._pace(self._store.read())

    def failed(self, reason: str) -> BreakerState:
        """A request failed; the third in a row opens the breaker."""
        with self._store.changing() as record:
            record.n_failures += 1
            record.reason = reason
        if record.n_failures >= FAILURES_TO_OPEN:
            return self.pause(reason, None)
        return self.state()

    def pause(self, reason: str, for_s: float | None) -> BreakerState:
        """Open the breaker for `for_s`, or for twice as long as last time, with some jitter."""
        with self._store.changing() as record:
            if for_s is None:
                for_s = min(FIRST_PAUSE_S * 2**record.n_pauses, LONGEST_PAUSE_S)
                for_s *= random.uniform(1.0, 1.25)
            now = time.time()
            _settle(record, now)
            record.n_pauses += 1
            record.reason, record.paused_at = reason, now
            record.open_until = max(record.open_until, now + min(for_s, LONGEST_COOLDOWN_S))
        return self.state()

    def reset(self) -> None:
        """Close the breaker at the user's request."""
        self.succeeded()

    def _pace(self, record: ServiceRecord) -> float:
        return min(record.per_minute, self._most) if record.per_minute else self._first


def _breaker(record: ServiceRecord) -> BreakerState:
    return BreakerState(
        is_cooling_down(record.open_until), record.open_until, record.reason, record.n_failures
    )


def _settle(record: ServiceRecord, now: float) -> bool:
    """Let times that a wrong clock dated into the future count as now; False where there is none.

    A pause keeps its length; a lease is over, as its request is.
    """
    limit = now + _CLOCK_SLACK_S
    requests = [now if at > limit else at for at in record.requests]
    leases = {key: at for key, at in record.leases.items() if at <= limit + _LEASE_S}
    open_until, paused_at = record.open_until, record.paused_at
    if paused_at > limit:
        open_until, paused_at = now + open_until - paused_at, now
    if open_until > limit + LONGEST_COOLDOWN_S:
        # Of an earlier version, which did not say since when: no pause is as long as that.
        open_until = now
    before = (record.requests, record.leases, record.open_until, record.paused_at)
    record.requests, record.leases = requests, leases
    record.open_until, record.paused_at = open_until, paused_at
    return before != (requests, leases, open_until, paused_at)
