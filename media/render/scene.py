"""Moving parts: spectrum bars, and a waveform that fills up as the song plays.

Frames are made directly as planar YUV 4:2:0 (BT.709, limited range), by copying the still card
and painting two strips over it, so that a frame costs well under a millisecond.
"""

import itertools
from dataclasses import dataclass

import numpy as np

ANALYSIS_RATE_HZ = 22_050
WINDOW = 2048
N_BARS = 56
WAVE_PITCH = 6
"""Pixels of a bar of the waveform, gap included."""
LOWEST_HZ, HIGHEST_HZ = 60.0, 9_000.0
FLOOR_DB = -62.0
FALL = 0.80
"""Share of a bar that is left a frame later when the sound stops."""

_PLAYED, _WAITING, _BAR = (255, 122, 162), (150, 150, 170), (122, 190, 255)


@dataclass(frozen=True, slots=True)
class Planes:
    """One picture as Y (h, w) and U, V (h/2, w/2), uint8."""

    y: np.ndarray
    u: np.ndarray
    v: np.ndarray

    @classmethod
    def from_rgb(cls, rgb: np.ndarray) -> "Planes":
        """Convert (h, w, 3) uint8, both sides even."""
        r, g, b = (rgb[..., index].astype(np.float32) / 255 for index in range(3))
        luma = 0.2126 * r + 0.7152 * g + 0.0722 * b
        u, v = (b - luma) / 1.8556, (r - luma) / 1.5748
        return cls(
            np.rint(16 + 219 * luma).astype(np.uint8),
            _halved(np.rint(128 + 224 * u)),
            _halved(np.rint(128 + 224 * v)),
        )

    def joined(self) -> np.ndarray:
        """The planes as FFmpeg's `yuv420p` array of shape (h * 3 / 2, w).

        The array is uint8.
        """
        width = self.y.shape[1]
        return np.concatenate([self.y, self.u.reshape(-1, width), self.v.reshape(-1, width)])


