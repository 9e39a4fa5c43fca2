"""A process keeps its mark for as long as it lives, and takes it along when it ends."""

import os
import subprocess
import sys
from collections.abc import Iterator

import psutil
import pytest

from utawaku.library.processes import is_gone, process_mark


@pytest.fixture
def process() -> Iterator[subprocess.Popen[bytes]]:
    started = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    yield started
    started.kill()
    started.wait()


def test_a_living_process_is_known_by_its_mark(process: subprocess.Popen[bytes]) -> None:
    mark = process_mark(process.pid)
    assert not is_gone(mark)
    assert mark != process_mark(os.getpid())
    assert is_gone(f"{process.pid}-1.another")  # the number was another process' before
    process.kill()
    process.wait()
    assert is_gone(mark)
    assert is_gone(process_mark(process.pid))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="how Linux keeps dead children")
def test_a_dead_child_that_nobody_asked_for_is_gone(process: subprocess.Popen[bytes]) -> None:
    mark = process_mark(process.pid)
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # dead, and still in the table
    assert psutil.Process(process.pid).status() == psutil.STATUS_ZOMBIE
    assert is_gone(mark)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the start since boot is Linux'")
def test_a_clock_that_is_set_makes_no_process_another_one(
    process: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = process_mark(process.pid)
    by_the_clock = psutil.Process(process.pid).create_time()
    # What /proc/stat says of the machine's start moves with the clock.
    booted = psutil.boot_time()
    monkeypatch.setattr(psutil._pslinux, "boot_time", lambda: booted + 86_400)
    assert psutil.Process(process.pid).create_time() != by_the_clock
    assert process_mark(process.pid) == mark
    assert not is_gone(mark)


def test_marks_of_an_earlier_version_and_nonsense_name_nobody() -> None:
    started = psutil.Process().create_time()
    for mark in (f"{os.getpid()}-{started:.2f}", "", "-", "x-1", f"{os.getpid()}"):
        assert is_gone(mark) or not sys.platform.startswith("linux")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="of the GNU C library")
def test_blocks_that_were_freed_are_not_cleared_again() -> None:
    counting = (
        "import resource, sys\n"
        "from utawaku.library.processes import give_back_freed_memory, keep_freed_memory\n"
        "def faults():\n"
        "    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt\n"
        "    for _ in range(100):\n"
        "        [bytearray(b'x') * (4 << 20) for _ in range(3)]\n"
        "    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before\n"
        "if sys.argv[1] != 'as it is':\n"
        "    keep_freed_memory()\n"
        "if sys.argv[1] == 'given back':\n"
        "    give_back_freed_memory()\n"
        "faults()\n"
        "print(faults())\n"
    )
    faults = [
        int(subprocess.check_output([sys.executable, "-c", counting, how], text=True))
        for how in ("kept", "given back", "as it is")
    ]
    assert faults[0] < 10_000 < min(faults[1:]), "each megabyte has 256 pages"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="of the GNU C library")
def test_freed_memory_goes_back_when_it_is_given_back() -> None:
    counting = (
        "import psutil\n"
        "from utawaku.library.processes import give_back_freed_memory\n"
        "blocks = [bytearray(b'x') * 100_000 for _ in range(500)]\n"
        "last = bytearray(b'x') * 100_000\n"  # the end of what is held stays in use
        "del blocks\n"
        "before = psutil.Process().memory_info().rss\n"
        "give_back_freed_memory()\n"
        "print(before - psutil.Process().memory_info().rss)\n"
    )
    given_back = int(subprocess.check_output([sys.executable, "-c", counting], text=True))
    assert given_back > 30_000_000
