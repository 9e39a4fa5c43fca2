"""Settings of what runs without hands: looking at channels, keeping house, telling about it."""

import datetime as dt
import re
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

_HOURS = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)\s*-\s*([01]?\d|2[0-3]):([0-5]\d)")


class FollowSettings(BaseModel):
    """How channels and folders are watched."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    every_minutes: float = Field(
        default=30.0, ge=5, description="How often a followed channel is looked at."
    )
    newest: int = Field(default=20, ge=5, description="Entries read at each look.")
    overlap: int = Field(
        default=10, ge=1, description="Known entries in a row after which a look ends."
    )
    reconcile_days: float = Field(
        default=7.0, gt=0, description="How often a channel's whole list is read."
    )
    reconcile_limit: int = Field(
        default=2000, ge=50, description="Entries read at most when the whole list is."
    )
    quiet_hours: str = Field(
        default="", description="No download starts then, e.g. 19:00-23:30 (local time)."
    )
    wait_for_archive_h: float = Field(
        default=24.0, ge=0, description="After that, a broadcast is taken as far as it is there."
    )
    watch_folder: Path | None = Field(
        default=None, description="Media files that appear here are taken in."
    )
    settle_s: float = Field(
        default=20.0, ge=1, description="A watched file must not have changed for so long."
    )

    @field_validator("quiet_hours")
    @classmethod
    def _hours(cls, value: str) -> str:
        if value and not _HOURS.fullmatch(value.strip()):
            raise ValueError("give two times of day, e.g. 19:00-23:30")
        return value.strip()

    def quiet_until(self, now: dt.datetime) -> dt.datetime | None:
        """When the quiet hours that `now` (local time) lies in end; None outside of them."""
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


class CrawlSettings(BaseModel):
    """Looking for streams that nobody asked for yet."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    enabled: bool = Field(default=False, description="Search for candidates every day.")
    words: tuple[str, ...] = Field(default=(), description="Searches of your own.")
    urls: tuple[str, ...] = Field(
        default=(), description="Channels and lists to go through for candidates."
    )
    searches_a_day: int = Field(default=20, ge=0, description="Searches a day.")
    previews_a_day: int = Field(default=20, ge=0, description="Previews fetched a day and site.")


class HousekeepingSettings(BaseModel):
    """What is tidied up by itself, and what may be thrown away."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    keep_runs_days: float = Field(default=14.0, gt=0, description="Older finished runs go.")
    keep_failed_runs_days: float = Field(default=60.0, gt=0, description="Older failed runs go.")
    backups: int = Field(default=7, ge=1, description="Copies of the catalogue that are kept.")
    drop_recordings: bool = Field(
        default=False,
        description="Recordings whose songs are cut and checked may be deleted to make room.",
    )
    recordings_gb: float = Field(
        default=200.0, gt=0, description="Room for recordings, where they may be deleted."
    )
    free_gb: float = Field(
        default=5.0, ge=0, description="Nothing is downloaded when less than that is free."
    )
    retrain_after: int = Field(
        default=25, ge=1, description="New grades after which the taste model is trained again."
    )


class NoticeSettings(BaseModel):
    """Who is told, outside of the program."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    webhook: SecretStr = Field(
        default=SecretStr(""),
        description="Address that gets a JSON post (Apprise API: title, body, type).",
    )
    batch_quiet_minutes: float = Field(
        default=10.0, ge=1, description="A batch counts as finished when nothing runs so long."
    )
