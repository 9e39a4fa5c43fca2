"""The same app in a browser: on loopback only, and only for whoever has the token."""

import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from utawaku.library.config import Settings
from utawaku.library.errors import UtawakuError
from utawaku.library.language import tr
from utawaku.library.web_guard import HOST, Guard, PathGuard, Verdict, new_token

DEFAULT_PORT = 3201
_HEAD = """
<style>body, .dialog-container .shade { background: #14151d !important; }</style>
<script>
  // Keys go to the terminal from the beginning, and whenever the window is come back to.
  const focusTerminal = () => {
    const keys = document.querySelector(".xterm-helper-textarea");
    if (keys) keys.focus();
    return Boolean(keys);
  };
  const looking = setInterval(() => focusTerminal() && clearInterval(looking), 50);
  window.addEventListener("focus", focusTerminal);
</script>
"""
"""Additions to the page of textual-serve."""


def serve(
    settings: Settings,
    port: int = DEFAULT_PORT,
    *,
    tell: Callable[[str], None] = print,
    pages: Mapping[str, Any] | None = None,
    guards: Sequence[PathGuard] = (),
    further: Sequence[str] = (),
) -> None:
    """Serve the library at `http://127.0.0.1:<port>/?token=...` until Ctrl-C.

    Args:
        settings: where data lie; the served app reads the same configuration.
        port: of loopback; 0 is not allowed, since the address is told before.
        tell: told the addresses, with their token, once.
        pages: further aiohttp applications by the path that they are served at.
        guards: who may enter the pages that have rules of their own.
        further: addresses of those, told after the others.

    Raises:
        UtawakuError: the port is taken.
    """
    import socket

    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise UtawakuError(
                "the port is taken",
                subject=f"{HOST}:{port}",
                next_step="Give another with --port",
            ) from error
    token = new_token()
    server = guarded_server([sys.executable, "-m", "utawaku"], port, token, pages, guards)
    own = [guard.root for guard in guards]
    for path in ("/", *(path for path in pages or {} if path not in own)):
        tell(f"http://{HOST}:{port}{path}?token={token}")
    for address in further:
        tell(address)
    server.serve()


def guarded_server(
    command: list[str],
    port: int,
    token: str,
    pages: Mapping[str, Any] | None = None,
    guards: Sequence[PathGuard] = (),
) -> Any:
    """A textual-serve server, and further applications, behind the guard of `library.web_guard`."""
    from aiohttp import web
    from textual_serve.server import Server

    rules = Guard(
        port, token, tr("Open the whole address that `utawaku serve` shows, with its token.")
    )

    @web.middleware
    async def guard(request: web.Request, handler: Any) -> web.StreamResponse:
        verdict = _judge(request, rules, guards)
        if verdict.action == "ask":
            challenge = {"WWW-Authenticate": 'Basic realm="utawaku", charset="UTF-8"'}
            raise web.HTTPUnauthorized(text=verdict.reason, headers=challenge)
        if verdict.action == "refuse":
            raise web.HTTPForbidden(text=verdict.reason)
        if verdict.action == "welcome":
            raise web.HTTPFound(request.path, headers={"Set-Cookie": rules.cookie_header()})
        response: web.StreamResponse = await handler(request)
        if request.path == "/" and isinstance(response, web.Response) and response.text:
            response.text = response.text.replace("</head>", f"{_HEAD}</head>", 1)
        _add_headers(response, port)
        return response

    class Guarded(Server):
        async def _make_app(self) -> web.Application:
            app = await super()._make_app()
            app.middlewares.append(guard)
            for path, page in (pages or {}).items():
                app.add_subapp(path, page)
            return app

        async def on_startup(self, app: web.Application) -> None:
            """Say nothing: the address is told by whoever serves."""

        def initialize_logging(self) -> None:
            """Leave logging as it is: requests hold the token."""

    # textual-serve takes one shell line; every word of ours is quoted.
    return Guarded(shlex.join(command), host=HOST, port=port, title="utawaku")


def _judge(request: Any, rules: Guard, guards: Sequence[PathGuard]) -> Verdict:
    headers = {name.lower(): value for name, value in request.headers.items()}
    for one in guards:
        if request.path.startswith(f"{one.root}/"):
            return one.judge(rules, request.method, request.path, headers)
    return rules.judge(headers, request.query_string)


def _add_headers(response: Any, port: int) -> None:
    """Keep a page to itself."""
    if response.prepared:
        return
    # The page would fetch a font from elsewhere, and tell that somebody reads here.
    response.headers["Content-Security-Policy"] = (
        "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; connect-src 'self' "
        f"ws://{HOST}:{port} ws://localhost:{port}; frame-ancestors 'none'"
    )
    response.headers["Referrer-Policy"] = "no-referrer"
