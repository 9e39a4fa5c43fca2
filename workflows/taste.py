"""Taste: learning from grades, scoring songs, and choosing what to ask next."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.errors import NotFoundError, WeightsError
from utawaku.library.progress import Progress, silent
from utawaku.library.shared_files import shared_file
from utawaku.library.store.embeddings import EMBEDDING_KIND, N_TAGS, TAGS_KIND, Embedded
from utawaku.library.store.taste import Mark
from utawaku.library.store.taste_models import TasteModel
from utawaku.models.tagger import ENGINE_VERSION as EMBEDDING_VERSION
from utawaku.models.tagger import TAGS
from utawaku.models.taste import (
    CODE_VERSION,
    LogisticTaste,
    Quality,
    Reasons,
    choose_batches,
    fit,
    out_of_fold,
    quality_of,
    reasons_for,
    standardised_alone,
)
from utawaku.workflows.taste_candidates import ID_PREFIX, candidate_lesson
from utawaku.workflows.taste_network import network_in_use, score_by_network
from utawaku.workflows.taste_vectors import taste_vectors

BATCH = 10_000
"""Songs scored at a time."""


NETWORK_BATCH = 50
"""The same where the network must hear each of them."""


KEPT_MODELS = 5
"""Older model files are removed; their figures stay in the catalogue."""


REFILL_BELOW = 8
"""With fewer songs left to ask about, the queue is filled again."""


@dataclass(frozen=True)
class RetrainDue:
    """Pending training and scoring."""

    model: bool
    scores: bool
    n_new_grades: int
    n_stale: int
    """Songs without a score of the present model."""


@dataclass(frozen=True)
class _Lesson:
    """Graded songs that were heard."""

    marks: list[Mark]
    vectors: np.ndarray
    targets: np.ndarray
    n_unheard: int

    @property
    def n_liked(self) -> int:
        return int((self.targets > 0.5).sum())

    @property
    def n_disliked(self) -> int:
        return int((self.targets < 0.5).sum())


def retrain_due(catalogue: Catalogue, settings: Settings) -> RetrainDue:
    """For the sensor: is it time for a new model, or for scores?"""
    n_new = catalogue.taste.n_new_marks()
    model = catalogue.taste.is_training_due(settings.taste)
    current = catalogue.taste.current()
    n_stale = len(catalogue.taste.stale_ids(current.version)) if current else 0
    return RetrainDue(model, n_stale > 0, n_new, n_stale)


def model_file(version: str, settings: Settings) -> Path:
    """Return where a model is kept."""
    return shared_file(settings, "taste", f"{version}.npz")


def load_model(catalogue: Catalogue, settings: Settings) -> LogisticTaste:
    """The model over embeddings; also for previews of songs that are not in the library.

    Raises:
        NotFoundError: none was trained yet; WeightsError: its file is gone or damaged.
    """
    learnt = catalogue.taste.learnt()
    if learnt is None:
        latest = catalogue.taste.latest()
        raise NotFoundError(
            str(latest.facts["message"]) if latest else "no taste model was trained yet",
            subject="taste",
            next_step="Grade songs, then `utawaku train taste`",
        )
    return LogisticTaste.load(model_file(learnt.version, settings))


def train_taste(
    catalogue: Catalogue, settings: Settings, progress: Progress = silent
) -> tuple[TasteModel, Quality | None]:
    """Learn from all grades, keep the model with its out-of-fold figures, choose what to ask next.

    With too few grades nothing is guessed: the returned model has kind `none`, its facts say why.
    """
    progress(0.0, "reading grades")
    last_grade_id = catalogue.taste.last_grade_id()
    everything = taste_vectors(catalogue)
    lesson = _with_candidates(_lesson(catalogue), catalogue, settings)
    counts = {
        "n_liked": lesson.n_liked,
        "n_disliked": lesson.n_disliked,
        "n_neutral": len(lesson.marks) - lesson.n_liked - lesson.n_disliked,
        "last_grade_id": last_grade_id,
    }
    facts: dict[str, Any] = {
        "n_graded_but_unheard": lesson.n_unheard,
        "n_candidates": sum(mark.song_id.startswith(ID_PREFIX) for mark in lesson.marks),
        "code": CODE_VERSION,
    }
    missing = _what_is_missing(lesson, settings)
    quality: Quality | None = None
    if missing:
        model = TasteModel("", "none", **counts, facts=facts | {"message": missing})
        catalogue.taste.add_model(model)
    else:
        progress(0.2, "learning")
        learnt = _fit(lesson.vectors, lesson.targets, everything.vectors)
        progress(0.4, "testing on songs held out")
        quality = _quality(lesson, everything.vectors)
        learnt.save(model_file(learnt.version, settings))
        facts |= {"bins": [list(row) for row in quality.bins]}
        model = TasteModel(
            learnt.version,
            "embedding",
            **counts,
            auc=quality.auc,
            ece=quality.ece,
            brier=quality.brier,
            facts=facts,
        )
        catalogue.taste.add_model(model)
        _remove_old_models(catalogue, settings)
    progress(0.9, "choosing what to ask next")
    fill_queue(catalogue, settings, everything)
    progress(1.0, "trained" if model.ready else str(missing))
    return model, quality


def score_songs(catalogue: Catalogue, settings: Settings, progress: Progress = silent) -> int:
    """Score every song whose score is missing or of another model; returns how many.

    The spectrogram network scores where it is in use; a song without a file it cannot hear, which
    the embedding model scores then.

    Raises:
        NotFoundError: no model; WeightsError: its file is gone or damaged (scores stay).
    """
    model = load_model(catalogue, settings)
    network = network_in_use(catalogue, settings)
    current = catalogue.taste.current()
    assert current is not None, "a model was loaded"
    due = catalogue.taste.stale_ids(current.version)
    batch = BATCH if network is None else NETWORK_BATCH
    for at in range(0, len(due), batch):
        found = taste_vectors(catalogue, due[at : at + batch])
        scores = dict(zip(found.song_ids, map(float, model.scores(found.vectors)), strict=True))
        if network is not None:
            songs = catalogue.browser.songs_by_id(found.song_ids)
            scores |= score_by_network(network, songs, settings)
        catalogue.taste.put_scores(scores, model_version=current.version)
        progress(min(1.0, (at + batch) / len(due)), f"scored {at + len(found.song_ids)}")
    if len(catalogue.taste.queue()) < REFILL_BELOW:
        fill_queue(catalogue, settings)
    progress(1.0, f"scored {len(due)}")
    return len(due)


def fill_queue(catalogue: Catalogue, settings: Settings, everything: Embedded | None = None) -> int:
    """Choose the songs to ask about next; returns how many. Nothing is asked twice."""
    found = everything or taste_vectors(catalogue)
    if not found.song_ids:
        catalogue.taste.put_queue([], model_version="")
        return 0
    try:
        model: LogisticTaste | None = load_model(catalogue, settings)
    except (NotFoundError, WeightsError):
        model = None
    if model is None:
        standardised, scores = standardised_alone(found.vectors), None
    else:
        standardised, scores = model.standardised(found.vectors), model.scores(found.vectors)
        current = catalogue.taste.current()
        if current is not None and current.kind == "spectrogram":
            given = catalogue.taste.scores(current.version)
            pairs = zip(found.song_ids, scores, strict=True)
            scores = np.array([given.get(song_id, score) for song_id, score in pairs])
    never = catalogue.taste.not_to_be_asked()
    asked = np.array([song_id in never for song_id in found.song_ids])
    chosen = choose_batches(
        standardised,
        scores,
        asked,
        settings.taste.review_queue,
        seed=catalogue.taste.last_grade_id(),
    )
    catalogue.taste.put_queue(
        [(found.song_ids[one.place], one.why) for one in chosen],
        model_version=model.version if model else "",
    )
    return len(chosen)


def explain(catalogue: Catalogue, settings: Settings, song_id: str) -> Reasons:
    """Return why a song scores as it does.

    Raises:
        NotFoundError: no such song, not heard yet, or no model; WeightsError: see `load_model`.
    """
    model = load_model(catalogue, settings)
    own = taste_vectors(catalogue, [song_id])
    if not own.song_ids:
        catalogue.songs.get(song_id)
        raise NotFoundError(
            "the song was not heard yet",
            subject=song_id,
            next_step="Take its stream in again: `utawaku ingest`",
        )
    lesson = _lesson(catalogue)
    others = [i for i, mark in enumerate(lesson.marks) if mark.song_id != song_id]
    ids = [lesson.marks[i].song_id for i in others]
    tags = catalogue.taste.embedded([song_id, *ids], kind=TAGS_KIND, n_values=N_TAGS)
    by_id = dict(zip(tags.song_ids, tags.vectors, strict=True))
    all_tagged = bool(ids) and all(i in by_id for i in [song_id, *ids])
    return reasons_for(
        model.standardised(own.vectors)[0],
        by_id[song_id] if all_tagged else None,
        graded_ids=ids,
        graded_vectors=model.standardised(lesson.vectors[others]),
        graded_tags=np.stack([by_id[i] for i in ids]) if all_tagged else None,
        targets=lesson.targets[others],
        names=TAGS,
    )


def _lesson(catalogue: Catalogue) -> _Lesson:
    marks = {mark.song_id: mark for mark in catalogue.taste.marks()}
    found = taste_vectors(catalogue, list(marks))
    heard = [marks[song_id] for song_id in found.song_ids]
    targets = np.array([mark.target for mark in heard], np.float64)
    return _Lesson(heard, found.vectors, targets, len(marks) - len(heard))


def _with_candidates(lesson: _Lesson, catalogue: Catalogue, settings: Settings) -> _Lesson:
    """Marked previews of the crawler teach as marked songs do."""
    more = candidate_lesson(catalogue, settings)
    return _Lesson(
        [*lesson.marks, *more.marks],
        np.concatenate([lesson.vectors, more.vectors]),
        np.append(lesson.targets, [mark.target for mark in more.marks]),
        lesson.n_unheard + more.n_unheard,
    )


def _what_is_missing(lesson: _Lesson, settings: Settings) -> str:
    wanted = settings.taste
    n_told = lesson.n_liked + lesson.n_disliked
    unheard = f"; {lesson.n_unheard} graded songs were not heard yet" if lesson.n_unheard else ""
    if n_told < wanted.min_grades:
        return f"{n_told} of {wanted.min_grades} likes and dislikes needed{unheard}"
    for n, name in ((lesson.n_liked, "likes"), (lesson.n_disliked, "dislikes")):
        if n < wanted.min_each:
            return (
                f"{n} of {wanted.min_each} {name} needed: one side alone teaches nothing{unheard}"
            )
    return ""


def _fit(vectors: np.ndarray, targets: np.ndarray, everything: np.ndarray) -> LogisticTaste:
    return fit(
        vectors,
        targets,
        everything=everything,
        embedding_kind=EMBEDDING_KIND,
        embedding_version=EMBEDDING_VERSION,
    )


def _quality(lesson: _Lesson, everything: np.ndarray) -> Quality:
    def score(train: np.ndarray, held_out: np.ndarray, targets: np.ndarray) -> np.ndarray:
        model = _fit(lesson.vectors[train], targets[train], everything)
        return model.scores(lesson.vectors[held_out])

    names = [mark.name for mark in lesson.marks]
    return quality_of(out_of_fold(lesson.targets, names, score), lesson.targets)


def _remove_old_models(catalogue: Catalogue, settings: Settings) -> None:
    kept = [model.version for model in catalogue.taste.models() if model.ready][-KEPT_MODELS:]
    for file in model_file("", settings).parent.glob("*.npz"):
        if file.stem not in kept:
            file.unlink(missing_ok=True)
