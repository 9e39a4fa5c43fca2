"""Dagster's settings file in the user's home: made once, and brought up to date beside their lines.

The file is the user's from the moment that it is there. What a later version needs is added as
text, so that comments and order stay, and only where the outcome is exactly the old settings and
the addition. It happens once: somebody who takes the lines out again does not get them back.
"""

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml

from utawaku.library.files import atomic_path
from utawaku.orchestration.tick_limits import N_WORKERS

FILE = "dagster.yaml"
SERVICES_FILE = "services.yaml"
"""Settings of the services of `up`, written at its start."""
VERSION_FILE = "dagster.yaml.version"
VERSION = "3"
"""1: as version 0.1 wrote it. 2: one run a stream. 3: two runs begin at once."""
ONE_RUN_A_STREAM = {
    "key": "dagster/partition",
    "value": {"applyLimitPerUniqueValue": True},
    "limit": 1,
}
RUN_BUFFER = "op_granularity_run_buffer"
_N_BUFFERED = 1
KEPT_STORAGE = "utawaku.orchestration.kept_storage"
FORKED_RUNS = "utawaku.orchestration.forked_launcher"
FORK_SERVER_VARIABLE = "UTAWAKU_FORK_SERVER"
"""In the environment of the services of `up`: the path of the fork server's socket."""
DEQUEUES_EVERY_S = 2
"""The interval of looks at Dagster's queue; 5 by default."""
KEPT_STORAGE_TRIED_WITH = frozenset({"1.13.27"})
"""Releases of Dagster."""
_YAML = dict[str, Any]


@dataclass(frozen=True)
class _Addition:
    """Lines that a version adds to the settings of the one before."""

    version: str
    why: str
    """The purpose, for a person who has to add the lines."""
    keys: tuple[str, ...]
    """The mapping that gets the lines, from the outermost key in."""
    lines: tuple[str, ...]
    is_there: Callable[[_YAML], bool]
    expected: Callable[[_YAML], _YAML]
    """The settings before -> those with the lines."""


def is_tried_with() -> bool:
    """Return whether what builds on parts of Dagster was tried with the release that is here."""
    return version("dagster") in KEPT_STORAGE_TRIED_WITH


def with_kept_storage(home: Path, settings: _YAML, *, lasting: bool = False) -> _YAML:
    """Return settings that name the storage of `kept_storage`.

    They are as they were where they name another one, or where this release of Dagster is not one
    that it was tried with: that one gets Dagster's own storage.

    Args:
        home: Dagster's home, in which its databases are by default.
        settings: content of `dagster.yaml`.
        lasting: for services, which open their storage again and again.
    """
    if not is_tried_with():
        return settings
    if any(name == "storage" or name.endswith("_storage") for name in settings):
        return settings
    kind = "LastingStorage" if lasting else "KeptStorage"
    named = {"module": KEPT_STORAGE, "class": kind, "config": {"base_dir": str(home)}}
    return settings | {"storage": {"custom": named}}


def with_forked_runs(settings: _YAML, platform: str = sys.platform) -> _YAML:
    """Return settings by which the fork server of `up` starts runs.

    They are as they were where they name a launcher, and where `up` does not fork.
    """
    if not can_fork(platform) or "run_launcher" in settings:
        return settings
    return settings | {
        "run_launcher": {
            "module": FORKED_RUNS,
            "class": "ForkedRunLauncher",
            "config": {"socket": {"env": FORK_SERVER_VARIABLE}},
        }
    }


def with_short_waits(settings: _YAML) -> _YAML:
    """Return settings by which a run waits less, and no sensor for another one.

    They are as they were where they name a queue, or how ticks of sensors are made.
    """
    added = dict(settings)
    # Ticks that wait for something to happen are in nobody's way.
    added.setdefault("sensors", {"use_threads": True, "num_workers": N_WORKERS})
    if not any(name in settings for name in ("run_queue", "run_coordinator")):
        added["run_coordinator"] = {
            "module": "dagster",
            "class": "QueuedRunCoordinator",
            "config": {"dequeue_interval_seconds": DEQUEUES_EVERY_S},
        }
    return added


def write_services_file(home: Path) -> Path:
    """Write the settings of the services of `up`: the user's, with what makes them cheap."""
    settings = yaml.safe_load((home / FILE).read_text("utf-8")) or {}
    settings = with_short_waits(settings)
    settings = with_forked_runs(with_kept_storage(home, settings, lasting=True))
    path = home / SERVICES_FILE
    with atomic_path(path, mode=0o600) as temporary:
        temporary.write_text(yaml.safe_dump(settings), "utf-8")
    return path


def can_fork(platform: str = sys.platform) -> bool:
    """Return whether `up` forks its services and runs.

    Not with a release of Dagster that it was not tried with, and on Linux only: what macOS loads
    does not survive a fork.
    """
    return is_tried_with() and platform == "linux"


