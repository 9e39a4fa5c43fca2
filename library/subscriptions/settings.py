"""Settings of what runs unattended: subscriptions, crawler, maintenance, notices."""

import datetime as dt
import re
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

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

    folder: Path | None = Field(
        default=None, description="Ingest media files that appear in this folder."
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


class CrawlSettings(BaseModel):
    """The crawler: searches for streams like those the user likes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    enabled: bool = Field(default=False, description="Search for candidates every day.")
    words: tuple[str, ...] = Field(default=(), description="Searches of your own.")
    urls: tuple[str, ...] = Field(
        default=(), description="Channels and lists to search for candidates."
    )
    searches_a_day: int = Field(default=20, ge=0, description="Searches a day.")
    previews_a_day: int = Field(default=20, ge=0, description="Previews fetched a day and site.")


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
    batch_quiet_minutes: float = Field(
        default=10.0,
        ge=1,
        description="Minutes without a run after which a batch counts as finished.",
    )
