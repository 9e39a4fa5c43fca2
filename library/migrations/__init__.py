"""Bringing a catalogue to the newest schema, with a copy of the old one kept."""

import time
from pathlib import Path

import sqlalchemy as sa

from utawaku.library.errors import CatalogueError, CatalogueTooNewError
from utawaku.library.secret_url import without_credentials
from utawaku.library.store.connections import write_options

HEAD = max(path.stem[:4] for path in (Path(__file__).parent / "versions").glob("[0-9]*.py"))
"""The newest revision in `versions/`: a file's name starts with its revision."""
DEADLOCK = "40P01"
_TRIES = 3


def migrate(engine: sa.Engine, backups: Path | None = None) -> None:
    """Upgrade the catalogue behind `engine` to `HEAD`, with a copy of it made first.

    Args:
        engine: of the catalogue.
        backups: where the copy goes; by default `backups/` beside a SQLite file.

    Raises:
        CatalogueError: it could not be copied.
        CatalogueTooNewError: the catalogue knows a revision that this version does not.
    """
    for left in reversed(range(_TRIES)):
        try:
            _upgrade(engine, backups)
            return
        except sa.exc.OperationalError as error:
            # The server ends one of two that wait for each other; its own tidying up is such a one.
            code = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "pgcode", None)
            if code != DEADLOCK or not left:
                raise


def _upgrade(engine: sa.Engine, backups: Path | None) -> None:
    """Upgrade it in one change: where that fails, nothing was changed."""
    from alembic import command
    from alembic.config import Config
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    script = ScriptDirectory.from_config(config)
    writing = engine.connect().execution_options(**write_options(engine), utawaku_migrate=True)
    with writing as connection, connection.begin():
        # Holding the write lock here, a second program that starts now waits, then sees HEAD.
        current = MigrationContext.configure(connection).get_current_revision()
        if current == HEAD:
            return
        known = {revision.revision for revision in script.walk_revisions()}
        if current is not None and current not in known:
            raise CatalogueTooNewError(
                f"was made by a newer utawaku (schema {current}, this one knows {HEAD})",
                subject=without_credentials(engine.url.render_as_string(hide_password=False)),
                next_step="Upgrade utawaku; nothing was changed",
            )
        if current is not None:
            _keep_copy(engine, current, backups)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _keep_copy(engine: sa.Engine, revision: str, backups: Path | None) -> None:
    stamp = time.strftime("%Y%m%d-%H%M%S")
    if engine.dialect.name != "sqlite":
        from utawaku.library.postgres_care import dump

        if backups is None:
            raise CatalogueError(
                "is of an older version",
                subject=without_credentials(engine.url.render_as_string(hide_password=False)),
                next_step="Open it by any command of utawaku first, which keeps a copy of it",
            )
        dump(engine, backups / f"catalogue-schema{revision}-{stamp}.dump")
        return
    if not engine.url.database:
        return
    source = Path(engine.url.database)
    target = source.parent / "backups" / f"{source.stem}-schema{revision}-{stamp}.db"
    target.parent.mkdir(parents=True, exist_ok=True)
    import sqlite3

    with sqlite3.connect(source) as old, sqlite3.connect(target) as copy:
        old.backup(copy)
