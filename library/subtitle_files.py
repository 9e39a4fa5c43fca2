"""Subtitles in the folder of a stream: found by name, not read."""

from pathlib import Path

from utawaku.library.config import Settings

PATTERNS = ("*.srt", "*.vtt")


def subtitle_files(stream_id: str, settings: Settings) -> list[Path]:
    """Return the .srt and .vtt files in a stream's folder, by name."""
    folder = settings.stream_dir(stream_id)
    return sorted(path for pattern in PATTERNS for path in folder.glob(pattern))
