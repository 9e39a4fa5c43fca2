"""Where a song is most worth hearing: an interest curve, one value a second, and its best span."""

from models.highlight.evidence import best_curve, from_heatmap, from_lyrics, from_plays
from models.highlight.features import FEATURES, second_features
from models.highlight.model import HighlightModel, shipped_model
from models.highlight.window import HIGHLIGHT_S, best_window, normalised

VERSION = "2"
"""Raised when results can change."""

__all__ = [
    "FEATURES",
    "HIGHLIGHT_S",
    "VERSION",
    "HighlightModel",
    "best_curve",
    "best_window",
    "from_heatmap",
    "from_lyrics",
    "from_plays",
    "normalised",
    "second_features",
    "shipped_model",
]
