"""Tags of one open file as text by field name, whatever its format."""

import re
import shutil
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

from utawaku.library.tag_formats.names import WRITTEN_STARS
from utawaku.library.tag_formats.ratings import chosen_stars

FRONT_COVER = 3
"""Number of the front cover among the kinds of pictures that ID3, FLAC and Vorbis share."""


class TagStore(ABC):
    """One open file's tags, as text by field name. Empty text removes."""

    has_peak = True

    def __init__(self, file: Any) -> None:
        if file.tags is None:
            file.add_tags()
        self.file = file

    @abstractmethod
    def get(self, name: str) -> str:
        """Return the text of a tag, empty where there is none."""

    @abstractmethod
    def set(self, name: str, text: str) -> None:
        """Set a tag; an empty text removes it."""

    @abstractmethod
    def extra_names(self) -> list[str]:
        """Names of the free tags that utawaku wrote, with its prefix."""

    @abstractmethod
    def get_cover(self) -> bytes:
        """Return the front cover, empty where there is none."""

    @abstractmethod
    def set_cover(self, picture: bytes) -> None:
        """Set the front cover; empty bytes remove it."""

    def save(self, source: Path, target: Path) -> None:
        """Write `source` with these tags into `target`. Raises mutagen.MutagenError."""
        shutil.copyfile(source, target)
        self.file.save(target)

    def _stars(self, found: list[int]) -> str:
        written = self.get(WRITTEN_STARS)
        return str(chosen_stars(found, int(written) if is_int(written) else 0) or "")


def is_int(text: str) -> bool:
    """Return whether `text` is a whole number of sane length."""
    return re.fullmatch(r"[+-]?\d{1,9}", text) is not None
