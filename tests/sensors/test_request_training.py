"""Training is requested after enough new grades."""

from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.records import Candidate, SongSpan, Stream
from utawaku.library.requests import Train
from utawaku.library.store.taste_models import TasteModel
from utawaku.sensors.request_training import ask_if_enough


def graded(catalogue: Catalogue, n: int) -> None:
    for _ in range(n):
        catalogue.grades.give("a@1000", grade=1)


def test_training_is_asked_for_after_every_so_many_grades(
    catalogue: Catalogue, settings: Settings
) -> None:
    catalogue.streams.save(Stream("a", "/a"))
    catalogue.songs.reconcile("a", [SongSpan(0, 1, 60, "smart", 1)], made_by="x")
    # The first model needs less than later ones.
    graded(catalogue, settings.taste.min_grades - 1)
    assert ask_if_enough(catalogue, settings) == settings.taste.min_grades - 1
    assert catalogue.requests.waiting(Train) == []
    graded(catalogue, 1)
    assert ask_if_enough(catalogue, settings) == 0
    assert ask_if_enough(catalogue, settings) == 0
    assert len(catalogue.requests.waiting(Train)) == 1
    catalogue.taste.add_model(TasteModel("v1", "embedding", 5, 5, 0, last_grade_id=0))
    graded(catalogue, settings.taste.min_grades)
    assert ask_if_enough(catalogue, settings) == settings.taste.min_grades


def test_marks_of_the_crawlers_finds_count(catalogue: Catalogue, settings: Settings) -> None:
    n = settings.taste.min_grades
    catalogue.candidates.add(
        Candidate(0, f"x-{i}", f"https://x.example/{i}", source="search: x") for i in range(n)
    )
    for one in catalogue.candidates.in_state("found"):
        catalogue.candidates.decide(one.id, grade=-1)
    assert ask_if_enough(catalogue, settings) == 0
    assert len(catalogue.requests.waiting(Train)) == 1
    assert ask_if_enough(catalogue, settings) == 0
