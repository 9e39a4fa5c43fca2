"""The search language: what is understood, and what is said about the rest."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from utawaku.library.errors import QueryError
from utawaku.library.query.completion import complete
from utawaku.library.query.results import And, Not, Or, Sort, Term, quote
from utawaku.library.query.syntax import parse
from utawaku.library.query.values import read_duration, read_period, read_range, read_share

NOW = 1_700_000_000.0  # 2023-11-14 22:13:20 UTC


def test_the_example_of_the_readme_is_read_whole() -> None:
    query = parse(
        "singer:mio taste>0.7 grade:like added:-7d title:夜 -label:unknown sort:taste", now=NOW
    )
    assert query.tree == And(
        (
            Term("singer", ":", ("mio",)),
            Term("taste", ">", ("0.7",)),
            Term("grade", ":", ("like",)),
            Term("added", ":", ("-7d",)),
            Term("title", ":", ("夜",)),
            Not(Term("label", ":", ("unknown",))),
        )
    )
    assert query.sort == Sort("taste", True)


def test_an_empty_search_asks_for_everything_latest_first() -> None:
    query = parse("   ")
    assert query.is_everything
    assert query.sort == Sort("added", True)


def test_either_side_and_brackets_nest() -> None:
    assert parse("(a b) | -c").tree == Or(
        (
            And((Term("", ":", ("a",)), Term("", ":", ("b",)))),
            Not(Term("", ":", ("c",))),
        )
    )
    assert parse("a OR b").tree == parse("a | b").tree


def test_commas_offer_alternatives_and_quotes_keep_spaces() -> None:
    assert parse('singer:mio,"Luna Amane"').tree == Term("singer", ":", ("mio", "Luna Amane"))


def test_a_lone_minus_and_words_with_hyphens_are_text() -> None:
    assert parse("j-pop - x").tree == And(
        (Term("", ":", ("j-pop",)), Term("", ":", ("-",)), Term("", ":", ("x",)))
    )


def test_sort_directions_can_be_turned() -> None:
    assert parse("sort:title").sort == Sort("title", False)
    assert parse("sort:title-").sort == Sort("title", True)
    assert parse("sort:taste+").sort == Sort("taste", False)
    assert parse("sort:-bpm").sort == Sort("bpm", True)
    assert parse("limit:50 a").limit == 50


@pytest.mark.parametrize(
    ("text", "position", "words"),
    [
        ("singr:mio", 0, "Did you mean singer:?"),
        ("a re:zero", 2, "no field 're'"),
        ("taste>", 6, "wants a value"),
        ("taste>loud", 6, "wants a number"),
        ("taste>7", 6, "between 0 and 1"),
        ("title<a", 5, "cannot be compared"),
        ("grade:good", 6, "is one of like, neutral, dislike"),
        ("added:2024-13", 6, "not a day of the calendar"),
        ("length:soon", 7, "such as 3:20"),
        ("(a b", 0, "never closed"),
        ("a b)", 3, "never opened"),
        ("a OR", 2, "between two things"),
        ("-(a", 1, "never closed"),
        ("sort:nothing", 5, "cannot sort by 'nothing'"),
        ("limit:0", 6, "from 1"),
        ("bpm:..", 4, "at least one end"),
        ("singer:mio,", 7, "wants a value"),
        ("(" * 60, 50, "too many brackets"),
        ("x" * 2001, 2000, "longer than"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(text: str, position: int, words: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(text, now=NOW)
    assert caught.value.position == position
    assert words in str(caught.value)


def test_values_with_units_are_read() -> None:
    assert read_duration("1:02:03") == 3723
    assert read_duration("3m20s") == read_duration("200") == read_duration("3:20") == 200
    assert read_share("70%") == 0.7
    assert read_range("2..", float) == (2.0, None)
    assert read_period("-7d", NOW) == (NOW - 7 * 86400, None)
    day = 1_699_920_000.0
    assert read_period("today", NOW) == (day, day + 86400)
    assert read_period("yesterday", NOW) == (day - 86400, day)
    assert read_period("2023-11-14", NOW) == (day, day + 86400)
    assert read_period("2023-12", NOW) == (1701388800.0, 1704067200.0)
    assert read_period("..2023", NOW) == (None, 1704067200.0)


@given(st.text(max_size=60))
def test_any_text_is_a_search_or_a_query_error_inside_it(text: str) -> None:
    position = 0
    try:
        parse(text, now=NOW)
    except QueryError as error:
        position = error.position
    assert 0 <= position <= len(text)


@given(st.text(min_size=1, max_size=30))
def test_a_quoted_value_is_read_back_as_it_is(value: str) -> None:
    assert parse(f"title:{quote(value)}").tree == Term("title", ":", (value,))


def test_completion_offers_fields_words_dates_and_values_of_the_catalogue() -> None:
    def texts(text: str) -> list[str]:
        return [
            found.text for found in complete(text, len(text), lambda f, t: [(f"{f} of {t}", "3")])
        ]

    assert texts("ta") == ["tag:", "taste:"]
    assert texts("mio -gra") == ["grade:"]
    assert texts("grade:l") == ["like "]
    assert texts("grade:like,d") == ["dislike "]
    assert texts("added:-7") == ["-7d "]
    assert texts("sort:ta") == ["taste "]
    assert texts("singer:mi") == ['"singer of mi" ']
    assert texts('title:"half a') == []
    assert texts("") == texts("zzz") == texts("zz:") == []


def test_a_completion_replaces_only_what_was_typed_of_its_word() -> None:
    (found,) = complete("a grade:like,dis b", 16)
    assert (found.start, found.stop, found.text) == (13, 16, "dislike ")
