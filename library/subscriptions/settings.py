"""Settings of what runs unattended: subscriptions, crawler, maintenance, notices."""

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from utawaku.library.optional_path import OptionalPath
from utawaku.library.subscriptions.rules import KINDS, ChannelRules, Kind

_HOURS = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)\s*-\s*([01]?\d|2[0-3]):([0-5]\d)")


class SubscriptionSettings(BaseModel):
    """Polling of subscriptions."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    poll_minutes: float = Field(
        default=30.0, ge=5, description="Minutes between polls of a subscription."
    )
    newest_entries: int = Field(default=20, ge=5, description="Entries read at each poll.")
    overlap_entries: int = Field(
        default=10, ge=1, description="Known entries in a row after which a poll stops."
    )
    reconcile_days: float = Field(
        default=7.0, gt=0, description="Days between reads of a channel's whole list."
    )
    reconcile_limit: int = Field(
        default=2000, ge=50, description="Most entries read from a whole list."
    )
    quiet_hours: str = Field(
        default="", description="Start no download in these hours, e.g. 19:00-23:30 (local time)."
    )
    wait_for_archive_h: float = Field(
        default=24.0,
        ge=0,
        description="Hours to wait for a complete archive before what exists is ingested.",
    )

    @field_validator("quiet_hours")
    @classmethod
    def _hours(cls, value: str) -> str:
        if value and not _HOURS.fullmatch(value.strip()):
            raise ValueError("give two times of day, e.g. 19:00-23:30")
        return value.strip()

    def quiet_until(self, now: dt.datetime) -> dt.datetime | None:
        """Return the end of the quiet hours around `now` (local time); None outside of them."""
        match = _HOURS.fullmatch(self.quiet_hours)
        if match is None:
            return None
        first, last = dt.time(int(match[1]), int(match[2])), dt.time(int(match[3]), int(match[4]))
        clock = now.time().replace(second=0, microsecond=0)
        over_midnight = first > last
        inside = (clock >= first or clock < last) if over_midnight else first <= clock < last
        if not inside:
            return None
        end = now.replace(hour=last.hour, minute=last.minute, second=0, microsecond=0)
        return end + dt.timedelta(days=1) if over_midnight and clock >= first else end


class WatchSettings(BaseModel):
    """The watch folder: media files that appear in it are ingested."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    folder: OptionalPath = Field(
        default=None, description="Ingest media files that appear in this folder."
    )
    recorder_folder: OptionalPath = Field(
        default=None,
        description="Folder of a recorder that tells of its files by the hook of `serve --hook`; "
        "only files below it are ingested so.",
    )
    follow_links: bool = Field(
        default=False, description="Follow links in the watched folder that lead out of it."
    )
    stable_s: float = Field(
        default=20.0, ge=1, description="Seconds a watched file must stay unchanged before ingest."
    )
    join_gap_s: float = Field(
        default=300.0,
        ge=0,
        description="Numbered files of a recorder that follow each other within so many seconds "
        "are one stream; 0 ingests each file alone.",
    )


