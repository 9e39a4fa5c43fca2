"""Runs one of Dagster's modules as a service that stays for weeks.

`python -m utawaku.commands.service_runner MODULE ARGUMENTS`.

Dagster's services make an SQLAlchemy engine for each look at the database. What is left of it hangs
together in circles, which Python collects late in a process with a million objects of its own: it
waits until a quarter as many are new. Meanwhile they lie among those that stay, and the pages they
leave are never empty enough to be given back. So what stays is set aside, which makes a collection
cheap, and one follows each minute.
"""

import ctypes
import gc
import itertools
import runpy
import sys
import threading
import time

EVERY_S = 60.0
SET_ASIDE_EVERY = 30
"""Rounds; what was set aside is polled then, too, and what has come to stay is added to it."""
FIRST_SET_ASIDE = 3


def give_back(n_round: int, *, shares: bool = False) -> None:
    """Free what nothing refers to, and hand free pages of the heap back to the system.

    Args:
        n_round: rounds before this one.
        shares: this process shares what was set aside at the first with the one that it was forked
            from. To look through that would write to its pages, and so copy them.
    """
    setting_aside = n_round % SET_ASIDE_EVERY == FIRST_SET_ASIDE
    if setting_aside and not shares:
        gc.unfreeze()
    gc.collect()
    if setting_aside:
        gc.freeze()
    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (AttributeError, TypeError):
        return  # no glibc: others give pages back by themselves, and Windows wants a name there
    trim(0)


def keep_giving_back(*, shares: bool = False) -> None:
    """Do so each minute from now on, in a thread."""

    def again_and_again() -> None:
        for n_round in itertools.count():
            time.sleep(EVERY_S)
            give_back(n_round, shares=shares)

    threading.Thread(target=again_and_again, name="give back", daemon=True).start()


def find_each_folder_once() -> None:
    """Keep Alembic from leaving something for the end of the process each time it is asked.

    Dagster asks it where its migrations lie whenever it opens its storage, as each tick does, and
    Alembic notes a clean-up with `atexit` for each answer: 3 MB an hour.
    """
    import functools

    from alembic import util
    from alembic.util import pyfiles

    once = functools.cache(pyfiles.coerce_resource_to_filename)
    pyfiles.coerce_resource_to_filename = util.coerce_resource_to_filename = once


def run_service(words: list[str], *, shares: bool = False) -> None:
    """Run a module with its arguments, as `python -m` does, for weeks.

    Args:
        words: name of the module, then its arguments.
        shares: this process was forked from one with which it shares its memory.
    """
    keep_giving_back(shares=shares)
    sys.argv[:] = words
    # Puts the module's own path in front of the arguments, as `python -m` does.
    runpy.run_module(words[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    find_each_folder_once()
    run_service(sys.argv[1:])
