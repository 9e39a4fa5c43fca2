"""Recordings: fetched from the web through yt-dlp as a library, or copied from local files."""

from utawaku.services.downloader.download_spacing import fetch_times
from utawaku.services.downloader.fetch import Downloader
from utawaku.services.downloader.identity import stream_id_for_file, stream_id_for_info
from utawaku.services.downloader.info import Chapter, ListedStream, StreamInfo
from utawaku.services.downloader.job import Want
from utawaku.services.downloader.listing import ChannelListing, ListState
from utawaku.services.downloader.local import TakeMode, take_file
from utawaku.services.downloader.parts import take_parts
from utawaku.services.downloader.result import FetchedRecording
from utawaku.services.downloader.tuning import Tuning

__all__ = [
    "ChannelListing",
    "Chapter",
    "Downloader",
    "FetchedRecording",
    "ListState",
    "ListedStream",
    "StreamInfo",
    "TakeMode",
    "Tuning",
    "Want",
    "fetch_times",
    "stream_id_for_file",
    "stream_id_for_info",
    "take_file",
    "take_parts",
]
