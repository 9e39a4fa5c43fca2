"""`utawaku train taste`: too few grades, then enough."""

import json

from tests.commands.conftest import CommandLine
from tests.models.taste_world import library_of
from utawaku.library.catalogue import Catalogue


def test_too_few_grades_are_explained_and_score_nothing(
    command_line: CommandLine, catalogue: Catalogue
) -> None:
    world = library_of(catalogue, 30)
    world.grade(range(2))
    answer = command_line.run("train", "taste")
    assert (answer.exit_code, "Too little to learn from" in answer.stdout) == (0, True)
    assert catalogue.taste.current() is None
    assert catalogue.songs.get(world.ids[0]).taste is None


def test_enough_grades_score_every_song(command_line: CommandLine, catalogue: Catalogue) -> None:
    library_of(catalogue, 60).grade(range(40))
    report = json.loads(command_line.run("train", "taste", "--json").stdout)
    assert (report["n_scored"], report["model"]["n_liked"] > 0) == (60, True)
    assert catalogue.taste.current() is not None
    assert all(song.taste is not None for song in catalogue.songs.select())
