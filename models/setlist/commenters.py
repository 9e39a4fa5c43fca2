"""Authors of the comments below a stream."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any


def author_of(comment: Mapping[str, Any]) -> str:
    """Return the name of a comment's author, else the id; empty where neither is there."""
    return str(comment.get("author") or comment.get("author_id") or "")


def is_by_channel(comment: Mapping[str, Any], info: Mapping[str, Any]) -> bool:
    """Return whether a comment is the channel's own; `info` is the page's, as yt-dlp tells it."""
    channel_ids = {info.get("channel_id"), info.get("uploader_id")} - {None, ""}
    return bool(comment.get("author_is_uploader")) or comment.get("author_id") in channel_ids


def with_own_replies(comments: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the comments, with what their own authors added below them as a part of them.

    So lists are corrected, and go on where one comment was too short.
    """
    by_id = {str(comment.get("id") or ""): comment for comment in comments}
    added: dict[str, list[str]] = defaultdict(list)
    kept: list[Mapping[str, Any]] = []
    for comment in comments:
        parent = str(comment.get("parent") or "")
        above = by_id.get(parent) if parent else None
        if above is not None and above is not comment and _same_author(above, comment):
            added[parent].append(comment["text"])
        else:
            kept.append(comment)
    return [
        {**one, "text": "\n".join([one["text"], *added[str(one["id"])]])}
        if one.get("id") and str(one["id"]) in added
        else one
        for one in kept
    ]


def _same_author(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    if one.get("author_id") and other.get("author_id"):
        return bool(one["author_id"] == other["author_id"])
    return bool(author_of(one)) and author_of(one) == author_of(other)
