"""Submissions as the page of the site will show them: one HTML file that loads nothing."""

import base64
import html
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from utawaku.library.publish.preflight import Finding
from utawaku.library.publish.preview import COPYRIGHTS, local_time
from utawaku.library.publish.records import Submission
from utawaku.library.time_format import clock

_STYLE = Path(__file__).with_name("page.css")
_PICTURES = {".jpg": "jpeg", ".jpeg": "jpeg", ".png": "png", ".webp": "webp"}
_LARGEST_PICTURE = 8_000_000
_ADDRESS = re.compile(r"https?://[^\s<>\"]+")


def page_of(
    submissions: Sequence[Submission],
    findings: Sequence[Sequence[Finding]],
    lengths_s: Mapping[str, float],
) -> str:
    """Return an HTML page of the submissions: picture, title, parts, description, tags, checks.

    Args:
        submissions: as they are planned.
        findings: for each of them, what the target would refuse.
        lengths_s: seconds of each song, by its id.
    """
    articles = [
        _article(one, found, lengths_s) for one, found in zip(submissions, findings, strict=True)
    ]
    return (
        '<!DOCTYPE html>\n<html lang="zh-CN"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{_text(submissions[0].title if submissions else 'utawaku')}</title>"
        f"<style>{_STYLE.read_text('utf-8')}</style></head>\n<body>\n{''.join(articles)}</body></html>\n"
    )


def _article(one: Submission, found: Sequence[Finding], lengths_s: Mapping[str, float]) -> str:
    when = local_time(one.publish_at) if one.publish_at is not None else "at once"
    facts = [
        f"{one.target} {one.account}".strip(),
        f"added to {one.append_to}" if one.append_to else "new submission",
        f"{COPYRIGHTS.get(one.copyright, one.copyright)}, category {one.category}",
        f"published {when}",
        f"season {one.season}" if one.season else "",
    ]
    rows = "".join(
        f"<li><span>P{n}</span><span>{_text(part.title)}</span>"
        f"<span>{_length(lengths_s.get(part.song_id))}</span></li>"
        for n, part in enumerate(one.parts, 1)
    )
    tags = "".join(f"<span>{_text(tag)}</span>" for tag in one.tags)
    checks = "".join(
        f'<p class="{_text(finding.severity)}">'
        f"{_text(': '.join(filter(None, (finding.subject, finding.message))))}</p>"
        for finding in found
    )
    source = f"<p>{_linked(one.source_url)}</p>" if one.source_url else ""
    return (
        f"<article><header><h1>{_text(one.title)}</h1>"
        f'<p class="facts">{_text(" · ".join(filter(None, facts)))}</p></header><div></div>\n'
        f'<section><div class="picture">{_picture(one.cover_path)}</div>{source}'
        f'<pre>{_linked(one.description)}</pre><p class="tags">{tags}</p>{checks}</section>\n'
        f"<aside><p>{len(one.parts)} 分P</p><ol>{rows}</ol></aside></article>\n"
    )


def _picture(path: str) -> str:
    """The artwork inside the page itself, so that the file can be sent to somebody."""
    file = Path(path)
    kind = _PICTURES.get(file.suffix.lower())
    if not path or kind is None or not file.is_file() or file.stat().st_size > _LARGEST_PICTURE:
        return "the site takes a frame of the video"
    data = base64.b64encode(file.read_bytes()).decode()
    return f'<img alt="" src="data:image/{kind};base64,{data}">'


def _linked(text: str) -> str:
    """Text with its addresses as links; everything in it is escaped."""
    pieces, at = [], 0
    for found in _ADDRESS.finditer(text):
        address = _text(found.group())
        pieces += [_text(text[at : found.start()]), f'<a href="{address}">{address}</a>']
        at = found.end()
    return "".join([*pieces, _text(text[at:])])


def _length(seconds: float | None) -> str:
    return clock(seconds) if seconds else ""


def _text(text: str) -> str:
    return html.escape(text)
