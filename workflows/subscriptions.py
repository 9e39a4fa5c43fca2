"""Looking at followed channels: what is new, what the rules let through, what is asked for.

The catalogue is the cursor. A look writes entries, requests and the channel's new cursor in one
transaction (`Channels.record_look`), so whatever dies in between, the next look sees the listing
again and asks for nothing twice.
"""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.errors import UsageError, UtawakuError
from utawaku.library.records import Channel, ChannelEntry, Stream
from utawaku.library.requests import Ingest
from utawaku.library.sites import full_address, is_live_room, list_address, site_of
from utawaku.library.subscriptions import ChannelRules, Verdict, judge
from utawaku.services.downloader import (
    ChannelListing,
    Downloader,
    ListedStream,
    ListState,
    StreamInfo,
)
from utawaku.services.rate_limits import asking

FAILED_LOOK_S = 15 * 60.0
"""First wait after a look that failed; doubles up to a day."""
_LONGEST_FAILED_LOOK_S = 86_400.0
BACKLOG = "older than the backlog that was asked for"
LOOKED = "looked at: "
"""Begins the reason where the stream's own page, not the listing, decided."""


@dataclass(frozen=True)
class Look:
    """The result of a poll."""

    n_listed: int
    n_new: int
    """Entries that were not known before."""
    n_asked: int
    n_requests: int
    full: bool


def is_reconcile_due(channel: Channel, settings: Settings, now: float) -> bool:
    """Return whether it is time to read the channel's whole list; so is the first look."""
    last = channel.cursor.get("reconciled_at")
    if not isinstance(last, (int, float)):
        return True
    return not now - settings.subscriptions.reconcile_days * 86_400 < last <= now + 60


