"""A marker, and the times in which programs write one."""

import re
from dataclasses import dataclass

_UNNAMED = re.compile(
    r"(?:untitled|unnamed|marker|mark|region|label|segment|bookmark|cue|song|track|chapter|kapitel"
    r"|chapitre|cap[ií]tulo|マーカー|リージョン|ラベル|ブックマーク|セグメント|チャプター|标记|標記|章节|章節|书签"
    r"|書籤|片段)?[ #_.]*\d*",
    re.IGNORECASE,
)
"""Names that programs give to a marker that nobody named."""
_CLOCK = re.compile(r"(?:(\d+):)?(\d{1,3}):(\d{2}(?:[.,]\d+)?)", re.ASCII)
_FRAMES = re.compile(r"(\d{1,2})[:;](\d{2})[:;](\d{2})[:;.](\d{2})", re.ASCII)
_SECONDS = re.compile(r"\d+(?:[.,]\d+)?(?:[eE][+-]?\d+)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Marker:
    """A point or span of a recording as another program keeps it; times in seconds."""

    start_s: float
    stop_s: float | None = None
    """None for a point."""
    name: str = ""
    """Empty where nobody named it."""
    artist: str = ""
    """Given by formats that tell it apart from the title."""


def marker(start_s: float, stop_s: float | None, name: str, artist: str = "") -> Marker:
    """Return a marker; a span without length is a point, a name such as "Marker 3" is none."""
    name = " ".join(name.split())
    return Marker(
        start_s,
        stop_s if stop_s is not None and stop_s > start_s else None,
        "" if _UNNAMED.fullmatch(name) else name,
        " ".join(artist.split()),
    )


def seconds_of(text: str) -> float | None:
    """Return the seconds of `24`, `24.5`, `0:24.5` or `1:02:03,25`; None for anything else."""
    text = text.strip()
    if _SECONDS.fullmatch(text):
        return float(text.replace(",", "."))
    found = _CLOCK.fullmatch(text)
    if found is None:
        return None
    hours, minutes, seconds = found.groups()
    return int(hours or 0) * 3600 + int(minutes) * 60 + float(seconds.replace(",", "."))


def frames_of(text: str) -> tuple[int, int] | None:
    """Return (whole seconds, frames) of a timecode such as `00:04:18;12`; None for other text."""
    found = _FRAMES.fullmatch(text.strip())
    if found is None:
        return None
    hours, minutes, seconds, frames = map(int, found.groups())
    return hours * 3600 + minutes * 60 + seconds, frames


def frame_rate(frames: int) -> int:
    """Return a frame rate that the highest number of a frame allows, in frames a second.

    Timecodes do not tell theirs. To take 30 for 24 or 25 places a marker .2 s early at most.
    """
    return 30 if frames < 30 else 60 if frames < 60 else 120
