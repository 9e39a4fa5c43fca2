"""Several machines, some of which are lost: streams on workers with real Redis and PostgreSQL.

    python benchmarks/cluster.py --streams 12 --kills 6 --weights FOLDER
    python benchmarks/cluster.py --streams 6 --kills 0 --workers 1
    python benchmarks/cluster.py --streams 6 --ingest      # one command on SQLite, the same streams

Needs the programs of PostgreSQL and Redis, `unshare`, and root. Each machine is a PID and UTS name
space with a home of its own; they share the library's folder. `up` runs on the first, a worker on
each of the others. The way of each worker to PostgreSQL and Redis leads through a relay, which can
be cut. At random moments a worker is killed with all its processes and starts again later, is cut
off from both servers, or stops as a machine does that sleeps; `--kinds` says which, in turn.

At the end every stream must be done, nothing twice; told are what happened to each stream of a lost
worker and when, how long no worker was free for it, and streams an hour.
"""

import argparse
import os
import random
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

if TYPE_CHECKING:
    from dagster import DagsterInstance

    from utawaku.library.catalogue import Catalogue
    from utawaku.library.store.leases import Lease


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--streams", type=int, default=12)
    parser.add_argument("--minutes", type=float, default=1.5, help="length of a stream")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--kills", type=int, default=6)
    parser.add_argument("--kinds", default="kill,kill,cut,kill,sleep,kill", help="in turn")
    parser.add_argument("--apart-s", default="25,60", help="time between two of them")
    parser.add_argument("--weights", type=Path, help="weights folder to use instead of fetching")
    parser.add_argument("--made", type=Path, help="folder that keeps the streams between runs")
    parser.add_argument("--limit-s", type=float, default=2400.0)
    parser.add_argument("--ingest", action="store_true", help="one `utawaku ingest`, no cluster")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cluster-", ignore_cleanup_errors=True) as folder:
        place = Path(folder)
        place.chmod(0o755)
        if given.ingest:
            ingest(place, given)
            return
        servers = Servers(place)
        try:
            servers.start()
            run(place, servers, given)
        finally:
            servers.stop()


