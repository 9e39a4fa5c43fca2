"""A server on loopback that takes posts."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Self


class PostHandler(BaseHTTPRequestHandler):
    """Reads what is posted; subclasses answer in `do_POST`."""

    def body(self) -> bytes:
        """Return what was posted."""
        return self.rfile.read(int(self.headers["Content-Length"]))

    def log_message(self, *_: object) -> None:
        """Print nothing."""


class PostServer:
    """Runs a handler while it is entered."""

    def __init__(self, handler: type[PostHandler]) -> None:
        self._server = HTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
