"""How sure a cut and its ends are: kept, carried from older catalogues, and told doubtful."""

from dataclasses import replace

from tests.library.older_catalogue import downgraded
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.doubt import doubtful_ends, is_doubtful, most_doubtful
from utawaku.library.records import Song, SongSpan, Stream

SPANS = [
    SongSpan(0, 10, 180, "smart", 0.3, start_confidence=0.4, stop_confidence=0.9),
    SongSpan(1, 200, 400, "smart", 0.8, start_confidence=0.9, stop_confidence=0.85),
    SongSpan(2, 420, 500, "classic", 0.5),
]


def cut(catalogue: Catalogue) -> list[Song]:
    catalogue.streams.save(Stream("file-1", "/tmp/a.opus", channel="Mio", duration_s=600))
    catalogue.songs.reconcile("file-1", SPANS, made_by="test/1")
    return catalogue.songs.of_stream("file-1")


def test_the_chances_of_both_ends_are_kept_and_made_again(catalogue: Catalogue) -> None:
    first, second, third = cut(catalogue)
    assert (first.start_confidence, first.stop_confidence) == (0.4, 0.9)
    assert (third.start_confidence, third.stop_confidence) == (None, None)
    surer = [replace(SPANS[0], start_confidence=0.95, confidence=0.85), *SPANS[1:]]
    catalogue.songs.reconcile("file-1", surer, made_by="test/2")
    assert catalogue.songs.get(first.id).start_confidence == 0.95
    catalogue.songs.set_span(second.id, 201, 399)
    assert catalogue.songs.get(second.id).stop_confidence == 1.0


def test_doubtful_songs_come_first_and_the_users_never(catalogue: Catalogue) -> None:
    first, second, third = cut(catalogue)
    assert [is_doubtful(song) for song in (first, second, third)] == [True, False, True]
    assert doubtful_ends(first) == (True, False)
    assert doubtful_ends(third) == (False, False)
    assert most_doubtful([second, third, first]) == [first, third]
    catalogue.edits.confirm([first.id])
    assert most_doubtful(catalogue.songs.of_stream("file-1")) == [third]


def test_an_older_catalogue_knows_only_that_the_users_cuts_are_sure(settings: Settings) -> None:
    opened = Catalogue.open(settings)
    first, second, _ = cut(opened)
    opened.edits.move(second.id, 205, 399)
    downgraded(opened, "0012")
    opened.close()
    again = Catalogue.open(settings)
    assert again.songs.get(first.id).start_confidence is None
    assert again.songs.get(first.id).confidence == 0.3
    moved = again.songs.get(second.id)
    assert (moved.start_confidence, moved.stop_confidence) == (1.0, 1.0)
    again.close()
