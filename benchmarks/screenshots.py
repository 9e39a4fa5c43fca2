"""Pictures of every place for the README, out of a library that is there (see `utawaku demo`).

    python benchmarks/screenshots.py --out docs/pictures

Without `--home` the library of the settings is used. Writes one SVG a place.
"""

import argparse
import asyncio
import html
import os
import re
import sys
from pathlib import Path

from rich.cells import cell_len

PLACES = {
    "library": ("down", "down", "enter"),
    "timeline": ("T",),
    "review": ("R",),
    "pipeline": ("P", "v"),
    "now_playing": ("L", "enter", "W"),
    "karaoke": ("B",),
}
"""What is pressed to get there; in the library, a song plays."""


CELL_WIDTH = 12.2
"""Of a terminal cell in Rich's pictures."""


def in_cells(svg: str) -> str:
    """The picture with wide characters two cells wide: Rich counts characters instead."""

    def measured(found: re.Match[str]) -> str:
        length = round(CELL_WIDTH * cell_len(html.unescape(found["text"])), 1)
        return f'{found["before"]}textLength="{length:g}"{found["after"]}>{found["text"]}</text>'

    pattern = r'(?P<before><text [^>]*)textLength="[^"]*"(?P<after>[^>]*)>(?P<text>[^<]*)</text>'
    return re.sub(pattern, measured, svg)


async def shoot(out: Path, size: tuple[int, int]) -> None:
    """Open the app, go to each place, save what is drawn."""
    from utawaku.library.catalogue import Catalogue
    from utawaku.library.config import load_settings
    from utawaku.tui.app import UtawakuApp
    from utawaku.tui.library_handle import LibraryHandle
    from utawaku.tui.player.output import SilentOutput

    settings = load_settings()
    library = LibraryHandle.of(settings, Catalogue.open(settings))
    app = UtawakuApp(library, open_output=lambda: SilentOutput(""))
    out.mkdir(parents=True, exist_ok=True)
    async with app.run_test(size=size) as pilot:
        await pilot.pause(2)
        for name, keys in PLACES.items():
            await pilot.press(*keys)
            await pilot.pause(4)
            picture = in_cells(app.export_screenshot(title="utawaku"))
            (out / f"{name}.svg").write_text(picture, "utf-8")
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
