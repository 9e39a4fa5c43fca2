"""Changes of services are posted: an end, a new start, one that stays down, and its return."""

import sys
import threading
from pathlib import Path

import pytest

from tests.commands.waiting import until
from utawaku.commands.supervised_process import Child
from utawaku.orchestration.watchdog import STAYS_DOWN_AFTER, Watchdog


class Told:
    """Keeps what is posted."""

    def __init__(self) -> None:
        self.posts: list[tuple[str, str]] = []

    def __call__(self, kind: str, title: str, body: str) -> None:
        assert body
        self.posts.append((kind, title))


def test_a_service_that_is_killed_is_told_and_told_again_when_it_is_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("utawaku.commands.supervised_process.FIRST_PAUSE_S", 0.0)
    told = Told()
    watchdog = Watchdog(told)
    sleep = [sys.executable, "-c", "import time; time.sleep(600)"]
    child = Child("daemon", sleep, {}, tmp_path / "daemon.log", pause_s=0.0, watchdog=watchdog)
    try:
        child.look_after()
        assert child.process is not None
        child.process.kill()
        child.process.wait()
        until(child.look_after)
        child.renew()  # asked for: nobody has to know
        until(child.look_after)
    finally:
        child.end()
    watchdog.close(10)
    assert told.posts == [
        ("warning", "The daemon has ended"),
        ("info", "The daemon was started again"),
        ("info", "The daemon was started again"),
    ]


def test_one_that_stays_down_is_told_once_and_when_it_is_well_again() -> None:
    told = Told()
    watchdog = Watchdog(told)
    for _ in range(STAYS_DOWN_AFTER + 4):
        watchdog.ended("web page", 1, 2.0)
        watchdog.started("web page")
    watchdog.steady("web page")
    watchdog.steady("web page")
    watchdog.close(10)
    assert told.posts.count(("failure", "The web page stays down")) == 1
    assert told.posts[-1] == ("success", "The web page runs again")
    assert len(told.posts) == 2 * (STAYS_DOWN_AFTER - 1) + 2


def test_an_answer_that_does_not_come_holds_nobody_up() -> None:
    answer = threading.Event()
    watchdog = Watchdog(lambda *_: answer.wait())
    watchdog.ended("daemon", -9, 1.0)
    watchdog.started("daemon")
    watchdog.close(0.1)
    answer.set()


@pytest.mark.parametrize("was_killed", [False, True])
def test_the_pipeline_itself_is_told_when_it_comes_and_goes(was_killed: bool) -> None:
    told = Told()
    watchdog = Watchdog(told)
    watchdog.came_up(was_killed=was_killed)
    watchdog.went_down(10)
    again = ("warning", "The pipeline is up again")
    first = again if was_killed else ("info", "The pipeline is up")
    assert told.posts == [first, ("info", "The pipeline is down")]
