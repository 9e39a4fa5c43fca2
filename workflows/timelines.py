"""Catalogues made before recordings had one clock: which streams change, and carrying them over."""

import logging
from pathlib import Path

from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.errors import MediaError
from utawaku.library.records import AssetState
from utawaku.media.containers import may_restart
from utawaku.media.frames import TrackStart
from utawaku.media.probe import probe
from utawaku.media.timeline import Timeline
from utawaku.workflows.recordings import recording_file

_log = logging.getLogger(__name__)

OTHER_CLOCK = "its times count samples"
_SAME_S = 0.1
"""Lengths and starts that differ by less are the same."""


def outdate_changed_times(catalogue: Catalogue, settings: Settings) -> int:
    """Make stale what was segmented by counting samples, where the recording's clock disagrees.

    Streams on which both agree are noted once and for all. Headers are read, nothing is decoded.
    Returns how many streams became stale.
    """
    n_changed = 0
    for stream_id in catalogue.timelines.counted():
        stream = catalogue.streams.get(stream_id)
        state = catalogue.assets.of(stream_id)["segments"]
        try:
            changes = times_change(recording_file(stream, settings), state)
        except MediaError as error:
            _log.info("%s: its clock is not known (%s)", stream_id, error)
            continue
        if changes:
            catalogue.timelines.outdate(stream_id)
            catalogue.assets.outdate(stream_id, "segments", OTHER_CLOCK)
            n_changed += 1
        else:
            catalogue.timelines.confirm(stream_id)
    return n_changed


def times_change(recording: Path, segmented: AssetState) -> bool:
    """Return whether counting the samples of a recording gave other times than its own clock does.

    Gaps and damage left less sound than the header claims; sound that starts after the picture
    stood too early; several recordings behind each other ended with the first.
    """
    info = probe(recording)
    decoded_s = float(segmented.metadata.get("duration_s", 0.0))
    if segmented.metadata.get("truncated") or abs(info.duration_s - decoded_s) > _SAME_S:
        return True
    if TrackStart.of(info).lead_s > 1e-3:
        return True
    return may_restart(info.path, info.container) and "mov" not in info.container


def carry_times(stream_id: str, timeline: Timeline, catalogue: Catalogue) -> int:
    """Carry a stream's songs to the clock that `timeline` tells; return how many moved.

    Boundaries counted samples; files were cut at the container's time stamps, which differ from the
    timeline by where the sound starts, or cannot be told where the clock restarted.
    """

    def file_moved(at_s: float) -> float | None:
        return None if timeline.n_restarts else at_s + timeline.starts_s

    return catalogue.timelines.carry(stream_id, timeline.of_sound, file_moved)
