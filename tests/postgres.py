"""A PostgreSQL server for tests: `UTAWAKU_TEST_POSTGRES` is its URL.

With it the tests of the catalogue run on PostgreSQL, each in a schema of its own (see `.ci/run` and
CONTRIBUTING.md); without it they run on SQLite, and those marked `postgres` are skipped.
"""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from psycopg.errors import DeadlockDetected

VARIABLE = "UTAWAKU_TEST_POSTGRES"
SERVER = os.environ.get(VARIABLE, "")
NO_SERVER = f"needs a PostgreSQL server: {VARIABLE} is its URL"
SQLITE_ONLY = "is about the file of SQLite"


@contextmanager
def schema() -> Iterator[str]:
    """The URL of an empty schema, which is dropped at the end with all that uses it."""
    name = f"test_{uuid.uuid4().hex[:16]}"
    url = sa.make_url(SERVER).set(drivername="postgresql+psycopg")
    server = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with server.connect() as connection:
        connection.exec_driver_sql(f"CREATE SCHEMA {name}")
    # The name of the application tells which sessions are the test's.
    own = url.update_query_dict({"options": f"-csearch_path={name}", "application_name": name})
    try:
        yield own.render_as_string(hide_password=False)
    finally:
        with server.connect() as connection:
            connection.exec_driver_sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                f"WHERE application_name = '{name}'"
            )
            drop_schema(connection, name)
            # Made by `cluster init`, for Dagster's tables.
            drop_schema(connection, f"{name}_dagster")


def drop_schema(connection: sa.Connection, name: str, attempts: int = 5) -> None:
    """Drop a schema, if it is there, with all that it holds.

    Autovacuum locks a table and then its TOAST table, in no order with a removal: a deadlock, of
    which PostgreSQL may end this side.
    """
    for attempt in range(attempts):
        try:
            connection.exec_driver_sql(f"DROP SCHEMA IF EXISTS {name} CASCADE")
            return
        except sa.exc.OperationalError as error:
            if not isinstance(error.orig, DeadlockDetected) or attempt == attempts - 1:
                raise
