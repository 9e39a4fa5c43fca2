"""Fields of a query: one table with the type, column and words of each.

A field turns an operator and a value into a condition; `library.query.syntax` checks the value
while it reads, so a wrong one is told with its position before the catalogue is asked.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from operator import eq, ge, gt, le, lt
from typing import Any

import sqlalchemy as sa

from utawaku.library.query import values
from utawaku.library.query.results import OPERATORS
from utawaku.library.schema import SEARCHED, song_tags, songs, stems

Condition = sa.ColumnElement[bool]


@dataclass(frozen=True)
class Field:
    """One thing that a query can ask of a song."""

    name: str
    help: str
    """A few words, shown beside the completion."""
    example: str = ""
    aliases: tuple[str, ...] = ()
    operators: tuple[str, ...] = (":", "=", "!=")
    searched: str = ""
    """For texts: which of `utawaku.library.schema.SEARCHED` is looked into."""
    condition: Callable[[str, str, float], Condition] | None = None
    """(operator, value, now) to a condition over `songs`; raises FieldValueError on a bad value."""
    words: tuple[str, ...] = ()
    """Every value it can have, where these are few."""
    sort: sa.ColumnElement[Any] | None = None
    descending: bool = False
    """Its natural order: the best or latest first."""


def _number(
    column: sa.ColumnElement[Any], read: Callable[[str], float]
) -> Callable[[str, str, float], Condition]:
    def condition(operator: str, value: str, _now: float) -> Condition:
        span = values.read_range(value, read)
        if span is not None and operator in (":", "="):
            return _within(column, *span)
        return _compare(column, operator, read(value))

    return condition


def _within(column: sa.ColumnElement[Any], low: Any, high: Any) -> Condition:
    parts = [column.is_not(None)]
    if low is not None:
        parts.append(column >= low)
    if high is not None:
        parts.append(column <= high)
    return sa.and_(*parts)


def _compare(column: sa.ColumnElement[Any], operator: str, value: Any) -> Condition:
    if operator == "!=":
        return sa.or_(column != value, column.is_(None))
    compare: Callable[[Any, Any], Any] = _COMPARISONS.get(operator, eq)
    result: Condition = compare(column, value)
    return result


_COMPARISONS: Mapping[str, Callable[[Any, Any], Any]] = {"<": lt, "<=": le, ">": gt, ">=": ge}


def _moment(column: sa.ColumnElement[Any]) -> Callable[[str, str, float], Condition]:
    """Seconds since the epoch against `-7d`, `2024`, `2024-05`, `2024-05-03`, `today`."""

    def condition(operator: str, value: str, now: float) -> Condition:
        low, high = values.read_period(value, now)
        return _in_period(column, operator, low, high)

    return condition


def _day(column: sa.ColumnElement[Any]) -> Callable[[str, str, float], Condition]:
    """ISO dates against the same words."""

    def condition(operator: str, value: str, now: float) -> Condition:
        low, high = values.read_period(value, now)
        known = column != ""
        first = None if low is None else values.iso_day(low)
        past = None if high is None else values.iso_day(high, ceiling=True)
        return sa.and_(known, _in_period(column, operator, first, past))

    return condition


def _in_period(column: sa.ColumnElement[Any], operator: str, low: Any, high: Any) -> Condition:
    """`low` <= column < `high`, or what lies before or after."""
    if operator == "<":
        return column < low if low is not None else sa.false()
    if operator == ">=":
        return column >= low if low is not None else column.is_not(None)
    if operator == ">":
        # After a span of days means after its end; after "7 days ago" means since then.
        edge = high if high is not None else low
        return column >= edge if edge is not None else sa.false()
    if operator == "<=":
        edge = high if high is not None else low
        return column < edge if edge is not None else column.is_not(None)
    parts = [column.is_not(None)]
    if low is not None:
        parts.append(column >= low)
    if high is not None:
        parts.append(column < high)
    inside = sa.and_(*parts)
    return sa.not_(inside) if operator == "!=" else inside


def _one_of(conditions: Mapping[str, Condition]) -> Callable[[str, str, float], Condition]:
    def condition(operator: str, value: str, _now: float) -> Condition:
        found = conditions.get(value.casefold())
        if found is None:
            raise values.FieldValueError(f"is one of {', '.join(conditions)}")
        return sa.not_(found) if operator == "!=" else found

    return condition


def _equals(column: sa.ColumnElement[str]) -> Callable[[str, str, float], Condition]:
    def condition(operator: str, value: str, _now: float) -> Condition:
        same = sa.func.lower(column) == value.lower()
        return sa.not_(same) if operator == "!=" else same

    return condition


_seconds = songs.c.stop_s - songs.c.start_s
_tagged = sa.select(song_tags.c.song_id)

_GRADES: dict[str, Condition] = {
    "like": songs.c.grade == 1,
    "neutral": songs.c.grade == 0,
    "dislike": songs.c.grade == -1,
    "none": songs.c.grade.is_(None),
    "any": songs.c.grade.is_not(None),
}
_LABELS: dict[str, Condition] = {
    "unknown": songs.c.title == "",
    "known": songs.c.title != "",
    "user": songs.c.label_source == "user",
    "setlist": songs.c.label_source == "setlist",
    "shazam": songs.c.label_source == "shazam",
    "reference": songs.c.label_source == "reference",
    "tags": songs.c.label_source == "tags",
}
_IS: dict[str, Condition] = {
    "unheard": songs.c.play_count == 0,
    "heard": songs.c.play_count > 0,
    "cut": songs.c.file_path != "",
    "uncut": songs.c.file_path == "",
    "edited": songs.c.boundary_source == "user",
    "flagged": songs.c.flags.cast(sa.Text).not_in(("[]", "null")),
    "recut": sa.and_(
        songs.c.file_start_s.is_not(None),
        sa.or_(
            songs.c.file_start_s != songs.c.start_s,
            songs.c.file_stop_s != songs.c.stop_s,
        ),
    ),
}
_HAS: dict[str, Condition] = {
    "stems": songs.c.id.in_(sa.select(stems.c.song_id)),
    "highlight": songs.c.highlight_start_s.is_not(None),
    "video": songs.c.video_path != "",
    "tags": songs.c.id.in_(_tagged),
    "taste": songs.c.taste.is_not(None),
    "bpm": songs.c.bpm.is_not(None),
    "stars": songs.c.stars.is_not(None),
}

_ORDERED = OPERATORS


def _text_field(name: str, help: str, example: str, *aliases: str, searched: str = "") -> Field:
    searched = searched or name
    return Field(
        name,
        help,
        example,
        aliases,
        searched=searched,
        sort={
            "title": songs.c.title,
            "artist": songs.c.artist,
            "singer": songs.c.singer,
            "channel": songs.c.channel,
            "stream": songs.c.stream_title,
        }.get(name),
    )


def _numeric(
    name: str,
    column: sa.ColumnElement[Any],
    help: str,
    example: str,
    *aliases: str,
    read: Callable[[str], float] = values.read_number,
    descending: bool = True,
) -> Field:
    return Field(
        name,
        help,
        example,
        aliases,
        operators=_ORDERED,
        condition=_number(column, read),
        sort=column,
        descending=descending,
    )


def _worded(
    name: str, conditions: dict[str, Condition], help: str, *aliases: str, **more: Any
) -> Field:
    return Field(
        name,
        help,
        f"{name}:{next(iter(conditions))}",
        aliases,
        condition=_one_of(conditions),
        words=tuple(conditions),
        **more,
    )


_ALL = (
    _text_field("title", "name of the song", "title:夜"),
    _text_field("artist", "who wrote or first sang it", "artist:yoasobi"),
    _text_field("singer", "who sings here", "singer:mio", "by"),
    _text_field("channel", "where it was streamed", "channel:mio"),
    _text_field("stream", "title of the stream", "stream:歌枠"),
    _text_field("alias", "another spelling (romaji, kana, ...)", "alias:yoru", searched="aliases"),
    _text_field("tag", "genre, mood or your own tag", "tag:ballad", "tags", searched="tags"),
    _worded(
        "grade", _GRADES, "your mark", sort=songs.c.grade, descending=True,
    ),
    _numeric("stars", songs.c.stars, "your stars, 1 to 5", "stars>=4", "rating"),
    _numeric(
        "taste", songs.c.taste, "how likely you like it, 0 to 1", "taste>0.7",
        read=values.read_share,
    ),
    Field(
        "added", "when it came into the library", "added:-7d", ("new",), _ORDERED,
        condition=_moment(songs.c.added_at), sort=songs.c.added_at, descending=True,
    ),
    Field(
        "date", "day of the stream", "date:2024-05", ("uploaded", "year"), _ORDERED,
        condition=_day(songs.c.uploaded_on), sort=songs.c.uploaded_on, descending=True,
    ),
    Field(
        "played", "when you last heard it", "played<-30d", (), _ORDERED,
        condition=_moment(songs.c.last_played_at), sort=songs.c.last_played_at, descending=True,
    ),
    _numeric("plays", songs.c.play_count, "how often you heard it", "plays:0"),
    _numeric(
        "length", _seconds, "how long it is", "length>4:30", "duration",
        read=values.read_duration,
    ),
    _numeric("bpm", songs.c.bpm, "beats a minute", "bpm:120..140", "tempo", descending=False),
    Field(
        "key", "musical key", "key:Am", condition=_equals(songs.c.key), sort=songs.c.key,
    ),
    _numeric(
        "confidence", songs.c.confidence, "how sure the cut is, 0 to 1", "confidence<0.6",
        read=values.read_share, descending=False,
    ),
    _numeric(
        "loudness", songs.c.loudness_lufs, "loudness in LUFS", "loudness>-10",
    ),
    _worded("label", _LABELS, "where its name comes from"),
    _worded("is", _IS, "heard, cut, edited ..."),
    _worded("has", _HAS, "stems, video, tags ..."),
    Field(
        "id", "one stream or song", "id:youtube-dQw4w9WgXcQ", ("in",),
        condition=lambda operator, value, _now: (
            sa.not_(_identity(value)) if operator == "!=" else _identity(value)
        ),
    ),
)  # fmt: skip


def _identity(value: str) -> Condition:
    return sa.or_(songs.c.id == value, songs.c.stream_id == value)


FIELDS: Mapping[str, Field] = {field.name: field for field in _ALL}
"""Every field by its name."""

_BY_WORD = {word: field for field in _ALL for word in (field.name, *field.aliases)}

assert {field.searched for field in _ALL if field.searched} <= set(SEARCHED)


def find_field(word: str) -> Field | None:
    """The field of this name or alias."""
    return _BY_WORD.get(word.casefold())


def nearest_field(word: str) -> str:
    """The name that was probably meant, or an empty text."""
    near = get_close_matches(word.casefold(), list(_BY_WORD), n=1, cutoff=0.6)
    return near[0] if near else ""
