"""The highlight of a song: an interest curve, one value a second, and its best span."""

from utawaku.models.highlight.crowd import from_chat, with_model
from utawaku.models.highlight.evidence import (
    REPLAYS_WEIGHT,
    best_curve,
    from_heatmap,
    from_lyrics,
    from_plays,
)
from utawaku.models.highlight.features import FEATURES, second_features
from utawaku.models.highlight.model import HighlightModel, shipped_model
from utawaku.models.highlight.window import HIGHLIGHT_S, best_window, certainty, normalised

VERSION = "3"
"""Raised when results can change."""

__all__ = [
    "FEATURES",
    "HIGHLIGHT_S",
    "REPLAYS_WEIGHT",
    "VERSION",
    "HighlightModel",
    "best_curve",
    "best_window",
    "certainty",
    "from_chat",
    "from_heatmap",
    "from_lyrics",
    "from_plays",
    "normalised",
    "second_features",
    "shipped_model",
    "with_model",
]
