"""Readers and writers of one catalogue at the same time."""

import sqlite3

import pytest

from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.requests import Ingest


@pytest.mark.sqlite
def test_a_long_reader_does_not_stop_writers_and_a_stuck_writer_is_told_of(
    settings: Settings,
) -> None:
    catalogue = Catalogue.open(settings, busy_timeout_s=0.3)
    reader = sqlite3.connect(settings.data_dir / "catalogue.db", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM streams").fetchone()
    catalogue.requests.file(Ingest(source="x"))  # WAL: a reader is in nobody's way
    reader.execute("COMMIT")
    reader.execute("BEGIN IMMEDIATE")
    from utawaku.library.errors import CatalogueLockedError

    with pytest.raises(CatalogueLockedError):
        catalogue.requests.file(Ingest(source="y"))
    reader.execute("ROLLBACK")
    assert [r.target for r in catalogue.requests.waiting()] == ["x"]
    reader.close()
    catalogue.close()
