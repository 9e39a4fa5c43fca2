"""A font that can write Japanese and Chinese.

None is shipped: they are large. Looked for, in this order: the configured file; the font packages
of the `fonts` extra; what fontconfig knows; the usual places of macOS and Windows. Without any of
them the titles are written with Pillow's own Latin font, and what it cannot write is left out and
reported.
"""

import importlib.util
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import ImageFont

from utawaku.library.errors import ConfigError

PROBE = "歌枠うたカナ"
"""Characters that a font must have to be chosen."""
_PACKAGES = (
    ("pylopdf_fonts_jp", "NotoSansJP-Regular.otf"),
    ("noto_cjk_sans_jp_regular", "NotoSansCJKjp-Regular.otf"),
    ("noto_cjk_sans_jp_bold", "NotoSansCJKjp-Bold.otf"),
)
_PLACES = (
    "/System/Library/Fonts/ヒラギノ角ゴシック W4.ttc",
    "/System/Library/Fonts/Hiragino Sans GB.ttc",
    "/System/Library/Fonts/PingFang.ttc",
    "C:/Windows/Fonts/YuGothM.ttc",
    "C:/Windows/Fonts/meiryo.ttc",
    "C:/Windows/Fonts/msgothic.ttc",
    "C:/Windows/Fonts/msyh.ttc",
)


@dataclass(frozen=True, slots=True)
class TextFont:
    """A font file, or Pillow's own font where `path` is None."""

    path: Path | None

    def sized(self, size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
        """The font at a height in pixels."""
        if self.path is None:
            return ImageFont.load_default(size)
        return ImageFont.truetype(str(self.path), size)

    def missing(self, text: str) -> str:
        """Characters of the text that this font cannot write, each once."""
        font = self.sized(24)
        none = _shape(font, "\U0010fffe")
        wanted = dict.fromkeys(char for char in text if not char.isspace())
        return "".join(char for char in wanted if _shape(font, char) == none)

    def writable(self, text: str) -> str:
        """The text without what this font cannot write."""
        missing = self.missing(text)
        return " ".join("".join(char for char in text if char not in missing).split())


def find_font(configured: Path | None = None) -> TextFont:
    """The best font there is.

    Raises:
        ConfigError: the configured file is no font.
    """
    if configured is not None:
        font = TextFont(configured)
        if not _works(font):
            raise ConfigError(
                "is no font that can be read",
                subject=str(configured),
                next_step="Give a .ttf, .otf or .ttc file",
            )
        return font
    for path in _candidates():
        font = TextFont(path)
        if path.is_file() and _works(font) and not font.missing(PROBE):
            return font
    return TextFont(None)


def _candidates() -> Iterator[Path]:
    for package, name in _PACKAGES:
        spec = importlib.util.find_spec(package)
        for folder in (spec.submodule_search_locations or ()) if spec else ():
            yield Path(folder) / name
    if fc_match := shutil.which("fc-match"):
        for language in ("ja", "zh-cn"):
            found = subprocess.run(
                [fc_match, "--format=%{file}", f"sans:lang={language}"],
                capture_output=True,
                text=True,
                timeout=20,
                check=False,
            )
            if found.returncode == 0 and found.stdout:
                yield Path(found.stdout)
    yield from map(Path, _PLACES)


def _works(font: TextFont) -> bool:
    try:
        font.sized(12)
    except OSError:
        return False
    return True


def _shape(font: ImageFont.FreeTypeFont | ImageFont.ImageFont, char: str) -> bytes:
    mask = font.getmask(char)
    return bytes(mask) + bytes(str(mask.size), "ascii")
