"""State of Shazam's rate limit, read without asking it."""

from pathlib import Path

import pytest

from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.shazam_status import GateState, allowance, shazam_path, shazam_state
from utawaku.services.recognizer import Gate


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        library_root=tmp_path / "library",
        data_dir=tmp_path / "data",
        cache_dir=tmp_path / "cache",
        labels={"shazam_per_minute": 3},
    )


def test_before_the_first_question_all_is_well_and_no_file_is_made(
    settings: Settings, catalogue: Catalogue
) -> None:
    state = shazam_state(settings, catalogue)
    assert (state.open, state.budget_left, state.budget, state.reason) == (False, 3, 3, "")
    assert state.described() == "3 of 3 requests left in 60 s"
    assert not shazam_path(settings).exists()


def test_requests_use_up_the_budget_and_a_pause_is_told_with_its_reason(
    settings: Settings,
    catalogue: Catalogue,
) -> None:
    gate = Gate(shazam_path(settings), per_minute=3)
    gate.enter()
    gate.enter()
    assert shazam_state(settings, catalogue).budget_left == 1
    paused = gate.pause("Shazam asks to slow down (HTTP 429)", 600)
    state = shazam_state(settings, catalogue)
    assert state.open
    assert state.until == paused.open_until
    assert state.described(paused.open_until - 600) == (
        "on cooldown for 10 min: Shazam asks to slow down (HTTP 429)"
    )
    gate.succeeded()
    assert (shazam_state(settings, catalogue).open, shazam_state(settings, catalogue).until) == (
        False,
        0.0,
    )


def test_failures_that_did_not_open_the_breaker_are_told(
    settings: Settings, catalogue: Catalogue
) -> None:
    gate = Gate(shazam_path(settings), per_minute=3)
    gate.failed("Shazam cannot be reached (gaierror)")
    state = shazam_state(settings, catalogue)
    assert (state.open, state.n_failures) == (False, 1)
    assert "cannot be reached (gaierror)" in state.described()


def test_a_damaged_file_is_told_and_stops_nothing(settings: Settings, catalogue: Catalogue) -> None:
    settings.cache_dir.mkdir(parents=True)
    shazam_path(settings).write_bytes(b"not a database at all, but long enough" * 100)
    state = shazam_state(settings, catalogue)
    assert not state.open
    assert state.described().startswith("state unreadable (")


def test_switched_off_is_told() -> None:
    state = GateState(False, False, 0.0, "", 5, 5, 60.0)
    assert state.described() == "switched off"


@pytest.mark.parametrize(("rate", "expected"), [(5, (5, 60)), (0.5, (1, 120)), (7.5, (7, 56))])
def test_a_rate_is_so_many_starts_in_so_many_seconds(
    rate: float, expected: tuple[int, float]
) -> None:
    assert allowance(rate) == expected
