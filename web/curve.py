"""The interest curve of a song as points of a small drawing."""

from collections.abc import Sequence
from typing import Any

WIDTH, HEIGHT = 600, 60
"""Of the drawing, in its own units."""


def points(curve: Sequence[float]) -> str:
    """Return the `points` of an SVG polygon below a curve of values in [0, 1]."""
    values = list(curve) or [0.0]
    step = WIDTH / max(1, len(values) - 1)
    drawn = [f"{i * step:.1f},{HEIGHT * (1 - value):.1f}" for i, value in enumerate(values)]
    return " ".join([f"0,{HEIGHT}", *drawn, f"{WIDTH},{HEIGHT}"])


def span(result: dict[str, Any]) -> tuple[float, float]:
    """Return left edge and width of the highlight in the drawing."""
    scale = WIDTH / max(float(result["duration_s"]), 1e-3)
    start = float(result["start_s"]) * scale
    return round(start, 1), round(float(result["stop_s"]) * scale - start, 1)
