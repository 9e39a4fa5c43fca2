"""Songs of a stream as rows: CSV for spreadsheets, and the form of Holodex."""

import csv
import io
import json
import math
from collections.abc import Sequence
from urllib.parse import parse_qs, urlsplit

from utawaku.library.exports.setlists import hms
from utawaku.library.records import Song, Stream
from utawaku.library.text import clean_line

CSV_COLUMNS = ("start", "stop", "title", "artist", "singer", "url")
_FORMULA_STARTS = ("=", "+", "-", "@")


def songs_csv(stream: Stream, songs: Sequence[Song]) -> str:
    """One row a song with `CSV_COLUMNS`; times as H:MM:SS, the address opens at the song.

    A text that a spreadsheet would take for a formula gets an apostrophe in front.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for song in songs:
        names = [_cell(song.title), _cell(song.artist), _cell(song.singer)]
        times = [hms(song.start_s), hms(song.stop_s)]
        writer.writerow([*times, *names, _cell(_address(stream, song))])
    return out.getvalue()


def holodex_songs(stream: Stream, songs: Sequence[Song]) -> str:
    """A JSON list of songs with the fields of Holodex's API: whole seconds, original artist.

    Songs without a title are left out: Holodex has none. `video_id` is null for other sites.
    """
    rows = [
        {
            "video_id": _youtube_id(stream.url),
            "name": clean_line(song.title),
            "original_artist": clean_line(song.artist),
            "start": math.floor(max(song.start_s, 0.0)),
            "end": math.ceil(song.stop_s),
            "itunesid": None,
        }
        for song in songs
        if clean_line(song.title)
    ]
    return json.dumps(rows, ensure_ascii=False, indent=1) + "\n"


def _cell(text: str) -> str:
    clean = clean_line(text)
    return f"'{clean}" if clean.startswith(_FORMULA_STARTS) else clean


def _address(stream: Stream, song: Song) -> str:
    if not _youtube_id(stream.url):
        return stream.url
    return f"https://youtu.be/{_youtube_id(stream.url)}?t={int(max(song.start_s, 0.0))}"


def _youtube_id(url: str) -> str | None:
    """The video's id in a YouTube address, None for any other."""
    parts = urlsplit(url)
    host = (parts.hostname or "").removeprefix("www.").removeprefix("m.")
    if host == "youtu.be":
        return parts.path.strip("/") or None
    if host != "youtube.com":
        return None
    shown = parse_qs(parts.query).get("v", [""])[0]
    if not shown and parts.path.startswith(("/live/", "/shorts/", "/embed/")):
        shown = parts.path.split("/")[2]
    return shown or None
