"""Authors of the comments below a stream."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def author_of(comment: Mapping[str, Any]) -> str:
    """Return the name of a comment's author, else the id; empty where neither is there."""
    return str(comment.get("author") or comment.get("author_id") or "")


def is_by_channel(comment: Mapping[str, Any], info: Mapping[str, Any]) -> bool:
    """Return whether a comment is the channel's own; `info` is the page's, as yt-dlp tells it."""
    channel_ids = {info.get("channel_id"), info.get("uploader_id")} - {None, ""}
    return bool(comment.get("author_is_uploader")) or comment.get("author_id") in channel_ids
