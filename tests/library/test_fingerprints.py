"""Fingerprints that several machines share, as rows."""

import threading

from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.store.fingerprints import SharedFingerprint, SharedName, digest_of


def recording(key: str, title: str = "夜", sound: bytes = b"peaks") -> SharedFingerprint:
    """A recording with a made-up sound."""
    name = SharedName(key, "song", title, "藤", "", 12.5, digest_of(sound, b"chroma"))
    return SharedFingerprint(name, sound, b"chroma")


def test_what_changed_since_a_revision_is_told_in_order(catalogue: Catalogue) -> None:
    store = catalogue.fingerprints
    assert store.newest(1) == (0, 0)
    store.put([recording("a"), recording("b")], 1)
    first, n_known = store.newest(1)
    assert n_known == 2
    store.put([recording("c", sound=b"other")], 1)
    store.rename("a", "海", "猫", "JP1")
    assert [one.key for one in store.names_since(first, 1)] == ["c", "a"]
    assert store.names_since(first, 1)[1].title == "海"
    assert store.names_since(store.newest(1)[0], 1) == []
    store.remove("b")
    assert store.keys(1) == {"a", "c"}
    assert [one.peaks for one in store.with_sound(["c", "b"])] == [b"other"]


def test_a_name_that_it_has_already_changes_nothing(catalogue: Catalogue) -> None:
    store = catalogue.fingerprints
    store.put([recording("a", "夜")], 1)
    newest = store.newest(1)
    store.rename("a", "夜", "藤", "")
    store.rename("not there", "夜", "藤", "")
    assert store.newest(1) == newest


def test_another_format_is_as_good_as_none(catalogue: Catalogue) -> None:
    catalogue.fingerprints.put([recording("a")], 1)
    assert catalogue.fingerprints.newest(2) == (0, 0)
    assert catalogue.fingerprints.keys(2) == set()
    catalogue.fingerprints.put([recording("a")], 2)
    assert catalogue.fingerprints.keys(1) == set()


def test_programs_that_write_at_once_get_revisions_of_their_own(settings: Settings) -> None:
    opened = [Catalogue.open(settings) for _ in range(3)]

    def put(n: int, one: Catalogue) -> None:
        for i in range(10):
            one.fingerprints.put([recording(f"{n}-{i}")], 1)

    threads = [threading.Thread(target=put, args=pair) for pair in enumerate(opened)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert opened[0].fingerprints.newest(1) == (30, 30)
    assert len({one.fingerprints.identity() for one in opened}) == 1
    for one in opened:
        one.close()
