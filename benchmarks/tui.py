"""How fast the screen answers with a large library.

    python benchmarks/tui.py --songs 100000

Prints a table: time to the first screen (a new process, warm disk), and for each kind of key the
time from the key to the drawn screen with its answer: searches letter by letter, letters taken
back, fields, orders, moves, copies grouped, tabs opened. Run it on a quiet machine; CPU time is
given beside wall time for when it is not.
"""

import argparse
import asyncio
import math
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from textual.app import App

FIRST_SCREEN = """
import os, resource, sys, time
began = float(os.environ["BENCH_BEGAN"])
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import load_settings
from utawaku.tui.app import UtawakuApp
from utawaku.tui.library_handle import LibraryHandle
import asyncio
async def main():
    settings = load_settings()
    app = UtawakuApp(LibraryHandle.of(settings, Catalogue.open(settings)))
    async with app.run_test(size=(160, 50)) as pilot:
        while True:
            table = app.screen.query("SongTable")
            if table and table.first().current is not None:
                break
            await asyncio.sleep(0.002)
        wall = time.time() - began
        usage = resource.getrusage(resource.RUSAGE_SELF)
        print(f"{wall:.3f} {usage.ru_utime + usage.ru_stime:.3f} {usage.ru_maxrss / 1024:.0f}")
        app.exit()
asyncio.run(main())
"""
WORDS = ("mio", "sing", "夜に駆け", "きみ", "rain", "歌枠 #", "星の", "velvet")
"""Typed letter by letter, and taken back letter by letter."""
FIELD_QUERIES = ("singer:mi", "title:夜", "taste>0.7", "grade:like", "-label:unknown added:-7d")
SORTS = ("title", "taste", "artist", "date", "length", "stars")
TABS = ("review", "timeline", "pipeline")


@dataclass
class Measured:
    """How long each try of one kind of key took."""

    wall_ms: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)
    """Of all threads of the process."""

    def row(self) -> list[str]:
        """Median and 95th percentile of both."""
        return [
            f"{np.percentile(times, share):.1f}"
            for times in (self.wall_ms, self.cpu_ms)
            for share in (50, 95)
        ]


def first_screen(home: Path, runs: int) -> tuple[float, float, float]:
    """Best wall seconds, their CPU seconds, and peak MB of a new process."""
    found = []
    for _ in range(runs):
        environment = {**os.environ, "UTAWAKU_HOME": str(home), "BENCH_BEGAN": str(time.time())}
        done = subprocess.run(
            [sys.executable, "-c", FIRST_SCREEN],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
            cwd=Path(__file__).parent.parent,
        )
        wall, cpu, megabytes = (float(word) for word in done.stdout.split())
        found.append((wall, cpu, megabytes))
    return min(found)


