"""The command line: the one place that joins the pipeline and the screen.

Each command imports what it needs when it runs, so that `utawaku` opens at once.
"""

from commands.app import main

__all__ = ["main"]
