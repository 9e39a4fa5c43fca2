"""How the pipeline fares alone: kills at every stage, and thousands of stale streams.

    python benchmarks/hands_off.py survive --streams 3 --kills 6 --apart-s 10,40
    python benchmarks/hands_off.py soak --limit-s 1200 --csv memory.csv
    python benchmarks/hands_off.py stale --streams 3000
    python benchmarks/hands_off.py night --limit-s 6000 --hours 8 --csv night.csv

`survive` starts the real `utawaku up` in a folder of its own, drops generated streams into the
watched folder, kills -9 the daemon, the code server, a run, the fork server or `up` itself (which
is started again), again and again, each time with the clock of all processes right, a day back, an
hour or a month ahead (needs cc), and then looks whether every stream is done or waits with a
reason, nothing is there twice, and no file is left over. Streams are dropped as long as kills are
to come.
`soak` feeds it short streams for as long as it is told, half of them through a followed feed,
and tells memory and open files of each lasting process over time. `stale` measures what one
`rematerialize` request costs a tick of the requests sensor. `night` gives what comes in a night in
less time than a night, and counts memory, files, runs, requests and notices (`night.py`).
"""

import argparse
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks import watching_home  # noqa: E402
from benchmarks.jumped_clock import DAY_S, Jump, jumped_clock  # noqa: E402

if TYPE_CHECKING:
    from utawaku.library.catalogue import Catalogue


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("survive", "soak", "stale", "night"))
    parser.add_argument("--streams", type=int, default=3)
    parser.add_argument("--kills", type=int, default=6)
    parser.add_argument("--minutes", type=float, default=2.0, help="length of a stream")
    parser.add_argument("--weights", type=Path, help="weights folder to use instead of fetching")
    parser.add_argument("--limit-s", type=float, default=900.0)
    parser.add_argument("--csv", type=Path, help="soak, night: where the samples are written")
    parser.add_argument("--hours", type=float, default=8.0, help="night: hours of streams given")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--victims", default="daemon,code server,run,fork server,up", help="what is killed, in turn"
    )
    parser.add_argument(
        "--apart-s", default="10,40", help="survive: shortest and longest time between two kills"
    )
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hands-off-", ignore_cleanup_errors=True) as folder:
        os.environ["UTAWAKU_HOME"] = folder
        if given.what == "stale":
            stale(given.streams)
        elif given.what == "soak":
            from soak import soak

            soak(Path(folder), given)
        elif given.what == "night":
            from night import night

            night(Path(folder), given)
        else:
            survive(Path(folder), given)


def survive(home: Path, given: argparse.Namespace) -> None:
    """Run the pipeline, kill at random, look at what is left."""
    from utawaku.demo import make_demo_stream
    from utawaku.library.catalogue import Catalogue
    from utawaku.library.config import load_settings

    watched, made = home / "watched", home / "made"
    made.mkdir(parents=True)
    watching_home.prepare(home, watched, given.weights, port=3299)
    for number in range(given.streams):
        make_demo_stream(made / f"{number}.opus", seed=100 + number, minutes=given.minutes)
    settings = load_settings()
    began = time.monotonic()
    sizes: list[tuple[float, int]] = []
    with jumped_clock(home / "clock") as jump:
        killer = Killer(home, jump, given)
        try:
            killer.start_up()
            watching_home.await_heartbeat(settings.data_dir)
            catalogue = Catalogue.open(settings)
            waiting, n_given = sorted(made.glob("*.opus")), 0
            while time.monotonic() - began < given.limit_s:
                time.sleep(1)
                sizes.append(memory_and_files(killer.up.pid))
                n_done = len(catalogue.assets.done_streams("library_files"))
                n_open = catalogue.requests.count("queued") + catalogue.requests.count("running")
                killer.ask_again(catalogue)
                if waiting and n_given - n_done < 2 and not killer.is_through:
                    shutil.copy(waiting.pop(), watched)
                    n_given += 1
                if killer.is_through and n_done == n_given and not n_open:
                    break
                if not waiting and not killer.is_through and n_done == n_given:
                    raise SystemExit("all streams are done before the last kill: give more")
                killer.go_on(n_done)
                catalogue.requests.wake(reason_begins="the run ended unfinished")
                catalogue.requests.wake(reason_begins="the process ended")
            took_s = time.monotonic() - began
            report(catalogue, n_given, killer.killed, sizes, took_s)
            print(f"{'given up, asked again by a person':40} {killer.n_asked_again}")
            catalogue.close()
        finally:
            killer.up.send_signal(signal.SIGTERM)
            killer.up.wait(60)
    left = [p for p in psutil.process_iter(["cmdline"]) if str(home) in " ".join(_cmdline(p))]
    print(f"{'processes left after down':40} {len(left)}")
    subprocess.run([sys.executable, "-m", "utawaku", "doctor"], cwd=ROOT, check=False)


