"""`python -m commands.lasting MODULE ARGUMENTS`: a module of Dagster's that stays for weeks.

Dagster's services make an SQLAlchemy engine for each look at the database. What is left of it hangs
together in circles, which Python collects late in a process with a million objects of its own; and
what has been freed the C library keeps, scattered over the arenas of a dozen threads. Now and then
both are told to give it back.
"""

import ctypes
import gc
import runpy
import sys
import threading
import time

EVERY_S = 300.0


def give_back() -> None:
    """Free what nothing refers to, and hand free pages of the heap back to the system."""
    gc.collect()
    try:
        trim = ctypes.CDLL(None).malloc_trim
    except AttributeError:
        return  # no glibc: macOS and musl give pages back by themselves
    trim(0)


def _again_and_again() -> None:
    while True:
        time.sleep(EVERY_S)
        give_back()


if __name__ == "__main__":
    threading.Thread(target=_again_and_again, name="give back", daemon=True).start()
    del sys.argv[0]
    # Puts the module's own path in front of the arguments, as `python -m` does.
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
