"""What the user's marks on the crawler's candidates teach: a preview is heard like a song."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from library.catalogue import Catalogue
from library.config import Settings
from library.errors import MediaError, WeightsError
from library.files import atomic_path
from library.records import Candidate
from library.store.taste import N_EMBEDDING, Mark
from models.tagger import ENGINE_VERSION, Tagger

ID_PREFIX = "candidate-"


@dataclass(frozen=True)
class CandidateLesson:
    """Marked candidates whose previews were heard."""

    marks: list[Mark]
    vectors: np.ndarray
    """float32 (n_marks, 400)."""
    n_unheard: int
    """Marked ones whose preview is gone or cannot be heard."""


def candidate_lesson(catalogue: Catalogue, settings: Settings) -> CandidateLesson:
    """The marks with what the previews sound like; each preview is heard once."""
    marks: list[Mark] = []
    vectors: list[np.ndarray] = []
    n_unheard = 0
    tagger: Tagger | None = None
    for candidate in sorted(catalogue.candidates.graded(), key=lambda one: one.id):
        preview = settings.cache_dir / candidate.preview_path
        vector = _kept_vector(preview)
        if vector is None and preview.is_file():
            try:
                tagger = tagger or Tagger.from_registry(settings.weights_dir)
                vector = preview_vector(preview, tagger)
            except (MediaError, WeightsError):
                pass  # counted below, and tried again with the next training
        if vector is None:
            n_unheard += 1
        else:
            marks.append(_mark_of(candidate))
            vectors.append(vector)
    joined = np.stack(vectors) if vectors else np.zeros((0, N_EMBEDDING), np.float32)
    return CandidateLesson(marks, joined, n_unheard)


def preview_vector(preview: Path, tagger: Tagger) -> np.ndarray:
    """What a preview sounds like, float32 (400,); kept beside it.

    Raises:
        MediaError: it cannot be decoded.
    """
    vector = _kept_vector(preview)
    if vector is None:
        vector = np.asarray(tagger.listen(preview).embedding, np.float32)
        with atomic_path(_vector_file(preview)) as temporary:
            temporary.write_bytes(vector.astype("<f4").tobytes())
    return vector


def _vector_file(preview: Path) -> Path:
    return preview.with_name(f"{preview.name}.{ENGINE_VERSION}.embedding")


def _kept_vector(preview: Path) -> np.ndarray | None:
    """What was heard before, as long as the preview is not newer."""
    file = _vector_file(preview)
    try:
        if preview.is_file() and preview.stat().st_mtime > file.stat().st_mtime:
            return None
        data = file.read_bytes()
    except OSError:
        return None
    return np.frombuffer(data, "<f4").copy() if len(data) == 4 * N_EMBEDDING else None


def _mark_of(candidate: Candidate) -> Mark:
    target = ((candidate.grade or 0) + 1) / 2
    return Mark(f"{ID_PREFIX}{candidate.id}", target, candidate.key, candidate.channel)
