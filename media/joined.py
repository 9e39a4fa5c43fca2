"""Recordings that lie in several files, on one timeline.

A recorder that restarts, or a site that splits an evening, leaves parts that follow each other. A
small list of them stands for the recording; `utawaku.media.probe`, `decode` and the cutter read
across the parts, and nothing is copied. A list of one file says which of its sound tracks is read.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from utawaku.library.errors import MediaError
from utawaku.library.files import atomic_path

SUFFIX = ".parts.json"
_FORMAT, _VERSION = "utawaku-parts", 1
_MAX_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Part:
    """One file of a recording, in seconds on the recording's timeline."""

    path: Path
    start_s: float
    duration_s: float
    """0.0 for the only file of a list: it is as long as it plays."""
    url: str = ""
    """Address of this part on a site; empty for a file of unknown origin."""
    track: int | None = None
    """Number of the sound track that is read, counted from 0; None for the default one."""

    @property
    def stop_s(self) -> float:
        """End of the part on the joined timeline, in seconds."""
        return self.start_s + self.duration_s


def is_joined(path: Path) -> bool:
    """Return whether the path is that of a list of parts."""
    return path.name.endswith(SUFFIX)


def read_parts(path: Path) -> tuple[Part, ...]:
    """Return the parts in order.

    Raises:
        MediaError: the list cannot be read, or is none.
    """
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise ValueError("far too large")
        document = json.loads(path.read_text("utf-8"))
        if document["format"] != _FORMAT or document["version"] != _VERSION:
            raise ValueError("another format")
        parts: list[Part] = []
        start_s = 0.0
        for row in document["parts"]:
            part = _part(row, start_s)
            if not part.duration_s and len(document["parts"]) > 1:
                raise ValueError("a part without a length")
            parts.append(part)
            start_s = part.stop_s
    except OSError as error:
        raise MediaError(
            f"the list of parts cannot be read ({error.strerror or error})",
            subject=str(path),
            next_step="`utawaku ingest --as-one` with its files makes it again",
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise MediaError(
            f"this is no list of parts ({error})",
            subject=str(path),
            next_step="`utawaku ingest --as-one` with its files makes it again",
        ) from error
    if not parts:
        raise MediaError("the list holds no parts", subject=str(path))
    return tuple(parts)


def _part(row: Any, start_s: float) -> Part:
    if not isinstance(row, Mapping):
        raise ValueError("a part that is none")
    track = row.get("track")
    if track is not None and (not isinstance(track, int) or track < 0):
        raise ValueError("a track is no number")
    part = Part(Path(row["path"]), start_s, float(row["duration_s"]), str(row["url"]), track)
    if not part.path.is_absolute() or not 0 <= part.duration_s < 1e7:
        raise ValueError("a part without a place or a length")
    return part


def write_parts(path: Path, parts: Sequence[Part]) -> None:
    """Write the list, atomically. Raises OSError."""
    rows: list[dict[str, Any]] = []
    for part in parts:
        row = {"path": str(part.path), "duration_s": part.duration_s, "url": part.url}
        rows.append(row if part.track is None else {**row, "track": part.track})
    document = {"format": _FORMAT, "version": _VERSION, "parts": rows}
    with atomic_path(path) as temporary:
        temporary.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", "utf-8")


def part_at(parts: Sequence[Part], at_s: float) -> Part:
    """Return the part that plays at `at_s`; the last one also for what stands behind its end."""
    return next((part for part in parts if at_s < part.stop_s), parts[-1])


def part_of_span(parts: Sequence[Part], start_s: float, stop_s: float | None) -> Part | None:
    """Return the part that holds the whole span; None for a span across a seam."""
    part = part_at(parts, start_s)
    if stop_s is None:
        return part if part is parts[-1] else None
    return part if stop_s <= part.stop_s or part is parts[-1] else None


def joined_id(ids: Sequence[str]) -> str:
    """Return the id of a stream made of these streams of files, in this order."""
    return "file-" + hashlib.sha256("\n".join(ids).encode()).hexdigest()[:16]
