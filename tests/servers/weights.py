"""A site with one file: it honours ranges, and breaks the first transfers off halfway."""

import http.server
import threading
from types import TracebackType
from typing import Self


class WeightsServer:
    """Serves `payload` at `url` while it is entered.

    Args:
        payload: the file.
        breaks: so many transfers end after half of what they should bring.
        refuses: HTTP status of every answer; 0 serves the file.
    """

    def __init__(self, payload: bytes, *, breaks: int = 0, refuses: int = 0) -> None:
        self.asked: list[str | None] = []
        """The `Range` of every request, None where it had none."""
        self._payload = payload
        self._breaks = breaks
        self._refuses = refuses
        site = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site._answer(self)

            def log_message(self, *_arguments: object) -> None:
                """Stay silent."""

        self._httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._httpd.serve_forever)
        self.url = f"http://127.0.0.1:{self._httpd.server_port}/weights.bin"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._httpd.shutdown()
        self._thread.join()
        self._httpd.server_close()

    def _answer(self, request: http.server.BaseHTTPRequestHandler) -> None:
        span = request.headers.get("Range")
        self.asked.append(span)
        if self._refuses:
            request.send_error(self._refuses)
            return
        start = int(span.removeprefix("bytes=").rstrip("-")) if span else 0
        if start >= len(self._payload):
            request.send_error(416)
            return
        body = self._payload[start:]
        request.send_response(206 if span else 200)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        if len(self.asked) <= self._breaks:
            request.wfile.write(body[: len(body) // 2])
            request.wfile.flush()
            request.connection.close()
            return
        request.wfile.write(body)
