"""The catalogue on PostgreSQL: writers take turns, and errors say what to do."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests import postgres
from tests.conftest import ROOT, Program
from tests.library.older_catalogue import downgraded
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.errors import (
    CatalogueError,
    CatalogueLockedError,
    CatalogueTooNewError,
)
from utawaku.library.postgres import ChangeCounter
from utawaku.library.records import SongSpan, Stream
from utawaku.library.requests import Ingest
from utawaku.library.schema import song_tags, songs
from utawaku.library.store.text_changes import state_of
from utawaku.workflows.maintenance import back_up

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.skipif(not postgres.SERVER, reason=postgres.NO_SERVER),
]

N_THREADS, N_PROCESSES = 8, 4
PASSWORD = "pa55w0rd"

ROUNDS = """
import sys, threading
from utawaku.library.catalogue import Catalogue
from utawaku.library.requests import Ingest

def work(which):
    catalogue = Catalogue.open_url(sys.argv[1])
    for n in range(5):
        catalogue.requests.file(Ingest(source=f"https://example.org/{n}"))
        catalogue.songs.set_label("file-1@0", f"{which} {n}", "", "user")
        catalogue.grades.played("file-1@0", 0.0, 30.0)
    catalogue.close()

threads = [threading.Thread(target=work, args=(f"{sys.argv[2]} {n}",)) for n in range(2)]
for thread in threads: thread.start()
for thread in threads: thread.join()
"""


def together(work: Callable[[], object]) -> list[Exception]:
    """Do the same in threads at once; what went wrong in them."""
    failures: list[Exception] = []
    begin = threading.Barrier(N_THREADS)

    def guarded() -> None:
        begin.wait()
        try:
            work()
        except Exception as error:  # noqa: BLE001 - the test reports whatever went wrong
            failures.append(error)

    threads = [threading.Thread(target=guarded) for _ in range(N_THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures


@pytest.fixture
def song(catalogue: Catalogue) -> str:
    catalogue.streams.save(Stream(id="file-1", url="/x.opus", duration_s=600.0))
    catalogue.songs.reconcile("file-1", [SongSpan(0, 0, 90, "smart", 0.9)], made_by="a")
    return "file-1@0"


def test_programs_that_open_a_new_catalogue_at_once_all_get_it(settings: Settings) -> None:
    assert together(lambda: Catalogue.open(settings).close()) == []


def test_threads_that_file_one_request_file_it_once(catalogue: Catalogue) -> None:
    def file() -> None:
        for n in range(5):
            catalogue.requests.file(Ingest(source=f"https://example.org/{n}"))

    assert together(file) == []
    assert len(catalogue.requests.waiting()) == 5


def test_threads_that_count_lose_nothing(catalogue: Catalogue, song: str) -> None:
    with catalogue.read() as connection:
        before = state_of(connection)

    def count() -> None:
        for n in range(5):
            catalogue.grades.played(song, 0.0, 30.0)
            catalogue.songs.set_label(song, f"{threading.get_ident()} {n}", "", "user")

    assert together(count) == []
    assert catalogue.songs.get(song).play_count == 5 * N_THREADS
    with catalogue.read() as connection:
        assert state_of(connection) - before == 5 * N_THREADS


def test_four_programs_write_without_duplicates_or_lost_counts(
    catalogue: Catalogue, song: str, settings: Settings
) -> None:
    with catalogue.read() as connection:
        before = state_of(connection)
    programs = [
        subprocess.Popen(
            [sys.executable, "-c", ROUNDS, settings.database_url, str(n)],
            stderr=subprocess.PIPE, text=True, cwd=ROOT,
        )
        for n in range(N_PROCESSES)
    ]  # fmt: skip
    assert [one.communicate()[1] for one in programs] == [""] * N_PROCESSES
    assert len(catalogue.requests.waiting()) == 5
    assert catalogue.songs.get(song).play_count == N_PROCESSES * 2 * 5
    with catalogue.read() as connection:
        assert state_of(connection) - before == N_PROCESSES * 2 * 5


def test_a_writer_that_waits_too_long_says_that_the_catalogue_is_locked(
    settings: Settings, catalogue: Catalogue
) -> None:
    hasty = Catalogue.open(settings, busy_timeout_s=0.05)
    with catalogue.write(), pytest.raises(CatalogueLockedError):
        hasty.requests.file(Ingest(source="https://example.org/1"))
    hasty.requests.file(Ingest(source="https://example.org/1"))
    hasty.close()


def test_a_program_that_stops_after_writing_many_rows_loses_its_turn(
    catalogue: Catalogue, song: str
) -> None:
    stopped = catalogue.engine.connect().execution_options(utawaku_write=True)
    stopped.begin()
    stopped.exec_driver_sql("SET idle_in_transaction_session_timeout = 200")
    server = stopped.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
    tags = [{"song_id": song, "tag": tag, "source": "a", "score": 0.5} for tag in "abc"]
    stopped.execute(song_tags.insert(), tags)
    deadline = time.monotonic() + 60
    with catalogue.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as look:
        asked = sa.text("SELECT count(*) FROM pg_stat_activity WHERE pid = :pid")
        while look.execute(asked, {"pid": server}).scalar_one():
            assert time.monotonic() < deadline, "it keeps its turn for ever"
            time.sleep(0.1)
    catalogue.grades.give(song, grade=1)
    stopped.invalidate()
    stopped.close()


def test_a_reader_sees_one_state_for_the_whole_of_its_look(catalogue: Catalogue) -> None:
    count = sa.text("SELECT count(*) FROM requests")
    with catalogue.read() as connection:
        before = connection.execute(count).scalar_one()
        catalogue.requests.file(Ingest(source="https://example.org/1"))
        assert connection.execute(count).scalar_one() == before
    assert len(catalogue.requests.waiting()) == before + 1


def test_a_nul_is_told_as_one(catalogue: Catalogue, song: str) -> None:
    with pytest.raises(CatalogueError, match="NUL"):
        catalogue.songs.set_label(song, "a\0b", "", "user")
    assert catalogue.songs.get(song).title == ""


def test_a_number_that_json_does_not_know_is_kept_as_none(catalogue: Catalogue) -> None:
    told = {"starts": [1.5, float("nan"), float("inf")], "of": {"x": -float("inf")}}
    catalogue.memories.keep("answer", told)
    assert catalogue.memories.recall("answer", {}) == {
        "starts": [1.5, None, None],
        "of": {"x": None},
    }


def test_a_newer_catalogue_is_refused_and_left_alone(settings: Settings) -> None:
    opened = Catalogue.open(settings)
    with opened.write() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    opened.close()
    with pytest.raises(CatalogueTooNewError, match="newer utawaku"):
        Catalogue.open(settings)


def test_a_log_in_or_database_that_is_wrong_is_named(settings: Settings) -> None:
    url = sa.make_url(settings.database_url)
    with pytest.raises(CatalogueError, match="no such database") as caught:
        Catalogue.open_url(url.set(database="nowhere").render_as_string(hide_password=False))
    assert "createdb" in caught.value.next_step
    nobody = url.set(username="nobody_at_all", password=PASSWORD)
    with pytest.raises(CatalogueError, match="refuses the log-in") as caught:
        Catalogue.open_url(nobody.render_as_string(hide_password=False))
    assert PASSWORD not in str(caught.value)


def test_a_connection_that_breaks_is_told_and_made_again(catalogue: Catalogue) -> None:
    end = sa.text("SELECT pg_terminate_backend(pg_backend_pid())")
    with (
        pytest.raises(CatalogueError, match="connection to the server broke"),
        catalogue.read() as one,
    ):
        one.execute(end)
    assert catalogue.streams.count() == 0


def test_status_and_doctor_read_the_catalogue_and_hide_its_password(
    program: Program, settings: Settings
) -> None:
    url = sa.make_url(settings.database_url).set(password=PASSWORD)
    program.environment["UTAWAKU_CATALOGUE_URL"] = url.render_as_string(hide_password=False)
    status = program.run("status", "--json")
    assert json.loads(status.stdout)["n_songs"] == 0
    printed = status.stdout + program.run("doctor").stdout + program.run("settings").stdout
    assert PASSWORD not in printed


def test_a_copy_is_made_before_an_upgrade_and_at_night(
    catalogue: Catalogue, song: str, settings: Settings
) -> None:
    made = back_up(catalogue, settings)
    assert made is not None
    assert made.stat().st_mode & 0o777 == 0o600
    downgraded(catalogue, "0014")
    upgraded = Catalogue.open(settings)
    assert upgraded.songs.get(song).id == song
    assert [file.id for file in upgraded.browser.songs(upgraded.browser.search("").numbers)] == [
        song
    ]
    upgraded.close()
    (before,) = (settings.data_dir / "backups").glob("catalogue-schema0014-*.dump")
    for file in (made, before):
        listed = subprocess.run(
            ["pg_restore", "--data-only", "--file=-", file],
            capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
        assert song in listed


def test_where_a_copy_cannot_be_made_nothing_is_upgraded_and_the_night_goes_on(
    catalogue: Catalogue, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert back_up(catalogue, settings) is None
    (notice,) = catalogue.notices.recent()
    assert notice.title == "The catalogue was not copied"
    downgraded(catalogue, "0014")
    with pytest.raises(CatalogueError, match="pg_dump is not installed"):
        Catalogue.open(settings)


def test_the_size_of_the_tables_is_told(catalogue: Catalogue) -> None:
    assert catalogue.size_bytes() > 100_000


def test_a_search_reads_nothing_again_until_songs_change(catalogue: Catalogue, song: str) -> None:
    browser = catalogue.browser
    first = browser.search("")
    catalogue.requests.file(Ingest(source="https://example.org/1"))
    assert browser.search("").numbers is first.numbers
    assert browser.version() != first.version  # a screen of requests has news, though
    catalogue.grades.give(song, grade=1)
    assert browser.search("").numbers is not first.numbers


def test_a_transaction_is_one_change_of_the_songs_and_one_undone_is_none(
    catalogue: Catalogue,
) -> None:
    counter = ChangeCounter(catalogue.engine)

    def save(connection: sa.Connection, n: int) -> None:
        where = songs.c.stream_id == "file-1"
        connection.execute(songs.update().where(where).values(play_count=n))

    catalogue.streams.save(Stream("file-1", "/1.opus"))
    catalogue.songs.reconcile("file-1", [SongSpan(0, 0, 90, "smart", 0.9)], made_by="a")
    before = counter.read()
    with catalogue.write() as connection:
        for n in range(20):
            save(connection, n)
        assert counter.read() == before  # nobody else sees either yet
    assert counter.read().n_songs == before.n_songs + 1
    with suppress(ZeroDivisionError), catalogue.write() as connection:
        save(connection, 4)
        raise ZeroDivisionError
    with catalogue.write() as connection:
        with suppress(ZeroDivisionError), connection.begin_nested():
            save(connection, 5)
            raise ZeroDivisionError
        save(connection, 6)
    assert counter.read().n_songs == before.n_songs + 2
    with catalogue.write() as connection, suppress(ZeroDivisionError), connection.begin_nested():
        save(connection, 7)
        raise ZeroDivisionError
    assert counter.read().n_songs == before.n_songs + 2
    counter.close()
