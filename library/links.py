"""Addresses that open a stream at a song."""

from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit


def at_time(url: str, start_s: float) -> str:
    """The address that starts playing at `start_s`; paths of local files stay as they are.

    >>> at_time("https://www.youtube.com/watch?v=abc", 75.9)
    'https://www.youtube.com/watch?v=abc&t=75'
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https"):
        return url
    whole = max(0, int(start_s))
    host = (parts.hostname or "").removeprefix("www.")
    if host.endswith(("youtube.com", "youtu.be", "bilibili.com", "twitch.tv")):
        time = f"{whole // 3600}h{whole % 3600 // 60}m{whole % 60}s" if "twitch" in host else whole
        query = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] != "t"]
        return urlunsplit(parts._replace(query=urlencode([*query, ("t", time)])))
    return urlunsplit(parts._replace(fragment=f"t={whole}"))
