"""Pictures of a stream and of a song: waveform with segments and songs, interest curve.

Pillow and numpy only. Everything is drawn from arrays that hold a number for every 0.1 s or every
second, so a 12-hour stream costs as much as a short one.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from utawaku.library.exports import NamedSpan, hms
from utawaku.library.records import Segment
from utawaku.library.text import clean_line, graphemes

ENVELOPE_STEP_S = 0.1

_Colour = tuple[int, int, int]
_Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


@dataclass(frozen=True)
class Palette:
    """Colours of a picture; the classes stay apart for colour-blind eyes by lightness too."""

    paper: _Colour
    ink: _Colour
    faint: _Colour
    song: _Colour
    song_ink: _Colour
    labels: dict[str, _Colour]


LIGHT = Palette(
    paper=(255, 255, 255),
    ink=(32, 36, 44),
    faint=(222, 226, 232),
    song=(36, 90, 160),
    song_ink=(255, 255, 255),
    labels={
        "speech": (222, 142, 32),
        "music": (32, 134, 178),
        "noise": (150, 90, 170),
        "noEnergy": (190, 196, 204),
    },
)
DARK = Palette(
    paper=(18, 20, 26),
    ink=(226, 230, 236),
    faint=(46, 50, 60),
    song=(120, 178, 244),
    song_ink=(14, 18, 26),
    labels={
        "speech": (240, 168, 70),
        "music": (70, 176, 220),
        "noise": (188, 134, 208),
        "noEnergy": (84, 90, 102),
    },
)

_MARGIN = 12
_TICKS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800)
_CJK_FONTS = (
    "NotoSansCJK-Regular.ttc",
    "NotoSansJP-Regular.otf",
    "Hiragino Sans GB.ttc",
    "YuGothM.ttc",
    "meiryo.ttc",
    "msyh.ttc",
    "ipag.ttf",
    "wqy-zenhei.ttc",
)


class EnvelopeMeter:
    """Collects the peak of every 0.1 s while a recording is decoded for another purpose."""

    def __init__(self, sample_rate_hz: int) -> None:
        self._step = max(1, round(sample_rate_hz * ENVELOPE_STEP_S))
        self._peaks: list[np.ndarray] = []
        self._rest = np.zeros(0, np.float32)

    def add(self, samples: np.ndarray) -> None:
        """Take samples of shape (n_samples,) or (n_channels, n_samples).

        They are float, in [-1, 1].
        """
        level = np.abs(samples).max(axis=0) if samples.ndim == 2 else np.abs(samples)
        level = np.concatenate([self._rest, level.astype(np.float32)])
        n_whole = level.size // self._step * self._step
        self._peaks.append(level[:n_whole].reshape(-1, self._step).max(axis=1, initial=0))
        self._rest = level[n_whole:]

    def result(self) -> np.ndarray:
        """Peaks in [0, 1], float32 of shape (n_steps,); the last may stand for less than 0.1 s."""
        rest = [self._rest.max(keepdims=True)] if self._rest.size else []
        return np.concatenate([*self._peaks, *rest, np.zeros(0, np.float32)])


def timeline_picture(
    envelope: np.ndarray,
    duration_s: float,
    segments: Sequence[Segment],
    songs: Sequence[NamedSpan] = (),
    *,
    title: str = "",
    size: tuple[int, int] = (1600, 300),
    dark: bool = False,
) -> bytes:
    """Return a PNG of a whole recording: waveform in the colours of its segments, songs above.

    Args:
        envelope: peaks, float (n_points,) in [0, 1], at even steps over the recording; see
            EnvelopeMeter.
        duration_s: what `envelope` spans.
        songs: bars with number, start and, where they fit and the font has them, the names.
        title: shown at the top left.
    """
    palette = DARK if dark else LIGHT
    width, height = size
    font = _font(13)
    image = Image.new("RGB", size, palette.paper)
    draw = ImageDraw.Draw(image)
    top, bottom = 58, height - 26
    left, right = _MARGIN, width - _MARGIN
    duration_s = max(duration_s, 1e-3)
    if right > left and bottom > top:
        labels = _labels_at(segments, duration_s, right - left)
        heights = _columns(envelope, right - left)
        image.paste(_waveform(heights, labels, bottom - top, palette), (left, top))
    _draw_axis(draw, (left, right, bottom), duration_s, palette, font)
    _draw_legend(draw, right, segments, palette, font)
    legend_left = width // 2 + 60
    draw.text((left, 8), _fit(title, legend_left - left, font), palette.ink, font)
    for number, song in enumerate(songs, 1):
        start, stop = (
            left + (right - left) * min(max(t / duration_s, 0.0), 1.0)
            for t in (song.start_s, song.stop_s)
        )
        _draw_song(draw, (start, stop, top, bottom), song, number, palette, font)
    return _png(image)


def _columns(envelope: np.ndarray, n_columns: int) -> np.ndarray:
    """Largest value in each of `n_columns` even parts; a short envelope is repeated."""
    envelope = np.nan_to_num(np.asarray(envelope, np.float32), posinf=1.0, neginf=0.0)
    if not envelope.size:
        return np.zeros(n_columns, np.float32)
    edges = np.linspace(0, envelope.size, n_columns + 1)
    starts = np.minimum(edges[:-1].astype(int), envelope.size - 1)
    if envelope.size < n_columns:
        result: np.ndarray = envelope[starts]
        return result
    return np.maximum.reduceat(envelope, starts)


def _labels_at(segments: Sequence[Segment], duration_s: float, n_columns: int) -> list[str]:
    """The label in the middle of each column; between segments it is noEnergy."""
    times = (np.arange(n_columns) + 0.5) / n_columns * duration_s
    starts = np.array([s.start_s for s in segments])
    index = np.searchsorted(starts, times, side="right") - 1
    return [
        segments[i].label if i >= 0 and time < segments[i].stop_s else "noEnergy"
        for i, time in zip(index, times, strict=True)
    ]


def _waveform(heights: np.ndarray, labels: list[str], height: int, palette: Palette) -> Image.Image:
    """Columns of the class's colour on a faint ground of the same colour."""
    fallback = palette.labels["noEnergy"]
    colours = np.array([palette.labels.get(label, fallback) for label in labels], np.float32)
    paper = np.array(palette.paper, np.float32)
    grounds = paper + (colours - paper) * 0.16
    # The square root shows quiet parts: half the height is -12 dBFS.
    reach = np.sqrt(np.clip(heights, 0, 1)) * (height / 2 - 1) + 1
    distance = np.abs(np.arange(height) + 0.5 - height / 2)[:, None]
    pixels = np.where((distance <= reach[None])[..., None], colours[None], grounds[None])
    return Image.fromarray(pixels.astype(np.uint8), "RGB")


