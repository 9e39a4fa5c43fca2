"""Reading recordings: what a file holds (`probe`) and its samples (`decode`, `load`)."""

from utawaku.media.decode import AudioReader, decode, load
from utawaku.media.probe import Chapter, MediaInfo, probe

__all__ = ["AudioReader", "Chapter", "MediaInfo", "decode", "load", "probe"]
