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
        # A shell asks for completions by a variable, without an argument.
        if len(sys.argv) > 1 or "_UTAWAKU_COMPLETE" in os.environ:
            from utawaku.commands.app import app

            app()
        else:
            from utawaku.tui.start import run

            sys.exit(run())
    except KeyboardInterrupt:
        sys.exit(ExitCode.STOPPED)
    except Exception as error:
        told = _in_our_words(error)
        if told is None:
            raise
        from utawaku.commands.console import print_error

        print_error(told)
        sys.exit(told.exit_code)


def _in_our_words(error: Exception) -> UtawakuError | None:
    """Return the error as a user is told it; None where it is one of the program itself.

    A full disk can come out of any library, Dagster's databases among them.
    """
    from utawaku.library.errors import full_disk
    from utawaku.library.paths import catalogue_location, data_dir

    place = catalogue_location()
    full = full_disk(error, place.data_dir if place is not None else data_dir())
    return full or (error if isinstance(error, UtawakuError) else None)


if __name__ == "__main__":
    main()
