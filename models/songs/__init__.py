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
from utawaku.models.songs.whole import WHOLE, is_one_song, whole_song

__all__ = [
    "VERSION",
    "WHOLE",
    "SongFeatures",
    "SongListener",
    "SongRules",
    "Weighed",
    "find_songs",
    "find_songs_with_evidence",
    "is_one_song",
    "segment_and_listen",
    "whole_song",
]
