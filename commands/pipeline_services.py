"""The services of `utawaku up`: code server, daemon and web page, and what forks them."""

import os
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from utawaku.commands.supervised_process import SERVICE_RUNNER, Child
from utawaku.library.web_guard import HOST
from utawaku.orchestration.tick_limits import N_WORKERS, TICK_WITHIN_S

if TYPE_CHECKING:
    from utawaku.library.config import Settings


@dataclass(frozen=True)
class Pages:
    """The services over HTTP."""

    port: int
    metrics: int | None = None
    read_only: bool = False

    def options(self) -> list[str]:
        """The same as options of `up`."""
        return [
            *("--port", str(self.port)),
            *(("--metrics", str(self.metrics)) if self.metrics is not None else ()),
            *(("--read-only",) if self.read_only else ()),
        ]


def child_environment(settings: "Settings") -> dict[str, str]:
    """Environment of child processes that Dagster runs in."""
    from utawaku.library.cluster import environment

    return {
        **environment(settings),
        # Each thread of a busy process may get a heap of its own otherwise, and none shrinks.
        "MALLOC_ARENA_MAX": "2",
        # To start a run is to start Python and load Dagster: on a busy machine that takes longer
        # than the minute after which Dagster counts the run as failed.
        "DAGSTER_GRPC_TIMEOUT_SECONDS": "300",
        "DAGSTER_GRPC_SHUTDOWN_GRACE_PERIOD": "10",
        **os.environ,
        "DAGSTER_SENSOR_GRPC_TIMEOUT_SECONDS": str(TICK_WITHIN_S),
        "DAGSTER_DISABLE_TELEMETRY": "yes",
        # The current folder may hold a `utawaku` or a `yaml.py` of somebody else.
        "PYTHONSAFEPATH": "1",
    }


@dataclass(frozen=True)
class Services:
    """The services of `up`."""

    code: Child
    daemon: Child
    web: Child
    fork_server: Child | None = None
    """The one that forks the others, where something does."""

    @property
    def all(self) -> list[Child]:
        """In the order of their start."""
        first = [] if self.fork_server is None else [self.fork_server]
        return [*first, self.code, self.daemon, self.web]


def services_of_up(settings: "Settings", logs: Path, private: Path, pages: Pages) -> Services:
    """The code server, and daemon and web page, which share it."""
    from utawaku.orchestration.dagster_settings import FORK_SERVER_VARIABLE, can_fork

    code_socket = private / "code.sock"
    workspace = private / "workspace.yaml"
    workspace.write_text(
        "load_from:\n  - grpc_server:\n"
        f"      socket: {code_socket}\n      location_name: utawaku\n",
        "utf-8",
    )
    forks = private / "forks.sock"
    environment = {
        **child_environment(settings),
        "DAGSTER_HOME": str(settings.dagster_home),
        FORK_SERVER_VARIABLE: str(forks),
    }
    code = ["dagster", "api", "grpc", "--socket", str(code_socket), "-m", "utawaku.definitions"]
    code += ["--max-workers", str(2 * N_WORKERS)]  # threads; ticks that wait hold one each
    daemon = ["utawaku.commands.pipeline_daemon", "-w", str(workspace)]
    web = ["utawaku.commands.web_page", "--port", str(pages.port), "--workspace", str(workspace)]
    web += ["--read-only"] if pages.read_only else []
    is_forking = can_fork()

    def service(name: str, words: list[str], log: str, needs: Path | None) -> Child:
        fork_server = str(forks) if is_forking else ""
        command = [*SERVICE_RUNNER, *words]
        return Child(name, command, environment, logs / log, needs=needs, fork_server=fork_server)

    listening = _listen(pages.port)
    web += ["--on-demand"] if listening is not None else []
    page = service("web page", web, "web.log", code_socket)
    page.on_demand = listening
    command = [sys.executable, "-m", "utawaku.commands.fork_server", str(forks)]
    return Services(
        service("code server", code, "code.log", forks if is_forking else None),
        service("daemon", daemon, "daemon.log", code_socket),
        page,
        Child("fork server", command, environment, logs / "forks.log") if is_forking else None,
    )


def _listen(port: int) -> socket.socket | None:
    """Listen at a port of loopback; None where that cannot be, as the web page's log will tell."""
    try:
        return socket.create_server((HOST, port), backlog=128)
    except OSError:
        return None
