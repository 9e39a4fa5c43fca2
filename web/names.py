"""Names of what lies in the folder of the page: made here, and checked when a browser sends one."""

import re
import secrets

_ID = re.compile(r"[0-9a-f]{16}")


def new_id() -> str:
    """Return an id that nobody guesses."""
    return secrets.token_hex(8)


def is_id(text: str) -> bool:
    """Return whether a text is such an id, and so the name of a file or folder and nothing else."""
    return bool(_ID.fullmatch(text))
