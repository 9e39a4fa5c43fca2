"""The version of the program, as it is printed."""

from importlib.metadata import version


def version_line() -> str:
    """Return the name of the program and its version."""
    return f"utawaku {version('utawaku')}"
