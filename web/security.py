"""Rules for every request of the page, behind the guard of `library.web_guard`."""

from collections.abc import Awaitable, Callable

from aiohttp import web

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""Nothing from elsewhere, and no script or style inside the page: names of files are hostile."""
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    # With `no-referrer` a browser would call the origin of a form `null`.
    "Referrer-Policy": "same-origin",
}
_READING = ("GET", "HEAD")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def only_from_own_pages(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Take orders only from a page that says which one it is; the guard knows which are ours.

    Browsers name the page of every POST. A program may leave it out, and then shows the token
    in a header, as no page elsewhere can.
    """
    is_named = "Origin" in request.headers or "Authorization" in request.headers
    if request.method not in _READING and not is_named:
        raise web.HTTPForbidden(text="send the header Origin")
    return await handler(request)


async def add_headers(_request: web.Request, response: web.StreamResponse) -> None:
    """Add the headers that keep the page to itself."""
    response.headers.update(HEADERS)
    response.headers.setdefault("Cache-Control", "no-store")
