"""Reasons for the pipeline to wait: quotas, cooldowns, quiet hours, Shazam's circuit breaker."""

import datetime as dt
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.metrics import Health, health
from utawaku.library.shazam_status import GateState, shazam_state
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
        _shazam(shazam_state(settings), now),
        *_sites(found, catalogue, now),
        _quiet(settings, now),
        _looks(found, now),
        _disk(found, settings),
    ]
    limits.sort(key=lambda limit: limit.state != "waits")
    return limits


def _shazam(gate: GateState, now: float) -> Limit:
    told = gate.described(now)
    if gate.problem:
        return Limit("Shazam", "?", "warn", told)
    if not gate.enabled:
        return Limit(
            "Shazam", "off", "muted", "labels.shazam is false: the settings (,) turn it on"
        )
    if gate.open:
        return Limit("Shazam", "waits", "bad", f"circuit breaker open, {told}")
    told = f"{_share(gate.budget_left, gate.budget)}  {told}"
    if gate.n_answers:
        told += f"   {gate.n_answers:,} answers remembered"
    return Limit("Shazam", "free" if gate.budget_left else "waits", _free(gate.budget_left), told)


def _sites(found: Health, catalogue: Catalogue, now: float) -> list[Limit]:
    rests = {rest.site: rest for rest in found.rests}
    limits = []
    for site in sorted({*found.budgets, *rests}):
        used = found.budgets.get(site, 0)
        left = max(0, found.daily_quota - used)
        told = f"{_share(left, found.daily_quota)}  {used} of {found.daily_quota} downloads in 24 h"
        rest = rests.get(site)
        if rest is not None:
            told = f"on cooldown {_until(rest.until, now)}: {rest.reason}"
        elif not left:
            free_at = catalogue.sites.free_again_at(site, "download", found.daily_quota, now=now)
            told += f", the next {_until(free_at or now, now)}"
        waits = rest is not None or not left
        limits.append(Limit(site, "waits" if waits else "free", _free(not waits), told))
    return limits or [Limit("sites", "free", "good", f"{found.daily_quota} downloads a day each")]


def _quiet(settings: Settings, now: float) -> Limit:
    hours = settings.subscriptions.quiet_hours
    until = settings.subscriptions.quiet_until(dt.datetime.fromtimestamp(now))
    if not hours:
        return Limit("quiet hours", "off", "muted", "none; subscriptions.quiet_hours sets some")
    if until is None:
        return Limit("quiet hours", "free", "good", f"{hours}; no download starts then")
    told = f"{hours}; no download starts {_until(until.timestamp(), now)}"
    return Limit("quiet hours", "waits", "warn", told)


def _looks(found: Health, now: float) -> Limit:
    if not found.n_channels:
        return Limit("channels", "off", "muted", "nobody is followed; F follows a channel")
    failing = f", {found.n_channels_failing} failing" if found.n_channels_failing else ""
    told = f"{found.n_channels} followed{failing}"
    if found.next_look_at:
        due = found.next_look_at <= now
        told += "; a look is due" if due else f"; next look {_in(found.next_look_at - now)}"
    return Limit("channels", "free", "warn" if failing else "good", told)


def _disk(found: Health, settings: Settings) -> Limit:
    low = found.free_bytes < settings.maintenance.min_free_gb * 1e9
    told = (
        f"{_share(found.free_bytes, found.total_bytes)}  {found.free_bytes / 1e9:,.1f} GB free,"
        f" downloads stop below {settings.maintenance.min_free_gb:g}"
    )
    return Limit("disk", "waits" if low else "free", _free(not low), told)


def _free(left: int | bool) -> str:
    return "good" if left else "bad"


def _share(left: float, of: float) -> str:
    return bar(left / of if of else 0.0, 8)


def _in(seconds: float) -> str:
    if seconds < 90:
        return f"in {max(1, round(seconds))} s"
    return f"in {round(seconds / 60)} min" if seconds < 5400 else f"in {seconds / 3600:.1f} h"


def _until(moment: float, now: float) -> str:
    return f"until {dt.datetime.fromtimestamp(moment):%H:%M} ({_in(moment - now)})"


class LimitRows(LowerRows):
    """Name, state, details."""

    title = "Limits"
    empty_text = "Nothing is limited."

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
        return [(fit("  What          State   ", width), None)]

    def draw_row(self, index: int, width: int) -> list[Cell]:
        """Name, state, details."""
        limit = self.limits[index]
        return [
            ("  " + fit(shown(limit.name), 14), None),
            (fit(limit.state, 8), self.look(limit.look)),
            (fit(shown(limit.told), max(0, width - 24)), self.look("muted")),
        ]
