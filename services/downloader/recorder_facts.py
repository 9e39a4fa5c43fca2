"""Facts that recorders leave in the names of their files and at the head of their chats.

Sources: the default name templates of BililiveRecorder (录播姬), blrec, bililive-go, biliup, OBS,
TwitchDownloader, twitch-dl and yt-dlp, and the chats that the first two, biliLive-tools,
TwitchDownloader and twitch-dl write.
"""

import os
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from utawaku.library.errors import SetlistError
from utawaku.library.text import clean_line
from utawaku.models.chat import chat_json
from utawaku.models.chat.message import dig

Facts = dict[str, str]
"""`title`, `channel` and `upload_date` (YYYYMMDD), as an info.json has them; no empty values."""

_HEAD_BYTES = 64 * 1024
_RECORDED = ("record_start_time", "video_start_time")
_TOLD = ("user_name", "room_title", "live_start_time", *_RECORDED)
_DAY = r"(?P<year>20\d\d)(?P<sign>[-_./年]?)(?P<month>\d\d)(?:(?P=sign)|月)(?P<day>\d\d)日?"
_CLOCK = (
    r"(?:[T _\-]{0,3}(?P<hour>[01]\d|2[0-3])(?:[-_:.：時时点h]?(?P<minute>[0-5]\d)"
    r"(?:[-_:.：分m]?(?P<second>[0-5]\d))?[分m]?[秒s]?|[時时点](?!\d))"
    r"(?:[-_.]\d{3})?(?P<zone>[+-]\d\d[:_]?\d\d)?)?"
)
_MOMENT = rf"(?<!\d){_DAY}{_CLOCK}(?!\d)"
_AT_START = re.compile(rf"^[\s_-]*{_MOMENT}[\s_-]*")
_AT_END = re.compile(rf"[\s_-]*{_MOMENT}[\s_-]*$")
_IN_BRACKETS = re.compile(rf"[\[【(（]\s*{_MOMENT}\s*[\]】)）]")
_ANYWHERE = re.compile(_MOMENT)
_VIDEO_ID = r"(?=[\w-]*\d)(?=[\w-]*[a-z])(?=[\w-]*[A-Z])[\w-]{11}"
"""An id of YouTube that is no word; most are none."""
_SITE_ID = re.compile(
    r"\s*\[(?:[\w-]{11}|BV\w{10}(?:_p\d+)?|(?:sm|so|nm|lv|v)\d{6,}|\d{9,})\]$"
    # as ytarchive writes it, and archives by hand
    rf"|^(?:lv|sm|so|nm|v)\d{{6,}}[\s_-]+(?=\S)|-{_VIDEO_ID}$|\s*\({_VIDEO_ID}\)$",
    re.ASCII,
)
_FORMAT_ID = re.compile(r"\.f\d{1,5}(?:-\w+)*$", re.ASCII)
_NO_WORDS = re.compile(r"[\d\W_]*|\d+x\d+|[.\d]*dvr|pro", re.IGNORECASE)
"""The ends of names that recorders of the screen write: a count, a size."""
_DEVICES = re.compile(
    r"(?:vid|rec|pxl|mov|obs|replay|audio|voice|(?:new |screen[ _]?)?record(?:ing|er)?"
    r"|録音|录音|録画|录屏|録屏|vrchat|bandicam|desktop|capture)",
    re.IGNORECASE,
)
"""Words that phones and programs put before the time: alone they name no recording."""
_NAMES = (
    # 录制-23058-20261120-203015-123-title
    re.compile(rf"^录制-\d+-{_MOMENT}-(?P<title>.+)$"),
    # blive_23058_2026-11-20-203015
    re.compile(rf"^blive_\d+_{_MOMENT}(?P<title>)$"),
    # [2026-11-20 20-30-15][channel][title]
    re.compile(rf"^\[{_MOMENT}\]\[(?P<channel>[^\]]+)\]\[(?P<title>.+)\]$"),
    # 2026-11-20_123456789_channel_and_title
    re.compile(rf"^{_MOMENT}_\d{{6,}}_(?P<slug>\w+)$"),
    # [11-20-26] channel - title
    re.compile(
        r"^\[(?P<month>\d{1,2})-(?P<day>\d{1,2})-(?P<year>\d\d)\] (?P<channel>.+?) - (?P<title>.+)$"
    ),
)
_FOLDER = re.compile(r"^\d+(?: - |-)(?P<channel>.+)$")
"""`23058-channel` of BililiveRecorder, `23058 - channel` of blrec."""


def name_of(recording: Path) -> str:
    """Return what a recording and the files beside it share of their names.

    yt-dlp that finds no ffmpeg leaves sound and picture apart: `NAME.f251.webm`, `NAME.f137.mp4`.
    """
    return _FORMAT_ID.sub("", recording.stem) or recording.stem


