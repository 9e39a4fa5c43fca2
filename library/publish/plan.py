"""From chosen songs to planned submissions: grouping, splitting, titles, tags, description."""

import string
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from utawaku.library.errors import ConfigError
from utawaku.library.publish.preflight import BILIBILI, Limits, without_forbidden
from utawaku.library.publish.records import Part, Submission
from utawaku.library.publish.style import Style
from utawaku.library.publish.titles import distinct_title, shorten
from utawaku.library.records import Song
from utawaku.library.time_format import long_clock

FIELDS = ("channel", "date", "stream_title", "title", "artist", "number", "singer", "n_songs")
"""Fields that a template may name."""


@dataclass(frozen=True, slots=True)
class Order:
    """The songs to publish, and the target."""

    target: str = "bilibili"
    account: str = ""
    group_by: Literal["stream", "all"] = "stream"
    """One submission for each stream, or one for everything chosen."""
    style: Style = field(default_factory=Style)
    limits: Limits = BILIBILI
    publish_at: float | None = None
    append: bool = True
    """Add later songs of a stream to its published submission."""
    source_url: str = ""
    """Source of the songs, instead of the streams' own addresses."""
    season: str = ""
    """Title or number of the season that submissions are added to."""
    season_is_asked: bool = False
    """It was asked for, and goes before that of a channel."""


@dataclass(frozen=True, slots=True)
class Existing:
    """A published submission that songs can be appended to."""

    remote_id: str
    n_parts: int


def plan(
    songs: Sequence[Song],
    order: Order,
    *,
    existing: Mapping[str, Existing] | None = None,
    covers: Mapping[str, str] | None = None,
    titles: Mapping[str, str] | None = None,
    seasons: Mapping[str, str] | None = None,
    taken: Collection[str] = (),
) -> list[Submission]:
    """Planned submissions, in the order of the songs.

    Songs go by stream date, stream and position. A group of more parts than the target takes is
    split evenly numbered, `(1/3)`. With `existing` (by stream id) songs are appended as long as
    there is room. `covers` gives a picture for each stream id, `titles` a template in place of the
    style's for streams whose channel has one of its own, `seasons` a season likewise. Paths of the
    parts are the songs' kept video cuts; empty ones are rendered later. Titles that the limit alone
    would make the same as another's, or as one of `taken`, keep what differs; ones that are the
    same in full stay so, for the preflight to see.

    Raises:
        ConfigError: a template names something unknown.
    """
    planned = []
    style, season = order.style, order.season
    for group in _groups(songs, order.group_by):
        own = {(titles or {}).get(song.stream_id, "") for song in group}
        placed = {(seasons or {}).get(song.stream_id, "") for song in group}
        order = replace(
            order,
            style=replace(style, title=_only(own) or style.title),
            season=_only(placed) or season,
        )
        stream_id = group[0].stream_id if order.group_by == "stream" else ""
        known = (existing or {}).get(stream_id) if order.append and stream_id else None
        if known is not None:
            room = order.limits.parts - known.n_parts if order.limits.parts else len(group)
            fitting, group = group[: max(room, 0)], group[max(room, 0) :]
            if fitting:
                appended = _submission(fitting, order, covers, first_number=known.n_parts + 1)
                planned.append(replace(appended, append_to=known.remote_id))
        planned += _split(group, order, covers, {*taken, *(one.title for one in planned)})
    return planned


def _only(values: set[str]) -> str:
    """The value that all have in common; empty where they differ."""
    return next(iter(values)) if len(values) == 1 else ""


def fill(template: str, values: Mapping[str, Any]) -> str:
    """Fill a template's `{names}`; values are inserted as they are and never looked into.

    Raises:
        ConfigError: the template is malformed or names something unknown.
    """
    pieces = []
    try:
        for text, name, spec, _ in string.Formatter().parse(template):
            pieces.append(text)
            if name is None:
                continue
            if name not in values:
                raise ConfigError(
                    f"the template names {{{name}}}, which is unknown",
                    subject=template,
                    next_step="Known are: " + ", ".join(sorted(values)),
                )
            pieces.append(format(values[name], spec or ""))
    except ValueError as error:
        raise ConfigError(f"the template is malformed ({error})", subject=template) from error
    return "".join(pieces)


def _groups(songs: Sequence[Song], by: Literal["stream", "all"]) -> list[list[Song]]:
    ordered = sorted(songs, key=lambda song: (song.uploaded_on, song.stream_id, song.start_s))
    if by == "all":
        return [ordered] if ordered else []
    groups: dict[str, list[Song]] = {}
    for song in ordered:
        groups.setdefault(song.stream_id, []).append(song)
    return list(groups.values())


def _split(
    songs: list[Song],
    order: Order,
    covers: Mapping[str, str] | None,
    taken: Collection[str],
) -> Iterable[Submission]:
    if not songs:
        return []
    size = order.limits.parts or len(songs)
    pieces = [songs[at : at + size] for at in range(0, len(songs), size)]
    return [
        _submission(
            piece,
            order,
            covers,
            volume=(index, len(pieces)) if len(pieces) > 1 else None,
            taken=taken,
        )
        for index, piece in enumerate(pieces, 1)
    ]


