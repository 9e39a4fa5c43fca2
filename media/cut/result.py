"""Request and result of a cut."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from utawaku.media.loudness import Loudness

AudioCodec = Literal["auto", "copy", "opus", "mp3", "flac", "m4a"]


@dataclass(frozen=True)
class CutResult:
    """One written song."""

    path: Path
    start_s: float
    """Time in the recording of the first sample that plays, in seconds."""
    stop_s: float
    """Time at which the last one ends, in seconds."""
    n_samples: int
    """Number of samples that a gapless player plays, at `sample_rate_hz`."""
    sample_rate_hz: int
    codec: str
    """`opus`, `mp3`, `flac` or `m4a`; of a video, its video codec."""
    copied: bool
    """True where the recording's own packets were kept, so nothing was lost."""
    loudness: Loudness | None = None
    """Of what was written; None where it was copied (measure the file, or ask for it)."""
    note: str = ""
    """The reason why it was encoded although a copy was possible by codec."""

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.n_samples / self.sample_rate_hz


class NotCopyableError(Exception):
    """Internal: these packets cannot hold this span exactly; the message says why."""
