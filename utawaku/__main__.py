"""`python -m utawaku`: the same as `utawaku`."""

from utawaku.__main__ import main

main()
