"""A process that ends with the one that started it, however that ended.

The parent holds one end of a pipe, of which nothing is ever sent. When the parent is gone the
operating system closes it: a kill -9 and a lack of memory end a process without a word.
"""

import ctypes
import os
import signal
import sys
import threading
import time
from contextlib import suppress

PATIENCE_S = 5.0
"""Between the request to end and the end."""
_PR_SET_PDEATHSIG = 1
"""From linux/prctl.h."""


def end_with_parent(descriptor: int = 0) -> threading.Thread:
    """Watch a pipe, and end this process and its group when it closes; returns who watches."""
    watch = threading.Thread(target=_watch, args=(descriptor,), name="parent", daemon=True)
    watch.start()
    return watch


def end_with_forking_parent() -> None:
    """Let Linux end this process with the one that it was forked from; elsewhere nothing."""
    if sys.platform.startswith("linux"):
        ask_for_signal_at_parents_end(signal.SIGKILL)


def ask_for_signal_at_parents_end(number: int) -> None:
    """Ask Linux to send this process a signal when the one that it was forked from ends."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, number, 0, 0, 0)


def _watch(descriptor: int) -> None:
    with suppress(OSError):
        while os.read(descriptor, 1024):
            pass
    if sys.platform == "win32":
        from utawaku.commands.supervised_process import end_tree

        end_tree(os.getpid())
        os._exit(1)
    # All of the group: what this process forked works on streams.
    for number in (signal.SIGTERM, signal.SIGKILL):
        os.killpg(os.getpgrp(), number)
        time.sleep(PATIENCE_S)
