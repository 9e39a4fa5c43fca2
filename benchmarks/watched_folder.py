"""Recordings that appear in the watch folder of a running `utawaku up`, against one `ingest`.

    python benchmarks/watched_folder.py --streams 6 --minutes 10 --weights WEIGHTS
    python benchmarks/watched_folder.py --checkout OLD --weights WEIGHTS    # an older version
    python benchmarks/watched_folder.py --idle-s 180 --weights WEIGHTS

Tells the wall time from the moment that the recordings are there until the songs of the last are
filed, with the CPU time of all processes, and the same of `utawaku ingest` of all of them. With
`--idle-s` what the services of `up` cost while nothing is to be done: CPU, and memory as each
process's share (PSS).
"""

import argparse
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent
NAMES = ("anna", "berta", "clara", "dora", "emma", "frida", "gerda", "hanna")
"""Numbered names could be pieces of one evening: the last would be waited with."""
SETTLED_S = 60.0
"""After a start, until the services have loaded all that they load."""


def main() -> None:
    """Print what it took."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--streams", type=int, default=6)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--weights", type=Path, required=True, help="folder of converted weights")
    parser.add_argument("--checkout", type=Path, default=ROOT, help="version that is measured")
    parser.add_argument("--recordings", type=Path, help="folder where they are kept and found")
    parser.add_argument("--idle-s", type=float, default=0.0)
    parser.add_argument("--only", choices=("up", "ingest"))
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="watched-", ignore_cleanup_errors=True) as folder:
        recordings = given.recordings or Path(folder, "recordings")
        _make(recordings, given.streams, given.minutes)
        if given.only != "up" and not given.idle_s:
            _ingest(Home(Path(folder, "ingest"), given), recordings)
        if given.only != "ingest":
            _up(Home(Path(folder, "up"), given), recordings, given)


class Home:
    """A home of its own for a version of the program."""

    def __init__(self, folder: Path, given: argparse.Namespace) -> None:
        self.folder, self.checkout = folder, given.checkout.resolve()
        self.watched = folder / "watched"
        self.watched.mkdir(parents=True)
        (folder / "cache").mkdir()
        shutil.copytree(given.weights, folder / "cache" / "weights")
        # Names of settings that both versions read.
        (folder / "config.toml").write_text(
            f'web_port = 3297\n[follow]\nwatch_folder = "{self.watched}"\nsettle_s = 2\n'
            "[labels]\nshazam = false\n",
            "utf-8",
        )

    def start(self, *arguments: str) -> "subprocess.Popen[bytes]":
        """Start the program."""
        is_new = (self.checkout / "utawaku" / "__main__.py").is_file()
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "UTAWAKU"))}
        return subprocess.Popen(
            [
                str(self.checkout / ".venv" / "bin" / "python"),
                *("-m", "utawaku" if is_new else "commands", *arguments),
            ],
            cwd=self.checkout,
            env={**kept, "PYTHONPATH": str(self.checkout), "UTAWAKU_HOME": str(self.folder)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def n_done(self) -> int:
        """Streams whose songs are filed, with all that follows."""
        address = f"{(self.folder / 'data' / 'catalogue.db').as_uri()}?mode=ro"
        done = "SELECT count(*) FROM asset_states WHERE asset = ? AND state = 'done'"
        with closing(sqlite3.connect(address, uri=True, timeout=30)) as database:
            return min(
                database.execute(done, (asset,)).fetchone()[0]
                for asset in ("library_files", "highlights", "embeddings")
            )


def _make(folder: Path, n: int, minutes: float) -> None:
    if len(list(folder.glob("*.opus"))) >= n:
        return
    sys.path.insert(0, str(ROOT))
    from utawaku.demo import make_demo_stream

    folder.mkdir(parents=True, exist_ok=True)
    for number, name in enumerate(NAMES[:n]):
        make_demo_stream(folder / f"{name}.opus", seed=100 + number, minutes=minutes)


def _ingest(home: Home, recordings: Path) -> None:
    began = time.monotonic()
    process = home.start("ingest", *map(str, sorted(recordings.glob("*.opus"))))
    _, status, used = os.wait4(process.pid, 0)
    took_s = time.monotonic() - began
    cpu_s = used.ru_utime + used.ru_stime
    print(f"ingest: {took_s:.1f} s, {cpu_s:.1f} CPU-s (exit {os.waitstatus_to_exitcode(status)})")


def _up(home: Home, recordings: Path, given: argparse.Namespace) -> None:
    up = home.start("up")
    try:
        while not (home.folder / "data" / "heartbeat.json").exists():
            time.sleep(0.5)
        time.sleep(SETTLED_S)
        if given.idle_s:
            _idle(up.pid, given.idle_s)
            return
        n = len(list(recordings.glob("*.opus")))
        before_s, began = _cpu_s(up.pid), time.monotonic()
        for path in sorted(recordings.glob("*.opus")):
            shutil.copy(path, home.watched / path.name)
        seen = 0
        while seen < n:
            time.sleep(0.2)
            done = home.n_done()
            if done != seen:
                print(f"  {done} of {n} after {time.monotonic() - began:.1f} s", flush=True)
                seen = done
        took_s = time.monotonic() - began
        time.sleep(5)  # children are counted when they have been waited for
        print(f"up: {took_s:.1f} s, {_cpu_s(up.pid) - before_s:.1f} CPU-s")
    finally:
        up.send_signal(signal.SIGTERM)
        up.wait(90)


def _family(pid: int) -> list[psutil.Process]:
    process = psutil.Process(pid)
    return [process, *process.children(recursive=True)]


def _cpu_s(pid: int) -> float:
    """CPU seconds of all processes, with those of children that have ended."""
    return sum(sum(one.cpu_times()[:4]) for one in _family(pid))


def _idle(pid: int, seconds: float) -> None:
    before = {one.pid: sum(one.cpu_times()[:2]) for one in _family(pid)}
    time.sleep(seconds)
    spent_s = total = 0.0
    for one in _family(pid):
        used = sum(one.cpu_times()[:2]) - before.get(one.pid, 0.0)
        pss = one.memory_full_info().pss / 1e6
        spent_s, total = spent_s + used, total + pss
        words = " ".join(one.cmdline())
        print(f"{used / seconds:7.2%} of a core {pss:6.0f} MB  {words[-60:]}")
    print(f"{spent_s / seconds:7.2%} of a core {total:6.0f} MB  all")


if __name__ == "__main__":
    main()
