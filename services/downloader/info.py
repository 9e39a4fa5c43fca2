"""A site's metadata of a stream, typed and cleaned.

yt-dlp hands over loose dictionaries full of signed addresses, request headers and whatever the
site wrote. `StreamInfo` is what the rest of utawaku reads; `keepable_info` is what goes into
`info.json`, from which `StreamInfo.from_info` reads the same again.
"""

import datetime as dt
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from utawaku.library.text import clean_line, clean_text, cut_bytes
from utawaku.services.downloader.identity import stream_id_for_info
from utawaku.services.downloader.redaction import redact, without_secrets

LiveStatus = Literal["is_live", "is_upcoming", "was_live", "post_live", "not_live"]
LIVE_STATUSES: tuple[LiveStatus, ...] = (
    "is_live", "is_upcoming", "was_live", "post_live", "not_live",
)  # fmt: skip
STREAM_ID_KEY = "utawaku_stream_id"
"""Key of info.json that holds the stream id."""

_YEAR_10000 = 253_402_300_800
"""Seconds since the epoch that no calendar here goes beyond."""
_DAY = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)", re.ASCII)
"""As yt-dlp writes it, 20261120, and as other programs do."""
_MAX_LINE_BYTES = 2_000
_MAX_TEXT_BYTES = 200_000
_FORMAT_KEYS = (
    "format_id", "format_note", "ext", "container", "protocol", "acodec", "vcodec", "abr", "vbr",
    "tbr", "asr", "audio_channels", "width", "height", "fps", "dynamic_range", "filesize",
    "language",
)  # fmt: skip
_DROPPED_KEYS = frozenset({
    "formats", "requested_formats", "requested_downloads", "requested_subtitles", "url", "urls",
    "manifest_url", "fragment_base_url", "fragments", "http_headers", "cookies", "thumbnails",
    "subtitles", "automatic_captions", "comments", "entries", "requested_entries", "request_data",
    "downloader_options", "extra_param_to_segment_url", "extra_param_to_key_url", "hls_aes",
    "filepath", "filename", "_filename", "infojson_filename", "play_path", "page_url", "app",
    "player_url", "stretched_ratio", "hls_media_playlist_data", "impersonate",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Chapter:
    """A named span of the stream, as the site or the uploader marked it."""

    title: str
    start_s: float
    stop_s: float | None = None


@dataclass(frozen=True, slots=True)
class ListedStream:
    """One line of a channel or playlist page. Anything but the address may be missing."""

    url: str
    stream_id: str | None
    """None where only a look at the stream itself tells its site and id."""
    title: str = ""
    duration_s: float | None = None
    live_status: str | None = None
    """One of `LIVE_STATUSES`; None means the page does not say, not that it never was live."""
    uploaded_at: float | None = None
    """Seconds since the epoch; most pages give none, YouTube's only approximate ones."""
    view_count: int | None = None
    thumbnail_url: str = ""
    description: str = ""
    availability: str = ""
    """yt-dlp's word: `public`, `subscriber_only`, `premium_only`, `needs_auth`, ... or empty."""
    site_id: str = ""
    site: str = ""
    """yt-dlp extractor key in lower case; empty where `stream_id` is None."""

    @classmethod
    def from_entry(cls, entry: Mapping[str, Any]) -> "ListedStream | None":
        """Read a flat playlist entry; None if it has no address to go on with."""
        url = _address(entry.get("url")) or _address(entry.get("webpage_url"))
        if _address(entry.get("webpage_url")) and entry.get("_type", "video") == "video":
            url = _address(entry["webpage_url"])
        if not url:
            return None
        try:
            stream_id = stream_id_for_info(entry) if entry.get("id") else None
        except ValueError:
            stream_id = None
        if stream_id and stream_id.startswith("generic-"):
            stream_id = None  # its page may turn out to embed a known site
        return cls(
            url=url,
            stream_id=stream_id,
            title=_line(entry.get("title")),
            duration_s=_seconds(entry.get("duration")),
            live_status=_live_status(entry),
            uploaded_at=started_at_of(entry),
            view_count=_whole(entry.get("view_count")),
            thumbnail_url=_thumbnail(entry),
            description=_text(entry.get("description")),
            availability=_line(entry.get("availability")),
            site_id=_line(entry.get("id")),
            site=stream_id.partition("-")[0] if stream_id else "",
        )


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """Everything a site tells about one stream, or about a list of them."""

    stream_id: str
    url: str
    """The page of the stream, as it must be asked for; the absolute path of a local file.

    Read from info.json, values of secret parameters are replaced by `REDACTED`.
    """
    title: str
    site: str
    """yt-dlp extractor key in lower case; `file` for local files."""
    site_id: str
    channel_id: str = ""
    channel: str = ""
    channel_url: str = ""
    uploaded_on: str = ""
    """ISO date, empty when unknown."""
    started_at: float | None = None
    """The time when it was (or will be) broadcast, or else published; seconds since the epoch."""
    duration_s: float | None = None
    live_status: str | None = None
    """One of `LIVE_STATUSES`, None when the site does not say."""
    description: str = ""
    chapters: tuple[Chapter, ...] = ()
    thumbnail_url: str = ""
    heatmap: tuple[tuple[float, float, float], ...] = ()
    """(start_s, stop_s, value in [0, 1]): what viewers replayed most."""
    availability: str = ""
    view_count: int | None = None
    tags: tuple[str, ...] = ()
    entries: tuple[ListedStream, ...] = field(default=())
    is_playlist: bool = False

    @classmethod
    def from_info(cls, info: Mapping[str, Any]) -> "StreamInfo":
        """Read a yt-dlp info dict, or an info.json written by utawaku or by yt-dlp itself.

        Raises ValueError if it has neither an id nor an extractor key.
        """
        is_playlist = info.get("_type") in ("playlist", "multi_video")
        listed = [ListedStream.from_entry(entry) for entry in _flat(info, 3)]
        kept_id = info.get(STREAM_ID_KEY)
        page = str(info.get("webpage_url") or info.get("original_url") or info.get("url") or "")
        return cls(
            stream_id=str(kept_id) if kept_id else stream_id_for_info(info),
            url=page,
            title=_line(info.get("title") or info.get("fulltitle")) or _line(info.get("id")),
            site=str(info.get("extractor_key") or info.get("ie_key") or "").lower(),
            site_id=_line(info.get("id")),
            channel_id=_line(info.get("channel_id") or info.get("uploader_id")),
            channel=_channel(info),
            channel_url=_address(info.get("channel_url") or info.get("uploader_url")),
            uploaded_on=_date(info),
            started_at=started_at_of(info),
            duration_s=_section_s(info) or _seconds(info.get("duration")),
            live_status=_live_status(info),
            description=_text(info.get("description")),
            chapters=_chapters(info.get("chapters")),
            thumbnail_url=_thumbnail(info),
            heatmap=_heatmap(info.get("heatmap")),
            availability=_line(info.get("availability")),
            view_count=_whole(info.get("view_count")),
            tags=_tags(info.get("tags")),
            entries=tuple(entry for entry in listed if entry is not None),
            is_playlist=is_playlist,
        )


def _flat(info: Mapping[str, Any], depth: int) -> Iterator[Mapping[str, Any]]:
    """Yield the entries of a list and of the lists in it (a channel's tabs)."""
    entries = info.get("entries")
    for entry in entries if isinstance(entries, (list, tuple)) else ():
        if isinstance(entry, Mapping):
            if entry.get("_type") in ("playlist", "multi_video") and depth > 0:
                yield from _flat(entry, depth - 1)
            else:
                yield entry


def keepable_info(info: Mapping[str, Any], stream_id: str) -> dict[str, Any]:
    """Return what of a yt-dlp info dict is kept in info.json.

    Left out: cookies, request headers, media addresses (signed, and dead within hours), private
    keys. Comments have a file of their own. The chosen formats stay as plain descriptions.
    """
    chosen = info.get("requested_formats") or [info]
    kept = {
        key: keepable_value(value)
        for key, value in info.items()
        if value is not None and key not in _DROPPED_KEYS and not key.startswith("__")
    }
    for key in ("webpage_url", "original_url", "channel_url", "uploader_url", "thumbnail"):
        if isinstance(kept.get(key), str):
            kept[key] = without_secrets(kept[key])
    if not kept.get("thumbnail") and (thumbnail := _thumbnail(info)):
        kept["thumbnail"] = thumbnail
    kept["requested_formats"] = [
        {key: keepable_value(one[key]) for key in _FORMAT_KEYS if one.get(key) is not None}
        for one in chosen
    ]
    kept[STREAM_ID_KEY] = stream_id
    return kept


def keepable_value(value: Any) -> Any:
    """Return `value` as JSON can hold it: no headers, no secrets in the addresses in its texts."""
    if isinstance(value, Mapping):
        return {
            str(key): keepable_value(item)
            for key, item in value.items()
            if str(key) not in ("http_headers", "cookies") and not str(key).startswith("__")
        }
    if isinstance(value, (list, tuple, set, frozenset)):
        return [keepable_value(item) for item in value]
    if isinstance(value, str):
        return redact(value.encode("utf-8", "replace").decode())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return redact(repr(value))


def _line(value: Any) -> str:
    if value is None or isinstance(value, (dict, list, tuple)):
        return ""
    return cut_bytes(clean_line(redact(str(value))), _MAX_LINE_BYTES)


def _text(value: Any) -> str:
    return (
        cut_bytes(clean_text(value, keep_lines=True), _MAX_TEXT_BYTES)
        if isinstance(value, str)
        else ""
    )


def _address(value: Any) -> str:
    if not isinstance(value, str) or not value.lower().startswith(("http://", "https://")):
        return ""
    return clean_line(value).replace(" ", "%20")


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def _whole(value: Any) -> int | None:
    number = _number(value)
    return None if number is None or number < 0 else int(number)


def _seconds(value: Any) -> float | None:
    number = _number(value)
    return number if number is not None and number > 0 else None


def _section_s(info: Mapping[str, Any]) -> float | None:
    """Return the length of a section of a video; None for a whole video, whose length `duration`
    is.
    """
    start_s, stop_s = _number(info.get("section_start")), _number(info.get("section_end"))
    if start_s is None:
        return None
    whole_s = _seconds(info.get("duration"))
    if stop_s is None:
        stop_s = whole_s
    return None if stop_s is None else _seconds(stop_s - start_s)


def _live_status(info: Mapping[str, Any]) -> str | None:
    status = info.get("live_status")
    if status in LIVE_STATUSES:
        return str(status)
    if info.get("is_live"):
        return "is_live"
    return "was_live" if info.get("was_live") else None


def _channel(info: Mapping[str, Any]) -> str:
    """Return the name of who broadcast it; of sites that tell none (TwitCasting) the account."""
    names = (_line(info.get(key)) for key in ("channel", "uploader", "artist"))
    account = _line(info.get("uploader_id"))
    return next((name for name in names if name), "" if account.isdigit() else account)


def _tags(value: Any) -> tuple[str, ...]:
    tags = value.split(",") if isinstance(value, str) else value
    listed = tags if isinstance(tags, (list, tuple)) else ()
    return tuple(line for tag in listed if isinstance(tag, str) and (line := _line(tag)))


def started_at_of(info: Mapping[str, Any]) -> float | None:
    """Return when a stream was broadcast, else published, in seconds since the epoch."""
    for key in ("release_timestamp", "timestamp"):
        number = _number(info.get(key))
        if number is not None and 0 <= number < _YEAR_10000:
            return number
    return None


def _date(info: Mapping[str, Any]) -> str:
    """The day of broadcast or upload as the site gives it; from the time stamp (UTC) if it must."""
    for key in ("release_date", "upload_date"):
        match = _DAY.fullmatch(str(info.get(key)))
        try:
            if match:
                return dt.date(*map(int, match.groups())).isoformat()
        except ValueError:
            continue
    stamp = started_at_of(info)
    if stamp is None:
        return ""
    return dt.datetime.fromtimestamp(stamp, dt.UTC).date().isoformat()


def _thumbnail(info: Mapping[str, Any]) -> str:
    if address := _address(info.get("thumbnail")):
        return address
    pictures = [one for one in info.get("thumbnails") or () if isinstance(one, Mapping)]
    return next((found for one in reversed(pictures) if (found := _address(one.get("url")))), "")


def _chapters(value: Any) -> tuple[Chapter, ...]:
    chapters = []
    for one in value if isinstance(value, (list, tuple)) else ():
        start_s = _number(one.get("start_time")) if isinstance(one, Mapping) else None
        if start_s is not None and start_s >= 0:
            chapters.append(Chapter(_line(one.get("title")), start_s, _number(one.get("end_time"))))
    return tuple(sorted(chapters, key=lambda chapter: chapter.start_s))


def _heatmap(value: Any) -> tuple[tuple[float, float, float], ...]:
    rows = []
    for one in value if isinstance(value, (list, tuple)) else ():
        if not isinstance(one, Mapping):
            continue
        numbers = [_number(one.get(key)) for key in ("start_time", "end_time", "value")]
        if None not in numbers:
            rows.append(tuple(numbers))
    return tuple(rows)  # type: ignore[arg-type]
