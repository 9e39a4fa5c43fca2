"""Training data from graded crawl candidates: a preview is embedded like a song.

Previews lie in the cache and may go at any time. What was heard in them lies with the user's data:
a mark teaches for as long as the user has not taken it back.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.errors import MediaError, WeightsError
from utawaku.library.files import atomic_path
from utawaku.library.records import Candidate
from utawaku.library.shared_files import PREVIEWS, preview_file, shared_file
from utawaku.library.store.taste import Mark
from utawaku.models.tagger import ENGINE_VERSION, Tagger
from utawaku.models.taste import N_VALUES, completed, joined

ID_PREFIX = "candidate-"
_ENDING = f".{ENGINE_VERSION}.embedding"


@dataclass(frozen=True)
class CandidateLesson:
    """Marked candidates whose previews were heard."""

    marks: list[Mark]
    vectors: np.ndarray
    """float32 (n_marks, 443)."""
    n_unheard: int
    """Marked ones whose preview is gone or cannot be heard."""


def candidate_lesson(catalogue: Catalogue, settings: Settings) -> CandidateLesson:
    """The marks with what the previews sound like; each preview is heard once."""
    marks: list[Mark] = []
    vectors: list[np.ndarray] = []
    n_unheard = 0
    tagger: Tagger | None = None
    for candidate in sorted(catalogue.candidates.graded(), key=lambda one: one.id):
        preview = preview_file(settings, candidate.preview_path)
        vector = _kept_vector(preview, settings)
        if vector is None and preview.is_file():
            try:
                tagger = tagger or Tagger.from_registry(settings.weights_dir)
                vector = preview_vector(preview, tagger, settings)
            except (MediaError, WeightsError):
                pass  # counted below, and tried again with the next training
        if vector is None:
            n_unheard += 1
        else:
            marks.append(_mark_of(candidate))
            vectors.append(vector)
    joined = np.stack(vectors) if vectors else np.zeros((0, N_VALUES), np.float32)
    return CandidateLesson(marks, joined, n_unheard)


def preview_vector(preview: Path, tagger: Tagger, settings: Settings) -> np.ndarray:
    """Return what a preview sounds like, float32 (443,); kept, and known when the preview is gone.

    Raises:
        MediaError: it cannot be decoded.
    """
    vector = _kept_vector(preview, settings)
    if vector is None:
        told = tagger.listen(preview)
        vector = joined(told.embedding[None], told.timbre[None], told.tags[None])[0]
        with atomic_path(_vector_file(preview, settings)) as temporary:
            temporary.write_bytes(vector.astype("<f4").tobytes())
    return vector


def marks_without_sound(catalogue: Catalogue, settings: Settings) -> list[Candidate]:
    """Marked candidates whose preview is gone and was not heard as the present tagger hears."""
    return [
        one
        for one in catalogue.candidates.graded()
        if not preview_file(settings, one.preview_path).is_file()
        and _kept_vector(preview_file(settings, one.preview_path), settings) is None
    ]


def move_vectors_out_of_cache(settings: Settings) -> int:
    """Take what earlier versions kept beside the previews to the user's data; returns how many."""
    found = list((settings.cache_dir / PREVIEWS).glob(f"*{_ENDING}"))
    for file in found:
        _move_out_of_cache(file, _vector_file(file.with_name(file.name[: -len(_ENDING)]), settings))
    return len(found)


def _vector_file(preview: Path, settings: Settings) -> Path:
    return shared_file(settings, "taste", PREVIEWS, f"{preview.name}{_ENDING}")


def _move_out_of_cache(old: Path, new: Path) -> None:
    if not new.exists():
        with atomic_path(new) as temporary:
            shutil.copy2(old, temporary)  # with its time, which tells whether the preview is newer
    old.unlink(missing_ok=True)


def _kept_vector(preview: Path, settings: Settings) -> np.ndarray | None:
    """Return what was heard before, as long as the preview is not newer."""
    file = _vector_file(preview, settings)
    old = settings.cache_dir / PREVIEWS / f"{preview.name}{_ENDING}"
    if old.is_file():
        _move_out_of_cache(old, file)
    try:
        if preview.is_file() and preview.stat().st_mtime > file.stat().st_mtime:
            return None
        data = file.read_bytes()
    except OSError:
        return None
    # One of an earlier version is kept: the preview may be gone.
    return completed(np.frombuffer(data, "<f4")) if len(data) % 4 == 0 else None


def _mark_of(candidate: Candidate) -> Mark:
    target = ((candidate.grade or 0) + 1) / 2
    return Mark(f"{ID_PREFIX}{candidate.id}", target, candidate.key, candidate.channel)
