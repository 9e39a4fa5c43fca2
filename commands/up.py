"""`utawaku up`: the pipeline as one supervised thing on loopback."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import psutil
import typer

from utawaku.commands.console import err, out
from utawaku.commands.memory_recycler import Renewal
from utawaku.commands.service_runner import keep_giving_back
from utawaku.commands.supervised_process import Child, end_group
from utawaku.library.config import Settings, load_settings
from utawaku.library.errors import UtawakuError
from utawaku.library.files import atomic_path
from utawaku.library.heartbeat import LastingProcess, beat, is_alive, stop_beating
from utawaku.library.processes import is_gone, process_mark

if TYPE_CHECKING:
    from http.server import ThreadingHTTPServer

HOST = "127.0.0.1"
PID_FILE = "up.pid"
CHILDREN_FILE = "up.children"
BEAT_EVERY_S = 5.0
COMES_UP_WITHIN_S = 180.0
"""A busy machine needs a minute to load what puts the catalogue in order."""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(epilog="Example: utawaku up --detach")(up)
    app.command(epilog="Example: utawaku down")(down)


def up(
    detach: Annotated[
        bool, typer.Option("--detach", help="Run in the background; `utawaku down` ends it.")
    ] = False,
    port: Annotated[int | None, typer.Option(help="Port of the web page.")] = None,
    metrics: Annotated[
        int | None, typer.Option(help="Serve Prometheus text on this port of loopback, too.")
    ] = None,
) -> None:
    """Start the pipeline: Dagster's daemon (sensors, runs) and its web page, on loopback only."""
    settings = load_settings()
    if _supervisor(settings) is not None:
        raise UtawakuError("the pipeline is running already", next_step="`utawaku down` ends it")
    port = port or settings.web_port
    if detach:
        _detach(settings, port, metrics)
        return
    _supervise(settings, port, metrics)


def _supervisor(settings: Settings) -> int | None:
    """Number of the supervisor's process; None where it has ended, in order or not."""
    try:
        mark = (settings.data_dir / PID_FILE).read_text("utf-8")
    except OSError:
        return None
    return None if is_gone(mark) else int(mark.split("-")[0])


def end_left_over(settings: Settings) -> None:
    """End what a supervisor left behind that was killed: two daemons would do everything twice."""
    try:
        left = json.loads((settings.data_dir / CHILDREN_FILE).read_text("utf-8"))
    except (OSError, ValueError):
        return
    for mark in left:
        if isinstance(mark, str) and not is_gone(mark):  # else the number is another's now
            pid = int(mark.split("-")[0])
            with suppress(psutil.NoSuchProcess):
                err.print(f"ending process {pid}, left by a pipeline that was killed")
                end_group(pid, psutil.Process(pid).wait)


SET_BACK_S = 60.0
"""Less is the drift of a clock that is kept right."""


@dataclass
class Rounds:
    """What the supervisor does twice a second for as long as it lives."""

    settings: Settings
    children: Sequence[Child]
    renewal: Renewal
    put_right: Callable[[], object]
    """Called when the clock was set back."""
    clock: Callable[[], float] = time.time
    _ahead: float = float("-inf")
    _noted: bool = True
    _last_beat: float = 0.0
    _trouble: str = ""

    def go(self) -> None:
        """Look after the processes, and leave a sign of life.

        A full disk keeps signs, notes and lines of the log from being written, and passes: it must
        not end the pipeline, which nobody would start again.
        """
        try:
            self._go()
        except OSError as error:
            if str(error) != self._trouble:
                self._trouble = str(error)
                with suppress(OSError):  # the log may lie on the disk that is full
                    err.print(f"going on, though the disk says: {error}", markup=False)
        else:
            self._trouble = ""

    def _look_at_the_clock(self) -> None:
        ahead = self.clock() - time.monotonic()
        was_set_back = ahead < self._ahead - SET_BACK_S
        self._ahead = ahead
        if was_set_back:
            # The daemon sleeps until a moment of the old time: it ends first, so that no tick of it
            # writes down such a time any more, and `look_after` starts it afresh.
            self.renewal.daemon.renew()
            self.put_right()

    def _go(self) -> None:
        self._look_at_the_clock()
        self.renewal.look()
        started = [child.look_after() for child in self.children]
        self._noted = self._noted and not any(started)
        if not self._noted:
            _note_children(self.settings, self.children)
            self._noted = True
        if time.monotonic() - self._last_beat > BEAT_EVERY_S:
            beat(self.settings, _lasting(self.children))
            self._last_beat = time.monotonic()


def _lasting(children: Sequence[Child]) -> list[LastingProcess]:
    return [
        LastingProcess("supervisor", os.getpid()),
        *(
            LastingProcess(one.name, one.process.pid, one.n_starts)
            for one in children
            if one.process is not None
        ),
    ]


def _note_children(settings: Settings, children: Sequence[Child]) -> None:
    going = [process_mark(one.process.pid) for one in children if one.process is not None]
    with atomic_path(settings.data_dir / CHILDREN_FILE) as temporary:
        temporary.write_text(json.dumps(going), "utf-8")


def down() -> None:
    """End the pipeline that `up` started."""
    settings = load_settings()
    pid_file = settings.data_dir / PID_FILE
    pid = _supervisor(settings)
    if pid is None:
        raise UtawakuError("the pipeline is not running", next_step="`utawaku up` starts it")
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + 40
    while pid_file.exists() and time.monotonic() < deadline:
        time.sleep(0.2)
    out.print("the pipeline is down" if not pid_file.exists() else "the pipeline is going down")


