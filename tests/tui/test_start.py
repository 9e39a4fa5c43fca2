"""The start of the screen."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def started(**environ: str) -> subprocess.CompletedProcess[str]:
    """`utawaku` as cron starts it."""
    return subprocess.run(
        [sys.executable, "-m", "utawaku"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), **environ},
        cwd=ROOT.parent,
    )


def test_without_a_terminal_it_names_a_command_and_ends(tmp_path: Path) -> None:
    done = started(UTAWAKU_HOME=str(tmp_path), LANGUAGE="en")
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: the screen needs a terminal; `utawaku songs`")


def test_another_way_to_show_the_screen_is_taken(tmp_path: Path) -> None:
    (tmp_path / "shown.py").write_text(
        "import os\n"
        "from textual.drivers.headless_driver import HeadlessDriver\n"
        "class Driver(HeadlessDriver):\n"
        "    def start_application_mode(self):\n"
        "        os.write(1, b'shown')\n"
        "        os._exit(0)\n",
        "utf-8",
    )
    done = started(
        UTAWAKU_HOME=str(tmp_path / "home"),
        TEXTUAL_DRIVER="shown:Driver",
        PYTHONPATH=f"{ROOT}:{tmp_path}",
    )
    assert (done.returncode, done.stdout) == (0, "shown"), done.stderr


def test_the_screens_of_all_tabs_can_be_loaded_ahead() -> None:
    code = (
        "import sys; from utawaku.tui.tabs import TABS, load_screens; load_screens();"
        "print(all(f'utawaku.tui.screens.{mode}' in sys.modules for mode, _ in TABS))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.strip() == "True"
