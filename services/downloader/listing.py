"""Listing what a channel, playlist or feed holds, as cheaply as the site allows."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from utawaku.library.errors import DownloadError
from utawaku.services.downloader.failures import classify
from utawaku.services.downloader.info import ListedStream, StreamInfo
from utawaku.services.downloader.redaction import without_secrets

if TYPE_CHECKING:
    from utawaku.services.downloader.session import Session

_TABS = ("/streams", "/videos")
"""Tabs of a YouTube channel that hold streams and their uploads; shorts are no karaoke."""
_LISTS = ("playlist", "multi_video")
_MAX_HOPS = 5


@dataclass(frozen=True, slots=True)
class ListState:
    """A site's metadata of a whole list; a channel's tab has none."""

    n_entries: int | None = None
    modified_on: str = ""
    """Day of the last change, as YYYYMMDD."""

    @classmethod
    def of(cls, info: Mapping[str, Any]) -> "ListState":
        """Read the state from yt-dlp's info of a list."""
        n_entries, day = info.get("playlist_count"), info.get("modified_date")
        return cls(
            n_entries if isinstance(n_entries, int) and n_entries >= 0 else None,
            day if isinstance(day, str) else "",
        )

    @classmethod
    def read(cls, stored: Any) -> "ListState | None":
        """Read what a cursor holds; None where there is nothing to compare with."""
        if not isinstance(stored, Mapping):
            return None
        known = {name: stored.get(name) for name in ("n_entries", "modified_on")}
        return cls.of({"playlist_count": known["n_entries"], "modified_date": known["modified_on"]})

    def grew_by(self, now: "ListState") -> int | None:
        """Return how many entries came since; None where only the whole list can tell."""
        if now == self or now == ListState():
            return 0
        if now.modified_on != self.modified_on or self.n_entries is None or now.n_entries is None:
            return None
        return now.n_entries - self.n_entries if now.n_entries > self.n_entries else None


@dataclass(frozen=True, slots=True)
class ChannelListing:
    """The newest entries of one channel or list, in the site's order, each stream once."""

    url: str
    title: str
    channel: str
    channel_id: str
    entries: tuple[ListedStream, ...]
    n_requests: int
    """The cost of the listing."""
    stopped_early: bool
    """True if it ended because the rest is known."""
    state: ListState = ListState()


def read_channel(
    session: "Session",
    url: str,
    known: Collection[str],
    overlap: int,
    before: ListState | None = None,
    last: int | None = None,
) -> ChannelListing:
    """List `url`; the session's playlist options bound what is read. See `Downloader.list_channel`.

    A list that has grown since `before` is read on, up to position `last`.

    Raises DownloadError and its kinds.
    """
    info = _opened(session, url)
    if info.get("_type") not in _LISTS:
        raise DownloadError(
            "one stream, not a channel or a list",
            subject=without_secrets(url),
            next_step="Ingest it, or follow the channel that it belongs to",
        )
    entries: list[ListedStream] = []
    seen: set[str] = set()
    stopped_early = False
    state = ListState.of(info)
    n_missing = before.grew_by(state) if before is not None and overlap else 0
    if n_missing != 0 and last is not None:
        session.params["playlistend"] = last
    for source in _tabs(session, info):
        n_known = 0
        for raw in _items(session, url, source):
            entry = ListedStream.from_entry(raw) if isinstance(raw, Mapping) else None
            if entry is None or (entry.stream_id or entry.url) in seen:
                continue
            seen.add(entry.stream_id or entry.url)
            entries.append(entry)
            is_known = entry.stream_id in known
            n_known = n_known + 1 if is_known else 0
            if n_missing is not None and n_missing > 0 and not is_known:
                n_missing -= 1
            if overlap and n_known >= overlap and n_missing == 0:
                stopped_early = True
                break
    typed = StreamInfo.from_info({"id": url, "extractor_key": "list", **_scalars(info)})
    if not entries and session.log.messages:
        _raise_if_refused(session, url)
    return ChannelListing(
        url=url,
        title=typed.title,
        channel=typed.channel,
        channel_id=typed.channel_id,
        entries=tuple(entries),
        n_requests=session.n_requests,
        stopped_early=stopped_early,
        state=state,
    )


def _opened(session: "Session", url: str) -> dict[str, Any]:
    """Ask the page and follow its references, but leave the entries of a list unread."""
    address, key = url, None
    for _ in range(_MAX_HOPS):
        # With this option a YouTube channel's front page only names its other tabs; without it
        # all of them are asked at once, shorts too.
        session.params["playlist_items"] = "0"
        try:
            info = session.extract_info(address, download=False, process=False, ie_key=key)
        except Exception as error:
            raise _typed(session, url, error) from error
        finally:
            session.params["playlist_items"] = None
        if not info:
            raise _typed(session, url, None)
        if info.get("_type") not in ("url", "url_transparent"):
            return dict(info)
        address, key = info["url"], info.get("ie_key")
    raise DownloadError("the address leads in circles", subject=without_secrets(url))


def _tabs(session: "Session", info: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the lists to read: of a channel's front page, those of its tabs that hold streams."""
    entries = info.get("entries")
    if info.get("extractor_key") != "YoutubeTab" or not isinstance(entries, list):
        yield info
        return
    for tab in _TABS:
        for entry in entries:
            address = str(entry.get("webpage_url") or entry.get("url") or "")
            if urlsplit(address).path.endswith(tab):
                yield entry if entry.get("_type") in _LISTS else _opened(session, address)


def _items(session: "Session", url: str, info: dict[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the entries one by one; pages are fetched as they are reached."""
    from yt_dlp.utils import PlaylistEntries

    try:
        for _, entry in PlaylistEntries(session, info).get_requested_items():
            if entry:
                yield entry
    except Exception as error:
        raise _typed(session, url, error) from error


def _raise_if_refused(session: "Session", url: str) -> None:
    """An empty list after refused requests is a refusal, not an empty channel."""
    if session.http_failures:
        raise _typed(session, url, None)


def _typed(session: "Session", url: str, error: BaseException | None) -> Exception:
    return classify(url, error, http_failures=session.http_failures, messages=session.log.messages)


def _scalars(info: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: value
        for key, value in info.items()
        if key not in ("entries", "id", "extractor_key") and value is not None
    }
