"""Times as people read them."""

import pytest

from utawaku.library.time_format import clock, long_clock, precise_clock, subtitle_clock


@pytest.mark.parametrize(
    ("seconds", "short", "long", "subtitle"),
    [
        (0.0, "0:00", "0:00:00", "00:00:00,000"),
        (59.999, "0:59", "0:00:59", "00:00:59,999"),
        (3723.4, "1:02:03", "1:02:03", "01:02:03,400"),
        (360_000.0, "100:00:00", "100:00:00", "100:00:00,000"),
        (-3.0, "0:00", "0:00:00", "00:00:00,000"),
    ],
)
def test_seconds_are_rounded_down_as_players_do(
    seconds: float, short: str, long: str, subtitle: str
) -> None:
    assert clock(seconds) == short
    assert long_clock(seconds) == long
    assert subtitle_clock(seconds) == subtitle


def test_hundredths_are_rounded_to_the_nearest() -> None:
    assert precise_clock(185.404) == "3:05.40"
    assert precise_clock(59.999) == "1:00.00"


def test_an_unknown_time_is_a_dash() -> None:
    assert clock(None) == "–"
