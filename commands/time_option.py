"""Options that are times of a recording: seconds, `MM:SS`, `H:MM:SS` or `10_33`."""

from typing import Any

import typer

from utawaku.library.language import translated


def option_time(value: Any) -> float:
    """Return the seconds of an option's value; a default is seconds already.

    Raises:
        BadParameter: it is no time.
    """
    from utawaku.library.errors import UsageError
    from utawaku.library.time_reading import read_time

    if isinstance(value, int | float):
        return float(value)
    try:
        return read_time(str(value))
    except UsageError as error:
        raise typer.BadParameter(translated(str(error))) from error


def time_option(*names: str, help_text: str) -> Any:
    """Return an option that takes a time, to stand where `typer.Option` does."""
    return typer.Option(*names, parser=option_time, metavar="TIME", help=help_text)
