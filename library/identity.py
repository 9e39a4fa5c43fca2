"""Identity of songs across cuts.

A stream is cut again when a model changes. A new span is the old song that it overlaps most, so
that grades, tags and play counts stay where they belong. What the user placed or dropped by hand
stands as it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from utawaku.library.records import Song, SongSpan

SAME_SHARE = 0.3
"""Two spans can be one song when they share this much of the shorter one."""


@dataclass(frozen=True)
class Reconciliation:
    """The changes that bring the catalogue to the new cut."""

    updated: list[tuple[Song, SongSpan]] = field(default_factory=list)
    """Known songs with their new spans."""
    added: list[SongSpan] = field(default_factory=list)
    lost: list[Song] = field(default_factory=list)
    """Known songs that the new cut no longer has."""
    ignored: list[SongSpan] = field(default_factory=list)
    """New spans where the user has decided otherwise."""


def overlap_s(a_start_s: float, a_stop_s: float, b_start_s: float, b_stop_s: float) -> float:
    """Seconds that two spans share."""
    return max(0.0, min(a_stop_s, b_stop_s) - max(a_start_s, b_start_s))


def _share(song: Song, span: SongSpan) -> float:
    shorter = min(song.duration_s, span.duration_s)
    shared = overlap_s(song.start_s, song.stop_s, span.start_s, span.stop_s)
    return shared / shorter if shorter > 0 else 0.0


def is_users(song: Song) -> bool:
    """True for boundaries (or a drop) that the user made."""
    return song.boundary_source == "user"


def _beside(span: SongSpan, fixed: Sequence[Song]) -> SongSpan:
    """The span without what the user's own songs take of its ends."""
    start_s, stop_s = span.start_s, span.stop_s
    for song in fixed:
        if song.state != "kept" or overlap_s(start_s, stop_s, song.start_s, song.stop_s) == 0:
            continue
        if song.start_s > start_s:
            stop_s = song.start_s
        else:
            start_s = song.stop_s
    return replace(span, start_s=start_s, stop_s=stop_s)


def reconcile(known: Sequence[Song], spans: Sequence[SongSpan]) -> Reconciliation:
    """Match `spans` with the `known` songs (dropped ones too) of one stream."""
    result = Reconciliation()
    fixed = [song for song in known if is_users(song)]
    free = [song for song in known if not is_users(song)]
    candidates: list[SongSpan] = []
    for span in spans:
        decided = any(_share(song, span) > SAME_SHARE for song in fixed)
        if decided:
            result.ignored.append(span)
        else:
            candidates.append(_beside(span, fixed))

    pairs = sorted(
        (
            (overlap_s(song.start_s, song.stop_s, span.start_s, span.stop_s), s, n)
            for s, song in enumerate(free)
            for n, span in enumerate(candidates)
            if _share(song, span) > SAME_SHARE
        ),
        key=lambda pair: (-pair[0], pair[1], pair[2]),
    )
    song_of: dict[int, int] = {}
    taken: set[int] = set()
    for _overlap, s, n in pairs:
        if s not in taken and n not in song_of:
            song_of[n] = s
            taken.add(s)
    for n, span in enumerate(candidates):
        if n in song_of:
            result.updated.append((free[song_of[n]], span))
        else:
            result.added.append(span)
    result.lost.extend(song for s, song in enumerate(free) if s not in taken)
    return result
