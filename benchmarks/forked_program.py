"""The `utawaku` program, forked from a process that has loaded it: a kill costs no start-up.

Drills kill it hundreds of times; a program that starts afresh would spend most of that time
importing. Everything else is as with a program of its own: it opens its catalogue and Dagster
itself, holds its own locks, and dies without a word.
"""

import contextlib
import multiprocessing
import os
import sys
from multiprocessing.context import ForkServerProcess
from pathlib import Path

ROOT = Path(__file__).parent.parent
NEEDED = ("utawaku.commands.app", "utawaku.commands.pipeline", "utawaku.models.registry")


def start(home: Path, log: Path, *arguments: str | Path) -> ForkServerProcess:
    """Start `utawaku ARGUMENTS` on a home of its own; what it prints is added to `log`.

    The environment of the first call is that of all.
    """
    os.environ["PYTHONPATH"] = str(ROOT)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__, *NEEDED])
    process = context.Process(
        target=_run, args=(str(home), str(log), [str(one) for one in arguments])
    )
    process.start()
    return process


def _run(home: str, log: str, arguments: list[str]) -> None:
    """Be the program, in the child."""
    with Path(log).open("ab") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    os.environ["UTAWAKU_HOME"] = home
    sys.argv = ["utawaku", *arguments]
    from utawaku.__main__ import main

    code: object = 0
    with contextlib.suppress(SystemExit):
        try:
            main()
        except SystemExit as stop:
            code = stop.code
    # As the program ends, with what it registered for its end; multiprocessing skips that.
    import atexit

    atexit._run_exitfuncs()
    sys.stdout.flush()
    os._exit(code if isinstance(code, int) else int(code is not None))
