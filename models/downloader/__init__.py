"""Recordings: fetched from the web through yt-dlp as a library, or taken in from local files."""

from models.downloader.fetch import Downloader
from models.downloader.health import downloader_health
from models.downloader.identity import stream_id_for_file, stream_id_for_info
from models.downloader.info import Chapter, ListedStream, StreamInfo
from models.downloader.job import Want
from models.downloader.listing import ChannelListing
from models.downloader.local import TakeMode, take_file
from models.downloader.result import FetchedRecording
from models.downloader.tuning import Tuning

__all__ = [
    "ChannelListing",
    "Chapter",
    "Downloader",
    "FetchedRecording",
    "ListedStream",
    "StreamInfo",
    "TakeMode",
    "Tuning",
    "Want",
    "downloader_health",
    "stream_id_for_file",
    "stream_id_for_info",
    "take_file",
]
