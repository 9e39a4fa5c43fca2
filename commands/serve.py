"""`utawaku serve`: the terminal library in a browser, on loopback."""

from typing import Annotated

import typer

from utawaku.commands.console import out


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: utawaku serve --port 3300")(serve)


def serve(
    port: Annotated[int | None, typer.Option(help="Port on loopback.")] = None,
) -> None:
    """Show the library in a browser on this machine; the printed addresses hold a token.

    The second address is the highlight page: upload songs, get their highlights and playlists.
    """
    from utawaku.library.catalogue import Catalogue
    from utawaku.library.config import load_settings
    from utawaku.tui.serve import DEFAULT_PORT
    from utawaku.tui.serve import serve as run
    from utawaku.web.application import highlight_application
    from utawaku.web.pages import ROOT

    settings = load_settings()
    catalogue = Catalogue.open(settings)
    try:
        run(
            settings,
            port or DEFAULT_PORT,
            tell=lambda text: out.print(text, markup=False, soft_wrap=True),
            pages={ROOT: highlight_application(settings, catalogue)},
        )
    finally:
        catalogue.close()
