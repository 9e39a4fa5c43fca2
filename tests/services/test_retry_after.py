"""Retry-After comes from outside: strict, and never for longer than a cooldown lasts."""

import datetime as dt

import pytest

from utawaku.services.retry_after import retry_after_s

NOW_S = dt.datetime(2026, 7, 1, 12, 0, tzinfo=dt.UTC).timestamp()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("120", 120.0),
        (" 0 ", 0.0),
        ("Wed, 01 Jul 2026 12:05:00 GMT", 300.0),
        ("Wed, 01 Jul 2026 11:00:00 GMT", 0.0),
        ("999999999", 3600.0),
        ("Fri, 01 Jan 2100 00:00:00 GMT", 3600.0),
        ("Wed, 99 Jul 2026 12:05:00 GMT", None),
        ("Wed, 01 Jul 2026 12:05:00", None),
        ("1e3", None),
        ("inf", None),
        ("nan", None),
        ("-5", None),
        ("1.5", None),
        ("\u0661\u0662", None),
        ("9" * 400, None),
        ("soon", None),
        ("", None),
        (None, None),
    ],
)
def test_only_whole_seconds_and_http_dates_count_and_only_so_much(
    value: str | None, expected: float | None
) -> None:
    assert retry_after_s(value, now_s=NOW_S, longest_s=3600.0) == expected
