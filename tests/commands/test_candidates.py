"""`utawaku candidates`: list, accept and reject what the crawler found."""

import json

import pytest

from tests.commands.conftest import CommandLine
from tests.models.taste_world import library_of
from utawaku.library.catalogue import Catalogue
from utawaku.library.records import Candidate
from utawaku.library.requests import Ingest


@pytest.fixture
def found(catalogue: Catalogue) -> list[Candidate]:
    """Two streams that the crawler found."""
    catalogue.candidates.add(
        Candidate(
            0, f"youtube-{name}", f"https://example.org/{name}", f"歌枠 {name}", "Mio", 3600.0
        )
        for name in "ab"
    )
    return list(catalogue.candidates.in_state("found"))


def test_candidates_are_listed(command_line: CommandLine, found: list[Candidate]) -> None:
    rows = json.loads(command_line.run("candidates", "--json").stdout)
    assert {row["id"]: row["title"] for row in rows} == {one.id: one.title for one in found}
    shown = command_line.run("candidates").stdout
    assert all(one.title in shown for one in found)


def test_an_accepted_one_is_ingested_and_a_rejected_one_is_not(
    command_line: CommandLine, catalogue: Catalogue, found: list[Candidate]
) -> None:
    liked, disliked = found
    assert "accepted" in command_line.run("candidates", "accept", str(liked.id)).stdout
    assert "rejected" in command_line.run("candidates", "reject", str(disliked.id)).stdout
    assert [one.target for one in catalogue.requests.waiting(Ingest)] == [liked.url]
    assert json.loads(command_line.run("candidates", "--json").stdout) == []
    again = command_line.run("candidates", "reject", str(liked.id))
    assert "was decided before" in again.stdout
    assert catalogue.candidates.get(liked.id).state == "accepted"


def test_a_number_that_is_no_candidate_is_not_found(command_line: CommandLine) -> None:
    answer = command_line.run("candidates", "accept", "99")
    assert (answer.exit_code, "99" in answer.stderr) == (4, True)


def test_an_empty_list_says_so(command_line: CommandLine) -> None:
    assert "no candidates" in command_line.run("candidates").stdout


def test_enough_marks_train_the_model_where_no_pipeline_does(
    command_line: CommandLine, catalogue: Catalogue, found: list[Candidate]
) -> None:
    world = library_of(catalogue, 40)
    world.grade(range(11))
    assert catalogue.taste.latest() is None
    rejected = command_line.run("candidates", "reject", str(found[0].id))
    assert "learned from your grades" in rejected.stdout
    model = catalogue.taste.current()
    assert model is not None
    assert catalogue.taste.stale_ids(model.version) == []
    again = command_line.run("candidates", "reject", str(found[1].id))
    assert "learned" not in again.stdout


def test_filters_that_let_nothing_through_are_wrong_usage(command_line: CommandLine) -> None:
    answer = command_line.run(
        "candidates", "search", "NCS", "--min-minutes", "10", "--max-minutes", "1"
    )
    assert answer.exit_code == 2
    assert "nothing could pass" in answer.stderr
    assert command_line.run("candidates", "search", "NCS", "--only", "live").exit_code == 2


@pytest.mark.parametrize(
    ("option", "value"),
    [("--only", "live"), ("--title", "("), ("--exclude", "("), ("--max-minutes", "0")],
)
def test_a_wrong_filter_is_named_as_its_option(
    command_line: CommandLine, option: str, value: str
) -> None:
    answer = command_line.run("candidates", "search", "NCS", option, value)
    assert answer.exit_code == 2
    assert f"{option}: " in answer.stderr


def test_a_search_for_nothing_says_what_to_do(command_line: CommandLine) -> None:
    answer = command_line.run("candidates", "search")
    assert answer.exit_code == 0
    assert "set crawl.words" in answer.stderr
