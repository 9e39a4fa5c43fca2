"""A catalogue moved into another database and back is the same, row by row."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from benchmarks.fake_catalogue import fill
from utawaku.library.catalogue import Catalogue
from utawaku.library.catalogue_copy import copy_catalogue, is_new
from utawaku.library.errors import CatalogueError
from utawaku.library.schema import metadata

OTHER = "sqlite:///{}/other.db"


@pytest.fixture
def filled(catalogue: Catalogue) -> Catalogue:
    fill(catalogue, 30)
    song_id = catalogue.browser.songs(catalogue.browser.search("").numbers[:1])[0].id
    catalogue.grades.give(song_id, grade=1)
    catalogue.edits.rename({song_id: {"title": "夜に駆ける"}})
    return catalogue


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Catalogue]:
    opened = Catalogue.open_url(OTHER.format(tmp_path))
    yield opened
    opened.close()


def rows_of(catalogue: Catalogue) -> dict[str, list[dict[str, object]]]:
    with catalogue.read() as connection:
        return {
            table.name: sorted(
                (dict(row) for row in connection.execute(sa.select(table)).mappings()), key=repr
            )
            for table in metadata.sorted_tables
        }


def test_every_row_comes_along_and_back_with_what_can_be_undone(
    filled: Catalogue, other: Catalogue
) -> None:
    before = rows_of(filled)
    assert is_new(other)
    n_rows = copy_catalogue(filled, other)
    assert n_rows == sum(map(len, before.values()))
    assert rows_of(other) == before
    assert len(other.browser.search("夜に駆ける")) == len(filled.browser.search("夜に駆ける")) > 0
    copy_catalogue(other, filled)
    assert rows_of(filled) == before
    song = filled.browser.songs(filled.browser.search("grade:like 夜に駆ける").numbers)[0]
    edit = filled.edits.history(song.stream_id)[0]
    filled.edits.undo(edit.id)
    assert filled.songs.get(song.id).title != "夜に駆ける"
    # Numbers that the database gives go on after those that came along.
    (fresh,) = filled.edits.rename({song.id: {"title": "x"}})
    assert fresh.id > edit.id


def test_a_row_that_reads_back_differently_changes_nothing(
    filled: Catalogue, other: Catalogue
) -> None:
    with other.write() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER forget AFTER INSERT ON grades BEGIN "
            "UPDATE grades SET grade = 0 WHERE id = new.id; END"
        )
    with pytest.raises(CatalogueError, match="grades reads back differently"):
        copy_catalogue(filled, other)
    assert is_new(other)
