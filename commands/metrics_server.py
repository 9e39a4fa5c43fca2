"""Prometheus text over HTTP, on loopback and only when asked for."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from utawaku.commands.web_page import guard_of
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.errors import UtawakuError
from utawaku.library.metrics import exposition, metrics
from utawaku.library.web_guard import HOST, Guard

PATHS = ("/", "/metrics")
_PATIENCE_S = 5.0
"""A client that says nothing for so long is hung up on."""


def metrics_server(settings: Settings, port: int) -> ThreadingHTTPServer:
    """Answers GET /metrics; the catalogue is opened for each answer. Port 0 takes any free one.

    Nobody is served without the token of the pipeline's pages (`web_page.guard_of`).

    Raises:
        UtawakuError: somebody else has the port.
    """

    class Handler(BaseHTTPRequestHandler):
        timeout = _PATIENCE_S

        def do_GET(self) -> None:
            path, _, query = self.path.partition("?")
            verdict = guards[0].judge(
                {name.lower(): value for name, value in self.headers.items()}, query
            )
            if verdict.action == "refuse":
                self.send_error(403, explain=verdict.reason)
                return
            if path not in PATHS:
                self.send_error(404)
                return
            try:
                catalogue = Catalogue.open(settings)
                try:
                    body = exposition(metrics(catalogue, settings)).encode()
                finally:
                    catalogue.close()
            except UtawakuError as error:
                self.send_error(503, explain=str(error))
                return
            self.send_response(200)
            if verdict.action == "welcome":
                self.send_header("Set-Cookie", guards[0].cookie_header())
            self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Scrapes are no news."""

    guards: list[Guard] = []

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """A scraper that goes away in the middle is no news either."""

    try:
        server = Server((HOST, port), Handler)
    except OSError as error:
        raise UtawakuError(
            f"nothing can be served there ({error.strerror})",
            subject=f"{HOST}:{port}",
            next_step="Give another port",
        ) from error
    guards.append(guard_of(settings, server.server_address[1]))
    return server
