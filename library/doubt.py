"""Cuts that are doubtful enough to ask about."""

from utawaku.library.records import Song

DOUBTFUL_BELOW = 0.6
"""A song, a start or an end that is less likely right than this is marked and asked about."""


def is_doubtful(song: Song) -> bool:
    """Return whether a song's cut is to be checked; what the user placed is not."""
    return song.boundary_source != "user" and song.confidence < DOUBTFUL_BELOW


def doubtful_ends(song: Song) -> tuple[bool, bool]:
    """Return whether the start and the end of a song are doubtful; an end of which nothing is
    known is not.
    """
    ends = (song.start_confidence, song.stop_confidence)
    start, stop = (chance is not None and chance < DOUBTFUL_BELOW for chance in ends)
    return start, stop


def most_doubtful(songs: list[Song]) -> list[Song]:
    """The doubtful ones among songs, the most doubtful first."""
    return sorted(filter(is_doubtful, songs), key=lambda song: (song.confidence, song.start_s))
