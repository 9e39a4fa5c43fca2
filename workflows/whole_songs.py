"""The name of a recording that is one song as a whole: its page's, its tags', or its title."""

import json
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from utawaku.library.config import Settings
from utawaku.library.errors import UtawakuError
from utawaku.library.records import LabelCandidate, Stream
from utawaku.library.text import clean_line
from utawaku.media.joined import is_joined
from utawaku.media.probe import probe
from utawaku.models.labels import SURE
from utawaku.models.setlist.sides import read_names, sides_of

TAGS = "tags"
"""Source of such a name."""
TITLE_SURENESS = 0.5
"""Probability that a title, taken apart, is the song's name; not measured. Others are asked first,
and it stays where they know nothing."""

_ARTIST_FIRST = re.compile(r"\S\s+[-–—]\s+\S")
"""Uploads of music and files are called `Artist - Title`, with a dash; other signs divide as in
setlists."""


def name_of_recording(
    stream: Stream, settings: Settings, known_artists: Collection[str] = ()
) -> LabelCandidate | None:
    """Return what a recording that is one song is called; None where it has no words.

    Fields of the page (track, artist) and tags of the file are sure; a title is taken apart.
    """
    title, artist = _of_page(stream, settings)
    if not title:
        title, artist = _of_tags(stream, settings)
    if title and artist:
        return LabelCandidate(title, artist, TAGS, SURE, {"tags": f"{artist} - {title}"})
    words = title or clean_line(stream.title)
    if not words:
        return None
    heading = ("artist-title",) if _ARTIST_FIRST.search(words) else ()
    (name,) = read_names([words], sides_of(known_artists, heading))
    return LabelCandidate(
        name.title or words, artist or name.artist, TAGS, TITLE_SURENESS, {"title": words}
    )


def _of_page(stream: Stream, settings: Settings) -> tuple[str, str]:
    path = settings.stream_dir(stream.id) / "info.json"
    try:
        info = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):  # no page was kept: the file itself is asked
        return "", ""
    if not isinstance(info, Mapping):
        return "", ""
    return _line(info.get("track")), _line(info.get("artist")) or _lines(info.get("artists"))


def _of_tags(stream: Stream, settings: Settings) -> tuple[str, str]:
    path = settings.library_root / stream.recording_path
    if not stream.recording_path or is_joined(path):
        return "", ""
    return tags_of(path)


def tags_of(path: Path) -> tuple[str, str]:
    """Title and artist in a file's tags; empty where they are not there, or it cannot be read."""
    try:
        tags = {name.lower(): value for name, value in probe(path).tags.items()}
    except UtawakuError:  # whoever plays it says what is wrong with it
        return "", ""
    return clean_line(tags.get("title", "")), clean_line(tags.get("artist", ""))


def _line(value: Any) -> str:
    return clean_line(value) if isinstance(value, str) else ""


def _lines(value: Any) -> str:
    return ", ".join(filter(None, map(_line, value))) if isinstance(value, list) else ""
