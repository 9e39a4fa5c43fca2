"""`utawaku taste` and `utawaku similar`: without a model, and with songs that were heard."""

import json

from tests.commands.conftest import CommandLine
from tests.models.taste_world import library_of
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.workflows.taste import score_songs, train_taste


def test_without_grades_the_next_step_is_shown(command_line: CommandLine) -> None:
    shown = command_line.run("taste")
    assert (shown.exit_code, "grade songs, then `utawaku train taste`" in shown.stdout) == (0, True)
    report = json.loads(command_line.run("taste", "--json").stdout)
    assert (report["model"], report["songs"], report["n_new_grades"]) == (None, [], 0)


def test_songs_are_listed_by_score_and_each_score_is_explained(
    command_line: CommandLine, catalogue: Catalogue, settings: Settings
) -> None:
    library_of(catalogue, 60).grade(range(40))
    train_taste(catalogue, settings)
    score_songs(catalogue, settings)
    report = json.loads(command_line.run("taste", "--json", "--limit", "5").stdout)
    scores = [song["taste"] for song in report["songs"]]
    assert len(scores) == 5
    assert scores == sorted(scores, reverse=True)
    assert (report["n_heard"], report["n_stale"], report["n_new_grades"]) == (60, 0, 0)
    assert (
        len(json.loads(command_line.run("taste", "--json", "--limit", "0").stdout)["songs"]) == 60
    )
    best = report["songs"][0]["id"]
    why = json.loads(command_line.run("taste", "--why", best, "--json").stdout)
    assert why["id"] == best
    assert why["reasons"]["liked"]
    queue = json.loads(command_line.run("taste", "--ask", "--json").stdout)
    assert queue
    assert all(song["why"] for song in queue)


def test_similar_songs_are_of_the_same_kind(
    command_line: CommandLine, catalogue: Catalogue
) -> None:
    world = library_of(catalogue, 60)
    alike = json.loads(command_line.run("similar", world.ids[0], "--json").stdout)
    assert len(alike) == 10
    assert world.ids[0] not in [one["id"] for one in alike]
    of_kind = [world.good[world.ids.index(one["id"])] == world.good[0] for one in alike]
    assert sum(of_kind) >= 8


def test_an_unknown_song_is_not_found(command_line: CommandLine) -> None:
    for arguments in (("similar", "nothing@1"), ("taste", "--why", "nothing@1")):
        assert command_line.run(*arguments).exit_code == 4
