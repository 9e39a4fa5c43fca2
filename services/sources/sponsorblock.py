"""SponsorBlock: where viewers of a YouTube video hear no music, and the chapters that they named.

Only the first four digits of the hash of a video's id are sent, so that the service does not learn
which video is meant; it answers with all that have these digits. Its data are under
CC BY-NC-SA 4.0 (https://sponsor.ajay.app/).
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from utawaku.library.text import clean_line
from utawaku.services.sources.client import SourceClient

OFF_TOPIC = "music_offtopic"
NO_SONG = ("sponsor", "selfpromo", "interaction", "intro", "outro", "preview")
"""Categories of spans that hold no whole song, though music may sound in them."""
_CHAPTER = "chapter"
_PREFIX_DIGITS = 4
_MOST_SEGMENTS = 500
_OTHER_LENGTH_S = 2.0
"""A segment was marked on another version where its video was longer or shorter by more."""


@dataclass(frozen=True, slots=True)
class SponsorSegment:
    """A span that viewers marked, in seconds from the start of the video."""

    start_s: float
    stop_s: float
    category: str
    """`music_offtopic`, one of `NO_SONG`, or `chapter`."""
    votes: int = 0
    locked: bool = False
    """A moderator vouches for it."""
    title: str = ""
    """Of a chapter."""


def hash_prefix(video_id: str) -> str:
    """Return what is sent of a video's id.

    >>> hash_prefix("dQw4w9WgXcQ")
    '3f3d'
    """
    return hashlib.sha256(video_id.encode()).hexdigest()[:_PREFIX_DIGITS]


def ask_sponsorblock(
    client: SourceClient, video_id: str, duration_s: float
) -> tuple[SponsorSegment, ...]:
    """Return what viewers marked in a video of this length (0: not known), in order of time.

    Raises:
        SourceError: SponsorBlock has no answer now.
    """
    answer = client.get(
        f"/api/skipSegments/{hash_prefix(video_id)}",
        {
            "service": "YouTube",
            "categories": json.dumps([OFF_TOPIC, *NO_SONG, _CHAPTER], separators=(",", ":")),
            "actionTypes": json.dumps(["skip", "chapter"], separators=(",", ":")),
        },
    )
    rows = [
        segment
        for video in _rows(answer)
        if video.get("videoID") == video_id
        for segment in _rows(video.get("segments"))
    ]
    read = [_segment(row, duration_s) for row in rows[:_MOST_SEGMENTS]]
    return tuple(sorted((one for one in read if one), key=lambda one: (one.start_s, one.stop_s)))


def _segment(row: dict[str, Any], duration_s: float) -> SponsorSegment | None:
    """A segment of an answer; None for one that is of another version, or makes no sense."""
    span, category = row.get("segment"), row.get("category")
    if not isinstance(span, list) or len(span) != 2 or category not in (OFF_TOPIC, *NO_SONG,
                                                                         _CHAPTER):  # fmt: skip
        return None
    start_s, stop_s = (_number(value) for value in span)
    marked_on_s = _number(row.get("videoDuration")) or 0.0
    if start_s is None or stop_s is None or not 0 <= start_s < stop_s:
        return None
    if marked_on_s and duration_s and abs(marked_on_s - duration_s) > _OTHER_LENGTH_S:
        return None
    votes, title = row.get("votes"), row.get("description")
    return SponsorSegment(
        start_s,
        stop_s,
        category,
        votes if isinstance(votes, int) and not isinstance(votes, bool) else 0,
        bool(row.get("locked")),
        clean_line(title[:300]) if isinstance(title, str) and category == _CHAPTER else "",
    )


def off_topic(segments: Sequence[SponsorSegment]) -> list[SponsorSegment]:
    """Return the spans in which no song is, those that nobody wants first left out."""
    return [one for one in segments if one.category != _CHAPTER and (one.locked or one.votes >= 0)]


def chapters(segments: Sequence[SponsorSegment]) -> list[SponsorSegment]:
    """Return the chapters that viewers named."""
    return [one for one in segments if one.category == _CHAPTER and one.title]


def _rows(value: Any) -> Sequence[dict[str, Any]]:
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None