VICTIMS = {
    "daemon": "utawaku-daemon",
    "code server": "utawaku-code",
    "fork server": "utawaku-forks",
    "run": "utawaku-run",
}
"""What is killed -> the name that the process gives itself."""
CLOCKS_S = (0, 0, -DAY_S, 3600, 31 * DAY_S)


class Killer:
    """Kill what runs for a home, in turn, and set its clock; start `up` again where that died."""

    def __init__(self, home: Path, jump: Jump, given: argparse.Namespace) -> None:
        self.home, self.jump = home, jump
        self.chance = random.Random(given.seed)
        self.victims = given.victims.split(",")
        self.n_kills = given.kills
        self.apart_s = tuple(float(one) for one in given.apart_s.split(","))
        self.killed: Counter[str] = Counter()
        self.n_asked_again = 0
        self.next_at = time.monotonic() + 25
        self.up: subprocess.Popen[bytes]

    @property
    def is_through(self) -> bool:
        return sum(self.killed.values()) >= self.n_kills

    def start_up(self) -> None:
        self.up = watching_home.start_up(**self.jump.environ)

    def ask_again(self, catalogue: "Catalogue") -> None:
        """Queue again, as a person would, what was given up after too many kills."""
        for request in catalogue.requests.recent(limit=1000):
            if request.state == "failed" and catalogue.requests.requeue(request.id):
                self.n_asked_again += 1

    def go_on(self, n_done: int) -> None:
        """Kill the next one where it is time; the clock is right again after the last kill."""
        n = sum(self.killed.values())
        if self.is_through or time.monotonic() < self.next_at:
            return
        victim = self.victims[n % len(self.victims)]
        if victim == "up":
            self.up.kill()
            self.up.wait()
            time.sleep(self.chance.uniform(0, 2))
            self.start_up()
        elif not kill_one(self.home, victim):
            return
        self.killed[victim] += 1
        ahead_s = self.chance.choice(CLOCKS_S) if n + 1 < self.n_kills else 0
        self.jump.to(ahead_s)
        self.next_at = time.monotonic() + self.chance.uniform(*self.apart_s)
        print(f"   {n + 1}: {victim}, clock {ahead_s / 3600:+.0f} h, {n_done} done", flush=True)


def _cmdline(process: psutil.Process) -> list[str]:
    return process.info["cmdline"] or []


