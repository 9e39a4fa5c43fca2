"""`dagster dev` beside `utawaku up`: two instances, one library, and each request runs once.

The requests are for pieces of streams for which nobody asked for any: a whole run, and nothing to
do in it.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.definitions.run_request import InstigatorType

from tests.commands.test_web_page import free_port
from tests.conftest import ROOT, Program
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import load_settings
from utawaku.library.records import Request, Stream
from utawaku.library.requests import SeparatePieces
from utawaku.orchestration.dagster_storage import open_instance
from utawaku.orchestration.run_tags import REQUEST_TAG

LONGEST_S = 600.0
pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]


def until(what: str, condition: Callable[[], bool]) -> None:
    """Wait for something; runs start slowly on a busy machine."""
    deadline = time.monotonic() + LONGEST_S
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(1)


class Served:
    """The Dagster homes of both instances: what they ran, and what they said."""

    def __init__(self, *homes: Path) -> None:
        self._homes = homes

    def runs(self, home: Path) -> list[dg.DagsterRun]:
        """Runs of requests."""
        with open_instance(home) as instance:
            return [run for run in instance.get_runs() if REQUEST_TAG in run.tags]

    def successes(self) -> Counter[int]:
        """How often each request was carried out, by both together."""
        return Counter(
            int(run.tags[REQUEST_TAG])
            for home in self._homes
            for run in self.runs(home)
            if run.status is dg.DagsterRunStatus.SUCCESS
        )

    def last_words(self, home: Path) -> str:
        """What the sensor of requests said last."""
        with open_instance(home) as instance:
            for state in instance.all_instigator_state(instigator_type=InstigatorType.SENSOR):
                if state.instigator_name == "drain_requests":
                    origin, selector = state.instigator_origin_id, state.selector_id
                    ended = [
                        t for t in instance.get_ticks(origin, selector, limit=3) if t.is_completed
                    ]
                    return ended[0].skip_reason or "" if ended else ""
        return ""


@pytest.fixture
def second_home(tmp_path: Path) -> Path:
    home = tmp_path / "second"
    home.mkdir()
    shutil.copy(ROOT / "dagster.yaml", home)
    return home


@pytest.fixture
def first_home(program: Program) -> Iterator[Path]:
    """The Dagster home of `up`, which looks for requests."""
    came = program.run("up", "--detach", "--port", str(free_port()))
    assert came.returncode == 0, came.stderr
    home = load_settings().dagster_home
    until("up looks for requests", lambda: bool(Served().last_words(home)))
    yield home
    program.run("down")


@pytest.fixture
def dagster_dev(program: Program, first_home: Path, second_home: Path) -> Iterator[None]:
    """`dagster dev` of this checkout with a home of its own."""
    command = [Path(sys.executable).with_name("dagster"), "dev", "-m", "utawaku.definitions"]
    with (second_home / "dev.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "-h", "127.0.0.1", "-p", str(free_port())],
            cwd=ROOT,
            env={**program.environment, "DAGSTER_HOME": str(second_home)},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        until("dagster dev looks for requests", lambda: bool(Served().last_words(second_home)))
        yield
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(60)
        finally:
            os.killpg(process.pid, signal.SIGKILL)


def filed(catalogue: Catalogue, names: Sequence[str]) -> list[Request]:
    """Requests for pieces of streams that are new."""
    for name in names:
        catalogue.streams.save(Stream(name, f"/{name}.opus", name, site="file"))
    return [catalogue.requests.file(SeparatePieces(stream_id=name)) for name in names]


@pytest.mark.usefixtures("dagster_dev")
def test_each_request_runs_once_whichever_instance_serves_it(
    program: Program, first_home: Path, second_home: Path
) -> None:
    both = Served(first_home, second_home)
    catalogue = Catalogue.open(load_settings())

    def all_done(requests: Sequence[Request]) -> bool:
        states = [catalogue.requests.get(one.id).state for one in requests]
        assert set(states) <= {"queued", "running", "done"}, states
        return set(states) == {"done"}

    # The one that came first serves them all, and the other one says why it does not.
    first = filed(catalogue, ["a", "b"])
    until("the first requests", lambda: all_done(first))
    assert both.successes() == {one.id: 1 for one in first}
    assert both.runs(second_home) == []
    assert str(first_home) in both.last_words(second_home)

    # It ends in the middle of its work, and the other one takes over.
    second = filed(catalogue, ["c", "d", "e"])
    until("a claim", lambda: catalogue.requests.count("running") > 0)
    assert program.run("down").returncode == 0
    until("the second requests", lambda: all_done(second))
    assert both.runs(second_home)

    # It comes back with runs in its queue that nobody wants any more.
    came = program.run("up", "--detach", "--port", str(free_port()))
    assert came.returncode == 0, came.stderr
    until("up leaves the requests", lambda: str(second_home) in both.last_words(first_home))
    until("its queue ends", lambda: all(run.is_finished for run in both.runs(first_home)))
    third = filed(catalogue, ["f"])
    until("the third requests", lambda: all_done(third))
    assert both.successes() == {one.id: 1 for one in [*first, *second, *third]}
    told = [len(both.runs(home)) for home in (first_home, second_home)]
    print(f"{len(both.successes())} requests; runs of up {told[0]}, of dagster dev {told[1]}")
    catalogue.close()
