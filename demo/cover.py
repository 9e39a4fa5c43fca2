"""Artwork of a demo stream: a night sky with a moon and the wave of a song."""

import io

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

WIDTH, HEIGHT = 1280, 720
_SKIES = (
    ((24, 20, 58), (122, 60, 120), (242, 150, 150)),
    ((12, 30, 62), (36, 96, 132), (240, 196, 130)),
    ((34, 14, 48), (150, 44, 88), (250, 176, 96)),
    ((10, 34, 44), (34, 110, 104), (214, 226, 160)),
)
"""Colours of the sky from its top to its foot."""


def draw_cover(seed: int) -> bytes:
    """Return a JPEG of 1280 x 720 pixels; the same seed gives the same picture."""
    rng = np.random.default_rng([seed, 3])
    top, middle, foot = (np.array(one, float) for one in _SKIES[seed % len(_SKIES)])
    down = np.linspace(0.0, 2.0, HEIGHT)[:, None]
    upper = top + (middle - top) * np.clip(down, 0, 1)
    sky = upper + (foot - middle) * np.clip(down - 1, 0, 1)
    pixels = np.repeat(sky[:, None, :], WIDTH, axis=1)
    picture = Image.fromarray(pixels.astype(np.uint8))
    _light(picture, rng)
    _wave(picture, rng)
    written = io.BytesIO()
    picture.save(written, "JPEG", quality=88)
    return written.getvalue()


def _light(picture: Image.Image, rng: np.random.Generator) -> None:
    """Stars, and a moon with a halo."""
    pen = ImageDraw.Draw(picture)
    for x, y in zip(rng.integers(0, WIDTH, 160), rng.integers(0, HEIGHT // 2, 160), strict=True):
        pen.point((int(x), int(y)), fill=(255, 255, 240))
    x, y = int(rng.integers(250, WIDTH - 250)), 210
    halo = Image.new("L", picture.size, 0)
    ImageDraw.Draw(halo).ellipse((x - 170, y - 170, x + 170, y + 170), fill=120)
    picture.paste((255, 244, 214), mask=halo.filter(ImageFilter.GaussianBlur(60)))
    pen.ellipse((x - 92, y - 92, x + 92, y + 92), fill=(255, 246, 222))


def _wave(picture: Image.Image, rng: np.random.Generator) -> None:
    """Bars of a song's loudness along the foot."""
    pen = ImageDraw.Draw(picture)
    at = np.arange(80)
    swell = 0.5 + 0.5 * np.sin(at / 80 * np.pi * float(rng.uniform(3, 6)))
    heights = 30 + 210 * swell * rng.uniform(0.45, 1.0, 80)
    for n, height in enumerate(heights):
        left = 16 * n + 3
        box = (left, HEIGHT - 40 - int(height), left + 9, HEIGHT - 40)
        pen.rounded_rectangle(box, 4, fill=(28, 22, 44))
