"""Judgements of the user about the songs of a stream, and how finds agree with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from utawaku.library.identity import overlap_s
from utawaku.models.songs.doubt import right_ends

Span = tuple[float, float]
"""Start and stop in seconds."""
_SHARED_S = 15.0


@dataclass(frozen=True)
class Judgements:
    """Words of the user about one stream."""

    songs: Sequence[Span]
    """Songs with boundaries that the user placed or found right."""
    no_songs: Sequence[Span]
    """Finds that the user dropped because they are no songs."""
    unjudged: Sequence[Span]
    """Songs of which the user has said nothing: what is found there counts neither way."""
    unknown: Sequence[Span]
    """Spans that the user dropped without calling them no songs: nobody knows their ends."""

    @property
    def n(self) -> int:
        """Number of corrections."""
        return len(self.songs) + len(self.no_songs)

    @property
    def is_whole(self) -> bool:
        """True where the user has judged every song: elsewhere there is none."""
        return not self.unjudged

    def counts(self, found: Sequence[Span]) -> Counts:
        """Compare finds with what the user said."""
        counted = [span for span in found if self._counts(span)]
        return Counts(
            len(self.songs),
            len(counted),
            sum(any(_half_shared(span, song) for span in counted) for song in self.songs),
            sum(any(all(right_ends(span, song)) for span in counted) for song in self.songs),
        )

    def _counts(self, span: Span) -> bool:
        """Return whether a find is where the user judged a song, or where no song is known."""
        least_s = min(_SHARED_S, (span[1] - span[0]) / 2)
        judged = (*self.songs, *self.no_songs)
        if any(overlap_s(*span, *one) >= least_s for one in judged):
            return True
        return all(overlap_s(*span, *one) < least_s for one in (*self.unjudged, *self.unknown))


@dataclass(frozen=True)
class Counts:
    """Counts over any number of streams; add them with `+`."""

    n_songs: int = 0
    """Songs of the user."""
    n_finds: int = 0
    """Finds that count."""
    n_found: int = 0
    """Songs with a find of which more than half is shared (intersection over union)."""
    n_clean: int = 0
    """Songs with a find that starts within 3 s and ends within 5 s."""

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.n_songs + other.n_songs,
            self.n_finds + other.n_finds,
            self.n_found + other.n_found,
            self.n_clean + other.n_clean,
        )

    @property
    def n_surplus(self) -> int:
        """Finds that are no song of the user."""
        return max(0, self.n_finds - self.n_found)

    @property
    def found_f1(self) -> float:
        """F1 of songs found, in [0, 1]."""
        return self._f1(self.n_found)

    @property
    def clean_f1(self) -> float:
        """F1 of songs cut clean, in [0, 1]."""
        return self._f1(self.n_clean)

    def _f1(self, n_right: int) -> float:
        n = self.n_songs + self.n_finds
        return 2 * n_right / n if n else 1.0


def without_covered(no_songs: Sequence[Span], songs: Sequence[Span]) -> list[Span]:
    """Dropped spans that are no songs: what a song of the user covers now is one."""
    return [
        span
        for span in no_songs
        if not any(overlap_s(*span, *song) >= 0.5 * (span[1] - span[0]) for song in songs)
    ]


def _half_shared(span: Span, song: Span) -> bool:
    return overlap_s(*span, *song) > 0.5 * (max(span[1], song[1]) - min(span[0], song[0]))
