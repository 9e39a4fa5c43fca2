"""Stems of good songs are asked for once, a few at a time."""

import pytest

from benchmarks.fake_catalogue import fill
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import load_settings
from utawaku.library.requests import Separate
from utawaku.sensors.separate_good_songs import AT_ONCE, ask_for_good_songs


def test_each_good_song_with_a_file_is_asked_for_once(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(catalogue, 90, now=1_700_000_000.0)
    monkeypatch.setenv("UTAWAKU_STEMS__MIN_TASTE", "0.5")
    settings = load_settings()
    assert ask_for_good_songs(catalogue, settings) == []  # no song has a file
    for number, song in enumerate(catalogue.songs.select()):
        catalogue.songs.set_file(song.id, {"file_path": f"Songs/{number}.opus"})
    good = {song.id for song in catalogue.songs.select() if (song.taste or 0.0) >= 0.5}
    assert len(good) > AT_ONCE
    asked: list[str] = []
    for _ in range(9):
        new = ask_for_good_songs(catalogue, settings)
        assert len(new) <= AT_ONCE
        asked += new
    assert len(asked) == len(set(asked))
    assert set(asked) == good
    assert {one.target for one in catalogue.requests.waiting(Separate)} == good


def test_nothing_is_asked_for_while_both_thresholds_are_off(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(catalogue, 30, now=1_700_000_000.0)
    for number, song in enumerate(catalogue.songs.select()):
        catalogue.songs.set_file(song.id, {"file_path": f"Songs/{number}.opus"})
    off = load_settings()
    off = off.model_copy(update={"stems": off.stems.model_copy(update={"min_taste": None})})
    assert ask_for_good_songs(catalogue, off) == []
