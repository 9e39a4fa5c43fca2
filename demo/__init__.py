"""A karaoke stream made from nothing: melodies in the public domain, a synthetic singer, band and
host.

It feeds ``utawaku demo`` and the tests: everything about it is known exactly, and none of it is
anybody's.
"""

from utawaku.demo.rendering import RenderedSong, render_song
from utawaku.demo.songbook import SONGS
from utawaku.demo.speech import SPEAKING_VOICES, speak
from utawaku.demo.stream import make_demo_stream
from utawaku.demo.truth import DemoTruth, TrueRegion, TrueSong, read_truth

__all__ = [
    "SONGS",
    "SPEAKING_VOICES",
    "DemoTruth",
    "RenderedSong",
    "TrueRegion",
    "TrueSong",
    "make_demo_stream",
    "read_truth",
    "render_song",
    "speak",
]
