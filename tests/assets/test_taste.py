"""Taste as assets: models, scores, questions, reasons; and every way in which grades are odd."""

from pathlib import Path

import dagster as dg
import numpy as np
import pytest

from tests.conftest import Program
from tests.fixtures.segmenter_weights import (
    weights_dir as weights_dir,  # the fixture that the network needs
)
from tests.models.song_files import write
from tests.models.taste_world import hear, library_of, n_rows, two_kinds
from tests.models.taste_world import tagger as tagger  # a fixture
from utawaku.assets.taste import taste_model, taste_scores
from utawaku.demo import render_song
from utawaku.jobs.taste import train_run
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.errors import NotFoundError, WeightsCorruptError
from utawaku.library.records import SongSpan
from utawaku.library.schema import embeddings, songs
from utawaku.library.schema import taste_scores as scores_table
from utawaku.library.similarity_index import alike
from utawaku.library.store.embeddings import TAGS_KIND
from utawaku.library.store.taste import target_of
from utawaku.models.tagger import Tagger
from utawaku.models.taste.evaluation import auc_of
from utawaku.orchestration.resources import make_resources
from utawaku.sensors.score_new_songs import score_new_songs
from utawaku.workflows.embeddings import due_songs, hear_songs
from utawaku.workflows.taste import (
    explain,
    fill_queue,
    load_model,
    model_file,
    retrain_due,
    score_songs,
    train_taste,
)
from utawaku.workflows.taste_network import train_network


def tastes(catalogue: Catalogue, ids: list[str]) -> np.ndarray:
    by_id = {song.id: song.taste for song in catalogue.songs.select()}
    return np.array([np.nan if by_id[i] is None else by_id[i] for i in ids])


def test_grades_become_a_model_and_scores(catalogue: Catalogue, settings: Settings) -> None:
    world = library_of(catalogue, 150)
    world.grade(range(40))
    model, quality = train_taste(catalogue, settings)
    assert model.ready
    assert quality is not None
    assert model.auc == quality.auc
    assert (model.n_liked, model.n_disliked) == (world.good[:40].sum(), (~world.good[:40]).sum())
    assert score_songs(catalogue, settings) == 150
    scores = tastes(catalogue, world.ids)
    assert auc_of(scores[40:], world.good[40:]) > 0.75
    assert len(catalogue.browser.search("taste>0.5").numbers) == (scores > 0.5).sum()
    # The song with the best score comes first, and no song is scored twice by one model.
    best = catalogue.browser.songs(catalogue.browser.search("sort:taste").numbers[:1])[0]
    assert best.taste == pytest.approx(scores.max())
    assert score_songs(catalogue, settings) == 0


def test_a_new_model_makes_all_scores_stale(catalogue: Catalogue, settings: Settings) -> None:
    world = library_of(catalogue, 60)
    world.grade(range(20))
    first, _ = train_taste(catalogue, settings)
    score_songs(catalogue, settings)
    assert not retrain_due(catalogue, settings).scores
    world.grade(range(20, 19 + settings.taste.retrain_after))
    assert not retrain_due(catalogue, settings).model
    world.grade([50])
    due = retrain_due(catalogue, settings)
    assert due.model
    assert due.n_new_grades == settings.taste.retrain_after
    second, _ = train_taste(catalogue, settings)
    assert second.version != first.version
    assert retrain_due(catalogue, settings).n_stale == 60
    assert not retrain_due(catalogue, settings).model
    score_songs(catalogue, settings)
    assert catalogue.taste.n_scored() == {second.version: 60}
    assert [model.version for model in catalogue.taste.models()] == [first.version, second.version]


def test_a_song_that_sounds_otherwise_now_is_scored_again(
    catalogue: Catalogue, settings: Settings
) -> None:
    world = library_of(catalogue, 40)
    world.grade(range(20))
    train_taste(catalogue, settings)
    score_songs(catalogue, settings)
    vectors, _ = two_kinds(10, seed=9)
    hear(catalogue, world.ids[30], vectors[0], np.full(50, 0.1))
    assert score_songs(catalogue, settings) == 1


