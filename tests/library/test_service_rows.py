"""Rate limits and answers of services in the catalogue, shared by all machines."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests import postgres
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.service_records import FileStore, KeptAnswer, ServiceRecord
from utawaku.library.service_rows import CatalogueStore
from utawaku.library.service_status import Service, services


@contextmanager
def machines(settings: Settings, n: int = 2) -> Iterator[list[CatalogueStore]]:
    """The same service as several programs see it, each over connections of its own."""
    opened = [Catalogue.open(settings) for _ in range(n)]
    try:
        yield [CatalogueStore(one, "shazam") for one in opened]
    finally:
        for one in opened:
            one.close()


def test_what_one_machine_records_another_reads(settings: Settings) -> None:
    with machines(settings) as (here, there):
        assert there.read() == ServiceRecord()
        with here.changing() as record:
            record.open_until, record.reason, record.leases = 9.5, "HTTP 429", {"a": 1.5}
        assert there.read() == ServiceRecord([], {"a": 1.5}, open_until=9.5, reason="HTTP 429")
        here.remember([KeptAnswer("question", {"title": "夜"}, 1.0, None)])
        assert there.recall("question", time.time()) == {"title": "夜"}
        here.remember([KeptAnswer("question", [2], 2.0, 100.0)])
        assert (there.recall("question", 99.0), there.recall("question", 101.0)) == ([2], None)
        assert (there.n_answers(), there.forget(), here.n_answers()) == (1, 1, 0)


def test_services_are_kept_apart(catalogue: Catalogue) -> None:
    shazam, other = CatalogueStore(catalogue, "shazam"), CatalogueStore(catalogue, "lrclib")
    with shazam.changing() as record:
        record.n_failures = 3
    shazam.remember([KeptAnswer("question", 1, 1.0, None)])
    assert other.read() == ServiceRecord()
    assert (other.forget(), shazam.n_answers()) == (0, 1)


def test_no_change_of_several_machines_is_lost(settings: Settings) -> None:
    with machines(settings, 4) as stores:

        def count(store: CatalogueStore) -> None:
            for _ in range(10):
                with store.changing() as record:
                    record.n_failures += 1

        threads = [threading.Thread(target=count, args=(store,)) for store in stores]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert stores[0].read().n_failures == 40


def test_a_change_that_fails_is_none(catalogue: Catalogue) -> None:
    store = CatalogueStore(catalogue, "shazam")
    with suppress(ZeroDivisionError), store.changing() as record:
        record.n_failures = 9 // 0
    assert store.read() == ServiceRecord()


def test_a_machine_s_own_file_is_taken_over_once(catalogue: Catalogue, tmp_path: Path) -> None:
    path = tmp_path / "shazam.db"
    file = FileStore(path)
    file.remember([KeptAnswer("old", "here", 1.0, None), KeptAnswer("both", "here", 1.0, None)])
    with file.changing() as record:
        record.per_minute, record.open_until, record.reason = 12.0, 5.0, "HTTP 429"
    shared = CatalogueStore(catalogue, "shazam")
    shared.remember([KeptAnswer("both", "there", 2.0, None)])
    service = Service("shazam", True, 5.0, 4, path, is_shared=True)
    found = service.store(catalogue)
    assert (found.recall("old", 2.0), found.recall("both", 2.0)) == ("here", "there")
    assert (found.read().per_minute, found.read().reason) == (12.0, "HTTP 429")
    assert not path.exists()
    with shared.changing() as record:
        record.per_minute = 7.0
    FileStore(path)  # a second machine's, say
    assert service.store(catalogue).read().per_minute == 7.0


@pytest.mark.postgres
@pytest.mark.skipif(not postgres.SERVER, reason=postgres.NO_SERVER)
def test_on_a_server_the_settings_name_the_shared_state(
    settings: Settings, catalogue: Catalogue
) -> None:
    service = services(settings)["shazam"]
    with service.store(catalogue).changing() as record:
        record.open_until, record.reason = time.time() + 600, "HTTP 429"
    state = service.state(catalogue)
    assert (state.open, state.reason, service.path.exists()) == (True, "HTTP 429", False)
