"""`utawaku serve`: the terminal library in a browser, on loopback."""

from typing import Annotated

import typer

from utawaku.commands.console import out
from utawaku.library.errors import UsageError


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: utawaku serve --port 3300")(serve)


def serve(
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
    public: Annotated[
        bool,
        typer.Option(
            "--public",
            help="Serve the highlight page alone, for a reverse proxy (see deploy/), without the "
            "terminal.",
        ),
    ] = False,
    url: Annotated[
        list[str] | None,
        typer.Option(
            help="With --public: the address that people type, https://songs.example.org; may be "
            "repeated. Default: web.public_urls."
        ),
    ] = None,
    feed: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SEARCH",
            help="Print the address of a podcast feed of a search, or of a saved search by its "
            "name; may be repeated.",
        ),
    ] = None,
    hook: Annotated[
        bool,
        typer.Option(
            "--hook",
            help="Take what recorders post when they have closed a file, and print the address.",
        ),
    ] = False,
    bind: Annotated[
        str,
        typer.Option(help="With --public: the address to listen on; 0.0.0.0 inside a container."),
    ] = "",
) -> None:
    """Show the library in a browser on this machine; the printed addresses hold a token.

    The second address is the highlight page: upload songs, get their highlights and playlists.

    --feed SEARCH prints the address of a podcast feed. Its token lasts, and opens nothing but feeds
    and their sound; HTTP Basic with that token as the password works, too.

    --hook prints the address for recorders: files below watch.recorder_folder are ingested by the
    pipeline as soon as they are closed.

    --public serves that page to other people, who log in by the token of the printed address or,
    with web.login_header, at the proxy. Everybody who may enter sees what the others upload.
    """
    from utawaku.library.catalogue import Catalogue
    from utawaku.library.config import load_settings
    from utawaku.library.web_guard import FEED_ROOT, HOOK_ROOT, HOST
    from utawaku.tui.serve import DEFAULT_PORT
    from utawaku.tui.serve import serve as run
    from utawaku.web.application import highlight_application
    from utawaku.web.feeds import feed_address, feed_application, feed_guard
    from utawaku.web.pages import ROOT
    from utawaku.web.public import public_guard, serve_public
    from utawaku.web.recorder_hook import hook_address, hook_application, hook_guard

    def tell(text: str) -> None:
        out.print(text, markup=False, soft_wrap=True)

    if not public and (url or bind):
        raise UsageError(
            "goes with --public only",
            subject="--url" if url else "--bind",
            next_step="Without it the page is for this machine alone",
        )
    if public and (feed or hook):
        raise UsageError(
            "goes without --public only",
            subject="--feed" if feed else "--hook",
            next_step="It is for this machine alone",
        )
    settings = load_settings()
    catalogue = Catalogue.open(settings)
    try:
        if not public:
            number = port or DEFAULT_PORT
            feeds = feed_guard(settings)
            origin = f"http://{HOST}:{number}"
            addresses = [
                feed_address(catalogue, feeds.token, one, origin=origin) for one in feed or ()
            ]
            pages = {
                ROOT: highlight_application(settings, catalogue),
                FEED_ROOT: feed_application(settings, catalogue),
            }
            guards = [feeds]
            if hook:
                guards.append(hook_guard(settings))
                pages[HOOK_ROOT] = hook_application(settings, catalogue)
                addresses.append(hook_address(guards[-1].token, origin=origin))
            run(settings, number, tell=tell, pages=pages, guards=guards, further=addresses)
            return
        guard = public_guard(settings, tuple(url or ()))
        for address in guard.addresses(ROOT):
            tell(address)
        serve_public(settings, catalogue, guard, host=bind or HOST, port=port or DEFAULT_PORT)
    finally:
        catalogue.close()
