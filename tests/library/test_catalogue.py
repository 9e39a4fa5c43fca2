"""The catalogue: opening, migrating, searching, keeping what the user made."""

import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.errors import (
    CatalogueError,
    CatalogueLockedError,
    CatalogueTooNewError,
    NotFoundError,
)
from utawaku.library.records import Segment, SongSpan, Stream
from utawaku.library.requests import Ingest
from utawaku.library.schema import metadata, songs


def span(start_s: float, stop_s: float, index: int = 0, title: str = "") -> SongSpan:
    return SongSpan(index, start_s, stop_s, "smart", 0.9, title=title)


@pytest.fixture
def stream(catalogue: Catalogue) -> Stream:
    return catalogue.streams.save(
        Stream(id="file-1", url="/x.opus", title="【歌枠】夜", channel="澪", duration_s=600.0)
    )


def test_a_migrated_catalogue_has_the_schema_of_the_code(catalogue: Catalogue) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    def ours(_object: object, name: str | None, *_rest: object) -> bool:
        # Each database finds texts and notices changes by means of its own; of an index of an
        # expression SQLite does not tell what it is of.
        own = ("song_fts", "song_changes", "change_counts", "ix_song_search_trigrams")
        own += ("ix_leases_stream_id",)
        return not (name or "").startswith(own)

    with catalogue.read() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": ours})
        assert compare_metadata(context, metadata) == []


def test_opening_twice_keeps_what_is_there(settings: Settings, stream: Stream) -> None:
    again = Catalogue.open(settings)
    assert again.streams.get("file-1") == stream
    again.close()


