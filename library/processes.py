"""Marks of processes, which tell a later process with the same number apart; their memory."""

import ctypes
import sys
from contextlib import suppress
from pathlib import Path

_PROC = Path("/proc")
# mallopt(3), of the GNU C library.
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_PR_SET_NAME = 15
"""From linux/prctl.h."""


def process_mark(pid: int) -> str:
    """Name a process for as long as it lives, whatever becomes of the clock.

    Where there is /proc, by its start counted from the machine's: a start in wall time (psutil's)
    changes whenever the clock is set, and every process would pass for another one.
    """
    if _PROC.joinpath("self", "stat").exists():
        started = _start_since_boot(pid)
    else:
        started = _start_by_the_clock(pid)
    return f"{pid}-{started}"


def is_gone(mark: str) -> bool:
    """Return whether the process that `mark` names has ended."""
    number = mark.split("-")[0]
    return not number.isdigit() or mark.endswith("-gone") or mark != process_mark(int(number))


def name_process(name: str) -> None:
    """Give this process the name that `ps` and `top` show, of 15 bytes; on Linux only."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(_PR_SET_NAME, name.encode()[:15], 0, 0, 0)


def _start_since_boot(pid: int) -> str:
    try:
        told = (_PROC / str(pid) / "stat").read_text("utf-8", "replace")
        boot = (_PROC / "sys/kernel/random/boot_id").read_text("utf-8")
    except OSError:
        return "gone"
    # proc_pid_stat(5): the name, in brackets, may hold anything; the state comes next, and the
    # start in clock ticks is the 20th from there.
    fields = told.rpartition(")")[2].split()
    # A dead child that its parent has not asked for yet works on nothing any more.
    return "gone" if fields[0] in "ZX" else f"{fields[19]}.{boot[:8]}"


def _start_by_the_clock(pid: int) -> str:
    import psutil

    try:
        return f"{psutil.Process(pid).create_time():.2f}"
    except psutil.NoSuchProcess:
        return "gone"


def keep_freed_memory() -> None:
    """Let this process hold on to what it frees, up to 32 MB, for what it allocates next.

    Sound comes in blocks of some megabytes at most that are allocated and freed thousands of times.
    The GNU C library gives each back to the system, which has to clear the next one again: that
    took a tenth of the time of a pass over a recording. Elsewhere this does nothing.
    """
    _set_thresholds(kept=32 << 20, mapped=12 << 20)


def give_back_freed_memory() -> None:
    """Give the system what this process has freed and holds on to, and hold on to less from now.

    What works on several songs at once allocates so much that little can be kept. Elsewhere than
    with the GNU C library this does nothing.
    """
    _set_thresholds(kept=16 << 20, mapped=3 << 19)
    with suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)


def _set_thresholds(*, kept: int, mapped: int) -> None:
    """Set the bytes that are kept, and those from which a block is the system's own."""
    with suppress(OSError, AttributeError, TypeError):
        library = ctypes.CDLL(None)
        library.mallopt(_MMAP_THRESHOLD, mapped)
        library.mallopt(_TRIM_THRESHOLD, kept)
