"""Reading recordings: what a file holds (`probe`) and its samples (`decode`, `load`)."""

from models.audio.decode import AudioReader, decode, load
from models.audio.probe import Chapter, MediaInfo, probe

__all__ = ["AudioReader", "Chapter", "MediaInfo", "decode", "load", "probe"]
