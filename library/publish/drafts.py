"""Planned submissions out of the catalogue: what the command and the screen both show."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.errors import ConfigError, UtawakuError
from utawaku.library.publish.plan import Existing, Order, plan
from utawaku.library.publish.preflight import (
    BILIBILI,
    OPEN,
    Finding,
    Limits,
    check,
    check_title_is_new,
)
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
    season: str = "",
    set_up_later: bool = False,
) -> Order:
    """Return what the settings want, unless said otherwise.

    With `set_up_later` the account is empty where the target is not set up yet.

    Raises:
        ConfigError: nobody is logged in, several accounts are and none was chosen, or the folder
            or share is not set.
    """
    wanted = settings.publish
    target = target or wanted.target
    return Order(
        target=target,
        account=account or _account_for(target, catalogue, settings, set_up_later=set_up_later),
        group_by="all" if (group_by or wanted.group_by) == "all" else "stream",
        style=wanted.style(),
        limits=limits_of(target),
        publish_at=publish_at,
        append=append,
        source_url=source_url,
        season=(season or wanted.season) if target == "bilibili" else "",
        season_is_asked=bool(season),
    )


def draft(
    songs: Sequence[Song],
    order: Order,
    catalogue: Catalogue,
    settings: Settings,
    *,
    again: bool = False,
    without: int = 0,
) -> list[Submission]:
    """Plan submissions of the songs; those already shared there are left out unless `again`.

    What the submission with the number `without` holds does not count as shared.
    """
    shared: set[str] = set()
    if not again:
        shared = catalogue.submissions.shared_song_ids(order.target, order.account, without=without)
    chosen = [
        replace(song, video_path=_absolute(song.video_path, settings))
        for song in songs
        if song.id not in shared and song.state == "kept" and song.file_path
    ]
    stream_ids = {song.stream_id for song in chosen}
    existing, covers, titles, seasons = {}, {}, {}, {}
    for stream_id in stream_ids:
        stream = catalogue.streams.find(stream_id)
        if stream and stream.thumbnail_path:
            picture = settings.library_root / stream.thumbnail_path
            if picture.is_file():
                covers[stream_id] = str(picture)
        channel = catalogue.channels.of_stream(stream) if stream else None
        if channel is not None and channel.rules.get("upload_template"):
            titles[stream_id] = str(channel.rules["upload_template"])
        if channel is not None and order.target == "bilibili" and not order.season_is_asked:
            seasons[stream_id] = str(channel.rules.get("upload_season", ""))
        known = catalogue.submissions.published_of_stream(stream_id, order.target, order.account)
        if known is not None and not again:
            n_parts = catalogue.submissions.n_parts_of(order.target, known.remote_id)
            existing[stream_id] = Existing(known.remote_id, n_parts)
    taken = catalogue.submissions.titles(order.target, order.account)
    return plan(
        chosen,
        order,
        existing=existing,
        covers=covers,
        titles=titles,
        seasons=seasons,
        taken=taken,
    )


def by_account(
    songs: Sequence[Song], order: Order, catalogue: Catalogue, settings: Settings, *, strict: bool
) -> list[tuple[Order, list[Song]]]:
    """Return the songs with the order for each account: a channel may have one of its own.

    With `strict` the others need an account that can be told.

    Raises:
        ConfigError: with `strict`, as in `account_of`.
    """
    own: dict[str, str] = {}
    for stream_id in {song.stream_id for song in songs} if order.target == "bilibili" else ():
        stream = catalogue.streams.find(stream_id)
        channel = catalogue.channels.of_stream(stream) if stream else None
        own[stream_id] = str(channel.rules.get("upload_account", "")) if channel else ""
    groups: dict[str, list[Song]] = {}
    for song in songs:
        groups.setdefault(own.get(song.stream_id, ""), []).append(song)
    if strict and ("" in groups or not groups):
        order = replace(order, account=account_of(order.target, catalogue, settings))
    if not groups:
        return [(order, [])]
    return [
        (replace(order, account=name or order.account), found) for name, found in groups.items()
    ]


@dataclass(frozen=True)
class TargetChoice:
    """A target that a draft can go to, with one of its accounts."""

    target: str
    account: str
    """Empty where the target is not set up yet."""
    place: str
    """The account, folder or share in words."""
    missing: str = ""
    """The reason why nothing can be sent there yet."""


def target_choices(catalogue: Catalogue, settings: Settings) -> list[TargetChoice]:
    """Return every target, the settings' own first, with what is missing where it is not set up."""
    wanted = settings.publish
    found = [
        TargetChoice("bilibili", account.name, account.name, account.state)
        for account in catalogue.accounts.all()
    ] or [TargetChoice("bilibili", "", "", "nobody is logged in")]
    folder = str(wanted.folder) if wanted.folder is not None else ""
    missing = "" if folder else "no folder is chosen"
    found.append(TargetChoice("folder", "folder" if folder else "", folder, missing))
    share = str(wanted.webdav_url)
    missing = "" if share else "no share is chosen"
    found.append(TargetChoice("webdav", "webdav" if share else "", share, missing))
    found += [TargetChoice(site, site, site) for site in wanted.sites]
    mine = (wanted.target, wanted.account)
    return sorted(found, key=lambda one: (one.target != mine[0], one.account != mine[1]))


