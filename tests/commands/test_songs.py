"""`utawaku songs` on terminals of any width, and into a pipe."""

import os
import pty
import re
import struct
import subprocess
import sys
import termios
from contextlib import suppress
from fcntl import ioctl
from pathlib import Path

import pytest
from rich.cells import cell_len

from benchmarks.fake_catalogue import fill
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings

ROOT = Path(__file__).parent.parent.parent
COMMAND = [sys.executable, "-m", "utawaku", "songs", "--limit", "20"]


@pytest.fixture
def home(settings: Settings) -> Path:
    catalogue = Catalogue.open(settings)
    fill(catalogue, 40, now=1_700_000_000.0)
    catalogue.close()
    return settings.data_dir.parent


def environment(home: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
    return kept | {"UTAWAKU_HOME": str(home), "TERM": "xterm", "NO_COLOR": "1"}


def in_a_terminal(home: Path, width: int) -> list[str]:
    """Return what it prints in a terminal that is so wide."""
    ours, theirs = pty.openpty()
    ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 60, width, 0, 0))
    process = subprocess.Popen(
        COMMAND, cwd=ROOT, env=environment(home), stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    printed = b""
    with suppress(OSError):  # so it ends: the other end is closed
        while piece := os.read(ours, 1 << 16):
            printed += piece
    os.close(ours)
    assert process.wait(60) == 0, printed
    return re.sub(r"\x1b\[[0-9;]*m", "", printed.decode()).splitlines()


@pytest.mark.parametrize("width", [60, 80, 100, 160])
def test_every_song_is_one_line_with_its_whole_id(home: Path, width: int) -> None:
    lines = in_a_terminal(home, width)
    songs = [line for line in lines if re.search(r"youtube-fake\d{7}@\d+\s*$", line)]
    assert len(songs) == 20
    assert all(cell_len(line) <= width for line in lines)
    titles = lines[0].split()
    assert {"title", "length", "id"} <= set(titles)
    assert ("artist" in titles) == (width >= 80)
    assert ("singer" in titles) == (width >= 100)


def test_into_a_pipe_nothing_is_cut(home: Path) -> None:
    done = subprocess.run(
        COMMAND, cwd=ROOT, env=environment(home), capture_output=True, text=True, check=True
    )
    assert "…" not in done.stdout
    assert done.stdout.splitlines()[0].split() == [
        "title", "artist", "singer", "length", "date", "sung", "grade", "id",
    ]  # fmt: skip
