"""Dagster's code server of `up`, and before it the run server, which shares its memory.

`python -m utawaku.commands.code_server RUN_SERVER_SOCKET api grpc OPTIONS`.
"""

import gc
import os
import runpy
import sys
from contextlib import suppress

from utawaku.commands.run_server import fork_run_server
from utawaku.commands.service_runner import find_each_folder_once, keep_giving_back
from utawaku.library.config import load_settings
from utawaku.orchestration.dagster_settings import has_forked_runs


def main() -> None:
    """Load all, fork the run server, then be Dagster's code server."""
    import utawaku.definitions  # noqa: F401

    find_each_folder_once()
    gc.collect()
    gc.freeze()  # else a collection of either writes to the pages that both share
    has_own = has_forked_runs(load_settings().dagster_home)
    run_server = fork_run_server(sys.argv[1]) if has_own else None
    keep_giving_back(shares=run_server is not None)
    del sys.argv[:2]
    sys.argv.insert(0, "dagster")
    try:
        runpy.run_module("dagster", run_name="__main__", alter_sys=True)
    finally:
        # It has had the signal that ends this process, as its runs have; they note what they did.
        if run_server is not None:
            with suppress(ChildProcessError):
                os.waitpid(run_server, 0)


if __name__ == "__main__":
    main()
