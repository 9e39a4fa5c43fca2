"""Marks on the crawler's candidates teach what the user likes, as marks on songs do."""

import os
import shutil

import numpy as np

from tests.fixtures.segmenter_weights import (
    weights_dir as weights_dir,  # the fixture that the network needs
)
from tests.models.song_files import write
from tests.models.taste_world import library_of, two_kinds
from tests.models.taste_world import tagger as tagger  # a fixture
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.records import Candidate
from utawaku.models.tagger import ENGINE_VERSION, Tagger
from utawaku.models.taste import N_VALUES
from utawaku.workflows.taste import explain, load_model, retrain_due, train_taste
from utawaku.workflows.taste_candidates import (
    candidate_lesson,
    marks_without_sound,
    move_vectors_out_of_cache,
    preview_vector,
)
from utawaku.workflows.taste_vectors import taste_vectors


def candidates_of(catalogue: Catalogue, settings: Settings, n: int) -> tuple[np.ndarray, list[int]]:
    """Candidates with previews that were heard; which are good, and their numbers."""
    vectors, good = two_kinds(n)
    catalogue.candidates.add(
        Candidate(0, f"youtube-{i}", f"https://example.org/{i}", f"歌枠 {i}", source="test")
        for i in range(n)
    )
    folder = settings.cache_dir / "previews"
    folder.mkdir(parents=True)
    found = sorted(catalogue.candidates.in_state("found"), key=lambda one: one.id)
    for one, vector in zip(found, vectors, strict=True):
        path = folder / f"{one.id}.mka"
        path.write_bytes(b"preview")
        path.with_name(f"{path.name}.{ENGINE_VERSION}.embedding").write_bytes(
            vector.astype("<f4").tobytes()
        )
        catalogue.candidates.change(
            one.id, state="previewed", preview_path=f"previews/{one.id}.mka"
        )
    return good, [one.id for one in found]


def test_marked_candidates_teach_without_any_graded_song(
    catalogue: Catalogue, settings: Settings
) -> None:
    world = library_of(catalogue, 60)
    assert not train_taste(catalogue, settings)[0].ready
    good, numbers = candidates_of(catalogue, settings, 40)
    for number, is_good in zip(numbers, good, strict=True):
        catalogue.candidates.decide(number, grade=1 if is_good else -1)
    assert retrain_due(catalogue, settings).n_new_grades == 40
    model, quality = train_taste(catalogue, settings)
    assert model.ready
    assert quality is not None
    assert (model.n_liked, model.n_disliked) == (good.sum(), (~good).sum())
    assert model.facts["n_candidates"] == 40
    scores = load_model(catalogue, settings).scores(taste_vectors(catalogue).vectors)
    assert scores[world.good].mean() > scores[~world.good].mean() + 0.1
    assert retrain_due(catalogue, settings).n_new_grades == 0
    # A reason is a song that can be played; a preview is none.
    assert explain(catalogue, settings, world.ids[0]).liked == []


def test_songs_and_candidates_are_learnt_from_together_and_neutral_ones_say_nothing(
    catalogue: Catalogue, settings: Settings
) -> None:
    world = library_of(catalogue, 40)
    world.grade(range(20))
    _, numbers = candidates_of(catalogue, settings, 5)
    catalogue.candidates.decide(numbers[0], grade=1)
    catalogue.candidates.decide(numbers[1], grade=0)
    model, _ = train_taste(catalogue, settings)
    assert model.n_liked + model.n_disliked == 21
    assert model.n_neutral == 1


def test_a_preview_is_heard_once_and_one_that_is_gone_or_broken_is_counted(
    catalogue: Catalogue, settings: Settings, tagger: Tagger
) -> None:
    _, numbers = candidates_of(catalogue, settings, 3)
    for number in numbers:
        catalogue.candidates.decide(number, grade=1)
    folder = settings.cache_dir / "previews"
    for old in folder.glob("*.embedding"):
        old.unlink()
    noise = np.random.default_rng(0).standard_normal((1, 80_000)).astype(np.float32) / 9
    path = write(folder / f"{numbers[0]}.mka", noise, 16_000, "flac")
    (folder / f"{numbers[1]}.mka").unlink()
    heard = preview_vector(path, tagger, settings)
    (kept,) = (settings.data_dir / "taste" / "previews").glob("*.embedding")
    written = kept.stat().st_mtime_ns
    assert heard.shape == (N_VALUES,)
    assert np.isfinite(heard).all()
    assert np.array_equal(preview_vector(path, tagger, settings), heard)
    assert kept.stat().st_mtime_ns == written
    os.utime(path, ns=(written + 10**9, written + 10**9))  # another preview took its place
    preview_vector(path, tagger, settings)
    assert kept.stat().st_mtime_ns != written
    os.utime(path, ns=(written, written))
    (folder / f"{numbers[2]}.mka").unlink()
    lesson = candidate_lesson(catalogue, settings)
    assert [mark.song_id for mark in lesson.marks] == [f"candidate-{numbers[0]}"]
    assert np.array_equal(lesson.vectors[0], heard)
    assert lesson.n_unheard == 2


def test_marks_teach_when_the_cache_was_cleared(catalogue: Catalogue, settings: Settings) -> None:
    _, numbers = candidates_of(catalogue, settings, 6)
    for number in numbers:
        catalogue.candidates.decide(number, grade=1)
    before = candidate_lesson(catalogue, settings)
    assert not list(settings.cache_dir.rglob("*.embedding"))  # an earlier version kept them there
    shutil.rmtree(settings.cache_dir)
    after = candidate_lesson(catalogue, settings)
    assert (len(after.marks), after.n_unheard) == (6, 0)
    assert after.marks == before.marks
    # An earlier version kept no colour of the sound.
    assert np.array_equal(after.vectors, before.vectors, equal_nan=True)
    assert marks_without_sound(catalogue, settings) == []


def test_the_nightly_round_saves_what_earlier_versions_kept_in_the_cache(
    catalogue: Catalogue, settings: Settings
) -> None:
    _, numbers = candidates_of(catalogue, settings, 3)
    assert move_vectors_out_of_cache(settings) == 3
    assert move_vectors_out_of_cache(settings) == 0
    shutil.rmtree(settings.cache_dir)
    for number in numbers:  # marked after the cache was cleared
        catalogue.candidates.decide(number, grade=-1)
    assert len(candidate_lesson(catalogue, settings).marks) == 3


def test_a_mark_whose_sound_is_lost_is_known_so_that_it_can_be_fetched_again(
    catalogue: Catalogue, settings: Settings
) -> None:
    _, numbers = candidates_of(catalogue, settings, 3)
    catalogue.candidates.decide(numbers[0], grade=1)
    assert marks_without_sound(catalogue, settings) == []
    assert len(candidate_lesson(catalogue, settings).marks) == 1
    shutil.rmtree(settings.data_dir / "taste" / "previews")  # heard by another tagger, say
    (settings.cache_dir / "previews" / f"{numbers[0]}.mka").unlink()
    assert [one.id for one in marks_without_sound(catalogue, settings)] == numbers[:1]
