"""Links in comments: what they show is kept, what they point at is read only for its time."""

from __future__ import annotations

import html
import re

_MARKDOWN = re.compile(r"\[([^\[\]\n]+)\]\(\s*<?([^()\s<>]+)>?(?:\s+\"[^\"]*\")?\s*\)")
_ANCHOR = re.compile(r"<a\b[^>]*?href=[\"']?([^\"'>\s]*)[^>]*>(.*?)</a>", re.IGNORECASE | re.DOTALL)
_BREAK = re.compile(r"<br\s*/?>|</(?:p|div|li|tr)>", re.IGNORECASE)
_TAG = re.compile(r"</?(?:b|i|u|s|em|strong|span|p|div|ul|ol|li|code|pre|font)\b[^<>]*>", re.I)
_EMPHASIS = re.compile(r"(\*\*|__|~~|`)(?=\S)([^\n]*?\S)\1")
_CLOCK = re.compile(r"(?<!\d)\d{1,3}\s?[:：;]\s?[0-5]\d(?!\d)")
URL = re.compile(
    r"(?:https?://|www\.|youtu\.be/|youtube\.com/|twitch\.tv/)[^\s<>()（）「」、，]+", re.I
)
TIME_IN_URL = re.compile(
    r"[?&#](?:t|start|time_continue)=(?:(?P<h>\d+)h)?(?:(?P<m>\d+)m)?(?:(?P<s>\d+)s?)?(?=$|[&#\s])",
    re.IGNORECASE,
)


def plain_text(text: str) -> str:
    """Return `text` without HTML and Markdown; a link that carries the only time is kept."""
    if "<" in text and (_ANCHOR.search(text) or _BREAK.search(text) or _TAG.search(text)):
        text = _TAG.sub("", _BREAK.sub("\n", _ANCHOR.sub(_linked_html, text)))
    if "&" in text:
        text = re.sub(r"&(?:amp|lt|gt|quot|nbsp|#\d{1,6}|#x[\da-f]{1,5});", _unescaped, text)
    text = _MARKDOWN.sub(lambda match: _shown(match[1], match[2]), text)
    text = _EMPHASIS.sub(r"\2", text)
    return "\n".join(_without_other_links(line) for line in text.split("\n"))


def _unescaped(match: re.Match[str]) -> str:
    return html.unescape(match[0])


def _linked_html(match: re.Match[str]) -> str:
    return _shown(match[2], html.unescape(match[1]))


def _shown(label: str, url: str) -> str:
    if _CLOCK.search(label) or not TIME_IN_URL.search(url):
        return label
    absolute = url if URL.match(url) else f"https://link{url}"
    return f"{absolute} {label}" if not URL.match(label) else absolute


def _without_other_links(line: str) -> str:
    """Drop links that hold no time, and all links of a line that has a clock beside them."""
    rest = URL.sub(" ", line)
    if rest == line:
        return line
    if _CLOCK.search(rest):
        return rest
    return URL.sub(lambda match: match[0] if TIME_IN_URL.search(match[0]) else " ", line)
