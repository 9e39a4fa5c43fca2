"""Reasons for the pipeline to wait: quotas, cooldowns, quiet hours, Shazam's circuit breaker."""

import datetime as dt
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.language import msg, tr, translated
from utawaku.library.metrics import Health, health
from utawaku.library.shazam_status import GateState, shazam_state
from utawaku.library.words import word
from utawaku.tui.text import bar, fit, shown
from utawaku.tui.widgets.pipeline_rows import LowerRows
from utawaku.tui.widgets.rows import Cell


@dataclass(frozen=True)
class Limit:
    """One thing that can make work wait."""

    name: str
    state: str
    """A word: `free`, `waits`, `off`."""
    look: str
    """Component class of `Rows` for the word."""
    told: str


def read_limits(catalogue: Catalogue, settings: Settings, now: float | None = None) -> list[Limit]:
    """All of them, what waits first; off the event loop."""
    now = time.time() if now is None else now
    found = health(catalogue, settings, now)
    limits = [
        _shazam(shazam_state(settings, catalogue), now),
        *_sites(found, catalogue, now),
        _quiet(settings, now),
        _looks(found, now),
        _disk(found, settings),
    ]
    limits.sort(key=lambda limit: limit.state != "waits")
    return limits


def _shazam(gate: GateState, now: float) -> Limit:
    told = translated(gate.described(now))
    if gate.problem:
        return Limit("Shazam", "?", "warn", told)
    if not gate.enabled:
        return Limit(
            "Shazam", "off", "muted", tr("labels.shazam is false: the settings (,) turn it on")
        )
    if gate.open:
        return Limit("Shazam", "waits", "bad", tr("circuit breaker open, {told}", told=told))
    told = f"{_share(gate.budget_left, gate.budget)}  {told}"
    if gate.n_answers:
        told += tr("   {n_answers:,} answers remembered", n_answers=gate.n_answers)
    return Limit("Shazam", "free" if gate.budget_left else "waits", _free(gate.budget_left), told)


def _sites(found: Health, catalogue: Catalogue, now: float) -> list[Limit]:
    rests = {rest.site: rest for rest in found.rests}
    limits = []
    for site in sorted({*found.budgets, *rests}):
        used = found.budgets.get(site, 0)
        left = max(0, found.daily_quota - used)
        told = tr(
            "{share}  {used} of {daily_quota} downloads in 24 h",
            share=_share(left, found.daily_quota),
            used=used,
            daily_quota=found.daily_quota,
        )
        rest = rests.get(site)
        if rest is not None:
            told = tr(
                "on cooldown {until}: {reason}",
                until=_until(rest.until, now),
                reason=translated(rest.reason),
            )
        elif not left:
            free_at = catalogue.sites.free_again_at(site, "download", found.daily_quota, now=now)
            told += tr(", the next {until}", until=_until(free_at or now, now))
        waits = rest is not None or not left
        limits.append(Limit(site, "waits" if waits else "free", _free(not waits), told))
    return limits or [
        Limit(
            tr("sites"),
            "free",
            "good",
            tr("{daily_quota} downloads a day each", daily_quota=found.daily_quota),
        )
    ]


def _quiet(settings: Settings, now: float) -> Limit:
    hours = settings.subscriptions.quiet_hours
    until = settings.subscriptions.quiet_until(dt.datetime.fromtimestamp(now))
    if not hours:
        return Limit(
            tr("quiet hours"), "off", "muted", tr("none; subscriptions.quiet_hours sets some")
        )
    if until is None:
        return Limit(
            tr("quiet hours"), "free", "good", tr("{hours}; no download starts then", hours=hours)
        )
    told = tr(
        "{hours}; no download starts {until}", hours=hours, until=_until(until.timestamp(), now)
    )
    return Limit(tr("quiet hours"), "waits", "warn", told)


def _looks(found: Health, now: float) -> Limit:
    if not found.n_channels:
        return Limit(tr("channels"), "off", "muted", tr("nobody is followed; F follows a channel"))
    failing = (
        tr(", {n_channels_failing} failing", n_channels_failing=found.n_channels_failing)
        if found.n_channels_failing
        else ""
    )
    told = tr("{n} followed{failing}", n=found.n_channels, failing=failing)
    if found.next_look_at:
        due = found.next_look_at <= now
        told += (
            tr("; a look is due")
            if due
            else tr("; next look {wait}", wait=_in(found.next_look_at - now))
        )
    return Limit(tr("channels"), "free", "warn" if failing else "good", told)


def _disk(found: Health, settings: Settings) -> Limit:
    low = found.free_bytes < settings.maintenance.min_free_gb * 1e9
    told = tr(
        "{share}  {free_bytes:,.1f} GB free, downloads stop below {min_free_gb:g}",
        share=_share(found.free_bytes, found.total_bytes),
        free_bytes=found.free_bytes / 1000000000.0,
        min_free_gb=settings.maintenance.min_free_gb,
    )
    return Limit(tr("disk"), "waits" if low else "free", _free(not low), told)


def _free(left: int | bool) -> str:
    return "good" if left else "bad"


def _share(left: float, of: float) -> str:
    return bar(left / of if of else 0.0, 8)


def _in(seconds: float) -> str:
    if seconds < 90:
        return tr("in {n} s", n=max(1, round(seconds)))
    return (
        tr("in {seconds} min", seconds=round(seconds / 60))
        if seconds < 5400
        else tr("in {seconds:.1f} h", seconds=seconds / 3600)
    )


def _until(moment: float, now: float) -> str:
    return tr(
        "until {time:%H:%M} ({wait})",
        time=dt.datetime.fromtimestamp(moment),
        wait=_in(moment - now),
    )


class LimitRows(LowerRows):
    """Name, state, details."""

    title = msg("Limits")
    empty_text = msg("Nothing is limited.")

    def __init__(self) -> None:
        super().__init__(id="limits")
        self.limits: Sequence[Limit] = ()

    def show(self, found: Any) -> None:
        """List what was read."""
        self.limits = found
        self.rows_changed()

    def row_count(self) -> int:
        """Return how many limits there are."""
        return len(self.limits)

    def draw_header(self, width: int) -> list[Cell]:
        """Titles."""
        return [(fit("  " + fit(tr("What"), 14) + tr("State"), width), None)]

    def draw_row(self, index: int, width: int) -> list[Cell]:
        """Name, state, details."""
        limit = self.limits[index]
        return [
            ("  " + fit(shown(limit.name), 14), None),
            (fit(word(limit.state), 8), self.look(limit.look)),
            (fit(shown(limit.told), max(0, width - 24)), self.look("muted")),
        ]
