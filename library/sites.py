"""The site of an address, for quotas and cooldowns: one name for all of its hosts."""

import re
from pathlib import Path
from urllib.parse import urlsplit

_HOST = re.compile(r"([a-z0-9-]+\.)+[a-z]{2,}(:[0-9]+)?", re.IGNORECASE)

_FAMILIES = {
    "youtube": ("youtube.com", "youtu.be", "youtube-nocookie.com", "googlevideo.com"),
    "bilibili": ("bilibili.com", "b23.tv", "bilivideo.com"),
    "twitch": ("twitch.tv",),
    "niconico": ("nicovideo.jp", "nico.ms"),
}


_END = r"/?(?:[?#].*)?"
_LISTS = tuple(
    (re.compile(rf"https?://{page}{_END}", re.IGNORECASE), address)
    for page, address in (
        # Feeds show 15 entries without length or kind; pages show all of that.
        (
            r"(?:www\.)?youtube\.com/feeds/videos\.xml\?channel_id=([\w-]+).*",
            r"https://www.youtube.com/channel/\1",
        ),
        (
            r"(?:www\.)?youtube\.com/feeds/videos\.xml\?playlist_id=([\w-]+).*",
            r"https://www.youtube.com/playlist?list=\1",
        ),
        (
            r"(?:www\.|m\.)?youtube\.com/(@[^/?#]+|(?:channel|c|user)/[^/?#]+)"
            r"/(?:live|about|community|posts)",
            r"https://www.youtube.com/\1",
        ),
        (
            r"(?:www\.|m\.)?twitch\.tv/(\w{2,25})(?:/(?:about|home|schedule))?",
            r"https://www.twitch.tv/\1/videos?filter=archives&sort=time",
        ),
        (
            r"(?:m\.bilibili\.com/space/(?=\d)|space\.bilibili\.com/(?=\d+/(?:dynamic|home)))(\d+)"
            r"(?:/(?:dynamic|home))?",
            r"https://space.bilibili.com/\1/video",
        ),
        (r"(?:\w\w\.)?twitcasting\.tv/([^/?#]+)", r"https://twitcasting.tv/\1/show"),
        (r"ch\.nicovideo\.jp/([^/?#]+)", r"https://ch.nicovideo.jp/\1/video"),
        (r"(?:www\.)?kick\.com/([^/?#]+)", r"https://kick.com/\1/videos"),
    )
)
"""Pages of a singer as people copy them, and where the singer's recordings are listed."""


def list_address(url: str) -> str:
    """Return where the recordings are listed of the singer whose page this is; else as it is.

    >>> list_address("https://www.twitch.tv/singer"), list_address("https://www.youtube.com/@singer")
    ('https://www.twitch.tv/singer/videos?filter=archives&sort=time', 'https://www.youtube.com/@singer')
    """
    for page, address in _LISTS:
        match = page.fullmatch(url)
        if match:
            return match.expand(address)
    return url


_LIVE_ROOM = re.compile(rf"https?://live\.bilibili\.com/(?:blanc/|h5/)?\d+{_END}", re.IGNORECASE)


def is_live_room(url: str) -> bool:
    """Return whether an address shows what is on air now, and lists no recordings."""
    return _LIVE_ROOM.fullmatch(url) is not None


def full_address(source: str) -> str:
    """An address that was given without its scheme, as browsers show it, with it; else as it is.

    A file or folder of that name goes before.

    >>> full_address("www.youtube.com/@singer"), full_address("songs/evening.opus")
    ('https://www.youtube.com/@singer', 'songs/evening.opus')
    """
    host, slash, _ = source.partition("/")
    if not slash or not _HOST.fullmatch(host) or Path(source).exists() or Path(host).exists():
        return source
    return f"https://{source}"


def site_of(url: str) -> str:
    """Name of the site behind `url`; `file` for a path.

    >>> site_of("https://m.youtube.com/watch?v=x"), site_of("https://pod.example.org/feed.xml")
    ('youtube', 'pod.example.org')
    """
    if url.startswith("ytsearch"):
        return "youtube"
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https"):
        return "file"
    host = (parts.hostname or "").lower().removeprefix("www.")
    for name, hosts in _FAMILIES.items():
        if any(host == one or host.endswith(f".{one}") for one in hosts):
            return name
    return host
