"""From segments to songs."""

from models.songs.features import SongFeatures, SongListener
from models.songs.finding import VERSION, find_songs, segment_and_listen
from models.songs.rules import SongRules

__all__ = [
    "VERSION",
    "SongFeatures",
    "SongListener",
    "SongRules",
    "find_songs",
    "segment_and_listen",
]