def _submission(
    songs: Sequence[Song],
    order: Order,
    covers: Mapping[str, str] | None,
    *,
    volume: tuple[int, int] | None = None,
    first_number: int = 1,
    taken: Collection[str] = (),
) -> Submission:
    style, limits, first = order.style, order.limits, songs[0]
    shared = _shared_values(songs, order)
    ending = f" ({volume[0]}/{volume[1]})" if volume else ""
    text = _clean(fill(style.title, shared), limits)
    was_cut = limits.title and len(text) + len(ending) > limits.title
    title = distinct_title(text, taken if was_cut else (), limits.title, ending=ending)
    parts = tuple(
        Part(
            position=index,
            song_id=song.id,
            title=_part_title(song, first_number + index, order, shared),
            path=song.video_path,
        )
        for index, song in enumerate(songs)
    )
    streams = {song.stream_id for song in songs}
    return Submission(
        id=0,
        target=order.target,
        account=order.account,
        title=title,
        parts=parts,
        description=_description(songs, order, shared),
        tags=_tags(first, style, limits, one_channel=len({s.channel for s in songs}) == 1),
        source_url=order.source_url or _web(first.stream_url),
        copyright=style.copyright,
        category=style.category,
        cover_path=(covers or {}).get(first.stream_id, ""),
        publish_at=order.publish_at,
        stream_id=first.stream_id if len(streams) == 1 else "",
        season=order.season,
    )


def _shared_values(songs: Sequence[Song], order: Order) -> dict[str, Any]:
    """Values that hold for a whole submission; a span of dates where there are several."""
    first, last = songs[0], songs[-1]
    one_stream = len({song.stream_id for song in songs}) == 1
    one_channel = len({song.channel for song in songs}) == 1
    dates = first.uploaded_on
    if last.uploaded_on != first.uploaded_on:
        dates = f"{first.uploaded_on}~{last.uploaded_on}"
    return {
        "channel": first.channel if one_channel else "",
        "singer": first.singer or first.channel,
        "date": dates,
        "stream_title": first.stream_title if one_stream else "",
        "n_songs": len(songs),
        "source_url": order.source_url or (_web(first.stream_url) if one_stream else ""),
    }


def _web(url: str) -> str:
    """The address when it is one on the web: where a local file lies is nobody's business."""
    return url if url.startswith(("https://", "http://")) else ""


def _song_values(song: Song, number: int, style: Style) -> dict[str, Any]:
    return {
        "channel": song.channel,
        "singer": song.singer or song.channel,
        "date": song.uploaded_on,
        "stream_title": song.stream_title,
        "title": song.title or style.unknown_title,
        "artist": song.artist or style.unknown_artist,
        "number": number,
        "time": long_clock(song.start_s),
        "source_url": _web(song.stream_url),
        "n_songs": 1,
    }


def _part_title(song: Song, number: int, order: Order, shared: Mapping[str, Any]) -> str:
    filled = fill(order.style.part_title, {**shared, **_song_values(song, number, order.style)})
    return shorten(_clean(filled, order.limits), order.limits.part_title)


def _description(songs: Sequence[Song], order: Order, shared: Mapping[str, Any]) -> str:
    """The description with as many setlist lines as the limit leaves room for."""
    style, limit = order.style, order.limits.description
    lines = [
        _clean(fill(style.setlist_line, _song_values(song, index, style)), order.limits)
        for index, song in enumerate(songs, 1)
    ]

    def written(kept: int) -> str:
        rest = [f"… +{len(lines) - kept}"] if kept < len(lines) else []
        text = fill(style.description, {**shared, "setlist": "\n".join([*lines[:kept], *rest])})
        return without_forbidden(text, newlines=True).strip()

    kept = len(lines)
    while limit and kept and len(written(kept)) > limit:
        kept -= 1
    return shorten(written(kept), limit)


def _tags(first: Song, style: Style, limits: Limits, *, one_channel: bool) -> tuple[str, ...]:
    wanted = list(style.tags)
    if style.channel_tag and one_channel and first.channel:
        wanted.insert(0, first.channel)
    cleaned = (without_forbidden(tag.replace(",", " ")) for tag in wanted)
    # A cut name is a wrong name: one that is too long for a tag is left out.
    fitting = [tag for tag in cleaned if tag and (not limits.tag or len(tag) <= limits.tag)]
    unique = list(dict.fromkeys(fitting))
    return tuple(unique[: limits.tags or None])


def _clean(text: str, limits: Limits) -> str:
    """Return what the site takes, without the separators that empty fields leave behind."""
    plain = without_forbidden(text) if limits.plain_titles else " ".join(text.split())
    return plain.strip().removesuffix(" -").removesuffix(" /").strip()