def facts_of_name(path: Path) -> Facts:
    """Return what the name of a recording tells.

    >>> facts_of_name(Path("/a/12-Ida/录制-12-20261120-203015-123-Songs.flv"))
    {'title': 'Songs', 'upload_date': '20261120', 'channel': 'Ida'}
    >>> facts_of_name(Path("Songs [dQw4w9WgXcQ].webm"))
    {'title': 'Songs'}
    """
    stem = name_of(path)
    for pattern in _NAMES:
        match = pattern.match(stem)
        if match and (day := _day_of(match)):
            told = match.groupdict()
            folder = _FOLDER.match(path.parent.name)
            channel = told.get("channel") or (folder["channel"] if folder else "")
            title = told.get("title") or (told.get("slug") or "").replace("_", " ")
            return _known(title=title, upload_date=day, channel=channel)
    title = _SITE_ID.sub("", stem)
    found = _IN_BRACKETS.search(title) or _ANYWHERE.search(title)
    day = _day_of(found) if found else ""
    if not day:
        return _known(title=title)
    without = _IN_BRACKETS.sub("", title)
    for edge in (_AT_START, _AT_END):
        without = edge.sub("", without)
    without = without.strip(" _-–—")
    without = _without_middle(without)
    is_named = without and not _DEVICES.fullmatch(without)
    return _known(title=without if is_named else title, upload_date=day)


def _without_middle(title: str) -> str:
    """Take out a moment between words: "{streamer}%Y-%m-%dT%H_%M_%S{title}" of biliup."""
    found = _ANYWHERE.search(title)
    if found is None or not found["minute"]:
        return title
    left, right = title[: found.start()].rstrip(" _-"), title[found.end() :].lstrip(" _-")
    return title if not left or _NO_WORDS.fullmatch(right) else f"{left} {right}"


def start_in_name(path: Path) -> float | None:
    """Return when a recording began, as its name tells, in seconds since the epoch.

    A name without a zone tells this machine's time. None where it tells no second.
    """
    found = _ANYWHERE.search(name_of(path))
    if found is None or not found["second"] or not _day_of(found):
        return None
    fields = ("year", "month", "day", "hour", "minute", "second")
    zone = (found["zone"] or "").replace("_", "").replace(":", "")
    moment = datetime(*(int(found[name]) for name in fields))  # type: ignore[arg-type]
    if zone:
        moment = datetime.strptime(f"{moment:%Y%m%d%H%M%S}{zone}", "%Y%m%d%H%M%S%z")
    return moment.timestamp()


def facts_of_chat(chat: Path) -> Facts:
    """Return what the head of a recorder's chat tells, or its foot; nothing of one without."""
    try:
        if chat.suffix.lower() != ".xml":
            return _of_twitch(chat_json(chat))
        with chat.open("rb") as file:
            head = file.read(_HEAD_BYTES)
            file.seek(max(0, file.seek(0, os.SEEK_END) - _HEAD_BYTES))
            foot = file.read()
        if b"<!DOCTYPE" in head or b"<!ENTITY" in head:
            return {}
        return _of_xml(_told_by_xml(head) or _told_by_foot(foot))
    except (OSError, SetlistError):
        return {}  # of a chat that cannot be read, the reader of chats tells


def _told_by_foot(foot: bytes) -> Facts:
    """Read `<metadata>` behind the messages, where biliLive-tools writes it."""
    begin = foot.rfind(b"<metadata>")
    return _told_by_xml(b"<i>" + foot[begin:]) if begin >= 0 else {}


def _told_by_xml(head: bytes) -> Facts:
    """Return attributes and elements of a head by name, up to the first message."""
    parser: ElementTree.XMLPullParser[Any] = ElementTree.XMLPullParser(events=("end",))
    told: Facts = {}
    # In pieces: what stands before a break or the end of the head is read.
    for piece in re.split(rb"(?<=>)", head):
        try:
            parser.feed(piece)
            read = [part for event in parser.read_events() for part in event]
        except ElementTree.ParseError:
            break
        elements = [part for part in read if isinstance(part, ElementTree.Element)]
        for element in elements:
            if element.tag == "BililiveRecorderRecordInfo":
                told = dict(element.attrib)
            elif element.tag in _TOLD:
                told[element.tag] = element.text or ""
        if any(element.tag in ("d", "metadata") for element in elements):
            break
    return told


def _of_xml(told: Mapping[str, str]) -> Facts:
    moments = (told.get(key, "") for key in ("live_start_time", "start_time", *_RECORDED))
    return _known(
        title=told.get("title") or told.get("room_title", ""),
        channel=told.get("name") or told.get("user_name", ""),
        upload_date=next((day for moment in moments if (day := _day_in(moment))), ""),
    )


def _of_twitch(chat: Any) -> Facts:
    """Read the head of a chat by TwitchDownloader, or by twitch-dl, whose video has a `creator`."""
    video = dig(chat, "video")
    if not isinstance(video, Mapping):
        return {}
    streamer, creator = dig(chat, "streamer"), video.get("creator")
    if not (isinstance(streamer, Mapping) or isinstance(creator, Mapping)):
        return {}
    return _known(
        title=video.get("title"),
        channel=dig(streamer, "name") or dig(creator, "displayName"),
        upload_date=_day_in(str(video.get("created_at") or video.get("publishedAt") or "")),
    )


def _day_in(moment: str) -> str:
    """Return the day of an ISO date, or of milliseconds since the epoch on this machine's clock."""
    if re.fullmatch(r"1\d{12}", moment):
        return datetime.fromtimestamp(int(moment) / 1000).strftime("%Y%m%d")
    match = _ANYWHERE.match(moment[:10])
    return _day_of(match) if match else ""


def _day_of(match: re.Match[str]) -> str:
    year, month, day = (int(match[name]) for name in ("year", "month", "day"))
    try:
        return date(year if year > 99 else 2000 + year, month, day).strftime("%Y%m%d")
    except ValueError:
        return ""


def _known(**facts: Any) -> Facts:
    cleaned = {key: clean_line(value) for key, value in facts.items() if isinstance(value, str)}
    return {key: value for key, value in cleaned.items() if value}
