"""Streams of the crawler: decided once, never lost, never asked about twice."""

import time

import pytest

from utawaku.library.catalogue import Catalogue
from utawaku.library.records import Candidate
from utawaku.library.requests import Ingest
from utawaku.library.store.candidates import OF_LISTS, OPEN

URL = "https://www.youtube.com/watch?v=crawled0001"


@pytest.fixture
def candidate(catalogue: Catalogue) -> Candidate:
    found = Candidate(0, "youtube-crawled0001", URL, "夜の歌枠", "みお", 3600.0, "search 歌枠")
    assert catalogue.candidates.add([found]) == 1
    (stored,) = catalogue.candidates.in_state("found")
    catalogue.candidates.change(stored.id, state="scored", score=0.8, preview_path="previews/1.mka")
    return catalogue.candidates.get(stored.id)


def test_a_like_is_kept_and_asks_the_pipeline_for_the_stream(
    catalogue: Catalogue, candidate: Candidate
) -> None:
    assert catalogue.candidates.decide(candidate.id, grade=1)
    assert not catalogue.candidates.decide(candidate.id, grade=-1)
    decided = catalogue.candidates.get(candidate.id)
    assert (decided.state, decided.grade) == ("accepted", 1)
    (request,) = catalogue.requests.of_kind(Ingest)
    assert (request.target, request.arguments) == (URL, {"candidate": candidate.id})
    assert catalogue.candidates.graded() == [decided]


def test_a_skip_is_no_mark_and_not_asked_again(catalogue: Catalogue, candidate: Candidate) -> None:
    assert catalogue.candidates.skip(candidate.id)
    assert not catalogue.candidates.skip(candidate.id)
    assert catalogue.candidates.in_state(*OPEN) == []
    assert catalogue.candidates.get(candidate.id).grade is None
    assert catalogue.candidates.graded() == []
    assert catalogue.candidates.add([candidate]) == 0


@pytest.mark.parametrize("grade", [1, 0, -1, None], ids=["like", "neutral", "dislike", "skip"])
def test_a_decision_is_taken_back_whole(
    catalogue: Catalogue, candidate: Candidate, grade: int | None
) -> None:
    if grade is None:
        catalogue.candidates.skip(candidate.id)
    else:
        catalogue.candidates.decide(candidate.id, grade=grade)
    assert catalogue.candidates.undecide(candidate)
    again = catalogue.candidates.get(candidate.id)
    assert (again.state, again.grade, again.score) == ("scored", None, 0.8)
    assert [request.state for request in catalogue.requests.of_kind(Ingest)] == (
        ["cancelled"] if grade == 1 else []
    )
    assert catalogue.candidates.decide(candidate.id, grade=1)


def test_what_the_pipeline_has_begun_is_not_taken_back(
    catalogue: Catalogue, candidate: Candidate
) -> None:
    catalogue.requests.file(Ingest(source=URL))  # somebody asked for it by hand too
    catalogue.candidates.decide(candidate.id, grade=1)
    ours = next(one for one in catalogue.requests.of_kind(Ingest) if one.arguments)
    assert catalogue.requests.claim(ours.id)
    assert not catalogue.candidates.undecide(candidate)
    assert catalogue.candidates.get(candidate.id).state == "accepted"
    assert catalogue.requests.get(ours.id).state == "running"


def test_marks_of_today_are_counted(catalogue: Catalogue, candidate: Candidate) -> None:
    before = time.time() - 1
    assert catalogue.candidates.n_decided(since=before) == 0
    catalogue.candidates.decide(candidate.id, grade=-1)
    assert catalogue.candidates.n_decided(since=before) == 1
    assert catalogue.candidates.n_decided(since=time.time() + 60) == 0
    liked = Candidate(0, "x-1", "https://x.example/1", source=OF_LISTS)
    catalogue.candidates.teach([liked], grade=1, previews="previews")
    assert catalogue.candidates.n_decided(since=before) == 2
    assert catalogue.candidates.n_decided(since=before, one_by_one=True) == 1
