"""Times as people type them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from utawaku.library.errors import UsageError
from utawaku.library.time_format import (
    clock,
    exact_clock,
    long_clock,
    name_clock,
    precise_clock,
    subtitle_clock,
)
from utawaku.library.time_reading import read_time

MILLISECONDS = st.integers(0, 400_000_000)


@given(MILLISECONDS)
def test_what_is_formatted_is_read_as_the_same_time(milliseconds: int) -> None:
    seconds = milliseconds / 1000
    for form in (exact_clock, name_clock, subtitle_clock):
        assert read_time(form(seconds)) == pytest.approx(seconds, abs=1e-6)
    assert read_time(f"{seconds:.3f}") == seconds
    assert read_time(precise_clock(seconds)) == pytest.approx(seconds, abs=0.00501)
    for whole in (clock, long_clock):
        assert read_time(whole(seconds)) == milliseconds // 1000


@given(st.integers(-400_000_000, 400_000_000))
def test_a_shift_either_way_is_read_as_it_was_written(milliseconds: int) -> None:
    assert read_time(exact_clock(milliseconds / 1000)) == pytest.approx(milliseconds / 1000)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("633", 633.0),
        ("10.5", 10.5),
        (".5", 0.5),
        ("10_33", 633.0),
        ("10:33", 633.0),
        ("10_33.25", 633.25),
        ("1_02_03", 3723.0),
        ("1:02:03,004", 3723.004),
        ("0:10:33", 633.0),
        ("90:00", 5400.0),
        ("-10_33", -633.0),
        ("-0:05", -5.0),
        ("+2", 2.0),
        ("\u22121.5", -1.5),
        (" 7 ", 7.0),
    ],
)
def test_every_form_of_a_time_is_read(text: str, seconds: float) -> None:
    assert read_time(text) == seconds


@pytest.mark.parametrize(
    "text",
    ["", "-", "soon", "nan", "inf", "1e3", "1:5", "10_3", "1:60", "1:75:00", "1:2:03", "1:02_03",
     "1__2", "1_000_000", "--5", "1:02:03:04", "10 33", "\u0661\u0660", "9" * 400],
)  # fmt: skip
def test_what_is_no_time_says_which_forms_there_are(text: str) -> None:
    with pytest.raises(UsageError, match="10_33"):
        read_time(text)
