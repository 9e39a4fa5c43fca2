"""Kill `utawaku ingest` (-9) at random moments, with a clock that jumps, and compare libraries.

    python benchmarks/ingest_kills.py [--kills 100] [--seed 1] [--limit-s 1800] [--weights W]

Short generated streams are ingested twice: in one home without any harm, in the other with ten
kills each, every time a random moment after the start and with the clock right, a day back, an hour
or a month ahead (needs cc). In the end each stream is ingested once more by a program that nobody
kills, and the two libraries are compared: the same streams, songs, labels, highlights and
embeddings in the catalogue, the same files with the same content. Nothing half-made may be left,
and the database must be whole.
"""

import argparse
import hashlib
import os
import random
import shutil
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks import forked_program  # noqa: E402
from benchmarks.jumped_clock import DAY_S, Jump, jumped_clock  # noqa: E402

CLOCKS_S = (0, 0, -DAY_S, 3600, 31 * DAY_S)
KILLS_A_STREAM = 10
TABLES = ("streams", "segments", "songs", "labels", "song_files", "highlights", "embeddings")
NOT_COMPARED = {"added_at", "at", "modified_ns", "number"}
"""Columns that tell when something was made, and by which run."""


@dataclass
class Drill:
    """Two homes, and what happened to the second."""

    folder: Path
    made: Path
    jump: Jump
    chance: random.Random
    counts: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    @property
    def calm(self) -> Path:
        return self.folder / "calm"

    @property
    def killed(self) -> Path:
        return self.folder / "killed"

    def ingest(self, home: Path, stream: Path) -> float:
        """Ingest a stream to its end; returns how long it took."""
        began = time.monotonic()
        program = forked_program.start(home, home / "log", "ingest", stream)
        program.join(600)
        if program.exitcode != 0:
            self.problems.append(f"{home.name}: {stream.name}: exit code {program.exitcode}")
            if program.is_alive():
                program.kill()
        return time.monotonic() - began

    def kill_in_ingest(self, stream: Path, within_s: float) -> bool:
        """Begin to ingest a stream, with some clock, and kill it; False where it was through."""
        ahead_s = self.chance.choice(CLOCKS_S)
        self.jump.to(ahead_s)
        program = forked_program.start(self.killed, self.killed / "log", "ingest", stream)
        program.join(self.chance.uniform(0, within_s))
        was_at_work = program.is_alive()
        if was_at_work:
            program.kill()
            program.join()
            self.counts["kills"] += 1
            self.counts[f"clock {ahead_s / 3600:+.0f} h"] += 1
            self.counts[f"killed in {stage_of(self.killed)}"] += 1
        else:
            self.counts["came too late"] += 1
        self.jump.to(0)
        return was_at_work