def test_too_few_grades_are_told_and_nothing_is_guessed(
    catalogue: Catalogue, settings: Settings
) -> None:
    world = library_of(catalogue, 60)
    model, quality = train_taste(catalogue, settings)
    assert not model.ready
    assert quality is None
    assert "0 of 10" in model.facts["message"]
    assert len(catalogue.taste.queue()) == settings.taste.review_queue
    world.grade(np.flatnonzero(world.good)[:12])
    model, _ = train_taste(catalogue, settings)
    assert "0 of 3 dislikes" in model.facts["message"]
    with pytest.raises(NotFoundError, match="0 of 3 dislikes"):
        load_model(catalogue, settings)
    assert np.isnan(tastes(catalogue, world.ids)).all()
    world.grade(np.flatnonzero(~world.good)[:3])
    assert train_taste(catalogue, settings)[0].ready


def test_an_empty_catalogue_is_no_trouble(catalogue: Catalogue, settings: Settings) -> None:
    assert not train_taste(catalogue, settings)[0].ready
    assert fill_queue(catalogue, settings) == 0
    due = retrain_due(catalogue, settings)
    assert not due.model
    assert not due.scores
    assert len(alike(catalogue, settings)) == 0


def test_marks_are_read_as_they_were_meant() -> None:
    assert target_of(1, None, None) == 1.0
    assert target_of(-1, None, None) == 0.0
    assert target_of(0, None, None) == 0.5
    assert target_of(None, 4, None) == 0.75
    assert target_of(1, 4, None) == 0.75  # the review screen gives both
    assert target_of(1, None, 0.75) == 0.75  # a like repeats four stars
    assert target_of(-1, None, 0.75) == 0.0  # and a dislike takes them back
    assert target_of(1, 1, None) == 1.0
    assert target_of(None, None, 0.3) == 0.3


def test_the_later_of_contradictory_marks_counts_and_cleared_ones_do_not(
    catalogue: Catalogue,
) -> None:
    world = library_of(catalogue, 4)
    give = catalogue.grades.give
    give(world.ids[0], grade=1)
    give(world.ids[0], grade=-1)
    give(world.ids[1], stars=2)
    give(world.ids[1], grade=1)
    give(world.ids[2], grade=1)
    catalogue.grades.clear(world.ids[2])
    give(world.ids[3], grade=-1)
    catalogue.grades.clear(world.ids[3])
    give(world.ids[3], stars=5)
    marks = {mark.song_id: mark.target for mark in catalogue.taste.marks()}
    assert marks == {world.ids[0]: 0.0, world.ids[1]: 1.0, world.ids[3]: 1.0}


def test_a_song_without_a_singer_is_its_channels(catalogue: Catalogue) -> None:
    world = library_of(catalogue, 31)
    world.grade([0, 30])
    assert [mark.singer for mark in catalogue.taste.marks()] == ["Singer 0", "Singer 1"]


def test_nothing_graded_or_skipped_is_asked_again(catalogue: Catalogue, settings: Settings) -> None:
    world = library_of(catalogue, 100)
    train_taste(catalogue, settings)
    asked: set[str] = set()
    for turn in range(6):
        queue = [song_id for song_id, _ in catalogue.taste.queue()][:10]
        assert not asked & set(queue)
        asked |= set(queue)
        for place, song_id in enumerate(queue):
            if place == 0:
                catalogue.taste.skip(song_id)
            elif place == 1:
                catalogue.grades.give(song_id, grade=1)
                catalogue.grades.clear(song_id)
            else:
                world.grade([world.ids.index(song_id)])
        assert not set(queue) & ({s for s, _ in catalogue.taste.queue()} - {queue[1]})
        train_taste(catalogue, settings)
        assert turn or catalogue.taste.queue()
    assert len(asked) >= 55
    skipped = next(iter(asked & catalogue.taste.not_to_be_asked()))
    catalogue.taste.unskip(skipped)


def test_the_screen_sees_how_it_goes(catalogue: Catalogue, settings: Settings) -> None:
    world = library_of(catalogue, 60)
    for place in range(24):
        grade = 1 if world.good[place] else -1
        catalogue.grades.give(world.ids[place], grade=grade, context={"where": "review"})
    train_taste(catalogue, settings)
    shares = catalogue.taste.liked_share(window=10)
    assert len(shares) == 24
    assert shares[-1][1] == pytest.approx(world.good[14:24].mean())
    assert [model.auc is not None for model in catalogue.taste.models()] == [True]