class CrawlSearch(BaseModel):
    """A search of the user's own; what is left out follows the general settings of the crawler."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    words: str = Field(default="", description="Words to search for, or")
    url: str = Field(default="", description="a channel or list to go through.")
    title: tuple[str, ...] | None = Field(
        default=None, description="Expressions, one of which the title must hold."
    )
    exclude: tuple[str, ...] | None = Field(
        default=None, description="Expressions, none of which the title may hold."
    )
    min_duration_s: float | None = Field(default=None, ge=0, description="Shortest.")
    max_duration_s: float | None = Field(default=None, gt=0, description="Longest.")
    kinds: tuple[Kind, ...] | None = Field(
        default=None, min_length=1, description="Archives of broadcasts, uploads, or both."
    )

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if bool(self.words) == bool(self.url):
            raise ValueError("a search has either words or a url")
        return self


class CrawlSettings(BaseModel):
    """The crawler: searches for streams and music like what the user likes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    enabled: bool = Field(default=False, description="Search for candidates every day.")
    words: tuple[str, ...] = Field(default=(), description="Searches of your own.")
    urls: tuple[str, ...] = Field(
        default=(), description="Channels and lists to search for candidates."
    )
    searches: dict[str, CrawlSearch] = Field(
        default_factory=dict,
        description="Searches with filters of their own: a table each, with `words` or `url`, and "
        "any of title, exclude, min_duration_s, max_duration_s, kinds.",
    )
    title: tuple[str, ...] = Field(
        default=("@all",),
        description="Regular expressions, one of which the title of a candidate must hold; the "
        "ready-made @all means karaoke. Empty lets every title through: any music.",
    )
    exclude: tuple[str, ...] = Field(
        default=(), description="Regular expressions, none of which the title may hold."
    )
    min_duration_s: float = Field(
        default=600.0, ge=0, description="Shorter ones are no candidates; single songs need less."
    )
    max_duration_s: float | None = Field(
        default=None, gt=0, description="Longer ones are no candidates."
    )
    kinds: tuple[Kind, ...] = Field(
        default=KINDS, min_length=1, description="Archives of broadcasts, uploads, or both."
    )
    liked_words: str = Field(
        default="歌枠", description="Added to the names of liked songs when they are searched for."
    )
    playlist_from: float | None = Field(
        default=None,
        ge=0,
        le=1,
        description="Taste score from which candidates go onto the playlist `crawl.playlist`.",
    )
    playlist: str = Field(
        default="Found", description="Name of the playlist in the library's folder Playlists."
    )
    favourites: str = Field(
        default="",
        max_length=20,
        description="Name of a favourites folder (收藏夹) of your Bilibili account that candidates "
        "which go onto the playlist are added to as well, where they are on Bilibili; made as a "
        "private one where it is missing. Empty for none.",
    )
    favourites_a_day: int = Field(
        default=50, ge=0, description="Videos added to the favourites folder a day."
    )
    searches_a_day: int = Field(
        default=20, ge=0, description="Searches a day; those that fail do not count."
    )
    previews_a_day: int = Field(
        default=20,
        ge=0,
        description="Previews fetched a day and site; those that fail do not count.",
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        for search in ({}, *(one.model_dump(exclude_none=True) for one in self.searches.values())):
            self.rules_for(search)
        return self

    def rules_for(self, search: Mapping[str, Any]) -> ChannelRules:
        """Return the filter of a search: its own values over the general ones.

        Raises:
            ValueError: an expression that is none, or nothing could pass.
        """
        names = ("title", "exclude", "min_duration_s", "max_duration_s", "kinds")
        general = {name: getattr(self, name) for name in names}
        own = {name: value for name, value in search.items() if name in names}
        return ChannelRules.model_validate({**general, **own})


class MaintenanceSettings(BaseModel):
    """Nightly maintenance: backups, old runs, recordings."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    keep_runs_days: float = Field(default=14.0, gt=0, description="Days to keep finished runs.")
    keep_failed_runs_days: float = Field(
        default=60.0, gt=0, description="Days to keep failed runs."
    )
    keep_backups: int = Field(default=7, ge=1, description="Copies of the catalogue to keep.")
    delete_recordings: bool = Field(
        default=False,
        description="Delete recordings whose songs are cut and checked when room is needed.",
    )
    recordings_gb: float = Field(
        default=200.0,
        gt=0,
        description="Room for recordings in GB, with `maintenance.delete_recordings`.",
    )
    min_free_gb: float = Field(
        default=5.0, ge=0, description="Download nothing with less than this many GB free."
    )


class NoticeSettings(BaseModel):
    """Notices outside of the program."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    webhook: SecretStr = Field(
        default=SecretStr(""),
        description="Address that receives notices as JSON (Apprise API: title, body, type).",
    )
    telegram_token: SecretStr = Field(
        default=SecretStr(""), description="Token of your Telegram bot, as @BotFather gave it."
    )
    telegram_chat: str = Field(
        default="",
        description="Chat that the bot writes notices to: its number, or @name of a channel.",
    )
    telegram_url: SecretStr = Field(
        default=SecretStr("https://api.telegram.org"),
        description="Address of Telegram's Bot API, or of a server of your own for it.",
    )
    batch_quiet_minutes: float = Field(
        default=10.0,
        ge=1,
        description="Minutes without a run after which a batch counts as finished.",
    )
