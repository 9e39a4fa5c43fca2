"""One file out of many songs: order, equal-power crossfades, matched loudness, chapters."""

from utawaku.models.playlist.beats import Overlap
from utawaku.models.playlist.build import (
    NO_FILE,
    NO_HIGHLIGHT,
    ORDERS,
    MadePlaylist,
    clips_folder,
    item_of,
    join_items,
    make_playlist,
)
from utawaku.models.playlist.mix import PlaylistItem, Rendered, render_playlist
from utawaku.models.playlist.order import by_key, by_tempo

__all__ = [
    "NO_FILE",
    "NO_HIGHLIGHT",
    "ORDERS",
    "MadePlaylist",
    "Overlap",
    "PlaylistItem",
    "Rendered",
    "by_key",
    "by_tempo",
    "clips_folder",
    "item_of",
    "join_items",
    "make_playlist",
    "render_playlist",
]