class Servers:
    """PostgreSQL and Redis of their own, on free ports of loopback."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.postgres_port, self.redis_port = free_port(), free_port()
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
        initdb = str(found[-1]) if found else shutil.which("initdb")
        redis = shutil.which("redis-server")
        if initdb is None or redis is None:
            raise SystemExit("PostgreSQL and Redis are needed: apt install postgresql redis-server")
        self.programs, self.redis_program = Path(initdb).parent, redis
        self.redis: subprocess.Popen[bytes] | None = None

    def as_owner(self, *command: str) -> None:
        """Run a program of PostgreSQL, which refuses to run as root."""
        before = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        subprocess.run([*before, *command], check=True, stdout=subprocess.DEVNULL)

    def start(self) -> None:
        data = self.folder / "postgres"
        data.mkdir()
        if os.geteuid() == 0:
            shutil.chown(data, "postgres")
        self.as_owner(
            str(self.programs / "initdb"), "-D", f"{data}/data", "-U", "utawaku", "-A", "trust",
            "-E", "UTF8", "--locale=C.UTF-8", "--no-sync",
        )  # fmt: skip
        options = (
            f"-p {self.postgres_port} -c listen_addresses=127.0.0.1 -c max_connections=200 "
            f"-c unix_socket_directories='{data}'"
        )
        self.as_owner(
            str(self.programs / "pg_ctl"), "-D", f"{data}/data", "-l", f"{data}/log", "-w",
            "-o", options, "start",
        )  # fmt: skip
        self.redis = subprocess.Popen(
            [
                self.redis_program, "--port", str(self.redis_port), "--bind", "127.0.0.1",
                "--dir", str(self.folder), "--save", "",
            ],
            stdout=subprocess.DEVNULL,
        )  # fmt: skip

    def stop(self) -> None:
        if self.redis is not None:
            self.redis.terminate()
            self.redis.wait(20)
        data = self.folder / "postgres" / "data"
        if data.exists():
            self.as_owner(str(self.programs / "pg_ctl"), "-D", str(data), "-m", "fast", "stop")


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


class Relay:
    """Carries connections to a server; while it is cut, what is sent stays on the way."""

    def __init__(self, port: int, cut: threading.Event) -> None:
        self.target, self.cut = port, cut
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            near, _ = self.listening.accept()
            threading.Thread(target=self._join, args=(near,), daemon=True).start()

    def _join(self, near: socket.socket) -> None:
        while self.cut.is_set():
            time.sleep(0.1)
        far = socket.create_connection(("127.0.0.1", self.target))
        for one, other in ((near, far), (far, near)):
            threading.Thread(target=self._carry, args=(one, other), daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                while self.cut.is_set():
                    time.sleep(0.1)
                target.sendall(data)
        except OSError:
            pass
        for end in (source, target):
            end.close()


class Machine:
    """A name space of processes and a host name, with a home of its own."""

    def __init__(
        self, name: str, folder: Path, servers: Servers | None, weights: Path | None
    ) -> None:
        self.name, self.home = name, folder / name
        self.cut = threading.Event()
        self.process: subprocess.Popen[bytes] | None = None
        self.command: tuple[str, ...] = ()
        self.worker_log = self.home / "data" / "logs" / "worker.log"
        self.log_before = 0
        if servers is not None:
            postgres = Relay(servers.postgres_port, self.cut).port
            redis = Relay(servers.redis_port, self.cut).port
            self.urls = (
                f"postgresql://utawaku@127.0.0.1:{postgres}/postgres",
                f"redis://127.0.0.1:{redis}/0",
            )
        (self.home / "cache").mkdir(parents=True)
        if weights:
            shutil.copytree(weights, self.home / "cache" / "weights")
        (self.home / "config.toml").write_text(
            f'library_root = "{folder / "library"}"\nweb_port = {free_port()}\n'
            f'[watch]\nfolder = "{folder / "watched"}"\nstable_s = 2\n[labels]\nshazam = false\n',
            "utf-8",
        )

    def run(self, *command: str) -> None:
        """Run a command of utawaku there and wait for it."""
        subprocess.run(self._words(command), cwd=ROOT, check=True, env=self._environment())

    def start(self, *command: str) -> None:
        """Start one that stays."""
        self.command = command
        self.log_before = self.worker_log.stat().st_size if self.worker_log.exists() else 0
        with (self.home / "log.txt").open("ab") as log:
            self.process = subprocess.Popen(
                self._words(command), cwd=ROOT, stdout=log, stderr=log, env=self._environment()
            )

    def is_ready(self) -> bool:
        """Return whether its worker has begun to wait for runs."""
        if not self.worker_log.exists():
            return False
        with self.worker_log.open("rb") as log:
            log.seek(self.log_before)
            return b" ready." in log.read(20_000)

    def _words(self, command: tuple[str, ...]) -> list[str]:
        inside = f'hostname {self.name}; exec "$@"'
        return [
            "unshare", "--uts", "--pid", "--fork", "--kill-child", "--mount-proc",
            "sh", "-c", inside, "sh", sys.executable, "-m", "utawaku", *command,
        ]  # fmt: skip

    def _environment(self) -> dict[str, str]:
        return {**os.environ, "UTAWAKU_HOME": str(self.home)}

    def processes(self) -> list[int]:
        """Numbers of all its processes, as seen from outside."""
        return [
            int(path.name)
            for path in Path("/proc").glob("[0-9]*")
            if _starts_with_home(path, self.home)
        ]

    def signal_all(self, number: int) -> None:
        for pid in self.processes():
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                continue

    def kill(self) -> None:
        """End all at once, as a power cut does: the first of a name space takes the rest along."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        while left := self.processes():
            for pid in left:
                with_suppressed_kill(pid)
            time.sleep(0.05)


def with_suppressed_kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _starts_with_home(path: Path, home: Path) -> bool:
    try:
        told = path.joinpath("environ").read_bytes().split(b"\0")
        return (
            f"UTAWAKU_HOME={home}".encode() in told
            and path.joinpath("stat").read_text().split()[2] != "Z"
        )
    except OSError:
        return False


@dataclass
class Lost:
    """A stream whose worker was lost, and what became of it."""

    stream_id: str
    lease_id: str
    kind: str
    at: float
    """By the clock, as Dagster notes it; the others are seconds after it."""
    closed_s: float | None = None
    taken_up_s: float | None = None
    none_free_s: float = 0.0
    """How long no worker was free until then."""


def cpu_times(machines: Sequence[Machine]) -> dict[str, float]:
    """CPU seconds of the processes of each machine, with those of their children that ended."""
    ticks = os.sysconf("SC_CLK_TCK")
    found = {}
    for machine in machines:
        used = 0
        for pid in machine.processes():
            try:
                fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
            except OSError:
                continue
            used += sum(int(one) for one in fields[11:15])
        found[machine.name] = used / ticks
    return found


