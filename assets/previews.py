"""What the crawler's previews sound like: heard once, for scores and for training."""

from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from assets.embeddings import heard_by
from assets.models import MODELS, tagger_weights
from library.catalogue import Catalogue
from library.config import Settings
from library.files import atomic_path
from library.records import Candidate
from library.store.taste import N_EMBEDDING
from models.tagger import Tagger

Vectors = NDArray[np.float32]
VECTORS_DIR = "candidates"
"""Below the data folder: what previews sound like, by the candidate's number."""


class PreviewEar:
    """Hears previews and keeps what they sound like, for scores and for training.

    The grades of candidates are the user's work, so what training needs of them lies with the
    catalogue and not in the cache.
    """

    def __init__(self, settings: Settings, tagger: Tagger) -> None:
        self._folder = settings.data_dir / VECTORS_DIR
        self._tagger = tagger
        self._version = heard_by(tagger.version)

    def vector(self, preview: Path) -> Vectors:
        """Embedding of a preview, float32 (400,); heard once.

        Raises:
            UtawakuError: it cannot be heard.
        """
        file = self._folder / f"{preview.stem}.npz"
        known = read_vector(file, self._version)
        if known is not None:
            return known
        embedding = np.asarray(self._tagger.listen(preview).embedding, np.float32)
        with atomic_path(file) as temporary, temporary.open("wb") as out:
            np.savez(out, embedding=embedding, version=np.array(self._version))
        return embedding


def read_vector(file: Path, version: str) -> Vectors | None:
    """A kept embedding, float32 (400,); None where there is none of this engine and weights."""
    try:
        with np.load(file, allow_pickle=False) as kept:
            return np.asarray(kept["embedding"], np.float32) if kept["version"] == version else None
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        return None  # not heard yet, or damaged: it is heard again


def graded_previews(
    catalogue: Catalogue, settings: Settings
) -> tuple[list[Candidate], Vectors, Vectors]:
    """What training can learn from candidates: those that were marked and heard.

    Returns candidates, embeddings float32 (n, 400), and grades float32 (n,) of -1, 0 and 1.
    """
    version = heard_by(MODELS[tagger_weights.key.to_user_string()].version(settings))
    found: list[Candidate] = []
    vectors: list[Vectors] = []
    for candidate in catalogue.candidates.graded():
        stem = Path(candidate.preview_path).stem
        vector = read_vector(settings.data_dir / VECTORS_DIR / f"{stem}.npz", version)
        if vector is not None:
            found.append(candidate)
            vectors.append(vector)
    grades = np.array([one.grade for one in found], np.float32)
    stacked = np.stack(vectors) if vectors else np.zeros((0, N_EMBEDDING), np.float32)
    return found, stacked, grades
