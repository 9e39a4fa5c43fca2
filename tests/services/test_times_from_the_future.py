"""A clock that was ahead and is right again: every time that it left behind counts as now.

One test for each time that is stored; the clock was ahead by less than the longest wait of its
kind, and by a month.
"""

import sqlite3
import time
from dataclasses import replace
from pathlib import Path

import pytest

from utawaku.library.catalogue import Catalogue
from utawaku.library.publish.quota import Budget
from utawaku.library.publish.records import Part, Submission, UploadEvent
from utawaku.library.records import Channel, Stream
from utawaku.library.requests import Ingest
from utawaku.library.service_status import LONGEST_COOLDOWN_S
from utawaku.services.rate_limits import wait_before_request
from utawaku.services.service_gate import Lease, ServiceGate

HOUR_S, DAY_S = 3600.0, 86_400.0
URL = "https://www.youtube.com/@uta"
AHEAD_S = [HOUR_S, DAY_S, 30 * DAY_S]

pytestmark = pytest.mark.parametrize("ahead_s", AHEAD_S, ids=["1 h", "1 d", "30 d"])


@pytest.fixture
def wrong(monkeypatch: pytest.MonkeyPatch, ahead_s: float) -> "WrongClock":
    return WrongClock(monkeypatch, ahead_s)