def kill_one(home: Path, victim: str) -> bool:
    """kill -9 one of the `VICTIMS` of the pipeline in `home`; False if none runs."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if (
                process.environ().get("UTAWAKU_HOME") == str(home)
                and process.name() == VICTIMS[victim]
            ):
                found.append(process)
    if not found:
        return False
    found[0].kill()
    return True


def memory_and_files(up: int) -> tuple[float, int]:
    """Share of memory (PSS) in MB and open descriptors of the supervisor and its services."""
    mb, n_files = 0.0, 0
    supervisor = psutil.Process(up)
    for process in (supervisor, *supervisor.children(recursive=True)):
        try:
            if process.name() == VICTIMS["run"]:
                continue
            mb += process.memory_full_info().pss / 1e6
            n_files += process.num_fds()
        except psutil.Error:
            continue
    return mb, n_files


def report(catalogue, n_streams, killed, sizes, took_s) -> None:  # type: ignore[no-untyped-def]
    """Print what is true afterwards."""
    states = Counter(
        state.state
        for one in catalogue.streams.all()
        for state in catalogue.assets.of(one.id).values()
    )
    requests = Counter(f"{r.kind} {r.state}" for r in catalogue.requests.recent(limit=10_000))
    unexplained = [r for r in catalogue.requests.waiting() if r.attempts and not r.message]
    songs = catalogue.songs.select()
    starts = Counter((song.stream_id, round(song.start_s)) for song in songs)
    half = len(sizes) // 2
    rows = {
        "kills": ", ".join(f"{kind} {n}" for kind, n in killed.items()) or "none",
        "took": f"{took_s:.0f} s",
        "streams": f"{catalogue.streams.count()} of {n_streams}",
        "finished": len(catalogue.assets.done_streams("library_files")),
        "artefact states": dict(states),
        "requests": dict(requests),
        "waiting without a reason": len(unexplained),
        "songs": len(songs),
        "songs twice": sum(n > 1 for n in starts.values()),
        "tries": sum(r.attempts + 1 for r in catalogue.requests.recent(limit=10_000)),
        "memory of the lasting processes": f"{_mean(sizes[:half], 0):.0f} MB in the first half, "
        f"{_mean(sizes[half:], 0):.0f} MB in the second",
        "open files of the lasting processes": f"{_mean(sizes[:half], 1):.0f}, "
        f"{_mean(sizes[half:], 1):.0f}",
    }
    for name, value in rows.items():
        print(f"{name:40} {value}")


def _mean(rows: list[tuple[float, int]], column: int) -> float:
    return sum(row[column] for row in rows) / max(1, len(rows))


def stale(n_streams: int) -> None:
    """One request over streams of an older model: what a tick costs, until all were asked for."""
    import dagster as dg

    from utawaku.library.artefacts import ARTEFACTS
    from utawaku.library.catalogue import Catalogue
    from utawaku.library.config import load_settings
    from utawaku.library.records import Stream
    from utawaku.library.staleness import stale_streams
    from utawaku.models import registry
    from utawaku.orchestration.present_versions import present_versions
    from utawaku.orchestration.resources import make_resources
    from utawaku.orchestration.versions import DATA_VERSION, INPUTS, inputs_of
    from utawaku.sensors.drain_requests import drain_requests

    settings = load_settings()
    catalogue = Catalogue.open(settings)
    weights = settings.weights_dir
    weights.mkdir(parents=True)
    (weights / "inaspeech-sm.onnx").write_bytes(b"newer")
    known = registry.entry("sm")
    registry.store._keep(known, weights, weights / "inaspeech-sm.onnx", known.raw_files[0])
    present = present_versions(settings)

    def make(stream_id: str, asset: str, **inputs: str) -> None:
        of = inputs_of(asset, stream_id, catalogue, settings) | inputs
        catalogue.assets.done(
            stream_id,
            asset,
            engine="e",
            engine_version=present[asset].engine_version,
            metadata={INPUTS: of, DATA_VERSION: f"v-{asset}"},
        )

    began = time.monotonic()
    for number in range(n_streams):
        stream = catalogue.streams.save(
            Stream(
                f"file-{number:016x}", f"/{number}.opus", site="file", recording_path="/dev/null"
            )
        )
        for asset in ARTEFACTS:
            older = {"segmenter_weights": "older"} if asset == "segments" else {}
            make(stream.id, asset, **older)
    print(f"{'streams made':40} {n_streams} in {time.monotonic() - began:.0f} s")
    began = time.monotonic()
    n_stale = len(stale_streams(catalogue, present_versions(settings), "segments"))
    print(f"{'stale (one query)':40} {n_stale} in {1000 * (time.monotonic() - began):.0f} ms")
    from utawaku.library.requests import Rematerialize

    request = catalogue.requests.file(Rematerialize(asset="segments"))
    ticks: list[float] = []
    with dg.DagsterInstance.ephemeral() as instance:
        n_made = 0
        while True:
            started = time.process_time()
            with dg.build_sensor_context(instance=instance, resources=make_resources()) as context:
                runs = [one for one in drain_requests(context) if isinstance(one, dg.RunRequest)]
            ticks.append(time.process_time() - started)
            # Stand in for the runs: the artefact is of the present version now.
            for run in runs:
                assert run.partition_key is not None
                n_made += 1
                make(run.partition_key, "segments")
            for child in catalogue.requests.running():
                if child.kind == "ingest_stream":
                    catalogue.requests.finish(child.id)
            if catalogue.requests.get(request.id).state == "done":
                break
    ticks.sort()
    print(f"{'runs asked for':40} {n_made} in {len(ticks)} ticks")
    print(f"{'CPU of a tick, median / worst':40} {ticks[len(ticks) // 2]:.3f} / {ticks[-1]:.3f} s")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    print(f"{'peak memory':40} {peak:.0f} MB")
    catalogue.close()


if __name__ == "__main__":
    main()
