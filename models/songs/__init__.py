"""From segments to songs."""

from utawaku.models.songs.evidence import Weighed
from utawaku.models.songs.features import SongFeatures, SongListener
from utawaku.models.songs.finding import (
    VERSION,
    find_songs,
    find_songs_with_evidence,
    segment_and_listen,
)
from utawaku.models.songs.rules import SongRules

__all__ = [
    "VERSION",
    "SongFeatures",
    "SongListener",
    "SongRules",
    "Weighed",
    "find_songs",
    "find_songs_with_evidence",
    "segment_and_listen",
]
