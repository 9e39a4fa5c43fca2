"""`utawaku train taste`: too few grades, then enough."""

import json

import numpy as np

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


def test_stars_teach_how_much_a_song_is_liked(
    command_line: CommandLine, catalogue: Catalogue
) -> None:
    world = library_of(catalogue, 90)

    def scores(*stars_of_bad_and_good: int) -> np.ndarray:
        """Scores of the songs without stars after those with them were learnt."""
        for place in range(40):
            stars = stars_of_bad_and_good[int(world.good[place])]
            catalogue.grades.give(world.ids[place], stars=stars)
        trained = command_line.run("train", "taste", "--json")
        assert json.loads(trained.stdout)["n_scored"] == 90
        return np.array([catalogue.songs.get(one).taste for one in world.ids[40:]])

    sure, mild = scores(1, 5), scores(2, 4)
    good = world.good[40:]
    for found in (sure, mild):
        assert found[good].mean() > found[~good].mean() + 0.1
    assert np.abs(mild - 0.5).mean() < np.abs(sure - 0.5).mean()
