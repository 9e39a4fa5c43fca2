"""The supervisor of `utawaku up`: the pipeline as one thing on loopback."""

import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import typer
from filelock import FileLock, Timeout

from utawaku.commands.console import err, out
from utawaku.commands.memory_recycler import MemoryRecycler
from utawaku.commands.pipeline_services import Pages, child_environment, services_of_up
from utawaku.commands.service_runner import keep_giving_back
from utawaku.commands.supervised_process import Child, end_group, end_tree
from utawaku.library.errors import ConfigError, UtawakuError
from utawaku.library.files import atomic_path
from utawaku.library.heartbeat import (
    ServiceProcess,
    beat,
    is_alive,
    service_processes,
    stop_beating,
)
from utawaku.library.language import in_english, tr
from utawaku.library.processes import is_gone, process_mark
from utawaku.library.web_guard import HOST
from utawaku.orchestration.watchdog import Watchdog

if TYPE_CHECKING:
    from http.server import ThreadingHTTPServer

    from utawaku.library.config import Settings

LOCK_FILE = "up.lock"
"""Held by the supervisor for as long as it lives."""
PID_FILE = "up.pid"
CHILDREN_FILE = "up.children"
BEAT_EVERY_S = 5.0
COMES_UP_WITHIN_S = 180.0
"""A busy machine needs a minute to load what puts the catalogue in order."""
ROUND_S = 1.0
LOCK_WITHIN_S = 2.0
"""A look whether a pipeline lives holds the lock for a moment."""
ENDS_WITHIN_S = 90.0
TOLD_WITHIN_S = 12.0
"""For the last notices, to a webhook and to Telegram that do not answer."""


def run_pipeline(settings: "Settings", pages: Pages) -> None:
    """Be the pipeline until a signal ends it.

    Raises:
        UtawakuError: it is running already, here or on another machine of the cluster.
    """
    with _held_for_life(settings), _only_one_of_cluster(settings) as is_ours:
        _supervise(settings, pages, is_ours)


def start_detached(settings: "Settings", pages: Pages) -> None:
    """Start the pipeline in the background, and wait until it is up.

    Raises:
        UtawakuError: it is running already, or does not come up.
    """
    if is_running(settings):
        raise _running_already(settings)
    with _only_one_of_cluster(settings):
        pass  # raises where another machine has it
    _detach(settings, pages)


def _lock(settings: "Settings") -> FileLock:
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            f"the folder cannot be made ({error.strerror})",
            subject=str(settings.data_dir),
            next_step="Let it belong to the user that utawaku runs as, or set data_dir",
        ) from error
    return FileLock(settings.data_dir / LOCK_FILE)


@contextmanager
def _held_for_life(settings: "Settings") -> Iterator[None]:
    """Be the only pipeline of this library; the system gives the lock back when we die."""
    try:
        with _lock(settings).acquire(timeout=LOCK_WITHIN_S):
            pid_file = settings.data_dir / PID_FILE
            pid_file.write_text(process_mark(os.getpid()), "utf-8")
            try:
                yield
            finally:
                pid_file.unlink(missing_ok=True)
    except Timeout:
        raise _running_already(settings) from None


@contextmanager
def _only_one_of_cluster(settings: "Settings") -> Iterator[Callable[[], bool]]:
    """Be the only pipeline of the cluster; yields what tells whether it still is.

    Raises:
        UtawakuError: another machine has it.
    """
    from utawaku.library.cluster import is_cluster

    if not is_cluster(settings):
        yield lambda: True
        return
    from utawaku.library.catalogue import Catalogue
    from utawaku.library.up_lock import UpLock

    with closing(Catalogue.open(settings)) as catalogue:
        lock = UpLock.take(catalogue)
        try:
            yield lock.look
        finally:
            lock.release()


def is_running(settings: "Settings") -> bool:
    """Return whether a pipeline of this library lives, be it still coming up."""
    try:
        with _lock(settings).acquire(timeout=0):
            return False
    except Timeout:
        return True


def _running_already(settings: "Settings") -> UtawakuError:
    pid = _supervisor(settings)
    return UtawakuError(
        "the pipeline is running already" + (f" (process {pid})" if pid else ""),
        next_step="`utawaku down` ends it",
    )


def _supervisor(settings: "Settings") -> int | None:
    """Number of the supervisor's process; None where it has ended, in order or not."""
    try:
        mark = (settings.data_dir / PID_FILE).read_text("utf-8")
    except OSError:
        return None
    return None if is_gone(mark) else int(mark.split("-")[0])


