"""Turns yt-dlp's progress dictionaries into a fraction and a line of text."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from utawaku.library.progress import Progress
from utawaku.library.time_format import clock

_MIN_INTERVAL_S = 0.2


class Meter:
    """A yt-dlp progress hook that reports at most five times a second."""

    def __init__(
        self, progress: Progress, check: Callable[[], None], chosen: Mapping[str, Any]
    ) -> None:
        self._progress = progress
        self._check = check
        self._size = chosen.get("filesize") or chosen.get("filesize_approx")
        self._reported_at = 0.0
        self._fraction = 0.0

    def __call__(self, status: Mapping[str, Any]) -> None:
        """Report yt-dlp's progress."""
        self._check()
        now = time.monotonic()
        finished = status.get("status") == "finished"
        if not finished and now - self._reported_at < _MIN_INTERVAL_S:
            return
        self._reported_at = now
        # Sizes that are guesses move; a bar that runs backwards looks broken.
        self._fraction = max(self._fraction, 1.0 if finished else self._done(status))
        self._progress(self._fraction, progress_text(status, self._size))

    def _done(self, status: Mapping[str, Any]) -> float:
        count, index = status.get("fragment_count"), status.get("fragment_index")
        if count and index is not None:
            result: float = min(index / count, 1.0)
            return result
        total = status.get("total_bytes") or self._size or status.get("total_bytes_estimate")
        return min((status.get("downloaded_bytes") or 0) / total, 1.0) if total else 0.0


def progress_text(status: Mapping[str, Any], size: float | None = None) -> str:
    """Return such as `12.3 of 98.0 MB, 4.1 MB/s, 0:21 left`; unknown parts are left out."""
    done = status.get("downloaded_bytes") or 0
    total = status.get("total_bytes") or size or status.get("total_bytes_estimate")
    words = [f"{done / 1e6:.1f} of {total / 1e6:.1f} MB" if total else f"{done / 1e6:.1f} MB"]
    if speed := status.get("speed"):
        words.append(f"{speed / 1e6:.1f} MB/s")
    if (eta_s := status.get("eta")) is not None and status.get("status") != "finished":
        words.append(f"{clock(eta_s)} left")
    return ", ".join(words)
