"""Dagster's PostgreSQL storage with connections that stay open for the length of a process.

Dagster opens and closes a connection for every event and every question; a run of a stream has some
hundreds, and PostgreSQL starts a process for each. It opens its storage at each tick of a sensor,
too, and looks for its tables three times as it does.

It sets a field of Dagster's that no release promises to keep, so releases that it was not tried
with get Dagster's own storage.
"""

import os
from typing import Any, Self

import sqlalchemy as sa
from dagster._serdes import ConfigurableClassData
from dagster_postgres import DagsterPostgresStorage
from dagster_postgres.utils import pg_url_from_config

from utawaku.orchestration.dagster_settings import is_tried_with

POOL_SIZE, POOL_OVERFLOW = 2, 20
RECYCLE_S = 3_600
_engines: dict[tuple[int, str], sa.Engine] = {}
"""Process and address -> its connections; a forked process has its own."""


class KeptPostgresStorage(DagsterPostgresStorage):
    """Runs, events and schedules as Dagster keeps them on PostgreSQL."""

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Any) -> Self:
        """Open the storage that Dagster's settings name; tables are looked for once a process."""
        url = pg_url_from_config(config_value)
        place = os.getpid(), url
        storage = cls(url, should_autocreate_tables=place not in _engines, inst_data=inst_data)
        if is_tried_with():
            if place not in _engines:
                _engines.setdefault(place, _engine(url))
            parts: list[Any] = [
                storage.run_storage,
                storage.event_log_storage,
                storage.schedule_storage,
            ]
            for part in parts:
                part._engine = _engines[place]
        return storage


def _engine(url: str) -> sa.Engine:
    return sa.create_engine(
        url,
        isolation_level="AUTOCOMMIT",
        pool_size=POOL_SIZE,
        max_overflow=POOL_OVERFLOW,
        pool_recycle=RECYCLE_S,
        # One that the server or the network ended is replaced, and no run fails by it.
        pool_pre_ping=True,
    )
