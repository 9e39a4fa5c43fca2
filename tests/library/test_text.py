"""Texts that are shown as they are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from utawaku.library.text import clean_text, graphemes, is_plain

PLAIN = [char for char in map(chr, range(0x110000)) if is_plain(char)]


def test_plain_characters_are_those_that_cleaning_keeps_and_that_stand_alone() -> None:
    # The character behind them takes the long way, and goes.
    assert len(PLAIN) > 30_000
    for char in PLAIN:
        assert clean_text(f"a{char}b{char}\u200b") == f"a{char}b{char}", ascii(char)


@given(st.text(st.sampled_from(PLAIN), max_size=40))
def test_plain_texts_are_cleaned_and_split_as_all_others(text: str) -> None:
    assert clean_text(text) == clean_text(f"{text}\u200b") == text
    assert list(graphemes(text)) == list(graphemes(f"{text}x\u0301"))[:-1]


@pytest.mark.parametrize("char", list("\u0301\u200d\ufe0f\n\x1b\u202e\u1100🇯👩"))
def test_what_joins_goes_or_acts_is_not_plain(char: str) -> None:
    assert not is_plain(f"a{char}b")
