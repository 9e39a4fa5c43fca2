"""The published rules: runs of music, padded, merged, sifted by length and place."""

from __future__ import annotations

from collections.abc import Sequence

from utawaku.library.records import Segment, SongSpan
from utawaku.models.songs.rules import SongRules

_TOUCH_S = 0.05
"""Segment times are multiples of 0.02 s, the duration is not: nearer than this is touching."""


def bridged(segments: Sequence[Segment], silence_s: float) -> list[Segment]:
    """Join two segments of one label across a `noEnergy` shorter than `silence_s`."""
    out: list[Segment] = []
    for segment in segments:
        if (
            len(out) >= 2
            and out[-1].label == "noEnergy"
            and out[-1].duration_s < silence_s
            and out[-2].label == segment.label
        ):
            out.pop()
            out[-1] = Segment(segment.label, out[-1].start_s, segment.stop_s)
        else:
            out.append(segment)
    return out


def classic_songs(
    segments: Sequence[Segment], duration_s: float, rules: SongRules
) -> list[SongSpan]:
    """Songs by the published rules.

    `segments` are sorted and contiguous over the recording of `duration_s` seconds.
    """
    runs: list[tuple[float, float]] = []
    for segment in bridged(segments, rules.classic_bridge_silence_s):
        if segment.label != "music" or segment.duration_s <= rules.classic_keep_music_s:
            continue
        start = max(0.0, segment.start_s - rules.classic_pad_before_s)
        stop = min(duration_s, segment.stop_s + rules.classic_pad_after_s)
        if runs and start - runs[-1][1] <= rules.classic_merge_gap_s:
            runs[-1] = (runs[-1][0], stop)
        else:
            runs.append((start, stop))
    kept = [
        (start, stop)
        for start, stop in runs
        if start >= rules.classic_edge_s
        and stop < duration_s - _TOUCH_S
        and stop - start >= rules.classic_min_song_s
    ]
    return [
        SongSpan(
            index=index,
            start_s=start,
            stop_s=stop,
            source="classic",
            confidence=0.5,
            flags=("long",) if stop - start > rules.long_song_s else (),
        )
        for index, (start, stop) in enumerate(kept)
    ]
