"""Looks for streams like those the user likes: searches, previews, scores."""

from utawaku.services.crawler.preview import fetch_preview
from utawaku.services.crawler.scoring import PreviewScorer, Scored, score_previews
from utawaku.services.crawler.search import Findings, Found, Seed, search, seeds_from

__all__ = [
    "Findings",
    "Found",
    "PreviewScorer",
    "Scored",
    "Seed",
    "fetch_preview",
    "score_previews",
    "search",
    "seeds_from",
]