def test_a_score_is_explained(catalogue: Catalogue, settings: Settings) -> None:
    world = library_of(catalogue, 80)
    world.grade(range(60))
    with pytest.raises(NotFoundError, match="no taste model"):
        explain(catalogue, settings, world.ids[70])
    train_taste(catalogue, settings)
    good = next(place for place in range(60, 80) if world.good[place])
    reasons = explain(catalogue, settings, world.ids[good])
    assert reasons.tags_for[0] == "jazz"
    liked = {world.ids[place] for place in range(60) if world.good[place]}
    assert {song_id for song_id, _ in reasons.liked} <= liked
    graded = explain(catalogue, settings, next(iter(liked)))
    assert all(likeness < 0.999 for _, likeness in graded.liked)


def test_a_damaged_model_is_told_scores_stay_and_training_mends_it(
    catalogue: Catalogue, settings: Settings
) -> None:
    world = library_of(catalogue, 40)
    world.grade(range(20))
    model, _ = train_taste(catalogue, settings)
    score_songs(catalogue, settings)
    before = tastes(catalogue, world.ids)
    model_file(model.version, settings).write_bytes(b"nonsense")
    with pytest.raises(WeightsCorruptError, match="train taste"):
        score_songs(catalogue, settings)
    assert fill_queue(catalogue, settings) > 0
    assert np.array_equal(tastes(catalogue, world.ids), before)
    assert train_taste(catalogue, settings)[0].version == model.version
    assert load_model(catalogue, settings).version == model.version


def test_graded_songs_that_were_never_heard_are_counted(
    catalogue: Catalogue, settings: Settings
) -> None:
    world = library_of(catalogue, 40)
    world.grade(range(30))
    with catalogue.write() as connection:
        connection.execute(embeddings.delete().where(embeddings.c.song_id.in_(world.ids[:5])))
    model, _ = train_taste(catalogue, settings)
    assert model.facts["n_graded_but_unheard"] == 5
    assert model.n_liked + model.n_disliked == 25


def test_dropped_songs_still_teach_but_are_neither_scored_nor_asked(
    catalogue: Catalogue, settings: Settings
) -> None:
    world = library_of(catalogue, 40)
    world.grade(range(20))
    before = {mark.song_id: mark.target for mark in catalogue.taste.marks()}
    catalogue.edits.drop([world.ids[0], world.ids[30]], "unwanted")
    catalogue.edits.drop([world.ids[1], world.ids[31]], "no_song")
    marks = {mark.song_id: mark.target for mark in catalogue.taste.marks()}
    assert marks == {
        **{song_id: target for song_id, target in before.items() if song_id != world.ids[1]},
        world.ids[30]: 0.0,
    }
    model, _ = train_taste(catalogue, settings)
    assert model.n_liked + model.n_disliked == 20
    assert score_songs(catalogue, settings) == 36
    assert world.ids[30] not in {song_id for song_id, _ in catalogue.taste.queue()}


def test_a_lost_song_takes_everything_with_it(catalogue: Catalogue, settings: Settings) -> None:
    world = library_of(catalogue, 30)
    world.grade(range(20))
    train_taste(catalogue, settings)
    score_songs(catalogue, settings)
    with catalogue.write() as connection:
        connection.execute(songs.delete().where(songs.c.id == world.ids[3]))
    assert n_rows(catalogue, scores_table) == 29
    assert n_rows(catalogue, embeddings) == 58


def test_the_assets_tell_their_figures_with_a_picture(
    catalogue: Catalogue, settings: Settings
) -> None:
    world = library_of(catalogue, 90)
    world.grade(range(60))
    with dg.DagsterInstance.ephemeral() as instance:
        done = dg.materialize(
            [taste_model, taste_scores],
            resources=make_resources(),
            instance=instance,
        )
        assert done.success
        metadata = done.asset_materializations_for_node("taste_model")[0].metadata
        assert 0.5 < float(metadata["auc"].value) <= 1  # type: ignore[arg-type]
        assert "data:image/png;base64," in str(metadata["calibration"].value)
        scored = done.asset_materializations_for_node("taste_scores")[0].metadata
        assert scored["n_scored"].value == 90
        assert all(check.passed for check in done.get_asset_check_evaluations())