class WrongClock:
    """This machine's clock; `with` sets it ahead."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, ahead_s: float) -> None:
        self._true = time.time
        self._monkeypatch = monkeypatch
        self.ahead_s = ahead_s

    def __enter__(self) -> None:
        self._monkeypatch.setattr(time, "time", lambda: self._true() + self.ahead_s)

    def __exit__(self, *_: object) -> None:
        self._monkeypatch.setattr(time, "time", self._true)


@pytest.fixture
def channel(catalogue: Catalogue) -> Channel:
    made = Channel("uta", URL, followed=True, last_look_at=time.time(), next_look_at=time.time())
    catalogue.channels.save(made)
    catalogue.stored_times.settle(time.time())
    return made


def is_due(catalogue: Catalogue, now: float) -> bool:
    catalogue.stored_times.settle(now)
    return bool(catalogue.channels.due(now))


def test_a_poll_that_was_put_off_is_due(
    catalogue: Catalogue, channel: Channel, wrong: WrongClock
) -> None:
    with wrong:
        assert is_due(catalogue, time.time())
        catalogue.channels.put_off(channel.id, time.time() + HOUR_S, "no answer")
        assert not is_due(catalogue, time.time())
    assert is_due(catalogue, time.time())
    # Once: what the next poll says holds.
    catalogue.channels.put_off(channel.id, time.time() + HOUR_S, "no answer")
    assert not is_due(catalogue, time.time())


def test_a_channel_that_was_polled_is_due(
    catalogue: Catalogue, channel: Channel, wrong: WrongClock
) -> None:
    with wrong:
        now = time.time()
        catalogue.channels.save(replace(channel, last_look_at=now, next_look_at=now + HOUR_S))
    assert is_due(catalogue, time.time())


def test_a_request_that_waits_for_its_next_try_may_go_on(
    catalogue: Catalogue, wrong: WrongClock
) -> None:
    request = catalogue.requests.file(Ingest(source="x"))
    with wrong:
        catalogue.stored_times.settle(time.time())
        catalogue.requests.wait(request.id, time.time() + HOUR_S, "the site asks to wait")
    now = time.time()
    catalogue.stored_times.settle(now)
    assert [one.id for one in catalogue.requests.waiting(now=now)] == [request.id]
    catalogue.requests.wait(request.id, now + HOUR_S, "the site asks to wait")
    catalogue.stored_times.settle(now + 5)
    assert catalogue.requests.waiting(now=now + 5) == []


def test_a_cooldown_of_a_site_ends_after_its_length(
    catalogue: Catalogue, wrong: WrongClock
) -> None:
    with wrong:
        catalogue.sites.refuse("youtube", "too many requests", base_s=HOUR_S)
    now = time.time()
    for later_s, is_resting in ((0.0, True), (HOUR_S / 2, True), (HOUR_S + 1, False)):
        catalogue.stored_times.settle(now + later_s)
        waits = wait_before_request(URL, catalogue, now + later_s)
        assert (waits is not None) is is_resting, later_s


def test_a_download_counts_for_one_day_from_now(catalogue: Catalogue, wrong: WrongClock) -> None:
    with wrong:
        catalogue.sites.note("youtube", "download")
    now = time.time()
    catalogue.stored_times.settle(now)
    assert catalogue.sites.free_again_at("youtube", "download", 1, now=now) == now + DAY_S
    assert catalogue.sites.free_again_at("youtube", "download", 1, now=now + DAY_S + 1) is None


def test_names_that_were_put_off_are_asked_for(catalogue: Catalogue, wrong: WrongClock) -> None:
    catalogue.streams.save(Stream("s", "/s.opus"))
    with wrong:
        catalogue.assets.done(
            "s", "labels", engine="e", engine_version="1", metadata={"retry_at": time.time() + 600}
        )
    assert catalogue.assets.put_off("labels", until=time.time(), limit=5) == ["s"]


def queued(catalogue: Catalogue) -> Submission:
    added = catalogue.submissions.add(
        Submission(
            id=0, target="bilibili", account="uta", title="t", parts=(Part(0, "s", "1", "/x"),)
        )
    )
    return catalogue.submissions.move(added.id, "queued")


def test_an_upload_counts_from_now(catalogue: Catalogue, wrong: WrongClock) -> None:
    submission = queued(catalogue)
    with wrong:
        catalogue.submissions.record_event(
            submission.target, submission.account, UploadEvent("submit", time.time())
        )
    now = time.time()
    budget = Budget(submits_per_hour=1, submits_per_day=1, submit_spacing_s=0)
    for later_s, is_allowed in ((0.0, False), (DAY_S + 60, True)):
        events = catalogue.submissions.events("bilibili", "uta", 0.0)
        allowed_at = budget.submit_allowed_at(events, now + later_s)
        assert (allowed_at <= now + later_s) is is_allowed


def test_a_submission_that_waits_goes_on_after_its_length(
    catalogue: Catalogue, wrong: WrongClock
) -> None:
    submission = queued(catalogue)
    with wrong:
        catalogue.submissions.change(submission.id, not_before=time.time() + HOUR_S)
    now = time.time()
    assert catalogue.submissions.due(now) == []
    assert [one.id for one in catalogue.submissions.due(now + HOUR_S + 1)] == [submission.id]


def test_the_breaker_of_a_service_closes_after_its_length(
    tmp_path: Path, wrong: WrongClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = ServiceGate(tmp_path / "shazam.db")
    with wrong:
        gate.pause("429", HOUR_S)
    now = time.time()
    for later_s, is_open in ((0.0, True), (HOUR_S / 2, True), (HOUR_S + 5, False)):
        monkeypatch.setattr(time, "time", lambda at=now + later_s: at)
        assert gate.state().is_open is is_open, later_s


def test_a_breaker_of_an_earlier_version_does_not_wait_for_the_wrong_clock(
    tmp_path: Path, ahead_s: float
) -> None:
    path = tmp_path / "shazam.db"
    with sqlite3.connect(path) as db:
        db.execute(
            "CREATE TABLE breaker (id INTEGER PRIMARY KEY CHECK (id = 1), n_failures INTEGER NOT"
            " NULL, n_pauses INTEGER NOT NULL, open_until REAL NOT NULL, reason TEXT NOT NULL)"
        )
        until = time.time() + LONGEST_COOLDOWN_S + ahead_s
        db.execute("INSERT INTO breaker VALUES (1, 3, 1, ?, '429')", (until,))
    assert not ServiceGate(path).state().is_open


def test_requests_and_leases_of_a_service_count_from_now(
    tmp_path: Path, wrong: WrongClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = ServiceGate(tmp_path / "shazam.db", per_minute=1, at_once=1)
    with wrong:
        assert isinstance(gate.enter(), Lease)
    now = time.time()
    wait_s = gate.enter()
    assert isinstance(wait_s, float)
    assert wait_s <= 60.0
    monkeypatch.setattr(time, "time", lambda: now + 121.0)
    assert isinstance(gate.enter(), Lease), "neither the request nor its lease is left"
