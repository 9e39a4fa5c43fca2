"""Subtitles in the folder of a stream: found by name, not read."""

from pathlib import Path

from utawaku.library.config import Settings

SUBSTATION = (".ass", ".ssa")
SUFFIXES = (".srt", ".vtt", *SUBSTATION, ".lrc")
"""Subtitles and timed lyrics that can be read, in lower case."""


def subtitle_files(stream_id: str, settings: Settings) -> list[Path]:
    """Return the files of subtitles in a stream's folder, by name."""
    folder = settings.stream_dir(stream_id)
    return sorted(path for path in folder.glob("*") if path.suffix.lower() in SUFFIXES)
