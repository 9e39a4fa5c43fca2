"""How fast the screen answers with a large library.

    python benchmarks/tui.py --songs 100000

Prints a table: time to the first screen (a new process, warm disk), answers of searches as they
are typed, cursor and page moves, each measured from the key to the drawn screen. Run it on a quiet
machine; CPU seconds are given beside wall seconds for when it is not.
"""

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

FIRST_SCREEN = """
import os, resource, sys, time
began = float(os.environ["BENCH_BEGAN"])
from library.catalogue import Catalogue
from library.config import load_settings
from tui.app import UtawakuApp
import asyncio
async def main():
    settings = load_settings()
    app = UtawakuApp(settings, Catalogue.open(settings))
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
SEARCHES = ("m", "mi", "mio", "夜", "夜に", "taste>0.7", "singer:mio taste>0.7 夜", "sort:title")


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


async def answers(home: Path) -> list[tuple[str, list[float]]]:
    """Milliseconds from a key to the screen that shows its answer."""
    os.environ["UTAWAKU_HOME"] = str(home)
    from library.catalogue import Catalogue
    from library.config import load_settings
    from tui.app import UtawakuApp
    from tui.screens.library import LibraryScreen

    settings = load_settings()
    app = UtawakuApp(settings, Catalogue.open(settings))
    results: list[tuple[str, list[float]]] = []
    async with app.run_test(size=(160, 50)) as pilot:
        while not (isinstance(app.screen, LibraryScreen) and app.screen.table.current):
            await pilot.pause(0.01)
        screen = app.screen
        assert isinstance(screen, LibraryScreen)
        table = screen.table

        async def timed(act: Callable[[], object], arrived: Callable[[], bool]) -> float:
            began = time.perf_counter()
            act()
            while not arrived():
                await asyncio.sleep(0.001)
            app.screen._compositor.render_strips()
            return (time.perf_counter() - began) * 1000

        async def search(text: str) -> float:
            before = table.listing
            return await timed(
                lambda: screen.search_bar.set_text(text), lambda: table.listing is not before
            )

        await search("sort:added")
        for text in SEARCHES:
            times = []
            for _ in range(5):
                await search("zz")
                app.catalogue.browser._leaves.clear()
                times.append(await search(text))
            results.append((f"search {text}", times))
        await search("")
        times = []
        for text in ("s", "si", "sin", "sing", "singe", "singer", "singer:m", "singer:mi"):
            times.append(await search(text))
        results.append(("typing singer:mi, each key", times))
        await search("")
        moves: dict[str, Callable[[], None]] = {
            "one row down": lambda: table.action_move(1),
            "one page down": lambda: table.action_page(1),
            "to the end and back": lambda: (
                table.action_last() if table.cursor == 0 else table.action_first()
            ),
        }
        for name, act in moves.items():
            times = []
            for _ in range(40):
                times.append(await timed(act, lambda: table.current is not None))
            results.append((name, times))
    return results


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--songs", type=int, default=100_000)
    parser.add_argument("--home", type=Path, help="a catalogue made before, kept")
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    sys.path.insert(0, str(Path(__file__).parent.parent))
    with tempfile.TemporaryDirectory() as temporary:
        home = arguments.home or Path(temporary)
        if not (home / "data" / "catalogue.db").exists():
            from benchmarks.fake_catalogue import fill
            from library.catalogue import Catalogue

            catalogue = Catalogue.open_url(f"sqlite:///{home / 'data' / 'catalogue.db'}")
            fill(catalogue, arguments.songs)
            catalogue.close()
        wall, cpu, megabytes = first_screen(home, arguments.runs)
        table = Table(title=f"{arguments.songs:,} songs, load {os.getloadavg()[0]:.1f}")
        for title in ("what", "median ms", "worst ms"):
            table.add_column(title, justify="right" if title != "what" else "left")
        table.add_row("first screen, new process", f"{wall * 1000:.0f}", f"cpu {cpu * 1000:.0f}")
        for name, times in asyncio.run(answers(home)):
            table.add_row(name, f"{statistics.median(times):.1f}", f"{max(times):.1f}")
        table.add_row("peak memory, MB", f"{megabytes:.0f}", "")
        Console().print(table)


if __name__ == "__main__":
    main()
