"""A wall clock that can be set for some programs, from Python; `clock_jump.c` does it. Needs cc."""

import struct
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

DAY_S = 86_400


@dataclass(frozen=True)
class Jump:
    """The clock of the programs that get `environ`."""

    ahead: Path
    environ: dict[str, str]

    def to(self, seconds: int) -> None:
        """Set the clock so many seconds ahead of this machine's."""
        with self.ahead.open("r+b" if self.ahead.exists() else "wb") as file:
            file.write(struct.pack("=q", seconds))


@contextmanager
def jumped_clock(folder: Path) -> Iterator[Jump]:
    """Build the library into `folder`; the clock stands right at first."""
    folder.mkdir(parents=True)
    preloaded, source = folder / "clock_jump.so", Path(__file__).with_name("clock_jump.c")
    subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", preloaded, source], check=True)
    ahead = folder / "ahead"
    jump = Jump(ahead, {"LD_PRELOAD": str(preloaded), "CLOCK_JUMP": str(ahead)})
    jump.to(0)
    yield jump