def test_songs_are_heard_and_one_that_is_gone_holds_up_no_other(
    catalogue: Catalogue, settings: Settings, tagger: Tagger, tmp_path: Path
) -> None:
    world = library_of(catalogue, 2)
    stream = catalogue.streams.get("file-0000000000000000")
    song = render_song("sakura_sakura", seconds=30, sample_rate_hz=16_000)
    (settings.songs_dir).mkdir(parents=True)
    write(settings.songs_dir / "a.flac", song.mix, 16_000, "flac")
    catalogue.songs.reconcile(
        stream.id,
        [SongSpan(i, 100.0 + 300 * i, 130.0 + 300 * i, "smart", 1) for i in range(2)],
        made_by="x",
    )
    kept = catalogue.songs.of_stream(stream.id)
    catalogue.songs.set_file(
        kept[0].id,
        {
            "file_path": "Songs/a.flac",
            "file_start_s": kept[0].start_s,
            "file_stop_s": kept[0].stop_s,
        },
    )
    due = due_songs(stream, catalogue, settings)
    assert len(due) == 2
    heard = hear_songs(tagger, due, stream, catalogue, settings)
    assert heard.n_heard == 1
    assert list(heard.unheard) == [kept[1].id]
    assert "neither" in heard.unheard[kept[1].id]
    assert [song.id for song in due_songs(stream, catalogue, settings)] == [kept[1].id]
    tags = catalogue.songs.get(kept[0].id).tags
    assert {"female vocals", "male vocals", "instrumental"} & set(tags)
    assert len(catalogue.browser.search(f"tag:{tags[0].split()[0]}").numbers) == 1
    stored = catalogue.taste.embedded([kept[0].id], kind=TAGS_KIND, n_values=50)
    assert stored.vectors.shape == (1, 50)
    assert world.ids


@pytest.mark.slow
def test_the_command_line_trains_lists_explains_and_finds_alike(
    program: Program, settings: Settings
) -> None:
    catalogue = Catalogue.open(settings)
    world = library_of(catalogue, 60)
    few = program.run("train", "taste")
    assert few.returncode == 0
    assert "0 of 10" in few.stdout
    world.grade(range(40))
    trained = program.run("train", "taste")
    assert trained.returncode == 0, trained.stderr
    assert "60 songs scored" in trained.stdout
    listed = program.run("taste", "grade:none", "--limit", "5")
    assert "held out AUC" in listed.stdout
    assert listed.stdout.count("file-") == 5
    why = program.run("taste", "--why", world.ids[50])
    assert "liked" in why.stdout
    alike = program.run("similar", world.ids[50], "--limit", "3", "--json")
    assert alike.stdout.count('"likeness"') == 3
    catalogue.close()


def test_the_network_says_what_it_needs(catalogue: Catalogue, settings: Settings) -> None:
    world = library_of(catalogue, 30)
    world.grade(range(20))
    with pytest.raises(NotFoundError, match="0 of 40 graded songs with a file"):
        train_network(catalogue, settings)


def test_a_training_request_becomes_a_run_and_new_songs_are_scored_once(
    catalogue: Catalogue, settings: Settings
) -> None:
    assert train_run().job_name == "train_taste"
    world = library_of(catalogue, 30)
    world.grade(range(20))
    train_taste(catalogue, settings)
    with (
        dg.DagsterInstance.ephemeral() as instance,
        dg.build_sensor_context(instance=instance, resources=make_resources()) as look,
    ):
        runs = list(score_new_songs(look))  # type: ignore[arg-type]
        assert [type(run) for run in runs] == [dg.RunRequest]
        score_songs(catalogue, settings)
        runs = list(score_new_songs(look))  # type: ignore[arg-type]
        assert [type(run) for run in runs] == [dg.SkipReason]
