"""The fingerprints of several machines: what one hears the others find."""

from pathlib import Path

import numpy as np
import pytest

from utawaku.library.catalogue import Catalogue
from utawaku.models.fingerprint import (
    Fingerprint,
    FingerprintIndex,
    SharedIndex,
    fingerprint,
    identify,
)

RATE_HZ = 16_000


def sound(seed: int, seconds: float = 25.0) -> np.ndarray:
    """Notes that change every 0.3 s, float32 (n_samples,)."""
    random = np.random.default_rng(seed)
    step = int(0.3 * RATE_HZ)
    t = np.arange(step) / RATE_HZ
    notes = [
        sum(np.sin(2 * np.pi * 220 * 2 ** (random.integers(0, 36) / 12) * t) for _ in range(3))
        for _ in range(int(seconds / 0.3))
    ]
    return (np.concatenate(notes) / 6).astype(np.float32)


@pytest.fixture(scope="module")
def heard() -> dict[str, Fingerprint]:
    """Three recordings."""
    return {name: fingerprint(sound(seed)) for seed, name in enumerate("abc")}


def add(index: FingerprintIndex, key: str, heard: dict[str, Fingerprint], title: str) -> None:
    index.add(key, heard[key].peaks, heard[key].chroma, title=title, artist="藤")


def titles(index: FingerprintIndex) -> dict[str, str]:
    """Title of each recording that an index knows."""
    found = {key: index.reference(index.number(key) or 0) for key in sorted(index.keys())}
    return {key: one.title for key, one in found.items() if one is not None}


def test_what_one_machine_adds_names_and_removes_another_finds(
    catalogue: Catalogue, tmp_path: Path, heard: dict[str, Fingerprint]
) -> None:
    shared = catalogue.fingerprints
    with SharedIndex(tmp_path / "one", shared) as one:
        add(one, "a", heard, "夜")
        add(one, "b", heard, "")
    with SharedIndex(tmp_path / "two", shared) as two:
        assert titles(two) == {"a": "夜", "b": ""}
        assert identify(two, sound(0))[0].title == "夜"
        two.rename("b", "海", "猫")
        add(two, "c", heard, "波")
        assert two.remove("a")
    with SharedIndex(tmp_path / "one", shared) as one:
        assert titles(one) == {"b": "海", "c": "波"}
        assert identify(one, sound(2))[0].title == "波"


def test_what_was_seen_before_is_not_fetched_again(
    catalogue: Catalogue,
    tmp_path: Path,
    heard: dict[str, Fingerprint],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shared = catalogue.fingerprints
    for place in ("one", "two"):
        with SharedIndex(tmp_path / place, shared) as index:
            add(index, "a" if place == "one" else "b", heard, "夜")
    fetched: list[str] = []
    original = shared.with_sound
    monkeypatch.setattr(
        shared, "with_sound", lambda keys: (fetched.extend(keys), original(keys))[1]
    )
    with SharedIndex(tmp_path / "one", shared) as one:
        numbers = [one.number("a"), one.number("b")]
        one.rename("a", "海", "")
    with SharedIndex(tmp_path / "two", shared) as two:
        assert titles(two) == {"a": "海", "b": "夜"}
    with SharedIndex(tmp_path / "one", shared) as one:
        assert [one.number("a"), one.number("b")] == numbers
    assert fetched == ["b"]


def test_what_machines_knew_alone_is_shared_the_first_time(
    catalogue: Catalogue, tmp_path: Path, heard: dict[str, Fingerprint]
) -> None:
    for place, keys in (("one", "ab"), ("two", "bc")):
        with FingerprintIndex(tmp_path / place) as alone:
            for key in keys:
                add(alone, key, heard, f"{key} of {place}")
    for place in ("one", "two", "one"):
        with SharedIndex(tmp_path / place, catalogue.fingerprints) as index:
            known = titles(index)
    assert known == {"a": "a of one", "b": "b of one", "c": "c of two"}


def test_a_catalogue_that_was_put_back_without_them_gets_them_again(
    catalogue: Catalogue, tmp_path: Path, heard: dict[str, Fingerprint]
) -> None:
    with SharedIndex(tmp_path / "one", catalogue.fingerprints) as one:
        add(one, "a", heard, "夜")
    catalogue.fingerprints.remove("a")
    with SharedIndex(tmp_path / "one", catalogue.fingerprints) as one:
        assert titles(one) == {"a": "夜"}
    assert catalogue.fingerprints.keys(1) == {"a"}
