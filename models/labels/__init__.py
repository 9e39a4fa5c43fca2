"""What a song is called: candidates from every source, compared, merged and ranked."""

from models.labels.candidates import GUESSES, SOURCE_ORDER, accepted, rank_candidates
from models.labels.titles import (
    Unwrapped,
    artist_key,
    same_song,
    similarity,
    title_key,
    unwrap_karaoke,
)

__all__ = [
    "GUESSES",
    "SOURCE_ORDER",
    "Unwrapped",
    "accepted",
    "artist_key",
    "rank_candidates",
    "same_song",
    "similarity",
    "title_key",
    "unwrap_karaoke",
]