def _halved(plane: np.ndarray) -> np.ndarray:
    height, width = plane.shape
    means = plane.reshape(height // 2, 2, width // 2, 2).mean(axis=(1, 3))
    return np.asarray(np.rint(means).astype(np.uint8))


def spectrum(samples: np.ndarray, sample_rate_hz: int, fps: float, n_frames: int) -> np.ndarray:
    """Heights of the bars: float32 (n_frames, N_BARS) in [0, 1], log-spaced, falling smoothly.

    `samples`: mono float32 (n_samples,).
    """
    edges = np.geomspace(LOWEST_HZ, min(HIGHEST_HZ, sample_rate_hz / 2 * 0.95), N_BARS + 1)
    bins = np.maximum(np.rint(edges * WINDOW / sample_rate_hz).astype(int), 1)
    window = np.hanning(WINDOW).astype(np.float32)
    padded = np.pad(samples, (WINDOW // 2, WINDOW))
    heights = np.zeros((n_frames, N_BARS), np.float32)
    level = np.zeros(N_BARS, np.float32)
    for frame in range(n_frames):
        start = min(round(frame / fps * sample_rate_hz), len(samples))
        power = np.abs(np.fft.rfft(padded[start : start + WINDOW] * window)) ** 2
        # reduceat needs rising edges; low bars may share a bin.
        sums = np.add.reduceat(power, np.minimum(bins, len(power) - 1))[:-1]
        widths = np.maximum(np.diff(bins), 1)
        decibels = 10 * np.log10(sums / widths / (WINDOW / 4) ** 2 + 1e-12)
        target = np.clip(1 - decibels / FLOOR_DB, 0, 1)
        level = np.maximum(target, level * FALL)
        heights[frame] = level
    return heights


def envelope(samples: np.ndarray, n_columns: int) -> np.ndarray:
    """Loudness over the song: float32 (n_columns,) in [0, 1], the loudest column at 1."""
    if len(samples) == 0:
        return np.zeros(n_columns, np.float32)
    edges = np.linspace(0, len(samples), n_columns + 1).astype(int)
    levels = np.array(
        [
            np.sqrt(np.mean(np.square(samples[a : max(b, a + 1)]))) if a < len(samples) else 0.0
            for a, b in itertools.pairwise(edges)
        ],
        np.float32,
    )
    loudest = float(levels.max())
    return np.asarray(np.sqrt(levels / loudest), np.float32) if loudest > 1e-6 else levels * 0


class Scene:
    """Paints frame after frame over one card."""

    def __init__(self, card: np.ndarray, waveform: np.ndarray, bars: np.ndarray) -> None:
        height, width = card.shape[:2]
        self.card = Planes.from_rgb(card)
        self.bars = bars
        self.left = _even(width // 16)
        self.right = width - self.left
        self.bar_bottom = _even(round(height * 0.80))
        self.bar_height = round(height * 0.20)
        self.wave_top = _even(round(height * 0.84))
        self.wave_bottom = _even(round(height * 0.95))
        self._bar_colour = _yuv(_BAR)
        strip = card[self.wave_top : self.wave_bottom, self.left : self.right]
        self._waiting = Planes.from_rgb(_wave_strip(strip, waveform, _WAITING))
        self._played = Planes.from_rgb(_wave_strip(strip, waveform, _PLAYED))

    def frame(self, index: int, fraction: float) -> np.ndarray:
        """Frame `index` with `fraction` of the song played, as a `yuv420p` array.

        The array is uint8 (n_rows, width), 3 / 2 as many rows as the picture has.
        """
        planes = Planes(self.card.y.copy(), self.card.u.copy(), self.card.v.copy())
        self._paint_wave(planes, fraction)
        self._paint_bars(planes, self.bars[index])
        return planes.joined()

    def _paint_wave(self, planes: Planes, fraction: float) -> None:
        width = self.right - self.left
        done = _even(round(width * min(max(fraction, 0.0), 1.0)))
        for plane, waiting, played, by in (
            (planes.y, self._waiting.y, self._played.y, 1),
            (planes.u, self._waiting.u, self._played.u, 2),
            (planes.v, self._waiting.v, self._played.v, 2),
        ):
            rows = slice(self.wave_top // by, self.wave_bottom // by)
            plane[rows, self.left // by : self.right // by] = waiting
            plane[rows, self.left // by : (self.left + done) // by] = played[:, : done // by]

    def _paint_bars(self, planes: Planes, heights: np.ndarray) -> None:
        pitch = (self.right - self.left) / len(heights)
        thickness = max(2, _even(round(pitch * 0.7)))
        y, u, v = self._bar_colour
        bottom = self.bar_bottom
        for number, height in enumerate(heights):
            left = _even(self.left + round(number * pitch))
            top = bottom - max(2, _even(round(height * self.bar_height)))
            planes.y[top:bottom, left : left + thickness] = y
            half = np.s_[top // 2 : bottom // 2, left // 2 : (left + thickness) // 2]
            planes.u[half] = u
            planes.v[half] = v


def _wave_strip(
    strip: np.ndarray, waveform: np.ndarray, colour: tuple[int, int, int]
) -> np.ndarray:
    painted = strip.copy()
    height, width = strip.shape[:2]
    x = np.arange(width)
    columns = waveform[np.minimum(x // WAVE_PITCH, len(waveform) - 1)]
    gaps = x % WAVE_PITCH >= WAVE_PITCH - 2
    half = np.maximum(1, np.rint(columns * (height / 2 - 1))).astype(int)
    distance = np.abs(np.arange(height)[:, None] - (height - 1) / 2)
    painted[(distance <= half[None, :]) & ~gaps[None, :]] = colour
    return painted


def _yuv(colour: tuple[int, int, int]) -> tuple[int, int, int]:
    planes = Planes.from_rgb(np.full((2, 2, 3), colour, np.uint8))
    return int(planes.y[0, 0]), int(planes.u[0, 0]), int(planes.v[0, 0])


def _even(number: int) -> int:
    return number - number % 2
