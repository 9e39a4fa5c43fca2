"""One file out of many songs: order, equal-power crossfades, matched loudness, chapters."""

from models.playlist.mix import PlaylistItem, Rendered, render_playlist
from models.playlist.order import by_key, by_tempo

__all__ = ["PlaylistItem", "Rendered", "by_key", "by_tempo", "render_playlist"]
