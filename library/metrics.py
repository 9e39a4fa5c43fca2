"""State of library and pipeline as numbers, for `utawaku status` and Prometheus.

The text follows the Prometheus exposition format 0.0.4.
"""

import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.heartbeat import is_alive, last_heartbeat_s, service_processes
from utawaku.library.records import SiteCooldown
from utawaku.library.schema import songs


@dataclass(frozen=True)
class Sample:
    """One number with its labels."""

    value: float
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Metric:
    """A family of numbers."""

    name: str
    kind: str
    """`gauge` or `counter`."""
    help: str
    samples: Sequence[Sample]


@dataclass(frozen=True)
class ProcessFigures:
    """Memory and CPU time of one service of the pipeline."""

    name: str
    pid: int
    n_starts: int
    resident_bytes: int
    n_open_files: int


@dataclass(frozen=True)
class Health:
    """Unattended work at a glance."""

    alive: bool
    heartbeat_s: float | None
    """Seconds since the last sign of life."""
    requests: Mapping[str, int]
    """By state."""
    budgets: Mapping[str, int]
    """Downloads of the last 24 hours by site."""
    daily_quota: int
    rests: Sequence[SiteCooldown]
    next_look_at: float | None
    n_channels: int
    n_channels_failing: int
    free_bytes: int
    total_bytes: int
    processes: Sequence[ProcessFigures]
    """None where the pipeline is not up."""


def health(catalogue: Catalogue, settings: Settings, now: float | None = None) -> Health:
    """Look at everything once; costs a few small queries."""
    now = time.time() if now is None else now
    followed = catalogue.channels.all(followed_only=True)
    looks = [one.next_look_at for one in followed if one.next_look_at]
    folder = settings.library_root
    while not folder.exists():
        folder = folder.parent
    disk = shutil.disk_usage(folder)
    return Health(
        alive=is_alive(settings),
        heartbeat_s=last_heartbeat_s(settings),
        requests={
            state: catalogue.requests.count(state)
            for state in ("queued", "running", "done", "failed", "cancelled")
        },
        budgets=catalogue.sites.counts("download", now=now),
        daily_quota=settings.download.daily_quota,
        rests=catalogue.sites.rests(now=now),
        next_look_at=min(looks) if looks else None,
        n_channels=len(followed),
        n_channels_failing=sum(bool(one.last_error) for one in followed),
        free_bytes=disk.free,
        total_bytes=disk.total,
        processes=_process_figures(settings),
    )


def _process_figures(settings: Settings) -> list[ProcessFigures]:
    services = service_processes(settings)
    if not services:
        return []
    import psutil

    figures = []
    for one in services:
        try:
            process = psutil.Process(one.pid)
            with process.oneshot():
                resident = process.memory_info().rss
                if sys.platform == "win32":
                    n_open = process.num_handles()
                else:
                    n_open = process.num_fds()
                figures.append(ProcessFigures(one.name, one.pid, one.n_starts, resident, n_open))
        except psutil.Error:
            continue  # it has just ended, or is another user's
    return figures


def metrics(catalogue: Catalogue, settings: Settings, now: float | None = None) -> list[Metric]:
    """Everything that is worth a graph or an alarm."""
    now = time.time() if now is None else now
    found = health(catalogue, settings, now)
    by_state = [
        Sample(count, {"asset": asset, "state": state})
        for (asset, state), count in sorted(catalogue.assets.counts().items())
    ]
    resting = [Sample(max(0.0, rest.until - now), {"site": rest.site}) for rest in found.rests]
    each = [(one, {"process": one.name}) for one in found.processes]
    unread = catalogue.notices.recent(limit=10_000, unread_only=True)
    return [
        _gauge("up", "Whether the pipeline gave a sign of life lately.", float(found.alive)),
        _gauge(
            "heartbeat_age_seconds",
            "Since the last sign of life.",
            -1.0 if found.heartbeat_s is None else found.heartbeat_s,
        ),
        _gauge("streams", "Streams in the catalogue.", catalogue.streams.count()),
        _gauge("songs", "Kept songs.", catalogue.songs.count(songs.c.state == "kept")),
        Metric("utawaku_artefacts", "gauge", "Streams by artefact and its state.", by_state),
        Metric(
            "utawaku_requests",
            "gauge",
            "Requests by state.",
            [Sample(count, {"state": state}) for state, count in found.requests.items()],
        ),
        Metric(
            "utawaku_downloads_last_day",
            "gauge",
            "Recordings fetched in the last 24 hours by site.",
            [Sample(count, {"site": site}) for site, count in sorted(found.budgets.items())],
        ),
        _gauge("download_daily_budget", "Recordings a day and site.", found.daily_quota),
        Metric("utawaku_site_rest_seconds", "gauge", "How long a site stays on cooldown.", resting),
        _gauge("channels_followed", "Followed channels.", found.n_channels),
        _gauge("channels_failing", "Those whose last look failed.", found.n_channels_failing),
        _gauge("unread_notices", "Notices not read yet.", len(unread)),
        _gauge("disk_free_bytes", "Free where the library lies.", found.free_bytes),
        _gauge("disk_total_bytes", "Size of the disk of the library.", found.total_bytes),
        _gauge("catalogue_bytes", "Size of the catalogue.", catalogue.size_bytes()),
        Metric(
            "utawaku_process_resident_bytes",
            "gauge",
            "Memory of each lasting process.",
            [Sample(one.resident_bytes, labels) for one, labels in each],
        ),
        Metric(
            "utawaku_process_open_files",
            "gauge",
            "Open files of each lasting process.",
            [Sample(one.n_open_files, labels) for one, labels in each],
        ),
        Metric(
            "utawaku_process_starts_total",
            "counter",
            "How often each was started since the pipeline came up.",
            [Sample(one.n_starts, labels) for one, labels in each],
        ),
    ]


def exposition(found: Sequence[Metric]) -> str:
    """The metrics as Prometheus reads them."""
    lines = []
    for metric in found:
        lines.append(f"# HELP {metric.name} {_escaped(metric.help)}")
        lines.append(f"# TYPE {metric.name} {metric.kind}")
        for sample in metric.samples:
            labels = ",".join(f'{name}="{_quoted(text)}"' for name, text in sample.labels.items())
            where = f"{{{labels}}}" if labels else ""
            lines.append(f"{metric.name}{where} {sample.value!r}")
    return "\n".join(lines) + "\n"


def _gauge(name: str, text: str, value: float) -> Metric:
    return Metric(f"utawaku_{name}", "gauge", text, [Sample(float(value))])


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("\n", r"\n")


def _quoted(text: str) -> str:
    return _escaped(text).replace('"', r"\"")
