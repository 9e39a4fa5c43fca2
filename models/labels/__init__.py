"""Label guesses from every source, compared, merged and ranked."""

from utawaku.models.labels.calibration import (
    SURE,
    line_probability,
    listed_probability,
    ordered_probability,
    shazam_probability,
)
from utawaku.models.labels.candidates import GUESSES, SOURCE_ORDER, accepted, rank_candidates
from utawaku.models.labels.titles import (
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
    "SURE",
    "Unwrapped",
    "accepted",
    "artist_key",
    "line_probability",
    "listed_probability",
    "ordered_probability",
    "rank_candidates",
    "same_song",
    "shazam_probability",
    "similarity",
    "title_key",
    "unwrap_karaoke",
]
