"""The still picture behind the moving parts: background, cover, title, artist, channel."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

from utawaku.media.render.fonts import TextFont

_INK, _SHADE = (255, 255, 255), (0, 0, 0)
_DIM = (205, 210, 225)
SMALLEST_PX = 8


@dataclass(frozen=True, slots=True)
class CardText:
    """The lines of the card; empty ones are left out."""

    title: str
    artist: str = ""
    channel: str = ""
    date: str = ""
    number: str = ""
    """Such as `03 / 12`."""

    def everything(self) -> str:
        """All of it, to see what a font can write."""
        return " ".join((self.title, self.artist, self.channel, self.date, self.number))


def draw_card(
    text: CardText, picture: Path | None, font: TextFont, width: int, height: int
) -> np.ndarray:
    """The card as uint8 RGB of shape (height, width, 3). The lower 40 % is left for movement."""
    cover = _open(picture)
    card = _background(cover, width, height)
    left, top = width // 16, height // 10
    text_left = left
    if cover is not None:
        box = (round(width * 0.34), round(height * 0.42))
        fitted = cover.copy()
        fitted.thumbnail(box, Image.Resampling.LANCZOS)
        card.paste(fitted, (left, top + (box[1] - fitted.height) // 2))
        text_left = left + box[0] + width // 28
    _write(card, text, font, (text_left, top), width - left - text_left, round(height * 0.44))
    return np.asarray(card)


def _open(picture: Path | None) -> Image.Image | None:
    """The picture, or None where there is none that can be read: a song needs no cover."""
    if picture is None or not picture.is_file():
        return None
    try:
        with Image.open(picture) as opened:
            return opened.convert("RGB")
    except OSError:
        return None


def _background(cover: Image.Image | None, width: int, height: int) -> Image.Image:
    if cover is None:
        rows = np.linspace(0, 1, height)[:, None, None]
        top, bottom = np.array([42, 34, 66]), np.array([14, 16, 30])
        colours = (top + (bottom - top) * rows).astype(np.uint8)
        return Image.fromarray(np.broadcast_to(colours, (height, width, 3)).copy())
    scale = max(width / cover.width, height / cover.height)
    small = cover.resize(
        (max(1, round(cover.width * scale / 8)), max(1, round(cover.height * scale / 8)))
    ).filter(ImageFilter.GaussianBlur(4))
    filled = small.resize(
        (max(width, round(cover.width * scale)), max(height, round(cover.height * scale))),
        Image.Resampling.BICUBIC,
    )
    left, top_ = (filled.width - width) // 2, (filled.height - height) // 2
    cropped = filled.crop((left, top_, left + width, top_ + height))
    return ImageEnhance.Brightness(cropped).enhance(0.38)


def _write(
    card: Image.Image,
    text: CardText,
    font: TextFont,
    at: tuple[int, int],
    width: int,
    height: int,
) -> None:
    draw = ImageDraw.Draw(card)

    def scaled(size: int) -> int:
        return max(SMALLEST_PX, round(size * card.height / 720))

    lines: list[tuple[str, int, tuple[int, int, int]]] = []
    if text.number:
        lines.append((font.writable(text.number), scaled(24), _DIM))
    title = font.writable(text.title)
    for line in _wrapped(title, font, scaled(54), width):
        lines.append((line, scaled(54), _INK))
    for words, size in ((text.artist, 36), (text.channel, 28), (text.date, 24)):
        fitting = _wrapped(font.writable(words), font, scaled(size), width)[:1]
        lines += [(line, scaled(size), _DIM) for line in fitting]
    lines = [line for line in lines if line[0]]
    full = sum(size * 1.4 for _, size, _ in lines)
    shrink = min(1.0, height / full) if full else 1.0
    x, y = at[0], at[1] + (height - full * shrink) / 2
    for words, size, colour in lines:
        sized = font.sized(max(SMALLEST_PX, round(size * shrink)))
        draw.text((x + 2, y + 2), words, fill=_SHADE, font=sized)
        draw.text((x, y), words, fill=colour, font=sized)
        y += size * 1.4 * shrink


def _wrapped(text: str, font: TextFont, size: int, width: int, most: int = 3) -> list[str]:
    """Lines that fit; broken at spaces where there are some, anywhere else in Japanese."""
    sized = font.sized(size)
    lines: list[str] = []
    rest = text.strip()
    while rest and len(lines) < most:
        if sized.getlength(rest) <= width:
            return [*lines, rest]
        fits = 1
        while fits < len(rest) and sized.getlength(rest[: fits + 1]) <= width:
            fits += 1
        space = rest.rfind(" ", 1, fits + 1)
        at = space if space > fits // 2 else fits
        lines.append(rest[:at].strip())
        rest = rest[at:].strip()
    if rest and lines:
        last = lines[-1]
        while last and sized.getlength(last + "…") > width:
            last = last[:-1]
        lines[-1] = last + "…"
    return lines
