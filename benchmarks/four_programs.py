"""Four programs at work on one library, then SQLite's own checks of every database.

    python benchmarks/four_programs.py --limit-s 600 --weights W

`utawaku up` with a watched folder, `utawaku ingest` of other streams one after the other,
`utawaku label` again and again, and a reader and writer as the terminal library is
one: it searches, pages, grades and looks at requests. After the time `PRAGMA integrity_check` and
`PRAGMA foreign_key_check` go over the catalogue, Dagster's databases and the caches.
"""

import argparse
import itertools
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks import watching_home  # noqa: E402

PORT = 3297


def main() -> None:
    """Run the four and print the counts; exit code 1 where a database is not whole."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--limit-s", type=float, default=600.0)
    parser.add_argument("--minutes", type=float, default=1.6, help="length of a stream")
    parser.add_argument("--weights", type=Path, help="weights folder to use instead of fetching")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="four-programs-") as folder:
        os.environ["UTAWAKU_HOME"] = folder
        counts, problems = at_work(Path(folder), given)
    for name, n in counts.items():
        print(f"{name:40} {n}")
    for problem in problems:
        print(f"PROBLEM {problem}")
    sys.exit(bool(problems))


def at_work(home: Path, given: argparse.Namespace) -> tuple[Counter[str], list[str]]:
    """Let the four work on `home` for `limit_s`; returns what they did and what is wrong."""
    (home / "made").mkdir(parents=True)
    watching_home.prepare(home, home / "watched", given.weights, port=PORT)
    counts: Counter[str] = Counter()
    over, began = threading.Event(), time.monotonic()
    log = (home / "log").open("ab")
    up = subprocess.Popen(command("up"), cwd=ROOT, stdout=log, stderr=log)
    others = [
        threading.Thread(target=work, args=(home, given, counts, over))
        for work in (give, ingest, label, use_terminal)
    ]
    for thread in others:
        thread.start()
    over.wait(given.limit_s)
    over.set()
    for thread in others:
        thread.join()
    up.send_signal(signal.SIGTERM)
    up.wait(120)
    log.close()
    counts["seconds at work"] = round(time.monotonic() - began)
    problems = [one for path in sorted(home.rglob("*.db")) for one in wrong_in(path)]
    counts["databases looked at"] = len(list(home.rglob("*.db")))
    return counts, problems


def command(*words: str | Path) -> list[str]:
    """Return the command line of the program."""
    return [sys.executable, "-m", "utawaku", *map(str, words)]


def give(
    home: Path, given: argparse.Namespace, counts: Counter[str], over: threading.Event
) -> None:
    """Drop streams into the watched folder; `up` takes them."""
    from utawaku.demo import make_demo_stream

    for number in itertools.count():
        path = home / "made" / f"watched-{number}.opus"
        make_demo_stream(path, seed=4000 + number, minutes=given.minutes)
        if over.wait(20):
            return
        shutil.copy(path, home / "watched")
        counts["streams into the watched folder"] += 1


def ingest(
    home: Path, given: argparse.Namespace, counts: Counter[str], over: threading.Event
) -> None:
    """Ingest streams by command, one after the other."""
    from utawaku.demo import make_demo_stream

    for number in itertools.count():
        path = home / "made" / f"ingested-{number}.opus"
        make_demo_stream(path, seed=5000 + number, minutes=given.minutes)
        if over.is_set():
            return
        run(home, counts, "ingest", path)


def label(
    home: Path, given: argparse.Namespace, counts: Counter[str], over: threading.Event
) -> None:
    """Ask for the names of songs that have one again."""
    del given
    while not over.wait(15):
        run(home, counts, "label", "title:a")


def run(home: Path, counts: Counter[str], *words: str | Path) -> None:
    """Run one command to its end and count how it ended."""
    with (home / "log").open("ab") as log:
        code = subprocess.run(command(*words), cwd=ROOT, stdout=log, stderr=log, check=False)
    counts[f"{words[0]}, exit code {code.returncode}"] += 1


def use_terminal(
    home: Path, given: argparse.Namespace, counts: Counter[str], over: threading.Event
) -> None:
    """Read and write as the terminal library does."""
    del home, given
    from utawaku.library.catalogue import Catalogue
    from utawaku.library.config import load_settings

    with closing(Catalogue.open(load_settings())) as catalogue:
        for number in itertools.count():
            if over.wait(0.2):
                return
            found = catalogue.browser.search("title:a" if number % 2 else "")
            songs = catalogue.browser.songs(found.numbers[:50])
            catalogue.requests.recent(limit=50)
            counts["searches of the terminal"] += 1
            if songs:
                song = songs[number % len(songs)]
                catalogue.grades.give(song.id, grade=number % 3 - 1)
                counts["grades of the terminal"] += 1


def wrong_in(path: Path) -> list[str]:
    """Return what SQLite finds wrong in a database."""
    with closing(sqlite3.connect(path)) as database:
        intact = database.execute("PRAGMA integrity_check").fetchone()[0]
        n_foreign = len(database.execute("PRAGMA foreign_key_check").fetchall())
    found = [] if intact == "ok" else [f"{path.name}: {intact}"]
    return found + ([f"{path.name}: {n_foreign} foreign keys lead nowhere"] if n_foreign else [])


if __name__ == "__main__":
    main()
