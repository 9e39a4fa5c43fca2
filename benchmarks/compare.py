"""This checkout against an older one, in turn on the same machine: CPU, wall time and memory.

    git worktree add OLD c4cbdbe        # and OLD/.venv with the packages that it needs
    python benchmarks/compare.py OLD commands
    python benchmarks/compare.py OLD ingest --minutes 62

`commands` runs short commands on a library of one filed stream, `ingest` files a generated stream
in a library of its own. Both checkouts take turns, after a first turn of each that does not count.
Before each turn it waits until other processes use less than a tenth of a core, and ends without
a report where they never do. OLD is run by `OLD/.venv/bin/python`, or by `--old-python`.
"""

import argparse
import compileall
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent
COMMANDS = (("--version",), ("--help",), ("songs",), ("status",), ("doctor",))
EVENING = "evening.opus"
_MOST_OTHERS = 0.1
"""Cores that other processes may use while something is measured."""
_LOOK_S = 2.0


@dataclass(frozen=True)
class Checkout:
    """A version of the program."""

    name: str
    folder: Path
    python: Path

    @property
    def module(self) -> str:
        """Module that holds the command line; it has moved since the first versions."""
        return "utawaku" if (self.folder / "utawaku" / "__main__.py").is_file() else "commands"

    def run(self, home: Path, *arguments: str) -> "Cost":
        """Run a command with its own home; return its cost, that of its children counted in.

        Raises:
            SystemExit: the command failed.
        """
        began = time.monotonic()
        with tempfile.TemporaryFile() as said:
            process = subprocess.Popen(
                [self.python, "-m", self.module, *arguments],
                cwd=self.folder,
                env=self._environment(home),
                stdout=said,
                stderr=subprocess.STDOUT,
            )
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            said.seek(0)
            words = said.read().decode()
        # `doctor` exits with 1 where it has something to say, and so does a crash.
        if process.returncode not in (0, 1) or "Traceback" in words:
            raise SystemExit(f"{self.name}: {' '.join(arguments)}: {words}")
        cpu_s = used.ru_utime + used.ru_stime
        return Cost(cpu_s, time.monotonic() - began, used.ru_maxrss / 1024)

    def _environment(self, home: Path) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "UTAWAKU"))}
        return {**kept, "PYTHONPATH": str(self.folder), "UTAWAKU_HOME": str(home)}


@dataclass(frozen=True)
class Cost:
    """Cost of one run."""

    cpu_s: float
    wall_s: float
    peak_mb: float


@dataclass
class Pair:
    """Costs of one kind of run: of the older checkout and of this one."""

    name: str
    old: list[Cost] = field(default_factory=list)
    new: list[Cost] = field(default_factory=list)

    def row(self) -> str:
        """Medians of both and their ratios."""
        cells = []
        for unit in ("cpu_s", "wall_s", "peak_mb"):
            old, new = (
                statistics.median(getattr(cost, unit) for cost in costs)
                for costs in (self.old, self.new)
            )
            digits = 0 if unit == "peak_mb" else 2
            cells.append(f"{old:>9.{digits}f} {new:>9.{digits}f} {new / old:>6.2f}")
        return f"{self.name:<12}{'   '.join(cells)}"


def wait_until_quiet(limit_s: float) -> None:
    """Wait until other processes use less than a tenth of a core.

    Raises:
        SystemExit: they never did.
    """
    until = time.monotonic() + limit_s
    while True:
        before, began = psutil.cpu_times(), time.monotonic()
        time.sleep(_LOOK_S)
        after, took_s = psutil.cpu_times(), time.monotonic() - began
        idle_s = (after.idle - before.idle) + (after.iowait - before.iowait)
        others = psutil.cpu_count() - idle_s / took_s
        if others < _MOST_OTHERS:
            return
        if time.monotonic() > until:
            raise SystemExit(
                f"no report: after {limit_s:.0f} s other processes still use {others:.1f} cores"
            )


