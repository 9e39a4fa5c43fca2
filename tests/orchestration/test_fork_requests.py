"""Requests to the fork server, with and without an answer."""

import os
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from utawaku.orchestration.fork_requests import ask, read_request

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs Unix sockets")


@pytest.fixture
def listening(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(tmp_path / "s.sock"))
        made.listen()
        yield made


def test_who_gets_no_answer_says_so(listening: socket.socket, tmp_path: Path) -> None:
    path = str(tmp_path / "s.sock")
    threading.Thread(target=lambda: listening.accept()[0].close(), daemon=True).start()
    with pytest.raises(ConnectionError, match="no answer"):
        ask(path, start="a", args="{}")
    listening.close()
    assert ask(path, start="a", args="{}") is None, "nobody listens any more"
    assert ask(str(tmp_path / "none"), start="a") is None


@pytest.mark.parametrize("n_characters", [10, 300_000])
def test_a_request_arrives_whole_with_its_descriptor(
    listening: socket.socket, tmp_path: Path, n_characters: int
) -> None:
    got: list[Any] = []

    def answer() -> None:
        connection, _ = listening.accept()
        with connection:
            asked, descriptors = read_request(connection)
            got.append((asked, [os.read(one, 4) for one in descriptors]))
            for one in descriptors:
                os.close(one)
            connection.sendall(b'{"pid": 1}\n')

    thread = threading.Thread(target=answer)
    thread.start()
    (tmp_path / "given").write_bytes(b"here")
    with (tmp_path / "given").open("rb") as given:
        told = ask(str(tmp_path / "s.sock"), given.fileno(), start="x" * n_characters)
    thread.join(10)
    assert told == {"pid": 1}
    assert got == [({"start": "x" * n_characters}, [b"here"])]


def test_a_request_that_is_cut_off_is_none() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.sendall(b'{"start": ')
        ours.close()
        with pytest.raises(ValueError, match="cut off"):
            read_request(theirs)
