"""Planned submissions out of the catalogue: what the command and the screen both show."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.errors import ConfigError
from utawaku.library.publish.plan import Existing, Order, plan
from utawaku.library.publish.preflight import BILIBILI, OPEN, Finding, check, check_title_is_new
from utawaku.library.publish.records import Submission
from utawaku.library.records import Song


def order_for(
    catalogue: Catalogue,
    settings: Settings,
    *,
    target: str = "",
    account: str = "",
    group_by: str = "",
    publish_at: float | None = None,
    append: bool = True,
    source_url: str = "",
) -> Order:
    """Return what the settings want, unless said otherwise.

    Raises:
        ConfigError: nobody is logged in, several accounts are and none was chosen, or the folder
            or share is not set.
    """
    wanted = settings.publish
    target = target or wanted.target
    return Order(
        target=target,
        account=account or _account_of(target, catalogue, settings),
        group_by="all" if (group_by or wanted.group_by) == "all" else "stream",
        style=wanted.style(),
        limits=BILIBILI if target == "bilibili" else OPEN,
        publish_at=publish_at,
        append=append,
        source_url=source_url,
    )


def draft(
    songs: Sequence[Song],
    order: Order,
    catalogue: Catalogue,
    settings: Settings,
    *,
    again: bool = False,
) -> list[Submission]:
    """Plan submissions of the songs; those already shared there are left out unless `again`."""
    shared = set() if again else catalogue.submissions.shared_song_ids(order.target, order.account)
    chosen = [
        replace(song, video_path=_absolute(song.video_path, settings))
        for song in songs
        if song.id not in shared and song.state == "kept" and song.file_path
    ]
    stream_ids = {song.stream_id for song in chosen}
    existing, covers, titles = {}, {}, {}
    for stream_id in stream_ids:
        stream = catalogue.streams.find(stream_id)
        if stream and stream.thumbnail_path:
            picture = settings.library_root / stream.thumbnail_path
            if picture.is_file():
                covers[stream_id] = str(picture)
        channel = catalogue.channels.of_stream(stream) if stream else None
        if channel is not None and channel.rules.get("upload_template"):
            titles[stream_id] = str(channel.rules["upload_template"])
        known = catalogue.submissions.published_of_stream(stream_id, order.target, order.account)
        if known is not None and not again:
            n_parts = catalogue.submissions.n_parts_of(order.target, known.remote_id)
            existing[stream_id] = Existing(known.remote_id, n_parts)
    taken = catalogue.submissions.titles(order.target, order.account)
    return plan(chosen, order, existing=existing, covers=covers, titles=titles, taken=taken)


@dataclass
class Planned:
    """Submissions as they were planned and, where nothing is wrong, kept."""

    submissions: list[Submission] = field(default_factory=list)
    findings: list[list[Finding]] = field(default_factory=list)
    """For each submission what the target would refuse."""

    @property
    def refused(self) -> bool:
        """Return whether the target would refuse one of them."""
        return any(finding.severity == "error" for found in self.findings for finding in found)


def plan_and_queue(
    songs: Sequence[Song],
    order: Order,
    catalogue: Catalogue,
    settings: Settings,
    *,
    again: bool = False,
    queue: bool = True,
) -> Planned:
    """Plan submissions and, with `queue`, queue them unless one would be refused.

    Both happen in one transaction: of two programs that are asked for the same songs at once, the
    second finds nothing left to plan.

    Raises:
        SongTakenError: with `again`, a song is in an open submission.
    """
    result = Planned()

    def planned() -> list[Submission]:
        result.submissions = draft(songs, order, catalogue, settings, again=again)
        result.findings = preflight(result.submissions, order, catalogue)
        return [] if result.refused else result.submissions

    if not queue:
        planned()
        return result
    kept = catalogue.submissions.add_planned(planned, queued=True)
    result.submissions = kept or result.submissions
    return result


def preflight(
    planned: Sequence[Submission], order: Order, catalogue: Catalogue
) -> list[list[Finding]]:
    """Return what the target would refuse of each planned submission, repeated titles included."""
    store, found = catalogue.submissions, []
    taken = store.titles(order.target, order.account)
    for one in planned:
        n_existing = store.n_parts_of(order.target, one.append_to) if one.append_to else 0
        found.append(
            check(one, order.limits, now=time.time(), n_existing_parts=n_existing)
            + check_title_is_new(one, taken, order.limits)
        )
        taken.setdefault(one.title, 0)
    return found


def _account_of(target: str, catalogue: Catalogue, settings: Settings) -> str:
    wanted = settings.publish
    if target == "folder":
        if wanted.folder is None:
            raise ConfigError("no folder is set", next_step="Set uploads.folder")
        return "folder"
    if target == "webdav":
        if not wanted.webdav_url:
            raise ConfigError("no share is set", next_step="Set uploads.webdav_url")
        return "webdav"
    if target in wanted.sites:
        return target
    if target != "bilibili":
        known = ", ".join(("bilibili", "folder", "webdav", *wanted.sites))
        raise ConfigError("no such target", subject=target, next_step=f"Give one of {known}")
    if wanted.account:
        return wanted.account
    names = [account.name for account in catalogue.accounts.all()]
    if not names:
        raise ConfigError("nobody is logged in", next_step="utawaku login")
    if len(names) > 1:
        raise ConfigError(
            "several accounts are logged in: " + ", ".join(names),
            next_step="Choose one with --account, or set uploads.account",
        )
    return names[0]


def _absolute(stored: str, settings: Settings) -> str:
    path = settings.library_root / stored if stored else None
    return str(path) if path is not None and Path(path).is_file() else ""
