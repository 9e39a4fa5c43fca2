"""The child process that prepares catalogue and Dagster home before `utawaku up` starts."""

import sys

from utawaku.commands.console import print_error
from utawaku.commands.supervisor import prepare
from utawaku.library.errors import UtawakuError

if __name__ == "__main__":
    try:
        prepare()
    except UtawakuError as error:
        print_error(error)
        sys.exit(error.exit_code)