class Watch:
    """Looks at the leases twice a second: which stream is whose, and how long none has it."""

    def __init__(self, catalogue: "Catalogue") -> None:
        self.catalogue = catalogue
        self.lost: dict[str, Lost] = {}
        """Stream -> the loss of its worker, until it is taken up."""
        self.told: list[Lost] = []
        self.holders: dict[str, set[str]] = {}
        self.looked_at = time.time()

    def look(self, at_work: Collection[str]) -> list["Lease"]:
        """Look once; `at_work` are the names of the machines that take runs."""
        rows, _ = self.catalogue.leases.listed()
        now = time.time()
        held = {row.id for row in rows if row.stream_id}
        busy = {row.host for row in rows if row.kind in ("run", "received")}
        for one in self.lost.values():
            if one.closed_s is None and one.lease_id not in held:
                one.closed_s = now - one.at
            if not set(at_work) - busy:
                one.none_free_s += now - self.looked_at
        self.looked_at = now
        for row in rows:
            if not row.stream_id:
                continue
            self.holders.setdefault(row.stream_id, set()).add(row.id)
            loss = self.lost.get(row.stream_id)
            if loss is not None and row.id != loss.lease_id:
                loss.taken_up_s = now - loss.at
                del self.lost[row.stream_id]
        return rows

    def lose(self, host: str, kind: str, at_work: Collection[str]) -> list[str]:
        """Note that a machine is lost; returns the streams that it worked on."""
        held = [row for row in self.look(at_work) if row.host == host and row.stream_id]
        for row in held:
            loss = Lost(row.stream_id, row.id, kind, time.time())
            self.lost[row.stream_id] = loss
            self.told.append(loss)
        return [row.stream_id for row in held]

    def forget_done(self) -> None:
        """One that came back in time, or was done before it was lost, waits for nobody."""
        done = set(self.catalogue.assets.done_streams("library_files"))
        for stream_id in done & self.lost.keys():
            del self.lost[stream_id]


def make_streams(folder: Path, given: argparse.Namespace) -> list[Path]:
    from utawaku.demo import make_demo_stream

    made = given.made or folder / "made"
    made.mkdir(parents=True, exist_ok=True)
    for number in range(given.streams):
        name = chr(ord("a") + number) * 5  # numbers would be pieces of one evening
        if not (made / f"{name}.opus").exists():
            make_demo_stream(made / f"{name}.opus", seed=100 + number, minutes=given.minutes)
    return sorted(made.glob("*.opus"))[: given.streams]


def ingest(folder: Path, given: argparse.Namespace) -> None:
    """Time one command that takes all streams in, with the settings of the machines."""
    streams = make_streams(folder, given)
    (folder / "watched").mkdir()
    for path in streams:
        shutil.copy(path, folder / "watched")
    machine = Machine("alone", folder, None, given.weights)
    used, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    machine.run("ingest", *(str(folder / "watched" / path.name) for path in streams))
    took_s = time.monotonic() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime
    print(f"took {took_s:.0f} s, {3600 * given.streams / took_s:.0f} streams an hour")
    print(f"{took_s / given.streams:.1f} s and {cpu_s / given.streams:.1f} CPU-s a stream")
    print(f"load at the end {os.getloadavg()[0]:.1f}")


def run(folder: Path, servers: Servers, given: argparse.Namespace) -> None:
    chance = random.Random(given.seed)
    (folder / "watched").mkdir()
    streams = make_streams(folder, given)
    first = Machine("first", folder, servers, given.weights)
    workers = [
        Machine(f"worker{n + 1}", folder, servers, given.weights) for n in range(given.workers)
    ]
    for machine in (first, *workers):
        postgres, redis = machine.urls
        machine.run("cluster", "init", "--postgres", postgres, "--redis", redis)
    os.environ["UTAWAKU_HOME"] = str(first.home)
    from utawaku.library.catalogue import Catalogue
    from utawaku.library.config import load_settings

    settings = load_settings()
    catalogue = Catalogue.open(settings)
    try:
        first.start("up")
        for machine in workers:
            machine.start("worker")
        while not (settings.data_dir / "heartbeat.json").exists():
            time.sleep(0.5)
        before = cpu_times((first, *workers))
        for path in streams:
            shutil.copy(path, folder / "watched")
        watch = Watch(catalogue)
        killed, took_s = go_on(watch, workers, chance, given)
        report(watch, given, killed, took_s)
        after = cpu_times((first, *workers))
        if not given.kills:  # else some of the processes are gone
            for name, cpu_s in after.items():
                print(
                    f"{name + ', CPU-s a stream':40} {(cpu_s - before[name]) / given.streams:.1f}"
                )
        report_twice(first, watch, given.streams)
    finally:
        for machine in (first, *workers):
            if machine.process is not None:
                machine.kill()
        catalogue.close()


