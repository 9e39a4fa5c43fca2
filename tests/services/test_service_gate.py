"""The gate of a service: rate limit, leases, remembered answers, circuit breaker."""

import time
from pathlib import Path

import pytest

from utawaku.library.errors import RecognitionError
from utawaku.services.service_gate import FAILURES_TO_OPEN, FIRST_PAUSE_S, Lease, ServiceGate


@pytest.fixture
def gate(tmp_path: Path) -> ServiceGate:
    return ServiceGate(tmp_path / "cache" / "service.db", at_once=2, per_minute=600)


def test_an_answer_is_remembered_for_as_long_as_it_holds(gate: ServiceGate, tmp_path: Path) -> None:
    assert gate.recall_value("question") is None
    gate.remember_value("question", {"title": "夜"}, for_s=None)
    gate.remember_value("old question", [1], for_s=-1.0)
    assert gate.recall_value("question") == {"title": "夜"}
    assert gate.recall_value("old question") is None
    other_process = ServiceGate(tmp_path / "cache" / "service.db")
    assert other_process.recall_value("question") == {"title": "夜"}
    assert other_process.forget_values() == 2
    assert gate.recall_value("question") is None


def test_only_so_many_requests_run_at_once(gate: ServiceGate) -> None:
    first, second = gate.enter(), gate.enter()
    assert isinstance(first, Lease)
    assert isinstance(second, Lease)
    assert isinstance(gate.enter(), float)
    gate.release(first)
    assert isinstance(gate.enter(), Lease)


def test_the_rate_limit_is_shared_and_says_how_long_to_wait(tmp_path: Path) -> None:
    gates = [ServiceGate(tmp_path / "service.db", at_once=99, per_minute=5) for _ in range(2)]
    answers = [gates[n % 2].enter() for n in range(20)]
    granted = [one for one in answers if isinstance(one, Lease)]
    waits = [one for one in answers if not isinstance(one, Lease)]
    assert 1 <= len(granted) <= 5
    assert all(0 < wait <= 60 for wait in waits)


def test_failures_in_a_row_open_the_breaker_and_a_success_closes_it(gate: ServiceGate) -> None:
    for _ in range(FAILURES_TO_OPEN - 1):
        assert not gate.failed("HTTP 500").is_open
    now = time.time()
    opened = gate.failed("HTTP 500")
    assert (opened.is_open, opened.reason) == (True, "HTTP 500")
    assert FIRST_PAUSE_S <= opened.open_until - now <= 2 * FIRST_PAUSE_S
    gate.succeeded()
    closed = gate.state()
    assert (closed.is_open, closed.n_failures, closed.reason) == (False, 0, "")


def test_a_success_in_between_starts_the_count_again(gate: ServiceGate) -> None:
    for _ in range(3):
        gate.failed("HTTP 500")
        gate.succeeded()
    assert not gate.state().is_open


def test_each_pause_is_longer_until_the_user_resets_it(gate: ServiceGate) -> None:
    lengths = []
    for _ in range(3):
        now = time.time()
        lengths.append(gate.pause("HTTP 429", None).open_until - now)
    assert lengths == sorted(lengths)
    assert lengths[2] > 2 * lengths[0]
    gate.reset()
    assert not gate.state().is_open


def test_a_file_that_is_no_database_is_an_error_with_its_path(tmp_path: Path) -> None:
    path = tmp_path / "service.db"
    path.write_bytes(b"no database" * 1000)
    with pytest.raises(RecognitionError) as raised:
        ServiceGate(path)
    assert raised.value.subject == str(path)
    assert path.read_bytes().startswith(b"no database")


def test_answers_raise_the_pace_to_its_most_and_a_refusal_halves_it(tmp_path: Path) -> None:
    path = tmp_path / "service.db"
    gate = ServiceGate(path, at_once=99, per_minute=4, most_per_minute=6)
    for _ in range(4):
        assert isinstance(gate.enter(), Lease)
    assert isinstance(gate.enter(), float)
    for _ in range(6):
        gate.succeeded()
    assert gate.pace() == pytest.approx(5.2)
    assert isinstance(gate.enter(), Lease)  # the fifth within a minute
    assert isinstance(gate.enter(), float)
    for _ in range(20):
        gate.succeeded()
    assert gate.pace() == 6
    assert gate.slow_down() == 3
    other_process = ServiceGate(path, at_once=99, per_minute=4, most_per_minute=6)
    assert other_process.pace() == 3
    for _ in range(9):
        gate.slow_down()
    assert gate.pace() == 1


def test_a_pace_that_is_not_to_be_raised_comes_back_to_the_first_after_a_refusal(
    tmp_path: Path,
) -> None:
    gate = ServiceGate(tmp_path / "service.db", per_minute=10)
    gate.succeeded()
    assert gate.pace() == 10
    assert gate.slow_down() == 5
    for _ in range(30):
        gate.succeeded()
    assert gate.pace() == 10
