"""Quotas of an hour and a day, below what the site complains about.

One user's ceiling was about 20 videos an hour; `too frequent` came after about 15 submissions
in three and a half hours. The defaults stay below both.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from utawaku.library.publish.records import UploadEvent

HOUR_S = 3600.0
DAY_S = 86400.0


@dataclass(frozen=True, slots=True)
class Budget:
    """Ceilings of one account; 0 is no ceiling."""

    parts_per_hour: int = 18
    parts_per_day: int = 200
    submits_per_hour: int = 4
    submits_per_day: int = 24
    bytes_per_day: int = 0
    part_spacing_s: float = 5.0
    submit_spacing_s: float = 90.0

    def part_allowed_at(
        self, events: Sequence[UploadEvent], now: float, size_bytes: int = 0
    ) -> float:
        """Return when the next part may be sent; `now` or earlier means at once.

        Events that a wrong clock dated into the future count as now.
        """
        events = _until(events, now)
        parts = sorted(event.at for event in events if event.kind == "part")
        return max(
            _after_last(parts, self.part_spacing_s),
            _window_opens(parts, self.parts_per_hour, HOUR_S, now),
            _window_opens(parts, self.parts_per_day, DAY_S, now),
            self._bytes_open(events, now, size_bytes),
        )

    def submit_allowed_at(self, events: Sequence[UploadEvent], now: float) -> float:
        """Return when the next submit request may be sent; see `part_allowed_at`."""
        submits = sorted(event.at for event in _until(events, now) if event.kind == "submit")
        return max(
            _after_last(submits, self.submit_spacing_s),
            _window_opens(submits, self.submits_per_hour, HOUR_S, now),
            _window_opens(submits, self.submits_per_day, DAY_S, now),
        )

    def _bytes_open(self, events: Sequence[UploadEvent], now: float, size_bytes: int) -> float:
        if not self.bytes_per_day:
            return 0.0
        recent = sorted((event.at, event.size_bytes) for event in events if event.at > now - DAY_S)
        spent = sum(size for _, size in recent)
        opens = 0.0
        for at, size in recent:
            if spent + size_bytes <= self.bytes_per_day:
                break
            spent -= size
            opens = at + DAY_S
        return opens


UNLIMITED = Budget(0, 0, 0, 0, 0, 0.0, 0.0)
"""For targets of one's own: a folder, a share."""


def _until(events: Sequence[UploadEvent], now: float) -> list[UploadEvent]:
    return [replace(event, at=min(event.at, now)) for event in events]


def _after_last(times: Sequence[float], spacing_s: float) -> float:
    return times[-1] + spacing_s if times else 0.0


def _window_opens(times: Sequence[float], ceiling: int, window_s: float, now: float) -> float:
    recent = [at for at in times if at > now - window_s]
    if not ceiling or len(recent) < ceiling:
        return 0.0
    return recent[-ceiling] + window_s
