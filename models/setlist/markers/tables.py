"""Rows with times: label tracks, cut lists of seconds, and tables with a headed first row."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence

from utawaku.library.errors import SetlistError
from utawaku.models.setlist.markers.marker import (
    Marker,
    frame_rate,
    frames_of,
    marker,
    seconds_of,
)

_ENGINE_LABELS = frozenset({"speech", "music", "noise", "noenergy", "male", "female"})
"""Labels of segmenters; in a label track beside songs they name no song."""
_COLUMNS = {
    "start": (
        "start|start time|starttime|timestamp|in|begin|from",
        "開始|開始時間|開始時刻|开始|开始时间|시작",
    ),
    "stop": (
        "end|end time|endtime|stop|out|to",
        "終了|終了時間|終了時刻|结束|结束时间|結束|끝|종료",
    ),
    "length": ("duration|length", "長さ|时长|時長|길이"),
    "title": (
        "name|marker name|title|song|song title|label|text",
        "曲|曲名|タイトル|歌名|标题|標題|歌曲|제목|곡명",
    ),
    "artist": ("artist|original artist", "アーティスト|歌手|艺人|藝人|가수"),
}
_COLUMN_OF = {
    word: column for column, words in _COLUMNS.items() for word in "|".join(words).split("|")
}
_TWITCH_TIME = re.compile(r"\d{1,3}:\d\d:\d\d", re.ASCII)
_TWITCH_WHO = re.compile(r"[A-Za-z]*,[A-Za-z0-9_]{2,25}", re.ASCII)
_DELIMITERS = ("\t", ",", ";")


def read_label_track(text: str) -> list[Marker] | None:
    """Read rows of start, stop and name: Audacity's labels, LosslessCut's lists; None for others.

    Audacity's rows that begin with a backslash hold frequencies. LosslessCut leaves the start of a
    span from the beginning empty, and the stop of one that lasts to the end.
    """
    lines = [line for line in text.split("\n") if line.strip() and not line.startswith("\\")]
    for delimiter in _DELIMITERS[:2]:
        rows = [row for row in _rows(lines, delimiter) if row]
        if rows and all(_is_label(row) for row in rows):
            spans = [_span(row) for row in rows]
            return [span for span in spans if span.name.lower() not in _ENGINE_LABELS]
    return None


def read_stream_markers(text: str) -> list[Marker] | None:
    """Read the markers that Twitch lets a streamer download: time, role, name of who set it, text.

    None for other text.
    """
    rows = list(csv.reader(line for line in text.split("\n") if line.strip()))
    if not rows or not all(_is_stream_marker(row) for row in rows):
        return None
    return [marker(seconds_of(row[0]) or 0.0, None, row[3]) for row in rows]


def _is_stream_marker(row: Sequence[str]) -> bool:
    if len(row) != 4:
        return False
    return bool(_TWITCH_TIME.fullmatch(row[0]) and _TWITCH_WHO.fullmatch(",".join(row[1:3])))


def _rows(lines: Sequence[str], delimiter: str) -> list[list[str]]:
    if delimiter == "\t":
        return [line.split("\t", 2) for line in lines]  # a label may hold a quote of its own
    return list(csv.reader(lines, delimiter=delimiter))


def _is_label(row: Sequence[str]) -> bool:
    if len(row) not in (2, 3):
        return False
    times = [cell.strip() for cell in row[:2]]
    return any(times) and all(not cell or seconds_of(cell) is not None for cell in times)


def _span(row: Sequence[str]) -> Marker:
    start_s, stop_s = seconds_of(row[0]) or 0.0, seconds_of(row[1])
    return marker(start_s, stop_s, row[2] if len(row) > 2 else "")


def read_table(text: str) -> list[Marker] | None:
    """Read a table of which the first row names the columns; None for text without such a row.

    REAPER's regions, the markers of Audition, Premiere and Subtitle Edit, and spreadsheets.

    Raises:
        SetlistError: a start is no time, as where a program shows measures.
    """
    head, _, rest = text.partition("\n")
    delimiter = max(_DELIMITERS, key=head.count)
    columns = [_COLUMN_OF.get(cell.strip().lower()) for cell in head.split(delimiter)]
    if "start" not in columns or not {"title", "stop", "length"} & set(columns):
        return None
    rows = [
        {column: cell for column, cell in zip(columns, row, strict=False) if column}
        for row in csv.reader(io.StringIO(rest), delimiter=delimiter)
        if any(cell.strip() for cell in row)
    ]
    rate = _rate_of(rows)
    return [_marker_of(row, rate) for row in rows]


def _rate_of(rows: Sequence[Mapping[str, str]]) -> int:
    codes = [frames_of(row.get(name, "")) for row in rows for name in ("start", "stop", "length")]
    return frame_rate(max((code[1] for code in codes if code), default=0))


def _marker_of(row: Mapping[str, str], rate: int) -> Marker:
    start_s = _time(row["start"], rate)
    if start_s is None:
        start = row["start"].strip()
        raise SetlistError(
            f"the start {start!r} is no time",
            next_step="Let the program show minutes and seconds (not measures), and export again",
        )
    stop_s, length_s = _time(row.get("stop", ""), rate), _time(row.get("length", ""), rate)
    if stop_s is None and length_s:
        stop_s = start_s + length_s
    return marker(start_s, stop_s, row.get("title", ""), row.get("artist", ""))


def _time(text: str, rate: int) -> float | None:
    code = frames_of(text)
    if code is not None:
        return code[0] + code[1] / rate
    # Subtitle Edit writes milliseconds behind a colon; they have three digits, frames two.
    return seconds_of(re.sub(r":(\d{3})$", r".\1", text.strip()))
