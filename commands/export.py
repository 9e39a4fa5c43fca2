"""`utawaku export`: what was found, in the formats of other programs."""

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