def main() -> None:
    """Run the drill and print the counts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--limit-s", type=float, default=1800.0)
    parser.add_argument("--minutes", type=float, default=2.0, help="length of a stream")
    parser.add_argument("--weights", type=Path, help="weights folder to use instead of fetching")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ingest-kills-") as folder:
        drill = carry_out(Path(folder), given)
    for name, value in sorted(drill.counts.items()):
        print(f"{name:34} {value}")
    for problem in drill.problems:
        print(f"PROBLEM {problem}")
    print(f"{'differences and leftovers':34} {len(drill.problems)}")
    sys.exit(bool(drill.problems))


def carry_out(folder: Path, given: argparse.Namespace) -> Drill:
    """Kill until there were enough kills or the time is over; returns the counts."""
    from utawaku.demo import make_demo_stream

    began = time.monotonic()
    with jumped_clock(folder / "clock") as jump, _environment(jump):
        drill = Drill(folder, folder / "made", jump, random.Random(given.seed))
        drill.made.mkdir()
        for home in (drill.calm, drill.killed):
            prepare(home, given.weights)
        n = 0
        while drill.counts["kills"] < given.kills and time.monotonic() - began < given.limit_s:
            stream = drill.made / f"{n}.opus"
            make_demo_stream(stream, seed=300 + given.seed * 100 + n, minutes=given.minutes)
            took_s = drill.ingest(drill.calm, stream)
            for _ in range(min(KILLS_A_STREAM, given.kills - drill.counts["kills"])):
                # Little by little, so that each kill finds the next piece of the work.
                if not drill.kill_in_ingest(stream, took_s / 4):
                    break
            drill.ingest(drill.killed, stream)
            drill.problems += differences(drill.calm, drill.killed)
            n += 1
            print(f"   {n} streams, {drill.counts['kills']} kills", flush=True)
        drill.counts["streams"] = n
        for home in (drill.calm, drill.killed):
            drill.problems += unsound(home)
        drill.counts["songs"] = len(rows(drill.killed, "songs"))
        drill.counts["files"] = len(files(drill.killed))
        drill.counts["seconds"] = round(time.monotonic() - began)
    return drill


@contextmanager
def _environment(jump: Jump) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(jump.environ)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def prepare(home: Path, weights: Path | None) -> None:
    """Make a home that asks nobody outside."""
    (home / "cache").mkdir(parents=True)
    if weights:
        shutil.copytree(weights, home / "cache" / "weights")
    (home / "config.toml").write_text("[labels]\nshazam = false\n", "utf-8")


def stage_of(home: Path) -> str:
    """Return the artefact that was being made, or what was before the first."""
    database = home / "data" / "catalogue.db"
    if not database.exists():
        return "the first start"
    with closing(sqlite3.connect(database)) as connection:
        try:
            found = connection.execute(
                "SELECT asset FROM asset_states WHERE state = 'running' ORDER BY started_at DESC"
            ).fetchone()
        except sqlite3.OperationalError:  # no table yet
            return "the first start"
    return str(found[0]) if found else "between artefacts"


def rows(home: Path, table: str) -> list[tuple[Any, ...]]:
    """Return what a table holds, without times and numbers of rows, in a fixed order."""
    with closing(sqlite3.connect(home / "data" / "catalogue.db")) as connection:
        names = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
        numbered = {"id"} if table in ("labels", "segments") else set()
        kept = [name for name in names if name not in NOT_COMPARED | numbered]
        found = connection.execute(f"SELECT {', '.join(kept)} FROM {table}").fetchall()
    return sorted(found, key=repr)


def files(home: Path) -> dict[str, str]:
    """Return a digest of each file of the library by its path."""
    root = home / "library"
    return {
        path.relative_to(root).as_posix(): digest(path)
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def digest(path: Path) -> str:
    """Return the SHA-256 of a file, or of a song's packets and tags.

    Two Ogg files of the same packets differ in their serial number.
    """
    if path.suffix != ".opus":
        return hashlib.sha256(path.read_bytes()).hexdigest()
    import av

    from utawaku.library.tags import read_tags

    content = hashlib.sha256(repr(read_tags(path)).encode())
    with av.open(str(path)) as media:
        for packet in media.demux(media.streams.audio[0]):
            content.update(f"{packet.pts} {packet.duration} ".encode() + bytes(packet))
    return content.hexdigest()


def differences(calm: Path, killed: Path) -> list[str]:
    """Return in what the two libraries differ; times do not count."""
    found = []
    for table in TABLES:
        one, other = rows(calm, table), rows(killed, table)
        if one != other:
            found.append(
                f"{table}: {len(one)} rows against {len(other)}; "
                f"{[row for row in one if row not in other][:2]} became "
                f"{[row for row in other if row not in one][:2]}"[:900]
            )
    ours, theirs = files(calm), files(killed)
    for name in sorted(ours.keys() | theirs.keys()):
        if ours.get(name) != theirs.get(name):
            found.append(f"{name}: differs, or is only in one")
    return found


def unsound(home: Path) -> list[str]:
    """Return what is wrong in a home where nothing is at work."""
    found = []
    for database in home.rglob("*.db"):
        with closing(sqlite3.connect(database)) as connection:
            intact = connection.execute("PRAGMA integrity_check").fetchone()[0]
            n_foreign = len(connection.execute("PRAGMA foreign_key_check").fetchall())
        if intact != "ok" or n_foreign:
            found.append(f"{database.name}: {intact}, {n_foreign} foreign keys")
    found += [
        f"{path.relative_to(home)} is left over"
        for path in home.rglob("*")
        if path.is_file() and (path.name.startswith(".utawaku-") or ".part" in path.name)
    ]
    with closing(sqlite3.connect(home / "data" / "catalogue.db")) as connection:
        unfinished = connection.execute(
            "SELECT stream_id, asset, state FROM asset_states WHERE state <> 'done'"
        ).fetchall()
    return found + [f"not done: {row}" for row in unfinished]


if __name__ == "__main__":
    main()
