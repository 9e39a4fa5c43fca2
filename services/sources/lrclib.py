"""LRCLIB: lyrics, with the times of their lines where somebody has noted them."""

from __future__ import annotations

from typing import Any

from utawaku.library.lrc import MAX_TEXT, Lyrics, parse_lyrics
from utawaku.models.labels import artist_key, same_song
from utawaku.services.sources.client import SourceClient

LENGTH_SLACK_S = 6.0
"""A cut starts and ends elsewhere than the record: so much longer or shorter is the same song."""
MAX_SONG_S = 3600.0
"""LRCLIB refuses longer ones."""


def ask_lrclib(client: SourceClient, title: str, artist: str, duration_s: float) -> Lyrics | None:
    """Return the lyrics of a song, with times before plain ones; None where LRCLIB has none.

    It is asked for the exact song first, then searched: its search does not compare lengths, so
    hits of another length give their words only.

    Raises:
        SourceError: LRCLIB has no answer now.
    """
    if not title.strip() or not artist.strip():
        return None  # a title alone means many songs
    names = {"track_name": title, "artist_name": artist}
    exact = dict(names)
    if 1 <= round(duration_s) <= MAX_SONG_S:
        exact["duration"] = str(round(duration_s))
    found = _lyrics_of(client.get("/api/get", exact))
    if found is not None and found.is_synced:
        return found
    hits = client.get("/api/search", names)
    rows = [row for row in hits if isinstance(row, dict)] if isinstance(hits, list) else []
    rows = [row for row in rows if _means(row, title, artist)]
    rows.sort(key=lambda row: abs(_seconds(row) - duration_s))
    for row in rows:
        lyrics = _lyrics_of(row)
        near = abs(_seconds(row) - duration_s) <= LENGTH_SLACK_S
        if lyrics is not None and lyrics.is_synced and near:
            return lyrics
    if found is not None:
        return found
    words = next((one for row in rows if (one := _lyrics_of(row)) is not None), None)
    return Lyrics(plain=words.plain) if words is not None else None


def _lyrics_of(record: Any) -> Lyrics | None:
    if not isinstance(record, dict) or record.get("instrumental") is True:
        return None
    for name in ("syncedLyrics", "plainLyrics"):
        text = record.get(name)
        if isinstance(text, str) and text.strip():
            return parse_lyrics(text[:MAX_TEXT])
    return None


def _means(row: dict[str, Any], title: str, artist: str) -> bool:
    own = row.get("trackName") or row.get("name")
    by = row.get("artistName")
    if not isinstance(own, str) or not isinstance(by, str):
        return False
    return same_song(title, "", own, "") and artist_key(artist) == artist_key(by)


def _seconds(row: dict[str, Any]) -> float:
    value = row.get("duration")
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if number and value is not None else -1e9