async def answers(home: Path, rounds: int) -> dict[str, Measured]:
    """From a key to the drawn screen with its answer, by kind of key."""
    os.environ["UTAWAKU_HOME"] = str(home)
    from utawaku.library.catalogue import Catalogue
    from utawaku.library.config import load_settings
    from utawaku.tui.app import UtawakuApp
    from utawaku.tui.library_handle import LibraryHandle
    from utawaku.tui.screens.library import LibraryScreen
    from utawaku.tui.start import keep_what_is_loaded

    settings = load_settings()
    app = UtawakuApp(LibraryHandle.of(settings, Catalogue.open(settings)))
    results: dict[str, Measured] = defaultdict(Measured)
    async with app.run_test(size=(160, 50)) as pilot:
        while not (isinstance(app.screen, LibraryScreen) and app.screen.table.current):
            await pilot.pause(0.01)
        screen = app.screen
        assert isinstance(screen, LibraryScreen)
        table, browser = screen.table, app.services.library.catalogue.browser
        while browser._words is None:
            await pilot.pause(0.01)
        keep_what_is_loaded()

        async def timed(kind: str, act: Callable[[], object], arrived: Callable[[], bool]) -> None:
            wall, cpu = time.perf_counter(), time.process_time()
            act()
            while not arrived():
                await asyncio.sleep(0.001)
            app.screen._compositor.render_strips()
            results[kind].wall_ms.append((time.perf_counter() - wall) * 1000)
            results[kind].cpu_ms.append((time.process_time() - cpu) * 1000)
            # What follows an answer (details, completion) is not waited for, but it must not
            # weigh on the next key, which a hand does not press sooner either.
            await pilot.pause(0.08)

        async def search(kind: str, text: str) -> None:
            await timed(
                kind,
                lambda: screen.search_bar.set_text(text),
                # What cannot be understood yet (`taste>`) is only told so.
                lambda: (
                    screen.search_bar.error is not None
                    or (
                        screen._answered[0] == text
                        and (table.current is not None or table.row_count() == 0)
                    )
                ),
            )

        def somebody_writes() -> None:
            with browser._catalogue.write() as connection:
                play_counts = "UPDATE songs SET play_count = play_count + 1 WHERE number < 4"
                connection.exec_driver_sql(play_counts)

        await search("(warm up)", "sort:added")
        for _ in range(rounds):
            for word in WORDS:
                await search("(warm up)", "")
                browser._leaves.clear()
                for n in range(1, len(word) + 1):
                    await search(
                        f"search, {min(n, 3)}{' or more' if n > 2 else ''} letters", word[:n]
                    )
                for n in range(len(word) - 1, -1, -1):
                    await search("taking a letter back", word[:n])
            for query in FIELD_QUERIES:
                browser._leaves.clear()
                for n in range(1, len(query) + 1):
                    await search("query with fields, each letter", query[:n])
            await search("three terms at once", "singer:mio taste>0.7 夜")
            await search("(warm up)", "")
        for sort in SORTS * rounds:
            browser._ordered_at = -math.inf
            await asyncio.to_thread(browser.prepare)
            await search("another order", f"sort:{sort}")
            await search("(warm up)", "")
            browser._ordered_at = time.monotonic()
            await asyncio.to_thread(somebody_writes)
            await search("another order, somebody just wrote", f"sort:{sort}")
        await search("(warm up)", "")
        moves: dict[str, Callable[[], None]] = {
            "row down": lambda: table.action_move(1),
            "page down": lambda: table.action_page(1),
            "to the end, to the top": lambda: (
                table.action_last() if table.cursor == 0 else table.action_first()
            ),
            "scroll by three lines": lambda: table.scroll_relative(y=3, animate=False),
        }
        for kind, act in moves.items():
            for _ in range(20 * rounds):
                await timed(kind, act, lambda: table.current is not None)
        browser._ordered_at = -math.inf
        await asyncio.to_thread(browser.prepare)
        for number in range(2 * rounds):
            kind = "copies grouped or not" + (", again" if number else ", first time")
            await timed(
                kind, screen.action_copies, lambda: screen._answered == ("", screen.grouped)
            )
        for mode in TABS:
            await timed(
                f"{mode} opened for the first time",
                lambda mode=mode: app.action_go(mode),
                lambda mode=mode: app.current_mode == mode and is_filled(app, mode),
            )
    results.pop("(warm up)")
    return results


def is_filled(app: "App[int]", mode: str) -> bool:
    """Return whether a tab shows what it reads from the catalogue."""
    screen = app.screen
    if mode == "review":
        return bool(getattr(screen, "_picks", ()))
    if mode == "timeline":
        return getattr(screen, "_read", None) is not None
    # Its line about the pipeline is written with what was read.
    return any(str(line.render()) for line in screen.query("#pipeline-state"))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--songs", type=int, default=100_000)
    parser.add_argument("--home", type=Path, help="a catalogue made before, kept")
    parser.add_argument("--runs", type=int, default=5, help="new processes")
    parser.add_argument("--rounds", type=int, default=3, help="how often the keys are gone through")
    arguments = parser.parse_args()
    sys.path.insert(0, str(Path(__file__).parent.parent))
    from benchmarks.fake_catalogue import made_once

    with tempfile.TemporaryDirectory() as temporary:
        home = arguments.home or Path(temporary)
        made_once(home, arguments.songs)
        wall, cpu, megabytes = first_screen(home, arguments.runs)
        table = Table(title=f"{arguments.songs:,} songs, load {os.getloadavg()[0]:.1f}")
        table.add_column("what")
        for title in ("median ms", "95% ms", "median CPU ms", "95% CPU ms", "tries"):
            table.add_column(title, justify="right")
        table.add_row(
            "first screen, new process", f"{wall * 1000:.0f}", "", f"{cpu * 1000:.0f}", "",
            str(arguments.runs),
        )  # fmt: skip
        for name, measured in asyncio.run(answers(home, arguments.rounds)).items():
            table.add_row(name, *measured.row(), str(len(measured.wall_ms)))
        table.add_row("peak memory of the first screen, MB", f"{megabytes:.0f}")
        Console().print(table)


if __name__ == "__main__":
    main()
