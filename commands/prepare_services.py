"""`python -m utawaku.commands.prepare_services`: what `utawaku up` does before it starts anything."""

import sys

from utawaku.commands.console import print_error
from utawaku.commands.up import prepare
from utawaku.library.errors import UtawakuError

if __name__ == "__main__":
    try:
        prepare()
    except UtawakuError as error:
        print_error(error)
        sys.exit(error.exit_code)