def go_on(
    watch: Watch, workers: list[Machine], chance: random.Random, given: argparse.Namespace
) -> tuple[Counter[str], float]:
    """Lose workers until that was often enough and all is done; returns which, and the time."""
    apart_s = tuple(float(one) for one in given.apart_s.split(","))
    kinds = given.kinds.split(",")
    killed: Counter[str] = Counter()
    began: float | None = None
    next_at = float("inf")
    back: list[tuple[float, Machine, str]] = []
    limit = time.monotonic() + given.limit_s
    while time.monotonic() < limit:
        time.sleep(0.5)
        away = {one[1].name for one in back}
        at_work = [m for m in workers if m.name not in away]
        rows = watch.look([m.name for m in at_work if m.is_ready()])
        watch.forget_done()
        if began is None and any(row.stream_id for row in rows):
            began = time.monotonic()
            next_at = began + chance.uniform(5, 20)
        for one in [one for one in back if one[0] <= time.monotonic()]:
            back.remove(one)
            come_back(one[1], one[2])
        n_done = len(watch.catalogue.assets.done_streams("library_files"))
        n_lost = sum(killed.values())
        if n_done == given.streams and not back and not open_requests(watch.catalogue):
            return killed, time.monotonic() - (began or 0.0)
        if n_lost < given.kills and time.monotonic() >= next_at and at_work:
            busy = {row.host for row in rows if row.stream_id}
            victim = chance.choice([m for m in at_work if m.name in busy] or at_work)
            kind = kinds[n_lost % len(kinds)]
            left = [m.name for m in at_work if m is not victim and m.is_ready()]
            streams = watch.lose(victim.name, kind, left)
            away_s = lose(victim, kind, chance)
            back.append((time.monotonic() + away_s, victim, kind))
            killed[kind] += 1
            next_at = time.monotonic() + chance.uniform(*apart_s)
            told = f"{kind} {victim.name} for {away_s:.0f} s with {len(streams)} stream(s)"
            print(f"   {n_lost + 1}: {told}, {n_done} done", flush=True)
    raise SystemExit(f"not done within {given.limit_s:.0f} s")


def open_requests(catalogue: "Catalogue") -> int:
    return catalogue.requests.count("queued") + catalogue.requests.count("running")


def lose(machine: Machine, kind: str, chance: random.Random) -> float:
    """Take a machine away; returns for how long."""
    if kind == "kill":
        machine.kill()
        return chance.uniform(5, 20)
    if kind == "cut":
        machine.cut.set()
    else:
        machine.signal_all(signal.SIGSTOP)
    return chance.uniform(70, 90)


def come_back(machine: Machine, kind: str) -> None:
    if kind == "kill":
        machine.start(*machine.command)
    elif kind == "cut":
        machine.cut.clear()
    else:
        machine.signal_all(signal.SIGCONT)


def report(watch: Watch, given: argparse.Namespace, killed: Counter[str], took_s: float) -> None:
    catalogue = watch.catalogue
    songs = catalogue.songs.select()
    starts = Counter((song.stream_id, round(song.start_s)) for song in songs)
    requests = catalogue.requests.recent(limit=10_000)
    rows = {
        "workers": given.workers,
        "lost": ", ".join(f"{kind} {n}" for kind, n in killed.items()) or "none",
        "took": f"{took_s:.0f} s, {3600 * given.streams / took_s:.0f} streams an hour",
        "done": f"{len(catalogue.assets.done_streams('library_files'))} of {given.streams}",
        "requests": dict(Counter(f"{r.kind} {r.state}" for r in requests)),
        "songs": len(songs),
        "songs twice": sum(n > 1 for n in starts.values()),
        "tries": sum(r.attempts + 1 for r in requests if r.kind == "ingest_stream"),
        "streams with two and more holders, one after the other": sum(
            len(ids) > 1 for ids in watch.holders.values()
        ),
    }
    for name, value in rows.items():
        print(f"{name:40} {value}")


