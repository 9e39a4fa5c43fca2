"""`utawaku up`: the pipeline as one supervised thing on loopback."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer

from commands.console import err, out
from library.config import Settings, load_settings
from library.errors import UtawakuError
from library.heartbeat import beat, is_alive, stop_beating

HOST = "127.0.0.1"
FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 60.0
BEAT_EVERY_S = 5.0
MAX_LOG_BYTES = 20_000_000
STEADY_S = 60.0
"""A process that ran this long is taken to be well when it ends next."""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(epilog="Example: utawaku up --detach")(up)
    app.command(epilog="Example: utawaku down")(down)


@dataclass
class Child:
    """A process that is started again when it ends."""

    name: str
    command: list[str]
    environment: dict[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    pause_s: float = FIRST_PAUSE_S
    not_before: float = field(default=0.0)

    def look_after(self) -> None:
        """Start it where it does not run, with growing pauses where it keeps ending."""
        now = time.monotonic()
        if self.process is not None and self.process.poll() is None:
            if now - self.started_at > STEADY_S:
                self.pause_s = FIRST_PAUSE_S
            return
        if self.process is not None:
            err.print(
                f"{self.name} ended with {self.process.returncode}; "
                f"starting it again in {self.pause_s:.0f} s (log: {self.log})"
            )
            self.not_before = now + self.pause_s
            self.pause_s = min(2 * self.pause_s, LONGEST_PAUSE_S)
            self.process = None
        if now >= self.not_before:
            _keep_short(self.log)
            with self.log.open("ab") as log:
                self.process = subprocess.Popen(
                    self.command,
                    env=self.environment,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
            self.started_at = now

    def end(self) -> None:
        """Ask the process and what it started to stop; insist after 15 s."""
        if self.process is None or self.process.poll() is not None:
            return
        os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def up(
    detach: Annotated[
        bool, typer.Option("--detach", help="Run in the background; `utawaku down` ends it.")
    ] = False,
    port: Annotated[int | None, typer.Option(help="Port of the web page.")] = None,
) -> None:
    """Start the pipeline: Dagster's daemon (sensors, runs) and its web page, on loopback only."""
    settings = load_settings()
    if is_alive(settings):
        raise UtawakuError("the pipeline is running already", next_step="`utawaku down` ends it")
    port = port or settings.web_port
    if detach:
        _detach(settings, port)
        return
    _supervise(settings, port)


def down() -> None:
    """End the pipeline that `up` started."""
    settings = load_settings()
    pid_file = settings.data_dir / "up.pid"
    try:
        pid = int(pid_file.read_text("utf-8"))
        os.kill(pid, signal.SIGTERM)
    except (FileNotFoundError, ValueError, ProcessLookupError):
        raise UtawakuError(
            "the pipeline is not running", next_step="`utawaku up` starts it"
        ) from None
    deadline = time.monotonic() + 40
    while pid_file.exists() and time.monotonic() < deadline:
        time.sleep(0.2)
    out.print("the pipeline is down" if not pid_file.exists() else "the pipeline is going down")


def _keep_short(log: Path) -> None:
    """Put a log that has grown long aside, so that two files are all there ever is."""
    if log.exists() and log.stat().st_size > MAX_LOG_BYTES:
        log.replace(log.with_suffix(".old.log"))


def _logs(settings: Settings) -> Path:
    folder = settings.data_dir / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _detach(settings: Settings, port: int) -> None:
    log = _logs(settings) / "up.log"
    with log.open("ab") as output:
        subprocess.Popen(
            [sys.executable, "-m", "commands", "up", "--port", str(port)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    deadline = time.monotonic() + 30
    while not is_alive(settings) and time.monotonic() < deadline:
        time.sleep(0.2)
    if not is_alive(settings):
        raise UtawakuError(
            "the pipeline did not come up", subject=str(log), next_step="Read the end of that file"
        )
    out.print(f"the pipeline is up: http://{HOST}:{port} (logs in {log.parent})")


def _supervise(settings: Settings, port: int) -> None:
    from commands.pipeline import prepare_dagster_home, prepare_pools
    from library.catalogue import Catalogue
    from sensors.dead_runs import close_dead_runs

    # Brings an older catalogue to the present schema, with a copy of it kept in backups/.
    Catalogue.open(settings).close()
    home = prepare_dagster_home(settings)
    prepare_pools(home)
    with dagster_instance(home) as instance:
        close_dead_runs(instance)
    logs = _logs(settings)
    stopping = False

    def stop(_signal: int, _frame: object) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    pid_file = settings.data_dir / "up.pid"
    pid_file.write_text(str(os.getpid()), "utf-8")
    out.print(f"web page  http://{HOST}:{port}")
    out.print(f"logs      {logs}")
    out.print("Ctrl-C ends the pipeline; what is running goes on at the next start")
    last_beat = 0.0
    # The socket lies in a folder of its own that nobody else may enter: who can talk to the code
    # server can run code.
    with tempfile.TemporaryDirectory(prefix="utawaku-") as private:
        children = _children(home, logs, Path(private), port)
        try:
            while not stopping:
                for child in children:
                    child.look_after()
                if time.monotonic() - last_beat > BEAT_EVERY_S:
                    beat(settings)
                    last_beat = time.monotonic()
                time.sleep(0.5)
        finally:
            for child in reversed(children):
                child.end()
            stop_beating(settings)
            pid_file.unlink(missing_ok=True)


def _children(home: Path, logs: Path, private: Path, port: int) -> list[Child]:
    """The code server, and daemon and web page, which share it."""
    socket = private / "code.sock"
    workspace = private / "workspace.yaml"
    workspace.write_text(
        f"load_from:\n  - grpc_server:\n      socket: {socket}\n      location_name: utawaku\n",
        "utf-8",
    )
    environment = {
        **os.environ,
        "DAGSTER_HOME": str(home),
        "DAGSTER_DISABLE_TELEMETRY": "yes",
        # Runs and sensors find our packages also where we are not installed.
        "PYTHONPATH": os.pathsep.join(
            [str(Path(__file__).parent.parent), *filter(None, [os.environ.get("PYTHONPATH")])]
        ),
    }
    python = [sys.executable, "-m"]
    code = [*python, "dagster", "api", "grpc", "--socket", str(socket), "-m", "definitions"]
    daemon = [*python, "dagster._daemon", "run", "-w", str(workspace)]
    web = [*python, "dagster_webserver", "-h", HOST, "-p", str(port), "-w", str(workspace)]
    return [
        Child("code server", code, environment, logs / "code.log"),
        Child("daemon", daemon, environment, logs / "daemon.log"),
        Child("web page", web, environment, logs / "web.log"),
    ]


def dagster_instance(home: Path) -> AbstractContextManager[Any]:
    """Dagster's instance at `home`."""
    import dagster as dg

    return dg.DagsterInstance.from_config(str(home))
