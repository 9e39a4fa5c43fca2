"""The entry point of the `utawaku` program and of `python -m utawaku`.

Each command imports what it needs when it runs, and `utawaku` alone imports no command.
"""

import os
import sys

from utawaku.library.errors import UtawakuError

__all__ = ["main"]

STOPPED = 130
"""Exit code after Ctrl-C."""


def main() -> None:
    """Run the command line; errors of ours end with a message and a telling exit code.

    0 done; 1 failed; 2 wrong usage or query; 3 bad media; 4 not found; 5 download failed;
    6 weights; 7 disk full; 8 the upload queue waits for you; 130 stopped by Ctrl-C.
    """
    # Our matrices are small and several already work side by side: more threads of BLAS would wait
    # for each other (an hour's stream took 68 CPU seconds instead of 55). Read when NumPy loads.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        if len(sys.argv) > 1:
            from utawaku.commands.app import app

            app()
        else:
            from utawaku.tui.start import run

            sys.exit(run())
    except KeyboardInterrupt:
        sys.exit(STOPPED)
    except UtawakuError as error:
        from utawaku.commands.console import print_error

        print_error(error)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
