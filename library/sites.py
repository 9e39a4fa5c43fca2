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
