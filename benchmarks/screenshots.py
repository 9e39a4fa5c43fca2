"""Pictures of every place for the README, out of a library that is there (see `utawaku demo`).

    python benchmarks/screenshots.py --out docs/pictures

Without `--home` the library of the settings is used. Writes one SVG a place.
"""

import argparse
import asyncio
import os
import sys
from pathlib import Path

PLACES = (("library", ""), ("timeline", "T"), ("review", "R"), ("pipeline", "P"), ("outbox", "O"))


async def shoot(out: Path, size: tuple[int, int]) -> None:
    """Open the app, go to each place, save what is drawn."""
    from library.catalogue import Catalogue
    from library.config import load_settings
    from tui.app import UtawakuApp

    settings = load_settings()
    app = UtawakuApp(settings, Catalogue.open(settings))
    out.mkdir(parents=True, exist_ok=True)
    async with app.run_test(size=size) as pilot:
        await pilot.pause(2)
        for name, key in PLACES:
            if key:
                await pilot.press(key)
            await pilot.pause(2)
            (out / f"{name}.svg").write_text(app.export_screenshot(title="utawaku"), "utf-8")
            print(out / f"{name}.svg")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, help="as UTAWAKU_HOME")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--size", default="120x36")
    arguments = parser.parse_args()
    sys.path.insert(0, str(Path(__file__).parent.parent))
    if arguments.home:
        os.environ["UTAWAKU_HOME"] = str(arguments.home)
    columns, rows = (int(word) for word in arguments.size.split("x"))
    asyncio.run(shoot(arguments.out, (columns, rows)))


if __name__ == "__main__":
    main()
