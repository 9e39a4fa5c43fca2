"""`python -m commands`: the same as `utawaku`."""

from commands.app import main

main()
