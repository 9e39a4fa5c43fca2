"""Copies of a catalogue on PostgreSQL, its size, and what a look at the server finds."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa

from utawaku.library.errors import MAKE_ROOM, CatalogueError, CatalogueFullError, is_disk_full
from utawaku.library.files import atomic_path
from utawaku.library.health import Finding
from utawaku.library.schema import fingerprints
from utawaku.library.secret_url import without_credentials

PROGRAM = "pg_dump"
INSTALL = "Install PostgreSQL's client programs, of the server's version or newer"
_LONGEST_S = 6 * 3600.0


def dump(engine: sa.Engine, target: Path) -> None:
    """Copy a catalogue to a file of `pg_dump` (custom format, for `pg_restore`), others going on.

    Raises:
        CatalogueError: `pg_dump` is not installed, or failed.
        CatalogueFullError: the disk of `target` is full.
    """
    url = engine.url
    subject = without_credentials(url.render_as_string(hide_password=False))
    program = shutil.which(PROGRAM)
    if program is None:
        raise CatalogueError(
            "cannot be copied: pg_dump is not installed", subject=subject, next_step=INSTALL
        )
    with engine.connect() as connection:
        schema = connection.exec_driver_sql("SELECT current_schema()").scalar_one()
    target.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(target, mode=0o600) as temporary:
        done = subprocess.run(
            [
                program,
                "--format=custom",
                "--no-password",
                f"--schema={schema}",
                # Each machine has them in its index, and gives them back.
                f'--exclude-table-data="{schema}".{fingerprints.name}',
                f"--file={temporary}",
                f"--dbname={_without_password(url)}",
            ],
            env={**os.environ, **_password(url)},
            capture_output=True,
            text=True,
            timeout=_LONGEST_S,
            check=False,
        )
        if done.returncode:
            said = " ".join(done.stderr.split())
            if "No space left" in said or is_disk_full(OSError(), target.parent):
                raise CatalogueFullError(
                    "no space left on the disk of the copy",
                    subject=str(target.parent),
                    next_step=MAKE_ROOM,
                )
            raise CatalogueError(f"cannot be copied: {said}", subject=subject, next_step=INSTALL)


def _without_password(url: sa.URL) -> str:
    """The URL as libpq reads it; a password in the arguments could be read by others here."""
    plain = url.set(drivername="postgresql", password=None)
    return plain.difference_update_query(["password"]).render_as_string(hide_password=False)


def _password(url: sa.URL) -> dict[str, str]:
    password = url.password or url.query.get("password")
    return {"PGPASSWORD": str(password)} if password else {}


def size_bytes(connection: sa.Connection) -> int:
    """Return the size of the catalogue's tables on the server, with their indexes."""
    query = (
        "SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint FROM pg_class c "
        "WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r'"
    )
    return int(connection.exec_driver_sql(query).scalar_one())


def look(connection: sa.Connection) -> Iterator[Finding]:
    """Yield what is worth telling about the server and this machine's tools for it."""
    version = connection.exec_driver_sql("SHOW server_version").scalar_one()
    encoding = connection.exec_driver_sql("SHOW server_encoding").scalar_one()
    if encoding == "UTF8":
        yield Finding("postgresql", "ok", f"PostgreSQL {str(version).split()[0]}")
    else:
        yield Finding(
            "postgresql",
            "error",
            f"the database is encoded in {encoding}: titles in Japanese and Chinese cannot be kept",
            "Create it with --encoding=UTF8, and move the catalogue there",
        )
    yield from _trigrams(connection)
    if shutil.which(PROGRAM) is None:
        yield Finding(
            "pg_dump",
            "warning",
            "is not installed here: no copies of the catalogue are made by this machine",
            INSTALL,
        )


def _trigrams(connection: sa.Connection) -> Iterator[Finding]:
    found = connection.exec_driver_sql("SELECT to_regclass('ix_song_search_trigrams')").scalar()
    if found is None:
        yield Finding(
            "trigrams",
            "warning",
            "there is no trigram index: searches look at the text of every song",
            "Let an administrator run CREATE EXTENSION pg_trgm there, then: utawaku doctor --fix",
        )
        return
    # By the rules of the locale C no letter outside ASCII is one, and its trigrams are none.
    locale = connection.exec_driver_sql(
        "SELECT datctype FROM pg_database WHERE datname = current_database()"
    ).scalar_one()
    if locale in ("C", "POSIX"):
        yield Finding(
            "trigrams",
            "warning",
            f"the locale {locale} of the database knows no Japanese letters: searches are slower",
            "Create the database with --locale=C.UTF-8, and move the catalogue there",
        )