def upgrade(home: Path) -> str:
    """Add what the settings file of an earlier version lacks; why it could not be, else empty."""
    version_file = home / VERSION_FILE
    known = version_file.read_text("utf-8").strip() if version_file.exists() else "1"
    if known == VERSION:
        return ""
    path = home / FILE
    told = []
    for addition in _ADDITIONS:
        if addition.version <= known:
            continue
        text = path.read_text("utf-8")
        settings = yaml.safe_load(text) or {}
        if isinstance(settings, dict) and addition.is_there(settings):
            continue
        added = _with(text, addition)
        if added is None:
            told.append(
                f"{path} has a form that is not changed automatically; {addition.why}, add to "
                + ".".join(addition.keys)
                + ":\n"
                + "\n".join(addition.lines)
            )
        else:
            with atomic_path(path) as temporary:
                temporary.write_text(added, "utf-8")
    with atomic_path(version_file) as temporary:
        temporary.write_text(f"{VERSION}\n", "utf-8")
    return "\n".join(told)


def _with(text: str, addition: _Addition) -> str | None:
    """The settings with the lines of an addition; None where only a person can add them."""
    before: _YAML = yaml.safe_load(text) or {}
    if not isinstance(before, dict) or "run_coordinator" in before or "run_queue" in before:
        return None  # Dagster takes limits in one of the places only
    added = _added(text.splitlines(), addition)
    if added is None:
        return None
    changed = "\n".join(added) + "\n"
    try:
        after = yaml.safe_load(changed)
    except yaml.YAMLError:
        return None
    return changed if after == addition.expected(before) else None


def _has_limit(settings: _YAML) -> bool:
    limits = _limits(settings)
    return any(one.get("key") == ONE_RUN_A_STREAM["key"] for one in limits)


def _limits(settings: _YAML) -> list[_YAML]:
    runs = (settings.get("concurrency") or {}).get("runs") or {}
    former = settings.get("run_queue") or {}
    coordinator = (settings.get("run_coordinator") or {}).get("config") or {}
    return [
        *(runs.get("tag_concurrency_limits") or []),
        *(former.get("tag_concurrency_limits") or []),
        *(coordinator.get("tag_concurrency_limits") or []),
    ]


def _limited(before: _YAML) -> _YAML:
    concurrency = dict(before.get("concurrency") or {})
    runs = dict(concurrency.get("runs") or {})
    runs["tag_concurrency_limits"] = [
        ONE_RUN_A_STREAM,
        *(runs.get("tag_concurrency_limits") or []),
    ]
    return {**before, "concurrency": {**concurrency, "runs": runs}}


def _has_buffer(settings: _YAML) -> bool:
    return RUN_BUFFER in ((settings.get("concurrency") or {}).get("pools") or {})


def _buffered(before: _YAML) -> _YAML:
    concurrency = dict(before.get("concurrency") or {})
    pools = {**(concurrency.get("pools") or {}), RUN_BUFFER: _N_BUFFERED}
    return {**before, "concurrency": {**concurrency, "pools": pools}}


_ADDITIONS = (
    _Addition(
        version="2",
        why="to keep two runs of one stream apart in Dagster's queue",
        keys=("concurrency", "runs", "tag_concurrency_limits"),
        lines=(
            "# Two runs of one stream wait for each other, whoever asked for them.",
            "- key: dagster/partition",
            "  value:",
            "    applyLimitPerUniqueValue: true",
            "  limit: 1",
        ),
        is_there=_has_limit,
        expected=_limited,
    ),
    _Addition(
        version="3",
        why="to let two runs begin at once",
        keys=("concurrency", "pools"),
        lines=(
            "# Two runs begin every 10 s and not one: Dagster's queue counts the pool of a run's",
            "# first step as taken until 5 s after its begin.",
            f"{RUN_BUFFER}: {_N_BUFFERED}",
        ),
        is_there=_has_buffer,
        expected=_buffered,
    ),
)


def _added(lines: list[str], addition: _Addition) -> list[str] | None:
    """Lines with those of an addition below the innermost of its keys that is there."""
    place, indent, depth = len(lines), "", 0
    for key in addition.keys:
        found = _line_of(key, lines, 0 if depth == 0 else place, indent, depth)
        if found is None:
            break
        place, indent, depth = found + 1, _indent_below(lines, found, indent), depth + 1
    new = []
    for key in addition.keys[depth:]:
        new.append(f"{indent}{key}:")
        indent += "  "
    new += [f"{indent}{line}" for line in addition.lines]
    return [*lines[:place], *new, *lines[place:]]


def _line_of(key: str, lines: list[str], start: int, indent: str, depth: int) -> int | None:
    """The line of a key in the block that begins at `start`; the first block is the whole file."""
    for number in range(start, len(lines)):
        line = lines[number]
        bare = line.strip()
        if not bare or bare.startswith("#"):
            continue
        if depth and len(line) - len(line.lstrip()) < len(indent):
            return None
        if re.fullmatch(rf"{re.escape(indent)}{re.escape(key)}:\s*(#.*)?", line):
            return number
    return None


def _indent_below(lines: list[str], number: int, indent: str) -> str:
    """The indentation of what stands below a key; of a list that may be the key's own."""
    for line in lines[number + 1 :]:
        bare = line.strip()
        if not bare or bare.startswith("#"):
            continue
        found = line[: len(line) - len(line.lstrip())]
        deeper = len(found) > len(indent) or (found == indent and bare.startswith("- "))
        return found if deeper else indent + "  "
    return indent + "  "
