"""How long after `utawaku` is typed its songs are on the screen, and when it answers keys.

    python benchmarks/first_screen.py --songs 100000
    python benchmarks/first_screen.py --home HOME --busy 4

Starts the real program in a terminal of its own (a pty, 160x50), as a user would, and reads what it
writes: `songs in sight` is the first title of the library's first page; `a key answered` is the
song selected by `v`, which is typed at once; `all counted` is the number of songs, which is known
when the catalogue is loaded and searches are answered. Medians of `--runs`, of wall seconds and of
CPU seconds. The floor is what the imports alone take. `--busy N` lets N processes compute
meanwhile.
"""

import argparse
import os
import pty
import select
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from fcntl import ioctl
from pathlib import Path
from termios import TIOCSWINSZ

import psutil
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parent.parent
COLUMNS, LINES = 160, 50
LONGEST_S = 60.0
FLOOR = ("pass", "import textual.app", "import textual.app, sqlalchemy, numpy, pydantic")

MOMENTS = ("songs in sight", "a key answered", "all counted")

Seconds = tuple[float, float]
"""Wall, CPU."""


def moments(home: Path, titles: list[bytes], count: bytes) -> dict[str, Seconds]:
    """Seconds to each moment of one start."""
    environment = {
        **os.environ,
        "UTAWAKU_HOME": str(home),
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
    }
    began = time.perf_counter()
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(ROOT)
        os.execve(sys.executable, [sys.executable, "-m", "utawaku"], environment)
    watched = psutil.Process(process)
    found: dict[str, Seconds] = {}
    try:
        ioctl(terminal, TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        received, typed = b"", False
        while len(found) < 3:
            if time.perf_counter() - began > LONGEST_S:
                raise SystemExit(f"never came: {received[-500:]!r}")
            if select.select([terminal], [], [], 0.5)[0]:
                received += os.read(terminal, 1 << 16)
            used = watched.cpu_times()
            now = (time.perf_counter() - began, used.user + used.system)
            if any(title in received for title in titles):
                found.setdefault("songs in sight", now)
                if not typed:
                    os.write(terminal, b"v")
                    typed = True
            if b"1 selected" in received:
                found.setdefault("a key answered", now)
            if count in received:
                found.setdefault("all counted", now)
    finally:
        watched.kill()
        os.waitpid(process, 0)
        os.close(terminal)
    return found


def import_time(code: str) -> Seconds:
    """Wall and CPU seconds of an interpreter that does only this."""
    began, before = time.perf_counter(), os.times()
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
    after = os.times()
    used = after.children_user + after.children_system
    return time.perf_counter() - began, used - before.children_user - before.children_system


@contextmanager
def busy(n: int) -> Iterator[None]:
    """Let `n` processes compute."""
    spinning = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(n)]
    try:
        yield
    finally:
        for one in spinning:
            one.kill()
            one.wait()


def first_page(home: Path) -> tuple[list[bytes], bytes]:
    """Titles that the first page shows, and how the screen tells the number of songs."""
    from utawaku.library.catalogue import Catalogue

    catalogue = Catalogue.open_url(f"sqlite:///{home / 'data' / 'catalogue.db'}")
    listing = catalogue.browser.search("")
    titles = [song.title for song in catalogue.browser.songs(listing.numbers[:30])]
    catalogue.close()
    return [
        title.encode() for title in titles if len(title) > 3
    ], f"{len(listing):,} songs".encode()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--songs", type=int, default=100_000)
    parser.add_argument("--home", type=Path, help="a catalogue made before, kept")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--busy", type=int, default=0)
    arguments = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    from benchmarks.fake_catalogue import made_once

    with tempfile.TemporaryDirectory() as temporary:
        home = arguments.home or Path(temporary)
        made_once(home, arguments.songs)
        titles, count = first_page(home)
        with busy(arguments.busy):
            moments(home, titles, count)  # warm the disk
            runs = [moments(home, titles, count) for _ in range(arguments.runs)]
            floor = {code: [import_time(code) for _ in range(arguments.runs)] for code in FLOOR}
    load = os.getloadavg()[0]
    table = Table(title=f"{count.decode()}, {os.cpu_count()} cores, load {load:.1f}")
    for title in ("what", "wall s, median", "worst", "cpu s, median"):
        table.add_column(title, justify="left" if title == "what" else "right")
    rows = {name: [run[name] for run in runs] for name in MOMENTS}
    rows |= {f"floor: python -c '{code}'": times for code, times in floor.items()}
    for name, times in rows.items():
        wall, cpu = [one[0] for one in times], [one[1] for one in times]
        median = statistics.median
        table.add_row(name, f"{median(wall):.2f}", f"{max(wall):.2f}", f"{median(cpu):.2f}")
    Console().print(table)


if __name__ == "__main__":
    main()
