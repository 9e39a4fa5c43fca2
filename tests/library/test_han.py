"""Names in traditional, simplified and Japanese characters."""

import pytest

from utawaku.library.han import has_han, simplified


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("紅蓮華", "红莲华"),
        ("红莲华", "红莲华"),
        ("桜のうた", "樱のうた"),
        ("學不會", "学不会"),
        ("うた SONG 노래", "うた SONG 노래"),
        ("", ""),
    ],
)
def test_characters_are_written_one_way(text: str, expected: str) -> None:
    assert simplified(text) == expected


def test_once_is_enough_for_every_character() -> None:
    characters = [chr(code) for code in range(0x4E00, 0xA000)]
    once = [simplified(one) for one in characters]
    assert [simplified(one) for one in once] == once


def test_kana_are_no_characters() -> None:
    assert not has_han("うたウタ")
    assert has_han("歌")
