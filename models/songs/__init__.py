"""From segments to songs."""

from utawaku.models.songs.features import SongFeatures, SongListener
from utawaku.models.songs.finding import VERSION, find_songs, segment_and_listen
from utawaku.models.songs.rules import SongRules

__all__ = [
    "VERSION",
    "SongFeatures",
    "SongListener",
    "SongRules",
    "find_songs",
    "segment_and_listen",
]
