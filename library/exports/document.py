"""Everything about one stream as JSON."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from utawaku.library.records import Segment, Song, Stream

_FORMAT = "utawaku-stream"
_VERSION = 1


def stream_json(stream: Stream, segments: Sequence[Segment], songs: Sequence[Song]) -> str:
    """One JSON object: `stream`, `segments` as `[label, start_s, stop_s]` rows, `songs`.

    Numbers that JSON cannot hold (infinite loudness of silence) become null.
    """
    document = {
        "format": _FORMAT,
        "version": _VERSION,
        "stream": asdict(stream),
        "segments": [[s.label, s.start_s, s.stop_s] for s in segments],
        "songs": [asdict(song) for song in songs],
    }
    return json.dumps(_finite(document), ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return None
    if isinstance(value, str):  # a lone surrogate would make the whole file invalid UTF-8
        return value.encode("utf-8", "replace").decode("utf-8")
    return value
