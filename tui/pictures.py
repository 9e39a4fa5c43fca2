"""Cover pictures read and scaled for the terminal. Slow to import and to run: for threads only."""

import base64
import io
import warnings
from pathlib import Path

import numpy as np
from PIL import Image

from utawaku.library.errors import TagError
from utawaku.library.tags import read_cover
from utawaku.tui.terminal import PLACES, Picture, Way

MAX_PIXELS = 40_000_000
"""A picture of more is not decoded."""
_CELL_PIXELS = (10, 20)


def make_picture(
    file: bytes, way: Way, columns: int, rows: int, cell: tuple[int, int] | None = None
) -> Picture | None:
    """Scale a picture file into at most `columns` x `rows` cells; None where it cannot be shown.

    Args:
        file: JPEG, PNG, WebP, ...; may be broken, or absurdly large.
        way: how the terminal shows it.
        columns: room.
        rows: room.
        cell: pixels of a cell.
    """
    if not file or columns < 2 or rows < 1:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(file)) as opened:
                original = opened.size
                if not 0 < original[0] * original[1] <= MAX_PIXELS:
                    return None
                return _scaled(opened, original, way, columns, rows, cell or _CELL_PIXELS)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None  # a cover is an ornament: without it the song is shown as well


def _scaled(
    opened: Image.Image,
    original: tuple[int, int],
    way: Way,
    columns: int,
    rows: int,
    cell: tuple[int, int],
) -> Picture:
    # The largest whole cells that keep the shape.
    share = min(columns * cell[0] / original[0], rows * cell[1] / original[1])
    columns = min(columns, max(2, round(original[0] * share / cell[0])))
    rows = min(rows, max(1, round(original[1] * share / cell[1])))
    if way == "kitty":  # it numbers no more of them
        columns, rows = min(columns, len(PLACES)), min(rows, len(PLACES))
    if way == "text":
        return Picture(way, columns, 1, original)
    size = (columns, 2 * rows) if way == "blocks" else (columns * cell[0], rows * cell[1])
    opened.draft("RGB", size)  # JPEGs are decoded no larger than needed
    small = opened.convert("RGB").resize(size, Image.Resampling.BOX, reducing_gap=2.0)
    if way == "blocks":
        return Picture(way, columns, rows, original, np.asarray(small, np.uint8))
    if way == "sixel":
        # Not with the package's widgets: importing those asks the terminal.
        from textual_image._sixel import image_to_sixels

        return Picture(way, columns, rows, original, data=image_to_sixels(small, None, None))
    png = io.BytesIO()
    small.save(png, "PNG", compress_level=1)
    data = base64.standard_b64encode(png.getvalue()).decode("ascii")
    return Picture(way, columns, rows, original, data=data)


def cover_file(song_file: Path | None, stream_dir: Path) -> bytes:
    """The cover in a song's file, else its stream's thumbnail; empty where there is neither."""
    if song_file is not None:
        try:
            cover = read_cover(song_file)
        except TagError:
            cover = b""  # not cut yet, moved away, or no audio: the stream may have a picture
        if cover:
            return cover
    try:
        for path in sorted(stream_dir.glob("thumbnail.*")):
            return path.read_bytes()
    except OSError:
        pass
    return b""
