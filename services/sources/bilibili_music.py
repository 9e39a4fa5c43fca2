"""Bilibili's own tag of the background music that it heard in a video: titles without a time."""

from __future__ import annotations

import re
from typing import Any

from utawaku.library.text import clean_line
from utawaku.services.sources.client import SourceClient

_BVID = re.compile(r"(BV[A-Za-z0-9]{10})(?:_p\d+)?")
_WRAPPED = re.compile(r"^发现《(.+)》$")


def ask_background_music(client: SourceClient, site_id: str) -> tuple[str, ...]:
    """Return the titles of a video's music, each once; `site_id` is yt-dlp's (`BV..._p2`).

    Raises:
        SourceError: Bilibili has no answer now.
    """
    match = _BVID.fullmatch(site_id)
    if match is None:
        return ()
    answer = client.get("/x/web-interface/view/detail/tag", {"bvid": match[1]})
    tags = answer.get("data") if isinstance(answer, dict) else None
    titles = [_title(tag) for tag in tags] if isinstance(tags, list) else []
    return tuple(dict.fromkeys(title for title in titles if title))


def _title(tag: Any) -> str:
    if not isinstance(tag, dict) or tag.get("tag_type") != "bgm":
        return ""
    name = tag.get("tag_name")
    shown = clean_line(name[:300]) if isinstance(name, str) else ""
    wrapped = _WRAPPED.match(shown)
    return wrapped[1] if wrapped else shown
