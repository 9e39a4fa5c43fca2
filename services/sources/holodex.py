"""Holodex: what its editors and viewers noted of a YouTube stream's songs."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from utawaku.library.records import SetlistLine
from utawaku.library.text import clean_line, clean_text
from utawaku.services.sources.client import SourceClient

_VIDEO_ID = re.compile(r"[A-Za-z0-9_-]{5,20}")
_MAX_SONGS = 500
_MAX_COMMENTS = 200
_MAX_TEXT = 20_000


@dataclass(frozen=True, slots=True)
class HolodexVideo:
    """Holodex's entry of a video."""

    songs: tuple[SetlistLine, ...] = ()
    comments: tuple[dict[str, str], ...] = ()
    """Comments with time stamps: `id` as on YouTube, `text`."""


def ask_holodex(client: SourceClient, video_id: str) -> HolodexVideo | None:
    """Return what is known of a YouTube video; None where Holodex does not have it.

    Raises:
        SourceError: Holodex has no answer now.
    """
    if not _VIDEO_ID.fullmatch(video_id):
        return None
    answer = client.get(f"/api/v2/videos/{quote(video_id)}", {"c": "1"})
    if not isinstance(answer, dict):
        return None
    songs = [_song(one) for one in _rows(answer.get("songs"))[:_MAX_SONGS]]
    comments = [_comment(one) for one in _rows(answer.get("comments"))[:_MAX_COMMENTS]]
    found = sorted((song for song in songs if song is not None), key=lambda song: song.start_s)
    return HolodexVideo(tuple(found), tuple(one for one in comments if one is not None))


def _song(row: Any) -> SetlistLine | None:
    start_s, stop_s = _seconds(row.get("start")), _seconds(row.get("end"))
    title = _line(row.get("name"))
    if start_s is None or not title:
        return None
    ends = stop_s if stop_s is not None and stop_s > start_s else None
    artist = _line(row.get("original_artist"))
    return SetlistLine(start_s, title, artist, ends, f"{title} / {artist}".strip(" /"))


def _comment(row: Any) -> dict[str, str] | None:
    text = row.get("message")
    if not isinstance(text, str) or not text.strip():
        return None
    shown = clean_text(text[:_MAX_TEXT], keep_lines=True)
    return {"id": _line(row.get("comment_key")), "text": shown}


def _rows(value: Any) -> list[dict[str, Any]]:
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def _line(value: Any) -> str:
    return clean_line(value[:300]) if isinstance(value, str) else ""


def _seconds(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        seconds = float(value)
    except OverflowError:
        return None
    return seconds if math.isfinite(seconds) and 0 <= seconds < 7 * 86_400 else None
