"""The outcome of an ingest, one record a stream."""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Outcome:
    """The outcome of one stream."""

    source: str
    stream_id: str = ""
    title: str = ""
    state: str = "failed"
    """`done`, `already done` or `failed`."""
    n_songs: int = 0
    duration_s: float = 0.0
    wall_s: float = 0.0
    error: str = ""
    exit_code: int = 0
    """See `library.errors.ExitCode`."""
    warnings: list[str] = field(default_factory=list)
    """One sentence a kind of damage: how much is lost and where, or the length that is there."""
    lost_s: float = 0.0
    """Seconds of silence in place of what could not be decoded."""
    songs: list[dict[str, Any]] = field(default_factory=list)
