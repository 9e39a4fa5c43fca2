"""A disk that is full while a stream is ingested: one sentence, exit code 7, and it goes on."""

import shutil
import struct
import subprocess
from pathlib import Path

import pytest

from tests.conftest import DemoStream, Program
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import load_settings
from utawaku.library.errors import ExitCode

SOURCE = Path(__file__).parents[1] / "servers" / "full_disk.c"
ROOM = 1 << 60


class SmallDisk:
    """Room below one folder of a program's home."""

    def __init__(self, program: Program, folder: str, built_in: Path) -> None:
        preloaded, self._room = built_in / "full_disk.so", built_in / "room"
        self.leave(ROOM)
        subprocess.run(
            ["cc", "-shared", "-fPIC", "-O2", "-o", preloaded, SOURCE, "-ldl"], check=True
        )
        program.environment |= {
            "LD_PRELOAD": str(preloaded),
            "FULL_DISK_BELOW": str(program.home / folder),
            "FULL_DISK_ROOM": str(self._room),
        }

    def leave(self, n_bytes: int) -> None:
        """Let so many bytes be written from now on."""
        with self._room.open("r+b" if self._room.exists() else "wb") as file:
            file.write(struct.pack("=q", n_bytes))


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler")
@pytest.mark.parametrize(
    ("folder", "left"),
    [
        pytest.param("data", 0, id="at the first start"),
        pytest.param("data", 600_000, id="in the catalogue and in Dagster's storage"),
        pytest.param("library/Streams", 0, id="for what belongs to the stream"),
        pytest.param("library/Songs", 0, id="for the first song"),
        pytest.param("library/Songs", 300_000, id="in the middle of the songs"),
    ],
)
def test_a_disk_that_is_full_is_told_in_one_sentence_and_the_same_command_goes_on(
    program: Program, demo_stream: DemoStream, tmp_path: Path, folder: str, left: int
) -> None:
    disk = SmallDisk(program, folder, tmp_path)
    disk.leave(left)
    stopped = program.run("ingest", demo_stream.path)
    assert stopped.returncode == ExitCode.DISK_FULL, stopped.stderr
    assert "Traceback" not in stopped.stdout + stopped.stderr
    assert "full" in stopped.stderr or "no room" in stopped.stderr
    disk.leave(ROOM)
    done = program.run("ingest", demo_stream.path)
    assert done.returncode == 0, done.stderr
    catalogue = Catalogue.open(load_settings())
    songs = catalogue.songs.select()
    catalogue.close()
    assert len(songs) == len(demo_stream.truth.songs)
    assert all((program.home / "library" / song.file_path).stat().st_size for song in songs)
    assert not list((program.home / "library").rglob(".utawaku-*"))