def _draw_axis(
    draw: ImageDraw.ImageDraw,
    place: tuple[int, int, int],
    duration_s: float,
    palette: Palette,
    font: _Font,
) -> None:
    left, right, bottom = place
    room_px = 84
    step_s = next(
        (t for t in _TICKS_S if (right - left) * t / duration_s >= room_px),
        -(-duration_s // (_TICKS_S[-1] * 8)) * _TICKS_S[-1],
    )
    for number in range(int(duration_s // step_s) + 1):
        time_s = number * step_s
        x = left + (right - left) * time_s / duration_s
        draw.line((x, bottom, x, bottom + 5), palette.ink)
        text = hms(time_s, short=True)
        if x + draw.textlength(text, font) <= right + _MARGIN:
            draw.text((x + 3, bottom + 6), text, palette.ink, font)


def _draw_legend(
    draw: ImageDraw.ImageDraw,
    right: int,
    segments: Sequence[Segment],
    palette: Palette,
    font: _Font,
) -> None:
    """Return what the colours mean, with the share of each class, from the right end."""
    total_s = sum(s.duration_s for s in segments) or 1.0
    x = float(right)
    for label in reversed(list(palette.labels)):
        share = sum(s.duration_s for s in segments if s.label == label) / total_s
        if not share:
            continue
        text = f"{label} {share:.0%}"
        x -= draw.textlength(text, font)
        draw.text((x, 8), text, palette.ink, font)
        draw.rectangle((x - 16, 10, x - 5, 21), palette.labels[label])
        x -= 28


def _draw_song(
    draw: ImageDraw.ImageDraw,
    place: tuple[float, float, int, int],
    song: NamedSpan,
    number: int,
    palette: Palette,
    font: _Font,
) -> None:
    start, stop, _, bottom = place
    stop = max(stop, start + 2)
    draw.rounded_rectangle((start, 32, stop, 54), 3, palette.song)
    for x in (start, stop):
        draw.line((x, 54, x, bottom), palette.song)
    room = stop - start - 6
    time = hms(song.start_s, short=True)
    name = clean_line(song.title)
    for text in (f"{number}  {time}  {name}", f"{number}  {time}", str(number)):
        if _can_show(text, font):
            text = _fit(text, room, font) if name and text.endswith(name) else text
            if text and draw.textlength(text, font) <= room:
                draw.text((start + 4, 36), text, palette.song_ink, font)
                return


def interest_picture(
    curve: np.ndarray,
    highlight: tuple[float, float] | None = None,
    *,
    step_s: float = 1.0,
    title: str = "",
    size: tuple[int, int] = (1600, 200),
    dark: bool = False,
) -> bytes:
    """Return a PNG of a song's interest curve with its highlight marked.

    Args:
        curve: float (n,) in [0, 1], one value every `step_s` seconds.
        highlight: start and stop in seconds from the song's start.
    """
    palette = DARK if dark else LIGHT
    width, height = size
    font = _font(13)
    image = Image.new("RGB", size, palette.paper)
    draw = ImageDraw.Draw(image)
    left, right, top, bottom = _MARGIN, width - _MARGIN, 30, height - 26
    values = np.clip(np.nan_to_num(np.asarray(curve, np.float64)), 0, 1)
    duration_s = max(values.size * step_s, 1e-3)

    def x_of(time_s: float) -> float:
        return left + (right - left) * min(max(time_s / duration_s, 0.0), 1.0)

    for level in (0.0, 0.5, 1.0):
        y = bottom - (bottom - top) * level
        draw.line((left, y, right, y), palette.faint)
    if highlight:
        span = (x_of(highlight[0]), top, x_of(highlight[1]), bottom)
        accent = palette.labels["speech"]
        draw.rectangle(span, _mix(palette.paper, accent, 0.25), accent)
        text = f"{hms(highlight[0], short=True)} - {hms(highlight[1], short=True)}"
        x = min(span[0], right - draw.textlength(text, font))
        draw.text((x, 8), text, palette.ink, font)
    if values.size:
        times = (np.arange(values.size) + 0.5) * step_s
        points = [
            (x_of(time), bottom - (bottom - top) * value)
            for time, value in zip(times, values, strict=True)
        ]
        if len(points) == 1:
            points = [(float(left), points[0][1]), (float(right), points[0][1])]
        for one, other in pairwise(points):
            draw.line((*one, *other), palette.labels["music"], width=3)
    _draw_axis(draw, (left, right, bottom), duration_s, palette, font)
    title_room = (x_of(highlight[0]) if highlight else right) - left - 12
    draw.text((left, 8), _fit(title, title_room, font), palette.ink, font)
    return _png(image)


def _mix(one: _Colour, other: _Colour, part: float) -> _Colour:
    red, green, blue = (round(a + (b - a) * part) for a, b in zip(one, other, strict=True))
    return red, green, blue


def _font(size: int) -> _Font:
    """A font with Japanese and Chinese where the machine has one, else Pillow's own."""
    for name in _CJK_FONTS:
        try:
            return ImageFont.truetype(name, size)
        except OSError:
            continue
    return ImageFont.load_default(size)


def _can_show(text: str, font: _Font) -> bool:
    """Return whether the font has the letters; Pillow's own ends with Latin."""
    is_cjk = isinstance(font, ImageFont.FreeTypeFont) and isinstance(font.path, str)
    return is_cjk or all(char <= "\u024f" for char in text)


def _fit(text: str, room: float, font: _Font) -> str:
    """As much of `text` as fits, with an ellipsis; nothing where the font lacks its letters."""
    text = clean_line(text)
    if not _can_show(text, font) or room <= 0:
        return ""
    if font.getlength(text) <= room:
        return text
    kept = list(graphemes(text[:400]))
    while kept and font.getlength("".join(kept) + "...") > room:
        kept.pop()
    return "".join(kept).rstrip() + "..." if kept else ""


def _png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=6)
    return buffer.getvalue()
