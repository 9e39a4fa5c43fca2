"""More like this: the songs whose embeddings point the same way.

Vectors are standardised over the library and compared by the cosine of their angle. A search scans
a compressed copy (the 48 directions along which the library differs most), then compares the best
few hundred exactly, so that 100,000 songs take milliseconds.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

N_DIRECTIONS = 48
_N_EXACT = 400
_SAMPLE = 20_000


@dataclass(frozen=True)
class Neighbour:
    """A song that sounds like another."""

    song_id: str
    likeness: float
    """Cosine in [-1, 1]."""


class NearestSongs:
    """An index over embeddings, held in memory."""

    def __init__(self, song_ids: Sequence[str], vectors: np.ndarray) -> None:
        """Index float32 (n_songs, n_values) vectors."""
        self._ids = list(song_ids)
        self._places = {song_id: place for place, song_id in enumerate(self._ids)}
        if len(vectors):
            self._mean = vectors.mean(axis=0)
            self._spread = np.maximum(vectors.std(axis=0), 1e-6)
        else:
            self._mean = self._spread = np.ones(vectors.shape[1:], np.float32)
        self._exact = _unit((vectors - self._mean) / self._spread)
        n_directions = min(N_DIRECTIONS, *self._exact.shape) if len(vectors) else 0
        step = max(1, len(vectors) // _SAMPLE)
        sample = self._exact[::step].astype(np.float64)
        _, axes = np.linalg.eigh(sample.T @ sample)
        self._axes = axes[:, ::-1][:, :n_directions].astype(np.float32)
        self._short = np.ascontiguousarray(self._exact @ self._axes)

    def __len__(self) -> int:
        return len(self._ids)

    def __contains__(self, song_id: str) -> bool:
        return song_id in self._places

    def like(self, song_id: str, n: int = 10) -> list[Neighbour]:
        """The `n` songs that sound most like a song of the index, the likest first.

        Raises:
            KeyError: the song is not in the index.
        """
        place = self._places[song_id]
        return self._nearest(self._exact[place], n, without=place)

    def like_vector(self, vector: np.ndarray, n: int = 10) -> list[Neighbour]:
        """The same for the embedding of a sound that is not in the library."""
        return self._nearest(_unit(((vector - self._mean) / self._spread)[None])[0], n)

    def _nearest(
        self, wanted: np.ndarray, n: int, *, without: int | None = None
    ) -> list[Neighbour]:
        rough = self._short @ (wanted @ self._axes)
        if without is not None:
            rough[without] = -np.inf
        n_exact = min(len(rough), max(_N_EXACT, 4 * n))
        places = np.argpartition(-rough, n_exact - 1)[:n_exact] if n_exact else np.zeros(0, int)
        exact = self._exact[places] @ wanted
        best = [i for i in np.argsort(-exact, kind="stable") if places[i] != without][:n]
        return [Neighbour(self._ids[places[i]], float(exact[i])) for i in best]


def _unit(vectors: np.ndarray) -> np.ndarray:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.maximum(lengths, 1e-9)).astype(np.float32)
