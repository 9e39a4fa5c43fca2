"""`utawaku catalogue move`: the catalogue from SQLite to PostgreSQL, or back."""

import time
from typing import Annotated

import typer

from utawaku.commands.console import err, out
from utawaku.commands.help import App
from utawaku.library.language import tr

app = App(help="Move the catalogue into another database.", no_args_is_help=True)

SQLITE = "sqlite"


@app.callback()
def _group() -> None:
    """Move the catalogue into another database."""


@app.command(
    epilog="Example: utawaku catalogue move --to postgresql://uta:PASSWORD@db.example.org/songs"
)
def move(
    to: Annotated[
        str,
        typer.Option(help="URL of a PostgreSQL database, or `sqlite` for the file in data_dir."),
    ],
    replace: Annotated[
        bool,
        typer.Option("--replace", help="Replace what is there; a copy of it goes to backups/."),
    ] = False,
) -> None:
    """Copy every row, check each, and use the new database from then on."""
    from utawaku.commands.supervisor import is_running
    from utawaku.library.catalogue import Catalogue
    from utawaku.library.catalogue_copy import copy_catalogue, is_new
    from utawaku.library.config import load_settings, write_setting
    from utawaku.library.errors import CatalogueError, ConfigError, UtawakuError
    from utawaku.library.paths import database_url, environment_name, is_in_environment
    from utawaku.library.secret_url import without_credentials
    from utawaku.workflows.one_machine import bring_home

    settings = load_settings()
    if is_running(settings):
        raise UtawakuError("the pipeline is running", next_step="End it with `utawaku down` first")
    if is_in_environment("catalogue_url"):
        raise ConfigError(
            "the environment says where the catalogue is, whatever the settings say",
            subject=environment_name("catalogue_url"),
            next_step="Put it into the settings: utawaku settings catalogue_url URL",
        )
    url = database_url("" if to == SQLITE else to, settings.data_dir)
    backups = settings.data_dir / "backups"
    source = Catalogue.open(settings)
    target = Catalogue.open_url(url, backups=backups)
    try:
        if source.engine.url == target.engine.url:
            raise ConfigError("the catalogue is there already", subject=without_credentials(url))
        if not is_new(target):
            if not replace:
                raise CatalogueError(
                    "holds a catalogue already",
                    subject=without_credentials(url),
                    next_step="--replace replaces it, with a copy of it in backups/",
                )
            stamp = time.strftime("%Y%m%d-%H%M%S")
            ending = "db" if target.engine.dialect.name == "sqlite" else "dump"
            target.backup(backups / f"catalogue-replaced-{stamp}.{ending}")
        if to == SQLITE and settings.is_shared:
            with err.status(tr("copying what the machines shared")):
                bring_home(source, settings)
        with err.status(tr("copying the catalogue")) as status:
            n_rows = copy_catalogue(
                source,
                target,
                lambda name, n: status.update(tr("copied {n:,} rows of {name}", n=n, name=name)),
            )
    finally:
        source.close()
        target.close()
    write_setting("catalogue_url", None if to == SQLITE else to)
    out.print(
        tr(
            "{n:,} rows moved to {place}, each one checked; the old database stays as it is",
            n=n_rows,
            place=without_credentials(url),
        ),
        markup=False,
        soft_wrap=True,
    )
