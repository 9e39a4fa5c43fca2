"""`python -m commands`: the same as `utawaku`."""

from commands import main

main()
