"""The rules of song cutting; they are settings, so they live in the library."""

from utawaku.library.song_rules import SongRules

__all__ = ["SongRules"]
