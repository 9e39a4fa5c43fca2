"""Telling pictures by their first bytes, whatever their name or the server says."""

from pathlib import Path


def picture_extension(picture: Path | bytes) -> str:
    """Return `jpg`, `png`, `webp` or `gif` for a file or its first bytes; empty for the rest."""
    if isinstance(picture, Path):
        with picture.open("rb") as file:
            head = file.read(16)
    else:
        head = picture[:16]
    if head.startswith(b"\xff\xd8\xff"):
        return "jpg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "webp"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "gif"
    return ""