def _logs(settings: Settings) -> Path:
    folder = settings.data_dir / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _detach(settings: Settings, port: int, metrics: int | None) -> None:
    log = _logs(settings) / "up.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "utawaku", "up", "--port", str(port)),
                *(["--metrics", str(metrics)] if metrics is not None else []),
            ],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    deadline = time.monotonic() + COMES_UP_WITHIN_S
    while not is_alive(settings) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.2)
    if not is_alive(settings):
        raise UtawakuError(
            "the pipeline did not come up", subject=str(log), next_step="Read the end of that file"
        )
    out.print(f"the pipeline is up: http://{HOST}:{port} (logs in {log.parent})", soft_wrap=True)


def prepare() -> None:
    """Put catalogue and Dagster home in order. A process of its own does it: what it loads takes
    150 MB, and the supervisor stays for weeks."""
    from utawaku.commands.pipeline import prepare_dagster_home, prepare_pools
    from utawaku.library.catalogue import Catalogue
    from utawaku.orchestration.former_names import carry_over_states
    from utawaku.orchestration.orphaned_runs import close_orphaned_runs
    from utawaku.orchestration.reset_future_ticks import reset_future_ticks

    settings = load_settings()
    # Brings an older catalogue to the present schema, with a copy of it kept in backups/.
    Catalogue.open(settings).close()
    home = prepare_dagster_home(settings)
    with dagster_instance(home) as instance:
        prepare_pools(instance)
        carry_over_states(instance)
        close_orphaned_runs(instance)
        reset_future_ticks(instance, time.time())


def _prepared() -> int:
    """`prepare` in a process of its own; how it ended."""
    command = [sys.executable, "-m", "utawaku.commands.prepare_services"]
    return subprocess.run(command, env=_environment(), check=False).returncode


def _supervise(settings: Settings, port: int, metrics: int | None) -> None:
    end_left_over(settings)
    if returncode := _prepared():  # it has said why
        raise typer.Exit(returncode)
    home = settings.dagster_home
    logs = _logs(settings)
    stopping = False

    def stop(_signal: int, _frame: object) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    pid_file = settings.data_dir / PID_FILE
    pid_file.write_text(process_mark(os.getpid()), "utf-8")
    out.print(f"web page  http://{HOST}:{port}")
    out.print(f"logs      {logs}", soft_wrap=True)
    out.print("Ctrl-C ends the pipeline; what is running goes on at the next start")
    scraped = _serve_metrics(settings, metrics)
    # The socket lies in a folder of its own that nobody else may enter: who can talk to the code
    # server can run code.
    with tempfile.TemporaryDirectory(prefix="utawaku-") as private:
        children = _children(home, logs, Path(private), port)
        renewal = Renewal(*children, settings.process_growth_mb)
        rounds = Rounds(settings, children, renewal, _prepared)
        try:
            while not stopping:
                rounds.go()
                time.sleep(0.5)
        finally:
            for child in reversed(children):
                child.end()
            if scraped is not None:
                scraped.shutdown()
                scraped.server_close()
            stop_beating(settings)
            (settings.data_dir / CHILDREN_FILE).unlink(missing_ok=True)
            pid_file.unlink(missing_ok=True)


def _serve_metrics(settings: Settings, port: int | None) -> "ThreadingHTTPServer | None":
    if port is None:
        return None
    from utawaku.commands.metrics_server import metrics_server

    keep_giving_back()  # each answer opens the catalogue anew
    server = metrics_server(settings, port)
    threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()
    out.print(f"metrics   http://{HOST}:{server.server_address[1]}/metrics")
    return server


def _environment() -> dict[str, str]:
    """Environment of child processes."""
    return {
        # Each thread of a busy process may get a heap of its own otherwise, and none shrinks.
        "MALLOC_ARENA_MAX": "2",
        # To start a run is to start Python and load Dagster: on a busy machine that takes longer
        # than the minute after which Dagster counts the run as failed.
        "DAGSTER_GRPC_TIMEOUT_SECONDS": "300",
        "DAGSTER_SENSOR_GRPC_TIMEOUT_SECONDS": "60",
        "DAGSTER_GRPC_SHUTDOWN_GRACE_PERIOD": "10",
        **os.environ,
        "DAGSTER_DISABLE_TELEMETRY": "yes",
        # The current folder may hold a `utawaku` or a `yaml.py` of somebody else.
        "PYTHONSAFEPATH": "1",
    }


def _children(home: Path, logs: Path, private: Path, port: int) -> tuple[Child, Child, Child]:
    """The code server, and daemon and web page, which share it."""
    socket = private / "code.sock"
    workspace = private / "workspace.yaml"
    workspace.write_text(
        f"load_from:\n  - grpc_server:\n      socket: {socket}\n      location_name: utawaku\n",
        "utf-8",
    )
    environment = {**_environment(), "DAGSTER_HOME": str(home)}
    python = [sys.executable, "-m", "utawaku.commands.service_runner"]
    code = [*python, "dagster", "api", "grpc", "--socket", str(socket), "-m", "utawaku.definitions"]
    daemon = [*python, "dagster._daemon", "run", "-w", str(workspace)]
    web = [*python, "dagster_webserver", "-h", HOST, "-p", str(port), "-w", str(workspace)]
    return (
        Child("code server", code, environment, logs / "code.log"),
        Child("daemon", daemon, environment, logs / "daemon.log", needs=socket),
        Child("web page", web, environment, logs / "web.log", needs=socket),
    )


def dagster_instance(home: Path) -> AbstractContextManager[Any]:
    """Dagster's instance at `home`."""
    import dagster as dg

    return dg.DagsterInstance.from_config(str(home))
