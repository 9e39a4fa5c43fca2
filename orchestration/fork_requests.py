"""Requests to the fork server of `up`, which forks services and runs (`commands.fork_server`).

Without Dagster: the supervisor asks, too, and stays small.
"""

import json
import socket
from pathlib import Path
from typing import Any

_ANSWERS_WITHIN_S = 60.0
_READ_BYTES = 1 << 16


def ask(path: str, stdin: int | None = None, **asked: Any) -> dict[str, Any] | None:
    """Ask the fork server for something; None where none is there.

    Args:
        path: of its socket.
        stdin: descriptor for the standard input of what is forked.
        asked: the request; the fork server says which there are.

    Raises:
        ConnectionError: it was asked, and its answer did not come.
    """
    if not path or not Path(path).exists():
        return None
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            connection.connect(path)
        except (FileNotFoundError, ConnectionRefusedError):
            return None  # it is restarting
        connection.settimeout(_ANSWERS_WITHIN_S)
        try:
            line = json.dumps(asked).encode() + b"\n"
            if stdin is None:
                connection.sendall(line)
            else:
                n_sent = socket.send_fds(connection, [line], [stdin])
                connection.sendall(line[n_sent:])
            with connection.makefile("rb") as answer:
                told = json.loads(answer.readline())
        except (OSError, ValueError) as error:
            raise ConnectionError(f"the fork server gave no answer: {error}") from error
    assert isinstance(told, dict)
    return told


def read_request(connection: socket.socket) -> tuple[dict[str, Any], list[int]]:
    """Read what `ask` sends; returns the request and the descriptors that came with it.

    Raises:
        ValueError: it was cut off.
    """
    line, descriptors, *_ = socket.recv_fds(connection, _READ_BYTES, 1)
    while not line.endswith(b"\n"):
        more = connection.recv(_READ_BYTES)
        if not more:
            raise ValueError("the request was cut off")
        line += more
    asked = json.loads(line)
    assert isinstance(asked, dict)
    return asked, descriptors
