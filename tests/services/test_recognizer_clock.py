"""What the recogniser remembers of refusals does not block it after a clock was wrong."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.records import Stream
from utawaku.library.shazam_status import shazam_path, shazam_state
from utawaku.services.recognizer.rate_limit import Gate

MONTH_S = 30 * 86_400.0


@pytest.fixture
def path(settings: Settings) -> Path:
    return shazam_path(settings)


def _shift(path: Path, by_s: float) -> None:
    """Let all that was written have been written by a clock that was ahead."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("UPDATE breaker SET open_until = open_until + ?", (by_s,))
        db.execute("UPDATE leases SET expires_at = expires_at + ?", (by_s,))
        db.execute("UPDATE requests SET started_at = started_at + ?", (by_s,))


def test_a_pause_of_a_clock_that_was_a_month_ahead_is_over(
    path: Path, settings: Settings, catalogue: Catalogue
) -> None:
    Gate(path).pause("429", 600.0)
    assert Gate(path).state().is_open
    _shift(path, MONTH_S)
    assert not shazam_state(settings, catalogue).open
    assert not Gate(path).state().is_open
    again = Gate(path).pause("429", 600.0)
    assert again.is_open
    assert again.open_until <= time.time() + 600


def test_requests_under_way_of_such_a_clock_hold_nobody_back(path: Path) -> None:
    gate = Gate(path, at_once=1, per_minute=1000)
    gate.enter()
    assert isinstance(gate.enter(), float)
    _shift(path, MONTH_S)
    assert not isinstance(gate.enter(), float)


def test_names_that_were_put_off_by_such_a_clock_are_asked_for(catalogue: Catalogue) -> None:
    catalogue.streams.save(Stream("file-1", "/1.opus"))
    now = time.time()
    for ahead_s, due in ((600.0, []), (MONTH_S, ["file-1"]), (-5.0, ["file-1"])):
        catalogue.assets.done(
            "file-1",
            "labels",
            engine="e",
            engine_version="1",
            metadata={"retry_at": now + ahead_s},
        )
        assert catalogue.assets.put_off("labels", until=now, limit=9) == due