def test_opening_the_newest_schema_migrates_and_copies_nothing(settings: Settings) -> None:
    Catalogue.open(settings).close()
    code = """
import sys
from utawaku.library.catalogue import Catalogue
Catalogue.open_url(sys.argv[1]).close()
print("alembic" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code, settings.database_url],
                          capture_output=True, text=True, check=True)  # fmt: skip
    assert done.stdout.strip() == "False"
    assert not (settings.data_dir / "backups").exists()


def test_many_programs_may_open_a_new_catalogue_at_once(settings: Settings) -> None:
    failures: list[Exception] = []

    def open_it() -> None:
        try:
            Catalogue.open(settings).close()
        except Exception as error:  # noqa: BLE001 - the test reports whatever went wrong
            failures.append(error)

    threads = [threading.Thread(target=open_it) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


@pytest.mark.sqlite
def test_a_catalogue_of_a_newer_version_is_refused_and_left_alone(settings: Settings) -> None:
    Catalogue.open(settings).close()
    path = settings.data_dir / "catalogue.db"
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(CatalogueTooNewError, match="newer utawaku"):
        Catalogue.open(settings)


@pytest.mark.sqlite
def test_a_file_that_is_no_database_is_a_clear_error(settings: Settings) -> None:
    settings.data_dir.mkdir(parents=True)
    (settings.data_dir / "catalogue.db").write_bytes(b"not a database at all" * 100)
    with pytest.raises(CatalogueError, match="backups"):
        Catalogue.open(settings)


def test_a_writer_that_waits_too_long_says_that_the_catalogue_is_locked(
    settings: Settings, catalogue: Catalogue
) -> None:
    hasty = Catalogue.open(settings, busy_timeout_s=0.05)
    with catalogue.write(), pytest.raises(CatalogueLockedError):
        hasty.requests.file(Ingest(source="https://example.org/1"))
    hasty.close()


def test_readers_do_not_wait_for_a_writer(catalogue: Catalogue, stream: Stream) -> None:
    with catalogue.write() as connection:
        connection.execute(sa.text("UPDATE streams SET title = 'new'"))
        assert catalogue.streams.get("file-1").title == "【歌枠】夜"
    assert catalogue.streams.get("file-1").title == "new"


def test_an_error_inside_a_transaction_undoes_it(catalogue: Catalogue, stream: Stream) -> None:
    def break_off() -> None:
        with catalogue.write() as connection:
            connection.execute(sa.text("UPDATE streams SET title = 'half'"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        break_off()
    assert catalogue.streams.get("file-1").title == "【歌枠】夜"


def test_segments_are_replaced_as_a_whole(catalogue: Catalogue, stream: Stream) -> None:
    catalogue.streams.replace_segments("file-1", [Segment("music", 0.0, 9.0)] * 3)
    new = [Segment("speech", 0.0, 1.0), Segment("music", 1.0, 2.0)]
    catalogue.streams.replace_segments("file-1", new)
    assert catalogue.streams.segments("file-1") == new


def test_a_song_has_the_identity_of_first_sight(catalogue: Catalogue, stream: Stream) -> None:
    catalogue.songs.reconcile("file-1", [span(10.0, 100.0)], made_by="a")
    catalogue.grades.give("file-1@10000", grade=1, stars=5)
    catalogue.songs.reconcile("file-1", [span(12.5, 99.0), span(200, 300, 1)], made_by="b")
    first, second = catalogue.songs.of_stream("file-1")
    assert (first.id, first.start_s, first.grade, first.stars) == ("file-1@10000", 12.5, 1, 5)
    assert (second.id, second.position) == ("file-1@200000", 1)


def test_a_lost_song_keeps_its_grade_and_comes_back(catalogue: Catalogue, stream: Stream) -> None:
    catalogue.songs.reconcile("file-1", [span(10.0, 100.0)], made_by="a")
    catalogue.grades.give("file-1@10000", grade=1)
    catalogue.songs.reconcile("file-1", [], made_by="b")
    assert catalogue.songs.of_stream("file-1") == []
    catalogue.songs.reconcile("file-1", [span(11.0, 101.0)], made_by="c")
    (song,) = catalogue.songs.of_stream("file-1")
    assert (song.id, song.grade) == ("file-1@10000", 1)


def test_boundaries_and_drops_of_the_user_stand(catalogue: Catalogue, stream: Stream) -> None:
    catalogue.songs.reconcile("file-1", [span(10, 100), span(200, 300, 1)], made_by="a")
    catalogue.songs.set_span("file-1@10000", 15.0, 90.0)
    catalogue.songs.drop("file-1@200000")
    catalogue.songs.reconcile("file-1", [span(9, 101), span(199, 301, 1)], made_by="b")
    (song,) = catalogue.songs.of_stream("file-1")
    assert (song.start_s, song.stop_s, song.boundary_source) == (15.0, 90.0, "user")


def test_the_users_name_for_a_song_is_never_overwritten(
    catalogue: Catalogue, stream: Stream
) -> None:
    catalogue.songs.reconcile("file-1", [span(10, 100, title="guess")], made_by="a")
    assert catalogue.songs.get("file-1@10000").label_source == "setlist"
    assert catalogue.songs.set_label("file-1@10000", "夜に駆ける", "YOASOBI", "user")
    assert not catalogue.songs.set_label("file-1@10000", "other", "x", "shazam")
    catalogue.songs.reconcile("file-1", [span(10, 100, title="guess")], made_by="b")
    assert catalogue.songs.get("file-1@10000").title == "夜に駆ける"


def test_songs_of_no_stream_cannot_be_written(catalogue: Catalogue) -> None:
    with pytest.raises(NotFoundError):
        catalogue.songs.reconcile("nowhere", [span(0, 90)], made_by="a")
    with pytest.raises(NotFoundError):
        catalogue.grades.give("nowhere@0", grade=1)


def test_every_grade_stays_in_the_history(catalogue: Catalogue, stream: Stream) -> None:
    catalogue.songs.reconcile("file-1", [span(10, 100)], made_by="a")
    for grade in (1, 0, -1):
        catalogue.grades.give("file-1@10000", grade=grade)
    assert [row.grade for row in catalogue.grades.history("file-1@10000")] == [-1, 0, 1]
    assert catalogue.songs.get("file-1@10000").grade == -1
    assert catalogue.songs.count(songs.c.grade == -1) == 1


@pytest.mark.sqlite
def test_the_trigram_index_follows_names_and_tags(catalogue: Catalogue, stream: Stream) -> None:
    catalogue.songs.reconcile("file-1", [span(10, 100)], made_by="a")
    catalogue.songs.set_label("file-1@10000", "夜に駆ける", "YOASOBI", "user")
    catalogue.songs.set_tags("file-1@10000", {"ballad": 0.9}, source="user")

    def hits(text: str) -> int:
        with catalogue.read() as connection:
            return connection.execute(
                sa.text("SELECT count(*) FROM song_fts WHERE song_fts MATCH :text"),
                {"text": f'"{text}"'},
            ).scalar_one()

    assert hits("夜に駆") == hits("yoasobi") == hits("ballad") == 1
    catalogue.songs.set_label("file-1@10000", "アイドル", "YOASOBI", "user")
    assert hits("夜に駆") == 0


def test_the_same_open_request_is_filed_once(catalogue: Catalogue) -> None:
    first = catalogue.requests.file(Ingest(source="u", channel="a"))
    assert catalogue.requests.file(Ingest(source="u", channel="a")) == first
    assert catalogue.requests.file(Ingest(source="u", channel="b")).id != first.id


def test_a_request_is_claimed_by_one_worker_and_can_be_cancelled(catalogue: Catalogue) -> None:
    request = catalogue.requests.file(Ingest(source="u"))
    assert catalogue.requests.claim(request.id)
    assert not catalogue.requests.claim(request.id)
    assert catalogue.requests.cancel(request.id)
    assert not catalogue.requests.finish(request.id)
    assert catalogue.requests.get(request.id).state == "cancelled"


def test_an_unread_notice_is_not_repeated(catalogue: Catalogue) -> None:
    for _ in range(3):
        catalogue.notices.add("error", "Bot check", body="youtube", next_step="Pass cookies")
    assert len(catalogue.notices.recent()) == 1
    catalogue.notices.mark_read()
    assert catalogue.notices.recent(unread_only=True) == []


def test_asset_states_tell_what_another_version_made(catalogue: Catalogue, stream: Stream) -> None:
    catalogue.assets.started("file-1", "segments")
    catalogue.assets.progressed("file-1", "segments", 0.5, "half")
    assert catalogue.assets.of("file-1")["segments"].progress == 0.5
    catalogue.assets.done(
        "file-1", "segments", engine="sm", engine_version="1", model_version="abc"
    )

    def stale(engine_version: str) -> list[tuple[str, str]]:
        return catalogue.assets.stale(
            "segments", engine_version, models={}, upstream=(), dropped=True
        )

    assert stale("1") == []
    assert stale("2") == [("file-1", "abc")]
    assert catalogue.assets.counts() == {("segments", "done"): 1}


@pytest.mark.sqlite
def test_a_backup_is_a_whole_catalogue(
    catalogue: Catalogue, stream: Stream, tmp_path: Path
) -> None:
    catalogue.backup(tmp_path / "copy.db")
    copy = Catalogue.open_url(f"sqlite:///{tmp_path / 'copy.db'}")
    assert copy.streams.get("file-1") == stream
    copy.close()


def test_what_was_put_off_is_found_when_its_time_has_come(
    catalogue: Catalogue, stream: Stream
) -> None:
    at = time.time() + 100.0
    catalogue.assets.done(
        "file-1", "labels", engine="e", engine_version="1", metadata={"retry_at": at}
    )
    assert catalogue.assets.put_off("labels", until=at - 1, limit=5) == []
    assert catalogue.assets.put_off("labels", until=at + 1, limit=5) == ["file-1"]
    catalogue.assets.done(
        "file-1", "labels", engine="e", engine_version="1", metadata={"retry_at": 0.0}
    )
    assert catalogue.assets.put_off("labels", until=at + 1, limit=5) == []
