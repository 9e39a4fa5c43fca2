"""Judgements of the user about the songs of streams, out of the catalogue."""

from collections.abc import Sequence

from utawaku.library.catalogue import Catalogue
from utawaku.library.errors import NotFoundError
from utawaku.library.records import Song, Stream
from utawaku.models.training.judgements import Judgements, Span, without_covered


def judgements_of(stream: Stream, catalogue: Catalogue) -> Judgements:
    """Read what the user judged of a stream.

    Of a drop only "not a song" is a judgement of its cut: what is not wanted is a song with ends
    that nobody judged, and of older drops nobody knows why.
    """
    kept: list[Song] = []
    dropped: list[Song] = []
    for song in catalogue.songs.of_stream(stream.id, dropped=True):
        (kept if song.state == "kept" else dropped).append(song)
    songs = [_span(song) for song in kept if song.boundary_source == "user"]
    no_songs = [_span(song) for song in dropped if song.drop_reason == "no_song"]
    unknown = [
        _span(song)
        for song in dropped
        if song.boundary_source == "user" and song.drop_reason in ("", "unwanted")
    ]
    unjudged = [_span(song) for song in kept if song.boundary_source != "user"]
    return Judgements(songs, without_covered(no_songs, songs), unjudged, unknown)


def check_enough(judged: Sequence[Judgements], least: int, subject: str) -> None:
    """Check that there is enough to learn from.

    Raises:
        NotFoundError: the user has judged too few songs.
    """
    n = sum(one.n for one in judged)
    if n < least:
        raise NotFoundError(
            f"only {n} of their songs are judged, and {least} are needed",
            subject=subject,
            next_step="Judge more cuts: `utawaku`, then c in the review, or D in the timeline of a "
            "stream; y right, x not a song, or move their ends",
        )


def _span(song: Song) -> Span:
    return song.start_s, song.stop_s
