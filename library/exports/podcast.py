"""A list of songs as a podcast: RSS 2.0 with enclosures and the tags of Apple Podcasts.

Sources: RSS 2.0 (rssboard.org/rss-specification), the requirements of Apple Podcasts for feeds, and
the namespace Atom for the address of the feed itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from xml.etree import ElementTree as XML

from utawaku.library.records import Song
from utawaku.library.text import clean_line, clean_text
from utawaku.library.time_format import long_clock

_ITUNES = "http://www.itunes.com/dtds/podcast-1.0.dtd"
_ATOM = "http://www.w3.org/2005/Atom"
XML.register_namespace("itunes", _ITUNES)
XML.register_namespace("atom", _ATOM)

SOUND_TYPES = {
    ".flac": "audio/flac",
    ".m4a": "audio/mp4",
    ".mka": "audio/x-matroska",
    ".mp3": "audio/mpeg",
    ".ogg": "audio/ogg",
    ".opus": "audio/ogg",
    ".wav": "audio/wav",
}
"""Types of song files by their ending, as players of feeds and browsers know them."""


@dataclass(frozen=True)
class Episode:
    """A song as an item of a feed."""

    song: Song
    sound_url: str
    n_bytes: int
    content_type: str
    artwork_url: str = ""
    page_url: str = ""
    """Address of the stream at the second of the song."""


def podcast_feed(
    episodes: Sequence[Episode], *, title: str, description: str, feed_url: str
) -> bytes:
    """Return a feed of songs as XML in UTF-8, in their order.

    The id of an item is the song's, so that a player knows it again when its title or file changes.
    Songs of one evening are dated by the day of the stream and their start, which keeps their order
    in players that sort by date. The feed asks directories not to list it.
    """
    rss = XML.Element("rss", version="2.0")
    channel = XML.SubElement(rss, "channel")
    _add(channel, "title", clean_line(title))
    _add(channel, "link", feed_url)
    _add(channel, "description", clean_line(description))
    _add(channel, "generator", "utawaku")
    _add(channel, "ttl", "60")
    XML.SubElement(
        channel, f"{{{_ATOM}}}link", href=feed_url, rel="self", type="application/rss+xml"
    )
    _add(channel, f"{{{_ITUNES}}}author", "utawaku")
    _add(channel, f"{{{_ITUNES}}}block", "Yes")
    _add(channel, f"{{{_ITUNES}}}explicit", "false")
    XML.SubElement(channel, f"{{{_ITUNES}}}category", text="Music")
    picture = next((one.artwork_url for one in episodes if one.artwork_url), "")
    if picture:
        XML.SubElement(channel, f"{{{_ITUNES}}}image", href=picture)
        image = XML.SubElement(channel, "image")
        for name, text in (("url", picture), ("title", clean_line(title)), ("link", feed_url)):
            _add(image, name, text)
    for episode in episodes:
        _add_item(channel, episode)
    XML.indent(rss)
    written: bytes = XML.tostring(rss, encoding="utf-8", xml_declaration=True)
    return written


def _add_item(channel: XML.Element, episode: Episode) -> None:
    song = episode.song
    item = XML.SubElement(channel, "item")
    artist, title = clean_line(song.artist), clean_line(song.title) or song.id
    _add(item, "title", f"{title} - {artist}" if artist else title)
    _add(item, f"{{{_ITUNES}}}title", title)
    _add(item, f"{{{_ITUNES}}}author", clean_line(song.singer or song.channel or artist))
    _add(item, "guid", song.id, isPermaLink="false")
    if episode.page_url:
        _add(item, "link", episode.page_url)
    facts = (song.singer or song.channel, song.stream_title, song.uploaded_on)
    _add(item, "description", clean_text("\n".join(one for one in facts if one), keep_lines=True))
    _add(item, "pubDate", format_datetime(_sung_at(song)))
    XML.SubElement(
        item, "enclosure", url=episode.sound_url, length=str(episode.n_bytes),
        type=episode.content_type,
    )  # fmt: skip
    _add(item, f"{{{_ITUNES}}}duration", long_clock(round(_file_length_s(song))))
    _add(item, f"{{{_ITUNES}}}explicit", "false")
    if episode.artwork_url:
        XML.SubElement(item, f"{{{_ITUNES}}}image", href=episode.artwork_url)


def _sung_at(song: Song) -> datetime:
    """The day of the stream with the song's start, else when the song was added."""
    try:
        day = datetime.fromisoformat(song.uploaded_on).replace(tzinfo=UTC)
    except ValueError:
        return datetime.fromtimestamp(song.added_at, UTC)
    return day + timedelta(seconds=min(max(song.start_s, 0.0), 86_399.0))


def _add(parent: XML.Element, name: str, text: str, **attributes: str) -> None:
    XML.SubElement(parent, name, attributes).text = text


def _file_length_s(song: Song) -> float:
    """Length of what the file holds, which is another than the song's while a re-cut is due."""
    if song.file_start_s is None or song.file_stop_s is None:
        return song.duration_s
    return song.file_stop_s - song.file_start_s
