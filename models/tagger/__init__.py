"""Tags and embedding of a song by the musicnn network."""

from utawaku.models.tagger.engine import (
    EMBEDDING_KIND,
    ENGINE_VERSION,
    N_EMBEDDING,
    N_PATCHES,
    TAGS_KIND,
    Impression,
    Tagger,
)
from utawaku.models.tagger.tags import TAGS, top_tags

__all__ = [
    "EMBEDDING_KIND",
    "ENGINE_VERSION",
    "N_EMBEDDING",
    "N_PATCHES",
    "TAGS",
    "TAGS_KIND",
    "Impression",
    "Tagger",
    "top_tags",
]
