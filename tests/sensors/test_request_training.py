"""Training is requested after enough new grades."""

from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.records import SongSpan, Stream
from utawaku.library.requests import Train
from utawaku.sensors.request_training import ask_if_enough


def graded(catalogue: Catalogue, n: int) -> None:
    for _ in range(n):
        catalogue.grades.give("a@1000", grade=1)


def test_training_is_asked_for_after_every_so_many_grades(
    catalogue: Catalogue, settings: Settings
) -> None:
    catalogue.streams.save(Stream("a", "/a"))
    catalogue.songs.reconcile("a", [SongSpan(0, 1, 60, "smart", 1)], made_by="x")
    graded(catalogue, settings.taste.retrain_after - 1)
    assert ask_if_enough(catalogue, settings) == settings.taste.retrain_after - 1
    assert catalogue.requests.waiting(Train) == []
    graded(catalogue, 1)
    assert ask_if_enough(catalogue, settings) == 0
    assert ask_if_enough(catalogue, settings) == 0
    assert len(catalogue.requests.waiting(Train)) == 1
    graded(catalogue, 1)
    assert ask_if_enough(catalogue, settings) == 1
