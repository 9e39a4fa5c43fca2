"""The two forms of an answer to an order: JSON for the script, the page for a plain form."""

from typing import Any

from aiohttp import web

from utawaku.library.language import translated
from utawaku.web.pages import ROOT, whole_page
from utawaku.web.service import SERVICE


def wants_json(request: web.Request) -> bool:
    """Return whether the script of the page asks, or a program."""
    return "application/json" in request.headers.get("Accept", "")


def refuse(request: web.Request, problem: str, *, status: int) -> web.Response:
    """Tell what is wrong with an order."""
    if wants_json(request):
        return web.json_response({"problems": [translated(problem)]}, status=status)
    return whole_page(request.app[SERVICE], problems=[problem], status=status)


def accept(request: web.Request, *, to: str = ROOT, **values: Any) -> web.Response:
    """Tell that it was taken; a plain form is sent to the page."""
    if wants_json(request):
        return web.json_response(values)
    raise web.HTTPSeeOther(to)
