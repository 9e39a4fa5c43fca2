"""The code server of `up` with its run server: started, asked, and ended together."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.commands.waiting import until
from utawaku.commands.pipeline import prepare_dagster_home
from utawaku.library.config import Settings
from utawaku.orchestration.dagster_settings import RUN_SERVER_VARIABLE, write_services_file
from utawaku.orchestration.forked_launcher import ask

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="runs are forked on Linux only")


@pytest.fixture
def started(settings: Settings, tmp_path: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Start it as `up` does, with a repository that is loaded quickly."""
    (tmp_path / "some.py").write_text("import dagster as dg\ndefs = dg.Definitions()\n", "utf-8")
    home, runs = settings.dagster_home, tmp_path / "runs.sock"
    command = [sys.executable, "-m", "utawaku.commands.code_server", str(runs), "api", "grpc"]
    command += ["--socket", str(tmp_path / "code.sock"), "-f", str(tmp_path / "some.py")]
    environment = {**os.environ, "DAGSTER_HOME": str(home), RUN_SERVER_VARIABLE: str(runs)}
    process = subprocess.Popen(command, env=environment, start_new_session=True)
    until((tmp_path / "code.sock").exists)
    yield process
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.fixture
def home(settings: Settings) -> Path:
    made = prepare_dagster_home(settings)
    write_services_file(made)
    return made


@pytest.mark.usefixtures("home")
def test_its_run_server_answers_and_ends_with_it(
    started: "subprocess.Popen[bytes]", tmp_path: Path
) -> None:
    until(lambda: ask(str(tmp_path / "runs.sock"), find="nothing") == {"pid": None})
    (run_server,) = psutil.Process(started.pid).children()
    assert os.getpgid(run_server.pid) == started.pid, "a signal to its group ends runs, too"
    os.killpg(started.pid, signal.SIGTERM)
    started.wait(30)
    assert not psutil.pid_exists(run_server.pid)


@pytest.fixture
def with_a_launcher_of_the_user(home: Path) -> None:
    with (home / "dagster.yaml").open("a") as file:
        file.write("run_launcher:\n  module: dagster\n  class: DefaultRunLauncher\n")
    write_services_file(home)


@pytest.mark.usefixtures("with_a_launcher_of_the_user")
def test_there_is_no_run_server_that_nobody_would_ask(started: "subprocess.Popen[bytes]") -> None:
    assert psutil.Process(started.pid).children() == []
