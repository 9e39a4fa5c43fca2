"""Half minutes of a song that need no model: what a highlight model has to beat."""

import itertools
from collections.abc import Callable, Mapping

import numpy as np

from utawaku.models.highlight.window import HIGHLIGHT_S, best_window, n_seconds, smoothed
from utawaku.models.tempo.features import FRAME_RATE_HZ, Heard

Span = tuple[float, float]
"""Start and stop in seconds."""


def middle(heard: Heard) -> Span:
    """Return the middle of a song."""
    start_s = max(0.0, (heard.duration_s - HIGHLIGHT_S) / 2)
    return _span(start_s, heard)


def start_at_30(heard: Heard) -> Span:
    """Return the half minute from 0:30 on, where shops begin their previews."""
    return _span(max(0.0, min(30.0, heard.duration_s - HIGHLIGHT_S)), heard)


def loudest(heard: Heard) -> Span:
    """Return the loudest half minute."""
    level = heard.bands.sum(axis=1)
    edges = (np.arange(n_seconds(heard.duration_s) + 1) * FRAME_RATE_HZ).astype(int)
    curve = [level[a:b].mean() if b > a else 0 for a, b in itertools.pairwise(edges)]
    return best_window(smoothed(np.array(curve), 3).astype(np.float32), heard.duration_s)


def _span(start_s: float, heard: Heard) -> Span:
    return start_s, min(start_s + HIGHLIGHT_S, heard.duration_s)


BASELINES: Mapping[str, Callable[[Heard], Span]] = {
    "middle": middle,
    "start_at_30": start_at_30,
    "loudest": loudest,
}
"""By name, the simplest first."""
