"""A web site with media on it: ranges, pages, feeds, and everything that goes wrong on the wire."""

import re
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from urllib.parse import parse_qsl

_CHUNK_BYTES = 16 * 1024


@dataclass(frozen=True)
class Fault:
    """What goes wrong with one answer."""

    status: int | None = None
    """Answer with this status and no content."""
    headers: Mapping[str, str] = field(default_factory=dict)
    cut_after: int | None = None
    """Send this many bytes of the content, then drop the connection."""
    stall_s: float = 0.0
    """Sleep before the first byte, or where `stall_after` says."""
    stall_after: int | None = None
    """Send this many bytes of the content before `stall_s`."""
    bytes_per_s: float | None = None
    """Send no faster than this."""
    at_once: int = _CHUNK_BYTES
    """Send so many bytes at a time."""
    instead: bytes | None = None
    """Send this with status 200 whatever was asked for."""
    content_type: str | None = None


@dataclass
class Resource:
    """What one path serves."""

    content: bytes | Callable[[], bytes]
    content_type: str
    faults: list[Fault] = field(default_factory=list)
    """Used up one an answer, HEAD not counted; afterwards all is well."""
    always: Fault | None = None
    ranges: bool = True
    last_modified: str = ""
    etag: str = ""
    heeds_if_range: bool = True
    says_length: bool = True


@dataclass(frozen=True)
class Seen:
    """A request as it came in."""

    method: str
    path: str
    range: str
    cookie: str
    at: float
    if_range: str = ""


class MediaSite:
    """Serves `resources` on 127.0.0.1; use as a context manager."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.resources: dict[str, Resource] = {}
        self.seen: list[Seen] = []
        self.last_headers: dict[str, str] = {}
        """Of the request that is being answered."""
        self._lock = threading.Lock()
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                site._answer(self, body=True)

            def do_HEAD(self) -> None:
                site._answer(self, body=False)

            def do_POST(self) -> None:
                site._answer(self, body=True)

            def log_message(self, *_: object) -> None:
                """Keep the test's output clean; `seen` is the log."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: object) -> None:
                """A client that goes away in the middle is what these tests are about."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self._scheme = "http"
        if tls is not None:
            self._scheme = "https"
            self._server.socket = tls.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def address(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self.port}"

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def url(self, path: str) -> str:
        return f"{self.address}{path}"

    def add(
        self,
        path: str,
        content: bytes | str | Callable[[], bytes],
        content_type: str,
        **more: object,
    ) -> Resource:
        """Serve `content` at `path` (without query)."""
        body = content.encode() if isinstance(content, str) else content
        resource = Resource(body, content_type, **more)  # type: ignore[arg-type]
        self.resources[path] = resource
        return resource

    def gets(self, path: str) -> list[Seen]:
        """The GET requests for `path` so far, oldest first."""
        with self._lock:
            return [one for one in self.seen if one.method == "GET" and one.path == path]

    def route(self, path: str, query: dict[str, str], posted: bytes) -> Resource | None:
        """Return what a path that is not in `resources` serves; for sites that answer by
        program.
        """
        del path, query, posted
        return None

    def _answer(self, handler: BaseHTTPRequestHandler, *, body: bool) -> None:
        path = handler.path.split("?")[0]
        asked = handler.headers.get("Range", "")
        posted = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        query = dict(parse_qsl(handler.path.partition("?")[2]))
        self.last_headers = dict(handler.headers.items())
        resource = self.resources.get(path) or self.route(path, query, posted)
        with self._lock:
            self.seen.append(
                Seen(
                    handler.command,
                    path,
                    asked,
                    handler.headers.get("Cookie", ""),
                    time.monotonic(),
                    handler.headers.get("If-Range", ""),
                )
            )
            fault = Fault()
            if resource is not None:
                if resource.faults and body:
                    fault = resource.faults.pop(0)
                elif resource.always is not None:
                    fault = resource.always
        if resource is None:
            fault = Fault(status=404)
        if fault.stall_s and fault.stall_after is None:
            time.sleep(fault.stall_s)
        if fault.status is not None or resource is None:
            handler.send_response(fault.status or 404)
            for name, value in fault.headers.items():
                handler.send_header(name, value)
            handler.send_header("Content-Length", "0")
            handler.end_headers()
            return
        content = resource.content() if callable(resource.content) else resource.content
        status, start, stop = 200, 0, len(content)
        if fault.instead is not None:
            content, stop = fault.instead, len(fault.instead)
        elif self._range_holds(resource, handler) and (
            match := re.fullmatch(r"bytes=(\d+)-(\d*)", asked)
        ):
            start = int(match[1])
            stop = min(int(match[2]) + 1, stop) if match[2] else stop
            if start >= len(content):
                handler.send_response(416)
                handler.send_header("Content-Range", f"bytes */{len(content)}")
                handler.send_header("Content-Length", "0")
                handler.end_headers()
                return
            status = 206
        handler.send_response(status)
        handler.send_header("Content-Type", fault.content_type or resource.content_type)
        if resource.ranges:
            handler.send_header("Accept-Ranges", "bytes")
        if status == 206:
            handler.send_header("Content-Range", f"bytes {start}-{stop - 1}/{len(content)}")
        if resource.etag:
            handler.send_header("ETag", resource.etag)
        if resource.last_modified:
            handler.send_header("Last-Modified", resource.last_modified)
        for name, value in fault.headers.items():
            handler.send_header(name, value)
        if resource.says_length:
            handler.send_header("Content-Length", str(stop - start))
        else:
            handler.send_header("Connection", "close")
            handler.close_connection = True
        handler.end_headers()
        if body:
            self._send(handler, content[start:stop], fault)

    @staticmethod
    def _range_holds(resource: Resource, handler: BaseHTTPRequestHandler) -> bool:
        """Return whether a Range is answered by a part: not where If-Range names another file."""
        named = handler.headers.get("If-Range", "")
        same = named in ("", resource.etag, resource.last_modified)
        return resource.ranges and (same or not resource.heeds_if_range)

    def _send(self, handler: BaseHTTPRequestHandler, content: bytes, fault: Fault) -> None:
        until = len(content) if fault.cut_after is None else min(fault.cut_after, len(content))
        for position in range(0, until, fault.at_once):
            if fault.stall_after is not None and position >= fault.stall_after:
                handler.wfile.flush()
                time.sleep(fault.stall_s)
            chunk = content[position : min(position + fault.at_once, until)]
            handler.wfile.write(chunk)
            if fault.bytes_per_s:
                time.sleep(len(chunk) / fault.bytes_per_s)
        handler.wfile.flush()
        if until < len(content):
            handler.close_connection = True
            handler.connection.close()
