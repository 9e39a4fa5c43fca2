"""`utawaku serve`: a port that is in use."""

import socket

from tests.commands.conftest import CommandLine


def test_a_port_in_use_is_named(command_line: CommandLine) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        answer = command_line.run("serve", "--port", str(port))
    assert answer.exit_code == 1
    assert str(port) in answer.stderr