def report_take_up(instance: "DagsterInstance", watch: Watch) -> None:
    """Print for each stream that lost its worker what happened when, in seconds after the loss."""
    import dagster as dg

    print("lost by | run closed | next one asked for | sent to Redis | taken up | none free")
    for loss in watch.told:
        if loss.taken_up_s is None:
            print(f"{loss.kind} | it was done, or its worker came back in time")
            continue
        records = instance.get_run_records(
            dg.RunsFilter(
                tags={"dagster/partition": loss.stream_id},
                created_after=datetime.fromtimestamp(loss.at, UTC),
            ),
            limit=1,
            ascending=True,
        )
        stats = instance.get_run_stats(records[0].dagster_run.run_id)
        asked, sent = (
            f"{one - loss.at:.0f}" if one else "?"
            for one in (stats.enqueued_time, stats.launch_time)
        )
        print(
            f"{loss.kind} | {loss.closed_s or 0:.0f} | {asked} | {sent} | {loss.taken_up_s:.0f} | "
            f"{loss.none_free_s:.0f}"
        )
    print(f"{'load at the end':40} {os.getloadavg()[0]:.1f}")


def report_ticks(instance: "DagsterInstance") -> None:
    """Print how long the ticks of the sensor take that looks at the leases, and how far apart."""
    states = instance.all_instigator_state()
    (state,) = [one for one in states if one.instigator_name == "drain_requests"]
    ticks = instance.get_ticks(state.instigator_origin_id, state.selector_id, limit=2_000)
    starts = sorted(tick.timestamp for tick in ticks)
    apart = sorted(b - a for a, b in pairwise(starts))
    took = sorted(tick.end_timestamp - tick.timestamp for tick in ticks if tick.end_timestamp)
    for name, values in (("apart", apart), ("take", took)):
        told = ", ".join(f"{values[int(q * (len(values) - 1))]:.1f}" for q in (0.5, 0.95, 1))
        print(f"{'ticks ' + name + ', s (50 %, 95 %, most)':40} {told} of {len(values)}")


def report_runs(instance: "DagsterInstance", n_streams: int) -> None:
    """Print the parts of each run of a stream, in seconds after the first one was asked for."""
    print("asked for | sent to Redis | begun | over | by which machine, of each run of a stream")
    records = instance.get_run_records(limit=50 * n_streams, ascending=True)
    streams = [one for one in records if "dagster/partition" in one.dagster_run.tags]
    began = min((one.create_timestamp.timestamp() for one in streams), default=0.0)
    for record in streams:
        stats = instance.get_run_stats(record.dagster_run.run_id)
        moments = (stats.enqueued_time, stats.launch_time, stats.start_time, stats.end_time)
        told = " | ".join(f"{one - began:.1f}" if one else "?" for one in moments)
        print(f"{told} | {record.dagster_run.tags.get('utawaku/host', '')}")


def report_twice(first: Machine, watch: Watch, n_streams: int) -> None:
    """Print what was filed twice: events of Dagster, and files that no song knows."""
    import dagster as dg

    from utawaku.commands.repairs import unknown_song_files
    from utawaku.library.artefacts import CHAIN
    from utawaku.library.config import load_settings
    from utawaku.orchestration.cluster import use_environment
    from utawaku.orchestration.dagster_storage import open_instance

    settings = load_settings()
    use_environment(settings)
    twice = []
    with open_instance(settings.dagster_home) as instance:
        for name in CHAIN:
            records = instance.fetch_materializations(dg.AssetKey(name), limit=10_000).records
            made: dict[str, list[str]] = {}
            for record in records:
                at = datetime.fromtimestamp(record.timestamp, UTC).strftime("%T")
                made.setdefault(str(record.partition_key), []).append(f"{record.run_id[:8]} {at}")
            twice += [f"{name} of {stream}: {runs}" for stream, runs in made.items() if runs[1:]]
        report_take_up(instance, watch)
        report_ticks(instance)
        report_runs(instance, n_streams)
        stuck = instance.get_runs(
            dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.STARTING])
        )
    ours, foreign = unknown_song_files(watch.catalogue, settings)
    print(f"{'materialized twice':40} {', '.join(twice) or 'none'}")
    print(f"{'files that no song knows':40} {len(ours) + len(foreign)}")
    print(f"{'runs left open':40} {len(stuck)}")
    print(f"{'leases left':40} {[row.kind for row in watch.catalogue.leases.listed()[0]]}")


if __name__ == "__main__":
    main()
