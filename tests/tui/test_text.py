"""Whatever a title holds, a cell of a table is harmless and exactly as wide as asked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from utawaku.tui.text import ago, bar, clock, fit, precise_clock, shown

HOSTILE = [
    "\x1b[2J\x1b]0;owned\x07red",
    "[bold]not markup[/bold] [@click=app.quit]x[/]",
    "\u202egnp.exe\u202c",
    "夜" * 10_000,
    "👨‍👩‍👧‍👦 family 🇯🇵 flag ❤️ heart 👍🏽",
    "a" + "\u0301" * 500,
    "line\nbreak\ttab",
    "\ud800 lone",
    "שלום עולם",
]


@pytest.mark.parametrize("title", HOSTILE)
@pytest.mark.parametrize("width", [0, 1, 7, 40])
def test_hostile_titles_fill_their_cell_exactly(title: str, width: int) -> None:
    cell = fit(shown(title), width)
    assert cell_len(cell) == width
    assert not any(ord(char) < 32 or char in "\x7f\x9b\u202e\u200d\ufe0f" for char in cell)


@given(st.text(), st.integers(0, 60), st.booleans())
def test_any_text_fills_its_cell_exactly(text: str, width: int, right: bool) -> None:
    assert cell_len(fit(shown(text), width, right=right)) == width


def test_emoji_sequences_become_what_every_terminal_measures_alike() -> None:
    assert shown("👨‍👩‍👧‍👦 🇯🇵 ❤️ 👍🏽") == "👨 JP ❤ 👍"
    assert shown("夜に駆ける が ｶﾞ") == "夜に駆ける が ｶﾞ"


def test_wide_characters_are_never_cut_in_half() -> None:
    assert fit("夜に駆ける", 5) == "夜に…"
    assert fit("夜に駆ける", 4) == "夜… "
    assert fit("夜", 4, right=True) == "  夜"


def test_times_are_told_briefly() -> None:
    assert [clock(s) for s in (0, 59.9, 185, 3723, None)] == [
        "0:00",
        "0:59",
        "3:05",
        "1:02:03",
        "–",
    ]
    assert precise_clock(185.405) == "3:05.41" or precise_clock(185.405) == "3:05.40"
    assert [ago(s) for s in (0, 60, 3600, 86400, 40 * 86400)] == [
        "just now",
        "1 min ago",
        "1 h ago",
        "1 day ago",
        "1 month ago",
    ]


def test_bars_are_as_long_as_the_fraction() -> None:
    assert bar(0, 4) == "    "
    assert bar(1, 4) == "████"
    assert bar(0.5, 4) == "██  "
    assert bar(7, 4) == "████"
    assert len(bar(0.53, 4)) == 4
