"""Which site an address belongs to, for budgets and rests: one name for all of its hosts."""

from urllib.parse import urlsplit

_FAMILIES = {
    "youtube": ("youtube.com", "youtu.be", "youtube-nocookie.com", "googlevideo.com"),
    "bilibili": ("bilibili.com", "b23.tv", "bilivideo.com"),
    "twitch": ("twitch.tv",),
    "niconico": ("nicovideo.jp", "nico.ms"),
}


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