def end_left_over(settings: "Settings") -> list[int]:
    """End what a supervisor left behind that was killed: two daemons would do everything twice.

    Returns the numbers of the processes that were ended.
    """
    try:
        left = json.loads((settings.data_dir / CHILDREN_FILE).read_text("utf-8"))
    except (OSError, ValueError):
        return []
    ended = []
    for mark in left:
        if isinstance(mark, str) and not is_gone(mark):  # else the number is another's now
            pid = int(mark.split("-")[0])
            with suppress(psutil.NoSuchProcess):
                err.print(tr("ending process {pid}, left by a pipeline that was killed", pid=pid))
                end_group(pid, psutil.Process(pid).wait)
                ended.append(pid)
    return ended


SET_BACK_S = 60.0
"""Less is the drift of a clock that is kept right."""


@dataclass
class Rounds:
    """The rounds of the supervisor, each `ROUND_S`."""

    settings: "Settings"
    children: Sequence[Child]
    renewal: MemoryRecycler
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
                    err.print(
                        tr("going on, though the disk says: {error}", error=error), markup=False
                    )
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


def _lasting(children: Sequence[Child]) -> list[ServiceProcess]:
    return [
        ServiceProcess("supervisor", os.getpid()),
        *(
            ServiceProcess(one.name, one.process.pid, one.n_starts)
            for one in children
            if one.process is not None
        ),
    ]


def _note_children(settings: "Settings", children: Sequence[Child]) -> None:
    going = [process_mark(one.process.pid) for one in children if one.process is not None]
    with atomic_path(settings.data_dir / CHILDREN_FILE) as temporary:
        temporary.write_text(json.dumps(going), "utf-8")


def end_pipeline(settings: "Settings") -> None:
    """End the pipeline that `up` started, and what one that was killed left behind.

    Raises:
        UtawakuError: none is running, or it does not end.
    """
    if not is_running(settings):
        left = end_left_over(settings)
        if not left:
            raise UtawakuError("the pipeline is not running", next_step="`utawaku up` starts it")
        told = ", ".join(map(str, left))
        out.print(
            tr("the pipeline was killed before; ended what it had left: process {told}", told=told)
        )
        return
    pid = _supervisor(settings)
    if pid is None:
        raise UtawakuError("the pipeline is just coming up", next_step="Try again in a moment")
    services = service_processes(settings)
    family = _family(pid)
    if sys.platform == "win32":
        end_tree(pid)
    else:
        os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + ENDS_WITHIN_S
    while is_running(settings) and time.monotonic() < deadline:
        time.sleep(0.2)
    left = [one.pid for one in psutil.wait_procs(family, timeout=5)[1]]
    if is_running(settings) or left:
        alive = ", ".join(map(str, left or [pid]))
        raise UtawakuError(
            f"the pipeline has not ended yet: process {alive} lives",
            next_step="Try again in a minute",
        )
    out.print(
        tr("the pipeline is down; ended {ended}", ended=_ended(services, family)), soft_wrap=True
    )


def _family(pid: int) -> list[psutil.Process]:
    """The supervisor and all that it started."""
    try:
        supervisor = psutil.Process(pid)
        return [supervisor, *supervisor.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _ended(services: Sequence[ServiceProcess], family: Sequence[psutil.Process]) -> str:
    names = [f"{one.name} {one.pid}" for one in services]
    n_others = len({one.pid for one in family} - {one.pid for one in services})
    if n_others:
        names.append(
            tr(
                "{n_others} more that they had started (runs go on at the next start)",
                n_others=n_others,
            )
        )
    return ", ".join(names) or tr("all of it")


def _logs(settings: "Settings") -> Path:
    folder = settings.data_dir / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _detach(settings: "Settings", pages: Pages) -> None:
    log = _logs(settings) / "up.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "utawaku", "up", *pages.options()],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            env=in_english(),  # its log is read by whoever mends it
        )
    deadline = time.monotonic() + COMES_UP_WITHIN_S

    def is_up() -> bool:
        beating = {one.pid for one in service_processes(settings)}
        return is_alive(settings) and process.pid in beating

    while not is_up() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.2)
    if is_up():
        shown = shown_address(settings, pages.port)
        out.print(
            tr("the pipeline is up: {shown} (logs in {parent})", shown=shown, parent=log.parent),
            soft_wrap=True,
        )
        return
    if process.poll() is not None and is_running(settings):
        raise _running_already(settings)  # another one was started at the same moment
    raise UtawakuError(
        "the pipeline did not come up", subject=str(log), next_step="Read the end of that file"
    )


