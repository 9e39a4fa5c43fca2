"""The Dagster UI of `utawaku up`, behind the guard.

`python -m utawaku.commands.web_page --port 3200 --workspace FILE [--read-only] [--on-demand]`.

Dagster's webserver takes orders from whoever reaches its port, jobs that publish among them. So it
is run here as it is, with the guard in front of every request and WebSocket inside the same
process: no port answers without it.

On demand it gets the listening socket as its standard input, and ends when nobody has looked at it
for a while: the supervisor, which holds the socket, starts it at the next connection.
"""

import argparse
import socket
import sys
import threading
import time
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from utawaku.library.config import Settings, load_settings
from utawaku.library.language import tr
from utawaku.library.web_guard import HOST, Guard, Verdict, lasting_token

if TYPE_CHECKING:
    import uvicorn

TOKEN_FILE = "web-token"
STATEMENT_TIMEOUT_MS, POOL_RECYCLE_S, POOL_OVERFLOW = 15_000, 3_600, 20
"""The page size that `dagster-webserver` takes by default."""
ENDS_AFTER_IDLE_S = 600.0
LOOKS_EVERY_S = 10.0
STARTUP_FAILURE = 3
"""Exit code that `uvicorn` takes where it cannot listen."""
HEADERS = (
    (b"content-security-policy", b"frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
)

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


def guard_of(settings: Settings, port: int) -> Guard:
    """The guard of the pipeline's pages on a port; one token opens all of them."""
    return Guard(
        port,
        lasting_token(settings.data_dir / TOKEN_FILE),
        tr("Open the whole address, with its token: `utawaku up --address` prints it."),
    )


class Guarded:
    """An ASGI application that serves only what the guard lets pass."""

    def __init__(self, application: Application, guard: Guard) -> None:
        self._application = application
        self._guard = guard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Judge a request or a WebSocket handshake; what else there is concerns the server."""
        if scope["type"] not in ("http", "websocket"):
            await self._application(scope, receive, send)
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1")
                   for name, value in scope["headers"]}  # fmt: skip
        verdict = self._guard.judge(headers, scope["query_string"].decode("latin-1"))
        if verdict.action == "serve":
            await self._application(scope, receive, _with_headers(send))
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": verdict.reason})
        else:
            await self._answer(verdict, scope, send)

    async def _answer(self, verdict: Verdict, scope: Scope, send: Send) -> None:
        if verdict.action == "welcome":
            path = scope.get("raw_path") or scope["path"].encode()
            headers = [
                # One slash only: what follows two would be another host.
                (b"location", b"/" + path.lstrip(b"/")),
                (b"set-cookie", self._guard.cookie_header().encode()),
            ]
            status, body = 302, b""
        else:
            headers = [(b"content-type", b"text/plain; charset=utf-8")]
            status, body = 403, verdict.reason.encode()
        headers += [(b"content-length", str(len(body)).encode()), *HEADERS]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def _with_headers(send: Send) -> Send:
    async def sending(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), *HEADERS]
        await send(message)

    return sending


class Attended:
    """An ASGI application that knows for how long nobody has looked at it."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._n_open = 0
        self._latest = time.monotonic()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request or a WebSocket, which an open page keeps."""
        if scope["type"] not in ("http", "websocket"):
            await self._application(scope, receive, send)
            return
        self._n_open += 1
        try:
            await self._application(scope, receive, send)
        finally:
            self._n_open -= 1
            self._latest = time.monotonic()

    def idle_s(self) -> float:
        """Seconds since somebody looked at it; 0 while somebody does."""
        return 0.0 if self._n_open else time.monotonic() - self._latest


def end_when_idle(server: "uvicorn.Server", attended: Attended) -> None:
    """Wait until nobody has looked at a page for `ENDS_AFTER_IDLE_S`, then let its server end."""
    while attended.idle_s() < ENDS_AFTER_IDLE_S:
        time.sleep(LOOKS_EVERY_S)
    server.should_exit = True


def serve(
    settings: Settings, port: int, workspace: Path, *, read_only: bool, on_demand: bool = False
) -> None:
    """Serve the Dagster UI of the pipeline's code server until SIGTERM.

    Args:
        settings: where Dagster's home is, and the token.
        port: on loopback.
        workspace: the file that names the code server.
        read_only: take no orders.
        on_demand: the standard input listens at the port already, and nobody looks for ever.
    """
    import dagster as dg
    import uvicorn
    from dagster._core.workspace.context import WorkspaceProcessContext
    from dagster._core.workspace.load_target import WorkspaceFileTarget
    from dagster_webserver.app import create_app_from_workspace_process_context
    from dagster_webserver.version import __version__

    from utawaku.orchestration.dagster_settings import SERVICES_FILE

    home = str(settings.dagster_home)
    with dg.DagsterInstance.from_config(home, SERVICES_FILE) as instance:
        instance.optimize_for_webserver(STATEMENT_TIMEOUT_MS, POOL_RECYCLE_S, POOL_OVERFLOW)
        with WorkspaceProcessContext(
            instance,
            version=__version__,
            read_only=read_only,
            workspace_load_target=WorkspaceFileTarget(paths=[str(workspace)]),
        ) as context:
            application = create_app_from_workspace_process_context(context)
            attended = Attended(Guarded(application, guard_of(settings, port)))
            config = uvicorn.Config(
                attended,
                host=HOST,
                port=port,
                log_level="warning",
                access_log=False,  # it would write the token
            )
            server = uvicorn.Server(config)
            if on_demand:
                watched = server, attended
                threading.Thread(target=end_when_idle, args=watched, daemon=True).start()
            server.run([socket.socket(fileno=sys.stdin.fileno())] if on_demand else None)
            if not server.started:
                sys.exit(STARTUP_FAILURE)


def main() -> None:
    """Run it with the arguments of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--workspace", type=Path, required=True)
    parser.add_argument("--read-only", action="store_true")
    parser.add_argument("--on-demand", action="store_true")
    given = parser.parse_args()
    serve(
        load_settings(),
        given.port,
        given.workspace,
        read_only=given.read_only,
        on_demand=given.on_demand,
    )


if __name__ == "__main__":
    main()