def poll_channel(
    channel: Channel,
    catalogue: Catalogue,
    settings: Settings,
    downloader: Downloader,
    *,
    full: bool,
    now: float | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Look:
    """List a channel and ask for what is new and wanted.

    A full look reads the whole list and finds what the cheap ones cannot: streams that were made
    public late, or that a reordering put far down.

    Raises:
        DownloadError: the listing failed; the next look is put off, nothing else changes.
    """
    now = time.time() if now is None else now
    known = () if full else {entry.key for entry in catalogue.channels.entries(channel.id)}
    try:
        with asking(channel.url, catalogue):
            listing = downloader.list_channel(
                channel.url,
                limit=settings.subscriptions.reconcile_limit
                if full
                else settings.subscriptions.newest_entries,
                known=known,
                overlap=0 if full else settings.subscriptions.overlap_entries,
                before=ListState.read(channel.cursor.get("list")),
                whole_limit=settings.subscriptions.reconcile_limit,
                cancelled=cancelled,
            )
    except UtawakuError as error:
        put_off_failed(channel, catalogue, error, now)
        raise
    catalogue.sites.note(site_of(channel.url), "look")
    return take_listing(channel, listing, catalogue, settings, full=full, now=now)


def put_off_failed(channel: Channel, catalogue: Catalogue, error: UtawakuError, now: float) -> None:
    """Look again later, each time in a row later still, so that the others get their turn."""
    failures = int(channel.cursor.get("failures", 0)) + 1
    wait_s = min(FAILED_LOOK_S * 2 ** min(failures - 1, 20), _LONGEST_FAILED_LOOK_S)
    fresh = catalogue.channels.get(channel.id)
    catalogue.channels.save(
        replace(
            fresh,
            cursor={**fresh.cursor, "failures": failures},
            next_look_at=now + wait_s,
            last_error=error.problem,
        )
    )
    if failures == 3:
        catalogue.notices.add(
            "warning",
            f"{channel.title or channel.url} cannot be polled",
            body=error.problem,
            next_step=error.next_step or "It is tried again by itself; `utawaku channels` tells",
        )


def take_listing(
    channel: Channel,
    listing: ChannelListing,
    catalogue: Catalogue,
    settings: Settings,
    *,
    full: bool,
    now: float,
) -> Look:
    """Decide about each listed entry and write the outcome."""
    rules = ChannelRules.read(channel.rules, subject=channel.url)
    stored = {entry.key: entry for entry in catalogue.channels.entries(channel.id)}
    listed = [_entry(channel.id, one) for one in listing.entries]
    in_catalogue = catalogue.channels.known_streams(
        {entry.key for entry in listed} | {entry.url for entry in listed}
    )
    is_first = "reconciled_at" not in channel.cursor and not stored
    has_cookies = with_rules(settings, rules).download.has_cookies
    seen: list[ChannelEntry] = []
    ask: set[str] = set()
    n_backlog = n_new = 0
    for entry in listed:
        known = stored.get(entry.key)
        n_new += known is None
        if known is not None and known.state == "asked":
            seen.append(entry)
            continue
        if known is not None and known.reason == BACKLOG:
            seen.append(replace(entry, reason=BACKLOG))
            continue
        if entry.key in in_catalogue or entry.url in in_catalogue:
            seen.append(replace(entry, reason="in the library already"))
            continue
        verdict = _judged(rules, entry, has_cookies)
        if known is not None and known.reason.startswith(LOOKED) and _same(known, entry):
            seen.append(replace(entry, reason=known.reason))
            continue
        if verdict.taken and is_first and rules.backlog >= 0:
            n_backlog += 1
            if n_backlog > rules.backlog:
                verdict = Verdict(False, BACKLOG)
        seen.append(replace(entry, reason=verdict.reason))
        if verdict.taken:
            ask.add(entry.key)
    cursor = {**channel.cursor, "failures": 0, "newest": [entry.key for entry in listed[:20]]}
    cursor["list"] = asdict(listing.state)
    if full:
        cursor["reconciled_at"] = now
    minutes = rules.every_minutes or settings.subscriptions.poll_minutes
    changed = replace(
        channel,
        title=_name(channel.url, listing) or channel.title,
        cursor=cursor,
        last_look_at=now,
        next_look_at=now + minutes * 60,
        last_error="",
    )
    n_asked = catalogue.channels.record_look(changed, seen, ask=ask, now=now)
    return Look(len(listed), n_new, n_asked, listing.n_requests, full)


def judge_again(channel: Channel, catalogue: Catalogue, *, has_cookies: bool = False) -> int:
    """The rules have changed: decide again about what was left out; returns how many are asked for.

    Needs no network. What the backlog left out stays out. `has_cookies` says whether the channel's
    site is asked with a log-in, also by the general settings.
    """
    rules = ChannelRules.read(channel.rules, subject=channel.url)
    seen: list[ChannelEntry] = []
    ask: set[str] = set()
    for entry in catalogue.channels.entries(channel.id, state="skipped"):
        if entry.reason in (BACKLOG, "in the library already"):
            continue
        verdict = _judged(rules, entry, has_cookies or rules.cookies_file is not None)
        seen.append(replace(entry, reason=verdict.reason))
        if verdict.taken:
            ask.add(entry.key)
    return catalogue.channels.record_look(channel, seen, ask=ask)


def judge_info(rules: ChannelRules, info: StreamInfo) -> Verdict:
    """Apply the rules once more to what the stream's own page tells."""
    return judge(
        rules,
        title=info.title,
        duration_s=info.duration_s,
        live_status=info.live_status,
        uploaded_at=info.started_at,
    )


def settings_for(stream: Stream, catalogue: Catalogue, settings: Settings) -> Settings:
    """The settings as the rules of the stream's channel want them."""
    channel = catalogue.channels.of_stream(stream)
    if channel is None or not channel.rules:
        return settings
    return with_rules(settings, ChannelRules.read(channel.rules, subject=channel.url))


def with_rules(settings: Settings, rules: ChannelRules) -> Settings:
    """General settings with a channel's rules over them."""
    download: dict[str, Any] = {}
    if rules.want is not None:
        download["want"] = rules.want
    if rules.track is not None:
        download["track"] = rules.track
    if rules.cookies_file is not None:
        download["cookies_file"] = rules.cookies_file.expanduser()
    cut = {"template": rules.path_template} if rules.path_template else {}
    return settings.model_copy(
        update={
            "download": settings.download.model_copy(update=download),
            "cut": settings.cut.model_copy(update=cut),
            "songs": {**settings.songs, **rules.songs},
        }
    )


def channel_of(url: str, listing: ChannelListing, rules: ChannelRules) -> Channel:
    """The record of a channel to follow, named after what its listing tells."""
    sites = {entry.site for entry in listing.entries if entry.site}
    site = min(sites) if len(sites) == 1 else site_of(url)
    is_list = "list=" in url or not listing.channel_id
    name = url if is_list else listing.channel_id
    return Channel(
        id=f"{site}:{name}",
        url=url,
        title=_name(url, listing) or url,
        site=site_of(url),
        rules=rules.plain(),
        followed_at=time.time(),
    )


def follow(
    url: str,
    rules: ChannelRules,
    catalogue: Catalogue,
    downloader: Downloader,
    *,
    title: str = "",
    look: bool = True,
) -> Channel:
    """Follow an address, or change the rules of one that is followed.

    The address of a singer's page stands for the list of what the singer broadcast
    (`library.sites.list_address`).

    With `look` the address is listed once, so that a wrong one is told at once and the channel gets
    its name; without, this happens at the first look.

    Raises:
        DownloadError: there is no channel, list or feed.
        UsageError: it is a room on air.
    """
    url = list_address(full_address(url))
    if is_live_room(url):
        raise UsageError(
            "a live room lists no recordings, only what is on air",
            subject=url,
            next_step="Follow the streamer's space, https://space.bilibili.com/NUMBER/video, where "
            "recordings are published; or record the room with a recorder and set "
            "watch.folder",
        )
    known = catalogue.channels.by_url(url)
    if known is None and look:
        listing = downloader.list_channel(url, limit=5)
        made = channel_of(url, listing, rules)
        known = catalogue.channels.find(made.id)
        if known is not None and known.url != url and known.followed:
            # Another tab of the same channel: it has an entry of its own.
            made = replace(made, id=f"{made.id}#{url}")
            known = None
        if known is None:
            catalogue.channels.save(made)
            return made
        # Thresholds may have been fitted to its songs before it was followed.
        fitted = {**known.rules.get("songs", {}), **rules.songs}
        rules = rules.model_copy(update={"songs": fitted})
    if known is None:
        made = Channel(
            id=f"{site_of(url)}:{url}",
            url=url,
            title=title or url,
            site=site_of(url),
            rules=rules.plain(),
            followed_at=time.time(),
        )
        catalogue.channels.save(made)
        return made
    changed = replace(
        known,
        url=url,
        rules=rules.plain(),
        followed=True,
        followed_at=known.followed_at or time.time(),
        next_look_at=None if not known.followed else known.next_look_at,
        title=known.title or title,
    )
    catalogue.channels.save(changed)
    has_cookies = downloader.settings.has_cookies
    judge_again(changed, catalogue, has_cookies=has_cookies)
    return changed


def unfollow(channel: Channel, catalogue: Catalogue) -> int:
    """Stop following; streams, songs and rules stay. Returns how many requests are cancelled."""
    catalogue.channels.save(replace(channel, followed=False))
    waiting = catalogue.requests.open_of(Ingest)
    return sum(
        catalogue.requests.cancel(request.id)
        for request, wanted in waiting
        if wanted.channel == channel.id and request.state == "queued"
    )


def _name(url: str, listing: ChannelListing) -> str:
    """The singer's name for a channel, the list's own title for a playlist or feed."""
    if "list=" not in url and listing.channel:
        return listing.channel
    return listing.title or listing.channel


def _judged(rules: ChannelRules, entry: ChannelEntry, has_cookies: bool) -> Verdict:
    return judge(
        rules,
        title=entry.title,
        duration_s=entry.duration_s,
        live_status=entry.live_status or None,
        uploaded_at=entry.uploaded_at,
        availability=entry.availability,
        has_cookies=has_cookies,
    )


def _entry(channel_id: str, listed: ListedStream) -> ChannelEntry:
    return ChannelEntry(
        channel_id=channel_id,
        key=listed.stream_id or listed.url,
        url=listed.url,
        title=listed.title,
        duration_s=listed.duration_s,
        live_status=listed.live_status or "",
        uploaded_at=listed.uploaded_at,
        availability=listed.availability,
    )


def _same(known: ChannelEntry, listed: ChannelEntry) -> bool:
    """Return whether a second look at the stream itself would find what the first one found."""
    return _shown(known) == _shown(listed)


def _shown(entry: ChannelEntry) -> tuple[object, ...]:
    return (entry.title, entry.duration_s, entry.live_status, entry.availability)