def in_turn(
    old: Checkout,
    new: Checkout,
    kinds: Sequence[tuple[str, Callable[[Checkout, int], Cost]]],
    rounds: int,
    quiet_s: float,
) -> list[Pair]:
    """Run each kind by both checkouts in turn; the first round does not count."""
    pairs = [Pair(name) for name, _ in kinds]
    for number in range(rounds + 1):
        for pair, (_, run) in zip(pairs, kinds, strict=True):
            for checkout, costs in ((old, pair.old), (new, pair.new)):
                wait_until_quiet(quiet_s)
                cost = run(checkout, number)
                if number:
                    costs.append(cost)
        print(f"round {number} of {rounds}", file=sys.stderr, flush=True)
    return pairs


def main() -> None:
    """Print medians of both checkouts and their ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("old", type=Path, help="folder of the older checkout")
    parser.add_argument("what", choices=("commands", "ingest"))
    parser.add_argument("--old-python", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--minutes", type=float, help="of the stream; default: 62, commands 3")
    parser.add_argument("--quiet-s", type=float, default=300.0, help="most waiting before a turn")
    given = parser.parse_args()
    old_folder = given.old.resolve()
    python = given.old_python or old_folder / ".venv" / "bin" / "python"
    old, new = Checkout("old", old_folder, python), Checkout("new", ROOT, Path(sys.executable))
    for checkout in (old, new):
        # A first start would compile modules, or each start where nothing may be written.
        compileall.compile_dir(checkout.folder, quiet=2, maxlevels=6)
    minutes = given.minutes or (62.0 if given.what == "ingest" else 3.0)
    with tempfile.TemporaryDirectory(prefix="compare-") as scratch:
        folder = Path(scratch)
        stream = _stream(folder, minutes)
        if given.what == "ingest":
            kinds = [("ingest", _ingesting(folder, stream))]
        else:
            homes = {checkout.name: folder / checkout.name for checkout in (old, new)}
            for checkout in (old, new):
                _prepare(homes[checkout.name], folder)
                checkout.run(homes[checkout.name], "ingest", str(stream))
            kinds = [(" ".join(command), _commanding(homes, command)) for command in COMMANDS]
        pairs = in_turn(old, new, kinds, given.rounds, given.quiet_s)
    heads = "   ".join(
        f"{f'old {unit}':>9} {f'new {unit}':>9} {'ratio':>6}" for unit in ("CPU s", "wall s", "MB")
    )
    print(f"{'':<12}{heads}")
    for pair in pairs:
        print(pair.row())


def _stream(folder: Path, minutes: float) -> Path:
    """Make the evening in a process of its own: Linux counts the memory of whoever starts a program
    into its peak.
    """
    making = get_context("spawn").Process(target=_make_stream, args=(folder, minutes))
    making.start()
    making.join()
    if making.exitcode:
        raise SystemExit("the evening could not be made; see above")
    return folder / EVENING


def _make_stream(folder: Path, minutes: float) -> None:
    sys.path.insert(0, str(ROOT))
    from utawaku.demo import make_demo_stream
    from utawaku.models.registry import pull

    pull("sm", folder / "weights")
    make_demo_stream(folder / EVENING, minutes=minutes, seed=1)


def _prepare(home: Path, folder: Path) -> None:
    (home / "cache").mkdir(parents=True)
    (home / "cache" / "weights").symlink_to(folder / "weights", target_is_directory=True)


def _ingesting(folder: Path, stream: Path) -> Callable[[Checkout, int], Cost]:
    def run(checkout: Checkout, number: int) -> Cost:
        home = folder / f"{checkout.name}{number}"
        _prepare(home, folder)
        cost = checkout.run(home, "ingest", str(stream))
        shutil.rmtree(home)
        return cost

    return run


def _commanding(
    homes: dict[str, Path], command: tuple[str, ...]
) -> Callable[[Checkout, int], Cost]:
    return lambda checkout, _number: checkout.run(homes[checkout.name], *command)


if __name__ == "__main__":
    main()