def limits_of(target: str) -> Limits:
    """Return what a target accepts."""
    return BILIBILI if target == "bilibili" else OPEN


def retargeted(
    submission: Submission, choice: TargetChoice, catalogue: Catalogue, settings: Settings
) -> Submission:
    """Return a draft for another target: planned for it, with the words that the user changed.

    Songs that are published there already are left out.

    Raises:
        UtawakuError: all of them are.
    """
    songs = catalogue.browser.songs_by_id([part.song_id for part in submission.parts])
    one_stream = len({song.stream_id for song in songs}) == 1

    def planned(target: str, account: str, *, again: bool) -> Submission | None:
        order = order_for(
            catalogue, settings, target=target, account=account, set_up_later=True,
            group_by="stream" if one_stream else "all",
        )  # fmt: skip
        found = draft(songs, order, catalogue, settings, again=again, without=submission.id)
        return found[0] if found else None

    before = planned(submission.target, submission.account, again=True)
    after = planned(choice.target, choice.account, again=False)
    if before is None or after is None:
        raise UtawakuError(
            "none of these songs can be published there",
            subject=choice.target,
            next_step="They are published there already, or their files are gone",
        )
    old_titles = {part.song_id: part.title for part in before.parts}
    new_titles = {part.song_id: part.title for part in after.parts}
    kept: dict[str, Any] = {
        name: getattr(
            after if getattr(submission, name) == getattr(before, name) else submission, name
        )
        for name in ("title", "description", "tags", "source_url", "cover_path")
    }
    parts = [
        replace(part, title=new_titles[part.song_id])
        if part.title == old_titles.get(part.song_id)
        else part
        for part in submission.parts
        if part.song_id in new_titles
    ]
    return replace(
        submission,
        target=choice.target,
        account=choice.account,
        append_to=after.append_to,
        season=after.season,
        parts=tuple(replace(part, position=n) for n, part in enumerate(parts)),
        **kept,
    )


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


def plan_for_accounts(
    orders: Sequence[tuple[Order, Sequence[Song]]],
    catalogue: Catalogue,
    settings: Settings,
    *,
    again: bool = False,
    queue: bool = True,
) -> Planned:
    """Do as `plan_and_queue` for several accounts; nothing is queued where one would refuse.

    Raises:
        SongTakenError: with `again`, a song is in an open submission.
    """
    done = Planned()
    may_queue = queue
    if queue and len(orders) > 1:
        may_queue = not plan_for_accounts(
            orders, catalogue, settings, again=again, queue=False
        ).refused
    for order, songs in orders:
        one = plan_and_queue(songs, order, catalogue, settings, again=again, queue=may_queue)
        done.submissions += one.submissions
        done.findings += one.findings
    return done


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


def _account_for(
    target: str, catalogue: Catalogue, settings: Settings, *, set_up_later: bool
) -> str:
    choices = [one for one in target_choices(catalogue, settings) if one.target == target]
    if not set_up_later or not choices:
        return account_of(target, catalogue, settings)
    return choices[0].account


def account_of(target: str, catalogue: Catalogue, settings: Settings) -> str:
    """Return the account, folder or share of a target that the settings choose.

    Raises:
        ConfigError: the target is not set up, or several accounts are and none was chosen.
    """
    wanted = settings.publish
    if target == "folder":
        if wanted.folder is None:
            raise ConfigError("no folder is set", next_step="Set publish.folder")
        return "folder"
    if target == "webdav":
        if not wanted.webdav_url:
            raise ConfigError("no share is set", next_step="Set publish.webdav_url")
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
            next_step="Choose one with --account, or set publish.account",
        )
    return names[0]


def _absolute(stored: str, settings: Settings) -> str:
    path = settings.library_root / stored if stored else None
    return str(path) if path is not None and Path(path).is_file() else ""
