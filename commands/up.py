"""`utawaku up` and `utawaku down`: the pipeline on loopback."""

import socket
from typing import Annotated

import typer

from utawaku.commands.console import out
from utawaku.library.errors import UtawakuError


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(epilog="Example: utawaku up --detach")(up)
    app.command(epilog="Example: utawaku down")(down)


def up(
    detach: Annotated[
        bool, typer.Option("--detach", help="Run in the background; `utawaku down` ends it.")
    ] = False,
    port: Annotated[int | None, typer.Option(help="Port of the Dagster UI.")] = None,
    metrics: Annotated[
        int | None, typer.Option(help="Serve Prometheus text on this port of loopback, too.")
    ] = None,
    read_only: Annotated[
        bool, typer.Option("--read-only", help="The web page shows everything and takes no orders.")
    ] = False,
    address: Annotated[
        bool, typer.Option("--address", help="Print the web page's address, with its token, only.")
    ] = False,
) -> None:
    """Start the pipeline: Dagster's daemon (sensors, runs) and its UI, on loopback only.

    The web page serves nobody without its token; the printed address holds it.
    """
    from utawaku.commands.pipeline_services import Pages
    from utawaku.commands.supervisor import run_pipeline, start_detached
    from utawaku.commands.web_page import guard_of
    from utawaku.library.config import load_settings

    settings = load_settings()
    pages = Pages(port or settings.web_port, metrics, read_only)
    if address:
        out.print(guard_of(settings, pages.port).address(), markup=False, soft_wrap=True)
        return
    if not hasattr(socket, "AF_UNIX"):
        # A port would let every user of this machine talk to the code server, which runs code.
        raise UtawakuError(
            "the pipeline needs Unix sockets, which this system does not offer",
            next_step="`utawaku ingest` works without it; on Windows, the pipeline runs in WSL",
        )
    if detach:
        start_detached(settings, pages)
    else:
        run_pipeline(settings, pages)


def down() -> None:
    """End the pipeline that `up` started, and what one that was killed left behind."""
    from utawaku.commands.supervisor import end_pipeline
    from utawaku.library.config import load_settings

    end_pipeline(load_settings())
