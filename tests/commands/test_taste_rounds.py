"""Taste by its commands, round after round: batches, songs held out, a better model."""

import json

from tests.commands.conftest import CommandLine
from tests.models.taste_world import library_of
from utawaku.library.catalogue import Catalogue


def trained(command_line: CommandLine) -> dict[str, object]:
    done = command_line.run("train", "taste", "--json")
    assert done.exit_code == 0, done.stderr
    model: dict[str, object] = json.loads(done.stdout)["model"]
    return model


def test_more_grades_make_another_model_that_is_measured_on_songs_held_out(
    command_line: CommandLine, catalogue: Catalogue
) -> None:
    world = library_of(catalogue, 160)
    world.grade(range(14))
    first = trained(command_line)
    world.grade(range(14, 120))
    second = trained(command_line)
    assert first["version"] != second["version"]
    n_graded = [int(str(one["n_liked"])) + int(str(one["n_disliked"])) for one in (first, second)]
    assert n_graded == [14, 120]
    assert float(str(second["auc"])) > 0.85
    # What was held out is told truly: songs that were never graded are ranked as well.
    songs = json.loads(command_line.run("taste", "--json", "--limit", "0").stdout)["songs"]
    scores = {song["id"]: song["taste"] for song in songs}
    liked = [scores[world.ids[n]] for n in range(120, 160) if world.good[n]]
    others = [scores[world.ids[n]] for n in range(120, 160) if not world.good[n]]
    right = sum(a > b for a in liked for b in others) / (len(liked) * len(others))
    assert abs(right - float(str(second["auc"]))) < 0.12


def test_a_batch_is_asked_of_promising_doubtful_and_far_off_songs(
    command_line: CommandLine, catalogue: Catalogue
) -> None:
    library_of(catalogue, 120).grade(range(60))
    trained(command_line)
    queue = json.loads(command_line.run("taste", "--ask", "--json").stdout)
    reasons = {song["why"] for song in queue}
    assert len(reasons) >= 3, reasons
    graded = {mark.song_id for mark in catalogue.taste.marks()}
    assert not graded & {song["id"] for song in queue}
