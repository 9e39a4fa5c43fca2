"""What the options of a playlist may say, and which file it means."""

from dataclasses import replace
from pathlib import Path

import pytest

from utawaku.library.errors import PlaylistError
from utawaku.library.playlists import (
    ENDINGS,
    MAX_SONGS,
    ORDERS,
    PlaylistOptions,
    fault_of,
    file_for,
)
from utawaku.models.playlist import ORDERS as MODEL_ORDERS

WISH = PlaylistOptions("夜", "/music/夜.m4a", ("a", "b"))
ROOT = Path("/library")


def test_a_wish_survives_the_request() -> None:
    assert PlaylistOptions.read(WISH.arguments()) == WISH
    assert fault_of(WISH) == ""


def test_a_request_that_says_too_little_is_no_wish() -> None:
    for name in WISH.arguments():
        arguments = WISH.arguments()
        del arguments[name]
        with pytest.raises(PlaylistError, match="says too little"):
            PlaylistOptions.read(arguments)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (replace(WISH, name=" "), "name"),
        (replace(WISH, file="/music/夜.exe"), "must end"),
        (replace(WISH, file="夜.m4a"), "whole path"),
        (replace(WISH, order="moon"), "order"),
        (replace(WISH, crossfade_s=float("nan")), "seconds"),
        (replace(WISH, song_ids=()), "no songs"),
        (replace(WISH, song_ids=("a",) * (MAX_SONGS + 1)), "too many"),
    ],
)
def test_what_is_wrong_is_told(options: PlaylistOptions, told: str) -> None:
    assert told in fault_of(options)


@pytest.mark.parametrize(
    ("name", "typed", "path"),
    [
        ("夜", "", "/library/Playlists/夜.m4a"),
        ("夜", "Playlists/", "/library/Playlists/夜.m4a"),
        ("夜", "/elsewhere", "/elsewhere/夜.m4a"),
        ("夜", "/elsewhere/x.MP3", "/elsewhere/x.MP3"),
        ("夜", "x.opus", "/library/x.opus"),
        ("a.mp3", "/elsewhere/", "/elsewhere/a.mp3.m4a"),
        ("../../etc", "", "/library/Playlists/／..／etc.m4a"),
    ],
)
def test_a_name_and_what_was_typed_make_a_file(name: str, typed: str, path: str) -> None:
    made = file_for(name, typed, ROOT)
    if "etc" not in name:
        assert str(made) == path
    assert made.parent in (ROOT, ROOT / "Playlists", Path("/elsewhere"))


def test_home_is_understood(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert file_for("夜", "~/Music", ROOT) == tmp_path / "Music" / "夜.m4a"


def test_orders_and_endings_are_those_that_can_be_made() -> None:
    from utawaku.models.playlist.mix import _CONTAINERS

    assert set(ORDERS) == set(MODEL_ORDERS)
    assert set(ENDINGS) == set(_CONTAINERS)
