"""Recordings that are one song as a whole: uploads of music, files of a collection."""

from __future__ import annotations

from collections.abc import Sequence

from utawaku.library.records import Segment, SongSpan
from utawaku.models.segmentation import Segmentation
from utawaku.models.songs.rules import SongRules

WHOLE = "whole"
"""Source of the boundaries of such a song."""

_BREAK_S = 3.0
_SONG_S = 60.0
"""Silence of `_BREAK_S` with this much music on both of its sides parts two songs."""


def is_one_song(
    segmentation: Segmentation, found: Sequence[SongSpan], n_listed: int, rules: SongRules
) -> bool:
    """Return whether a recording is taken as one song from its start to its stop.

    Args:
        segmentation: of the recording.
        found: songs that can be cut out of it.
        n_listed: how many songs people listed for it.
        rules: `whole` decides; `auto` goes by sound, length and lists.
    """
    if rules.whole != "auto":
        return rules.whole == "always"
    if found or n_listed > 1:
        return False
    if not rules.min_song_s <= segmentation.duration_s <= rules.whole_max_s:
        return False
    music_s = segmentation.seconds_of("music")
    sound_s = segmentation.duration_s - segmentation.seconds_of("noEnergy")
    if music_s <= 0 or music_s < rules.whole_music * sound_s:
        return False
    return not _is_parted(segmentation.segments)


def whole_song(segmentation: Segmentation, rules: SongRules) -> SongSpan:
    """The recording as one song."""
    duration_s = segmentation.duration_s
    sound_s = duration_s - segmentation.seconds_of("noEnergy")
    share = segmentation.seconds_of("music") / sound_s if sound_s > 0 else 0.0
    flags = [
        flag
        for flag, holds in (
            ("long", duration_s > rules.long_song_s),
            ("short", duration_s < rules.short_song_s),
        )
        if holds
    ]
    sure = round(share, 4)
    return SongSpan(
        0, 0.0, duration_s, WHOLE, sure, tuple(flags), start_confidence=sure, stop_confidence=sure
    )


def _is_parted(segments: Sequence[Segment]) -> bool:
    """Return whether a silence parts the music into two songs."""
    music_s = [0.0]
    for segment in segments:
        if segment.label == "noEnergy" and segment.duration_s >= _BREAK_S:
            music_s.append(0.0)
        elif segment.label == "music":
            music_s[-1] += segment.duration_s
    return sum(length_s >= _SONG_S for length_s in music_s) > 1
