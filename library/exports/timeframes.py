"""MMIF: segments and songs as time frames, for archives' annotation tools.

The format of the CLAMS project (https://mmif.clams.ai, specification 1.0): one audio document and
two views over it, times in milliseconds. `mmif-python` reads it.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from utawaku.library.records import Segment, Song, Stream
from utawaku.library.text import clean_line

_MMIF = "http://mmif.clams.ai/1.1.0"
_VOCABULARY = "http://mmif.clams.ai/vocabulary"
_TIME_FRAME = f"{_VOCABULARY}/TimeFrame/v6"
_AUDIO, _VIDEO = f"{_VOCABULARY}/AudioDocument/v1", f"{_VOCABULARY}/VideoDocument/v1"
_APP = "urn:utawaku"
_LABELS = {"noEnergy": "silence"}
_MIMES = {
    ".webm": "video/webm", ".mp4": "video/mp4", ".mkv": "video/x-matroska", ".m4a": "audio/mp4",
    ".mp3": "audio/mpeg", ".opus": "audio/ogg", ".ogg": "audio/ogg", ".flac": "audio/flac",
    ".wav": "audio/wav",
}  # fmt: skip
_DOCUMENT = "d1"


def mmif(stream: Stream, segments: Sequence[Segment], songs: Sequence[Song]) -> str:
    """One MMIF object: a view of `speech`, `music` and `silence`, and a view of `song`s.

    `start` and `end` are whole milliseconds; a song's frame has its title, artist and singer.
    """
    document = {
        "metadata": {"mmif": _MMIF},
        "documents": [_document(stream)],
        "views": [
            _view("v_0", [_segment_frame(segment) for segment in segments]),
            _view("v_1", [_song_frame(song) for song in songs]),
        ],
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _document(stream: Stream) -> dict[str, Any]:
    path = (stream.recording_path or stream.id).replace("\\", "/")
    mime = _MIMES.get(PurePosixPath(path).suffix.lower(), "application/octet-stream")
    return {
        "@type": _VIDEO if mime.startswith("video/") else _AUDIO,
        "properties": {
            "id": _DOCUMENT,
            "mime": mime,
            "location": f"file://{'' if path.startswith('/') else '/'}{quote(path)}",
            "title": clean_line(stream.title),
            "url": clean_line(stream.url),
        },
    }


def _view(view_id: str, frames: Sequence[dict[str, Any]]) -> dict[str, Any]:
    labels = sorted({frame["label"] for frame in frames})
    return {
        "id": view_id,
        "metadata": {
            "app": _APP,
            "timestamp": datetime.now(UTC).isoformat(timespec="seconds"),
            "contains": {
                _TIME_FRAME: {
                    "document": _DOCUMENT,
                    "timeUnit": "milliseconds",
                    "labelset": labels,
                }
            },
        },
        "annotations": [
            {"@type": _TIME_FRAME, "properties": {"id": f"{view_id}:tf_{number}", **frame}}
            for number, frame in enumerate(frames, 1)
        ],
    }


def _segment_frame(segment: Segment) -> dict[str, Any]:
    label = _LABELS.get(segment.label, segment.label)
    return {"label": label, "start": _ms(segment.start_s), "end": _ms(segment.stop_s)}


def _song_frame(song: Song) -> dict[str, Any]:
    names = {"title": song.title, "artist": song.artist, "singer": song.singer}
    shown = {name: clean_line(text) for name, text in names.items() if clean_line(text)}
    return {"label": "song", "start": _ms(song.start_s), "end": _ms(song.stop_s), **shown}


def _ms(time_s: float) -> int:
    return round(max(time_s, 0.0) * 1000)
