"""The highlight page behind a reverse proxy: no terminal, no song of the library unless allowed."""

import logging
from typing import Any

from aiohttp import web

from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.errors import ConfigError, UtawakuError
from utawaku.library.language import tr
from utawaku.library.public_guard import PublicGuard, public_origins
from utawaku.library.web_guard import lasting_token
from utawaku.web.application import highlight_application
from utawaku.web.pages import ROOT

TOKEN_FILE = "public-token"
"""In the folder of the data; delete it to make the addresses that were given out worthless."""
SHUTDOWN_S = 5.0
"""An end waits this long for requests that are answered, then breaks them off."""


def public_guard(settings: Settings, urls: tuple[str, ...] = ()) -> PublicGuard:
    """The guard that the settings want; `urls` go before those of the settings.

    Raises:
        ConfigError: no address is known, or a log-in by a header lacks the proxy's secret.
    """
    wanted = settings.web
    secret = wanted.proxy_secret.get_secret_value()
    if wanted.login_header and (len(secret) < 16 or secret.startswith("CHANGE-ME")):
        raise ConfigError(
            "a log-in by a header needs a secret of your own for the proxy, 16 characters or more",
            subject="web.proxy_secret",
            next_step="Set it, and let the proxy send it as X-Utawaku-Proxy (see deploy/)",
        )
    return PublicGuard(
        public_origins(urls or wanted.public_urls),
        lasting_token(settings.data_dir / TOKEN_FILE),
        wanted.login_header.lower(),
        secret,
        tr("Log in first.")
        if wanted.login_header
        else tr("Open the whole address that you were given, with its token."),
    )


def public_application(
    settings: Settings, catalogue: Catalogue, guard: PublicGuard
) -> web.Application:
    """The page behind the guard; the address without a path leads to it."""

    @web.middleware
    async def guarded(request: web.Request, handler: Any) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        verdict = guard.judge(headers, request.query_string)
        if verdict.action == "refuse":
            raise web.HTTPForbidden(text=verdict.reason)
        if verdict.action == "welcome":
            # One slash only: what follows two would be another host.
            path = "/" + request.path.lstrip("/")
            raise web.HTTPFound(path, headers={"Set-Cookie": guard.cookie_header()})
        response: web.StreamResponse = await handler(request)
        return response

    async def to_page(_request: web.Request) -> web.StreamResponse:
        raise web.HTTPFound(ROOT)

    app = web.Application(middlewares=[guarded])
    app.router.add_get("/", to_page)
    app.add_subapp(ROOT, highlight_application(settings, catalogue, is_public=True))
    return app


def serve_public(
    settings: Settings, catalogue: Catalogue, guard: PublicGuard, *, host: str, port: int
) -> None:
    """Serve until Ctrl-C or SIGTERM.

    Raises:
        UtawakuError: the port is taken, or the address is none of this machine.
    """
    logging.getLogger("aiohttp.access").disabled = True  # it would write the token
    try:
        web.run_app(
            public_application(settings, catalogue, guard),
            host=host,
            port=port,
            print=None,
            access_log=None,
            shutdown_timeout=SHUTDOWN_S,
        )
    except OSError as error:
        raise UtawakuError(
            f"cannot listen there ({error.strerror})",
            subject=f"{host}:{port}",
            next_step="Give another with --port or --bind",
        ) from error
