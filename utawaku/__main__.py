"""The entry point of the `utawaku` program and of `python -m utawaku`.

Each command imports what it needs when it runs, and `utawaku` alone imports no command.
"""

import os
import sys

from utawaku.library.errors import ExitCode, UtawakuError

__all__ = ["main"]


def main() -> None:
    """Run the command line; each error of ours ends with its message and `ExitCode`."""
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
        sys.exit(ExitCode.STOPPED)
    except UtawakuError as error:
        from utawaku.commands.console import print_error

        print_error(error)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
