"""A user of the database who may make tables, and not the extension that searches are fast with."""

import uuid
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from tests import postgres
from utawaku.library.catalogue import Catalogue
from utawaku.library.postgres import make_trigram_index
from utawaku.library.postgres_care import look
from utawaku.library.records import SongSpan, Stream

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.skipif(not postgres.SERVER, reason=postgres.NO_SERVER),
]


@pytest.fixture
def database() -> Iterator[sa.URL]:
    """A database of its own, without the extension, as its administrator reaches it."""
    name = f"test_{uuid.uuid4().hex[:16]}"
    url = sa.make_url(postgres.SERVER).set(drivername="postgresql+psycopg")
    server = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with server.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
        connection.exec_driver_sql(f"CREATE ROLE {name} LOGIN PASSWORD 'songs'")
    try:
        own = url.set(database=name)
        inside = sa.create_engine(own, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        with inside.connect() as connection:
            connection.exec_driver_sql(f"CREATE SCHEMA songs AUTHORIZATION {name}")
        yield own
    finally:
        with server.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
            connection.exec_driver_sql(f"DROP ROLE {name}")


def test_a_catalogue_without_the_extension_finds_the_same_songs_and_says_what_to_do(
    database: sa.URL,
) -> None:
    user = database.set(username=database.database, password="songs")
    user = user.update_query_dict({"options": "-csearch_path=songs"})
    catalogue = Catalogue.open_url(user.render_as_string(hide_password=False))
    catalogue.streams.save(Stream("file-1", "/a.opus", duration_s=600.0))
    catalogue.songs.reconcile("file-1", [SongSpan(0, 0, 200, "smart", 0.9)], made_by="a")
    (song,) = catalogue.songs.select()
    catalogue.songs.set_label(song.id, "夜に駆ける", "YOASOBI", "user")

    def found() -> list[str]:
        listing = catalogue.browser.search("夜に駆")
        return [one.id for one in catalogue.browser.songs(listing.numbers)]

    assert found() == [song.id]
    with catalogue.read() as connection:
        told = {finding.name: finding for finding in look(connection)}
    assert "no trigram index" in told["trigrams"].message
    # As an administrator does it, who is told to; then `doctor --fix` makes the index.
    server = sa.create_engine(database, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with server.connect() as connection:
        connection.exec_driver_sql("CREATE EXTENSION pg_trgm WITH SCHEMA public")
    with catalogue.write() as connection:
        assert make_trigram_index(connection)
    assert found() == [song.id]
    catalogue.close()
