"""State of services with rate limits, read without asking them or loading an engine.

`Service.state` reads what every process asking a service shares (`services.service_gate` writes
it). It makes no file and takes no lock: a screen may call it every second.
"""

import sqlite3
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from utawaku.library.config import Settings
from utawaku.library.errors import RecognitionError
from utawaku.library.service_records import (
    FileStore,
    ServiceRecord,
    ServiceStore,
    record_and_answers,
)

if TYPE_CHECKING:
    from utawaku.library.catalogue import Catalogue

LONGEST_COOLDOWN_S = 6 * 3600.0
"""However long a service asks to be left, it is asked again after so long."""


@dataclass(frozen=True, slots=True)
class GateState:
    """The state of a service: may it be asked now? Times are seconds since the epoch."""

    enabled: bool
    """True where the settings want the service asked at all."""
    open: bool
    """True where the circuit breaker is open: the service refused or failed and is on cooldown."""
    until: float
    """The time when it may be asked again; 0 where it may be asked now."""
    reason: str
    """The reason why it is on cooldown, or what failed last; empty where all is well."""
    budget_left: int
    """Requests that may start now before the rate limit holds them back."""
    budget: int
    """Requests that may start within `budget_span_s`."""
    budget_span_s: float
    n_failures: int = 0
    """Failures since the last answer."""
    n_answers: int = 0
    """Answers remembered."""
    problem: str = ""
    """The reason why the state cannot be read; the other fields are then those of a fresh start."""

    def described(self, now: float | None = None) -> str:
        """One line for a person: "on cooldown for 12 min: ..." or "3 of 5 requests left"."""
        if self.problem:
            return f"state unreadable ({self.problem})"
        if not self.enabled:
            return "switched off"
        if self.open:
            left_s = max(self.until - (time.time() if now is None else now), 0.0)
            wait = f"{left_s / 60:.0f} min" if left_s >= 90 else f"{left_s:.0f} s"
            return f"on cooldown for {wait}: {self.reason or 'it asked to slow down'}"
        budget = f"{self.budget_left} of {self.budget} requests left in {self.budget_span_s:.0f} s"
        if self.n_failures:
            return f"{budget}; failed {self.n_failures} time(s) of late: {self.reason}"
        return budget


def is_cooling_down(until: float, now: float | None = None) -> bool:
    """Return True where a service may not be asked before `until` (seconds since the epoch).

    A time further ahead than any cooldown lasts was written by a clock that was wrong.
    """
    now = time.time() if now is None else now
    return now < until <= now + LONGEST_COOLDOWN_S


def allowance(per_minute: float) -> tuple[int, float]:
    """A rate as so many starts within so many seconds: 5 in 60 s, or 1 in 120 s for 0.5."""
    burst = max(int(per_minute), 1)
    return burst, 60.0 * burst / per_minute


def state_of(
    record: ServiceRecord, n_answers: int, *, enabled: bool, per_minute: float
) -> GateState:
    """Return what a record says of a service."""
    burst, span_s = allowance(record.per_minute or per_minute)
    now = time.time()
    n_recent = sum(now - span_s < at <= now + 1 for at in record.requests)
    is_open = is_cooling_down(record.open_until, now)
    return GateState(
        enabled=enabled,
        open=is_open,
        until=record.open_until if is_open else 0.0,
        reason=record.reason,
        budget_left=max(burst - n_recent, 0),
        budget=burst,
        budget_span_s=span_s,
        n_failures=record.n_failures,
        n_answers=n_answers,
    )


@dataclass(frozen=True, slots=True)
class Service:
    """An outside service that is asked about songs, and where its gate lies."""

    name: str
    """As commands take it."""
    enabled: bool
    per_minute: float
    at_once: int
    path: Path
    """Its file on one machine."""
    is_shared: bool = False
    """True where its state lies in the catalogue, for all machines."""

    def store(self, catalogue: "Catalogue") -> ServiceStore:
        """Return where its state lies.

        Raises:
            RecognitionError: it cannot be used.
        """
        if not self.is_shared:
            return FileStore(self.path)
        from utawaku.library.service_rows import CatalogueStore

        shared = CatalogueStore(catalogue, self.name)
        if self.path.exists():
            shared.take_over(self.path)
        return shared

    def state(self, catalogue: "Catalogue") -> GateState:
        """Read how things stand with it; never raises for what is missing or damaged."""
        record, n_answers, problem = ServiceRecord(), 0, ""
        try:
            if self.is_shared:
                store = self.store(catalogue)
                record, n_answers = store.read(), store.n_answers()
            else:
                record, n_answers = record_and_answers(self.path)
        except (sqlite3.Error, RecognitionError) as error:
            problem = str(error)
        found = state_of(record, n_answers, enabled=self.enabled, per_minute=self.per_minute)
        return replace(found, problem=problem)


def services(settings: Settings) -> dict[str, Service]:
    """Return every service that the settings know, by name."""
    labels, sources, folder = settings.labels, settings.sources, settings.cache_dir
    listed = (
        ("shazam", labels.shazam, labels.shazam_per_minute, labels.shazam_concurrency),
        ("holodex", sources.holodex, sources.holodex_per_minute, 1),
        ("bilibili_music", sources.bilibili_music, sources.bilibili_per_minute, 1),
        ("musicbrainz", sources.musicbrainz, sources.musicbrainz_per_minute, 1),
        ("acoustid", sources.acoustid, sources.acoustid_per_minute, 2),
        ("sponsorblock", sources.sponsorblock, sources.sponsorblock_per_minute, 1),
        ("lrclib", sources.lrclib, sources.lrclib_per_minute, 1),
    )
    return {
        name: Service(name, enabled, per_minute, at_once, folder / f"{name}.db", settings.is_shared)
        for name, enabled, per_minute, at_once in listed
    }