def shown_address(settings: "Settings", port: int) -> str:
    """Address of the web page; with its token on a terminal, never in a log."""
    from utawaku.commands.web_page import guard_of

    guard = guard_of(settings, port)
    if out.is_terminal:
        return guard.address()
    return tr(
        "{address} (`utawaku up --address` prints it with its token)",
        address=guard.address(with_token=False),
    )


def prepare() -> None:
    """Put catalogue and Dagster home in order. A process of its own does it: what it loads takes
    150 MB, and the supervisor stays for weeks."""
    from utawaku.commands.pipeline import prepare_dagster_home, prepare_pools
    from utawaku.library.catalogue import Catalogue
    from utawaku.library.config import load_settings
    from utawaku.orchestration.dagster_settings import write_services_file
    from utawaku.orchestration.dagster_storage import open_instance
    from utawaku.orchestration.former_names import carry_over_states
    from utawaku.orchestration.orphaned_runs import close_orphaned_runs
    from utawaku.orchestration.reset_future_ticks import reset_future_ticks

    settings = load_settings()
    # Brings an older catalogue to the present schema, with a copy of it kept in backups/.
    catalogue = Catalogue.open(settings)
    home = prepare_dagster_home(settings)
    write_services_file(home)
    with closing(catalogue), open_instance(home) as instance:
        prepare_pools(instance)
        carry_over_states(instance)
        close_orphaned_runs(instance, catalogue)
        reset_future_ticks(instance, time.time())


def _prepared(settings: "Settings") -> int:
    """`prepare` in a process of its own; how it ended."""
    command = [sys.executable, "-m", "utawaku.commands.prepare_services"]
    return subprocess.run(command, env=child_environment(settings), check=False).returncode


def _supervise(settings: "Settings", pages: Pages, is_ours: Callable[[], bool]) -> None:
    from utawaku.services.webhook import announce

    left_over = end_left_over(settings)
    logs = _logs(settings)
    stopping = False

    def stop(_signal: int, _frame: object) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    if returncode := _prepared(settings):  # it has said why
        raise typer.Exit(returncode)
    out.print(
        tr("web page  {shown_address}", shown_address=shown_address(settings, pages.port)),
        markup=False,
        soft_wrap=True,
    )
    out.print(tr("logs      {logs}", logs=logs), soft_wrap=True)
    out.print(tr("Ctrl-C ends the pipeline; what is running goes on at the next start"))
    scraped = _serve_metrics(settings, pages.metrics)
    # The socket lies in a folder of its own that nobody else may enter: who can talk to the code
    # server can run code.
    with tempfile.TemporaryDirectory(prefix="utawaku-") as private:
        watchdog = Watchdog(partial(announce, settings))
        watchdog.came_up(was_killed=bool(left_over))
        services = services_of_up(settings, logs, Path(private), pages)
        children = services.all
        for child in children:
            child.watchdog = watchdog
        renewal = MemoryRecycler(
            services.code, services.daemon, services.web, settings.process_growth_mb
        )
        rounds = Rounds(settings, children, renewal, partial(_prepared, settings))
        looked_at = time.monotonic()
        try:
            while not stopping:
                rounds.go()
                _wait_for_visitor(services.web)
                if time.monotonic() - looked_at < BEAT_EVERY_S:
                    continue
                looked_at = time.monotonic()
                if not is_ours():
                    err.print(tr("another machine has taken the pipeline over: this one ends"))
                    break
        finally:
            stop_beating(settings)  # ticks that wait see it, and end
            for child in reversed(children):
                child.end()
            if services.web.on_demand is not None:
                services.web.on_demand.close()
            watchdog.went_down(TOLD_WITHIN_S)
            if scraped is not None:
                scraped.shutdown()
                scraped.server_close()
            (settings.data_dir / CHILDREN_FILE).unlink(missing_ok=True)


def _wait_for_visitor(web: Child) -> None:
    """Wait until the next round; not if a visitor wants the web page to be started."""
    awaited = web.awaited()
    if awaited is None:
        time.sleep(ROUND_S)
    else:
        select.select([awaited], [], [], ROUND_S)


def _serve_metrics(settings: "Settings", port: int | None) -> "ThreadingHTTPServer | None":
    if port is None:
        return None
    from utawaku.commands.metrics_server import metrics_server

    keep_giving_back()  # each answer opens the catalogue again
    server = metrics_server(settings, port)
    threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()
    out.print(
        tr(
            "metrics   http://{HOST}:{port}/metrics",
            HOST=HOST,
            port=server.server_address[1],
        )
    )
    return server
