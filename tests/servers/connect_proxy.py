"""A loopback CONNECT proxy that leads every allowed host to one local server.

So a client that believes it talks to the internet, and checks certificates, talks to an emulator.
"""

import contextlib
import selectors
import socket
import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from tests.servers.certificates import make_authority
from tests.servers.media_site import MediaSite

Site = TypeVar("Site", bound=MediaSite)


class ConnectProxy:
    """Proxy for `CONNECT host:port`; hosts that match no suffix are refused and remembered."""

    def __init__(self, target_port: int, suffixes: Sequence[str]) -> None:
        self.target_port = target_port
        self.suffixes = tuple(suffixes)
        self.hosts: set[str] = set()
        self.refused: list[str] = []
        proxy = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                proxy._serve(self)

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            allow_reuse_address = True

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _serve(self, handler: socketserver.StreamRequestHandler) -> None:
        request = handler.rfile.readline(4096).decode("latin-1").split()
        while handler.rfile.readline(65536) not in (b"\r\n", b"\n", b""):
            pass
        if len(request) != 3 or request[0] != "CONNECT":
            # Plain http through the proxy: exactly what must never happen.
            self.refused.append(" ".join(request[:2]))
            handler.wfile.write(b"HTTP/1.1 403 plain http refused\r\nContent-Length: 0\r\n\r\n")
            return
        host = request[1].rsplit(":", 1)[0]
        if not any(host == suffix or host.endswith("." + suffix) for suffix in self.suffixes):
            self.refused.append(host)
            handler.wfile.write(b"HTTP/1.1 403 unknown host\r\nContent-Length: 0\r\n\r\n")
            return
        self.hosts.add(host)
        with socket.create_connection(("127.0.0.1", self.target_port)) as upstream:
            handler.wfile.write(b"HTTP/1.1 200 connected\r\n\r\n")
            _pipe(handler.connection, upstream)


def _pipe(left: socket.socket, right: socket.socket) -> None:
    other = {left: right, right: left}
    with selectors.DefaultSelector() as selector:
        selector.register(left, selectors.EVENT_READ)
        selector.register(right, selectors.EVENT_READ)
        with contextlib.suppress(OSError):  # either side may vanish: that is the test's business
            while True:
                for key, _ in selector.select():
                    source = key.fileobj
                    assert isinstance(source, socket.socket)
                    data = source.recv(65536)
                    if not data:
                        return
                    other[source].sendall(data)


@contextlib.contextmanager
def behind_proxy(
    folder: Path, hosts: Sequence[str], make: Callable[[ssl.SSLContext], Site]
) -> Iterator[tuple[Site, str]]:
    """Run a site under the names of `hosts`; yields it and the proxy's address for the settings."""
    authority = make_authority(folder, [name for host in hosts for name in (host, f"*.{host}")])
    with make(authority.server_context()) as site:
        proxy = ConnectProxy(site.port, hosts)
        proxy.start()
        try:
            yield site, f"http://127.0.0.1:{proxy.port}"
        finally:
            proxy.stop()
