"""The entry point of the `utawaku` program and of `python -m utawaku`.

A command imports no other command, and what it needs when it runs; `utawaku` alone imports none.
"""

import os
import sys

from utawaku.library.errors import ExitCode, UtawakuError
from utawaku.library.garbage import collect_after_start

__all__ = ["main"]


def main() -> None:
    """Run the command line; each error of ours ends with its message and `ExitCode`."""
    collect_after_start()
    # Our matrices are small and several already work side by side: more threads of BLAS would wait
    # for each other (an hour's stream took 68 CPU seconds instead of 55). Read when NumPy loads.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # To look for plug-ins of pydantic opens the files of every installed package. None is used.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    try:
        # A shell asks for completions by a variable, without an argument.
        completing = "_UTAWAKU_COMPLETE" in os.environ
        if sys.argv[1:] == ["--version"] and not completing:
            from utawaku.library.version import version_line

            print(version_line())
        elif len(sys.argv) > 1 or completing:
            from utawaku.commands.command_tree import is_command, make_app

            only = sys.argv[1] if not completing and is_command(sys.argv[1]) else None
            make_app(only)()
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

    A full disk can come out of any library, Dagster's databases among them. A file that cannot be
    read or written is named with the reason.
    """
    from utawaku.library.errors import full_disk, refused_file
    from utawaku.library.paths import catalogue_location, data_dir

    place = catalogue_location()
    full = full_disk(error, place.data_dir if place is not None else data_dir())
    return full or (error if isinstance(error, UtawakuError) else refused_file(error))


if __name__ == "__main__":
    main()
