"""Pictures of the Dagster UI for the documentation, out of a library whose `up` runs.

    utawaku demo && utawaku up --detach
    python benchmarks/dagster_pictures.py --out docs/pictures

Without `--home` the library of the settings is used. Needs Chromium. Writes one PNG a page.
"""

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGES = {
    "dagster-graph": ("/locations/utawaku/asset-groups/streams", "embeddings"),
}
"""Path of a page, and a text that it shows once it is drawn."""
DRAWN_S = 15.0
"""The graph moves into its place, and states come in."""
SIZE = {"width": 2300, "height": 760}
"""Of the page, in pixels: a graph that is scaled down far leaves its details out."""
SCALE = 0.7


async def shoot(address: str, out: Path) -> None:
    """Log in, go to each page, save what is drawn."""
    from tests import chromium
    from tests.dagster_ui import DagsterUi

    browser = chromium.find()
    if browser is None:
        raise SystemExit("no Chromium (looked for chromium, google-chrome)")
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as profile:
        async with chromium.opened(browser, Path(profile), address) as page:
            ui = DagsterUi(page)
            await ui.sees("/overview", "Overview")
            await page.call(
                "Emulation.setDeviceMetricsOverride", **SIZE, deviceScaleFactor=SCALE, mobile=False
            )
            for name, (path, text) in PAGES.items():
                await ui.sees(path, text)
                await asyncio.sleep(DRAWN_S)
                (out / f"{name}.png").write_bytes(await page.picture())
                print(out / f"{name}.png")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, help="as UTAWAKU_HOME")
    parser.add_argument("--port", type=int, help="as `utawaku up --port`")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    if arguments.home:
        os.environ["UTAWAKU_HOME"] = str(arguments.home)
    command = [sys.executable, "-m", "utawaku", "up", "--address"]
    command += ["--port", str(arguments.port)] if arguments.port else []
    told = subprocess.run(command, capture_output=True, text=True, check=True)
    sys.path.insert(0, str(ROOT))
    asyncio.run(shoot(told.stdout.strip(), arguments.out))


if __name__ == "__main__":
    main()
