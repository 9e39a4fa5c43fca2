"""`python -m commands.preparing`: what `utawaku up` does before it starts anything."""

import sys

from commands.console import print_error
from commands.up import prepare
from library.errors import UtawakuError

if __name__ == "__main__":
    try:
        prepare()
    except UtawakuError as error:
        print_error(error)
        sys.exit(error.exit_code)
