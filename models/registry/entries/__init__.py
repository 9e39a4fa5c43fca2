"""One module for each origin of weights; each has a tuple `ENTRIES` of `Weights`."""
