"""More like this: the songs whose embeddings point the same way.

Vectors are standardised over the library and compared by the cosine of their angle. A search scans
a compressed copy (the 48 directions along which the library differs most), then compares the best
few hundred exactly, so that 100,000 songs take milliseconds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

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


@dataclass(frozen=True)
class Space:
    """The comparison of vectors: standardised, and compressed for the first search."""

    mean: np.ndarray
    """float32 (n_values,)."""
    spread: np.ndarray
    """float32 (n_values,)."""
    axes: np.ndarray
    """float32 (n_values, n_directions)."""

    @classmethod
    def of(cls, vectors: np.ndarray) -> Self:
        """The space of a library's vectors, float32 (n_songs, n_values)."""
        if not len(vectors):
            ones = np.ones(vectors.shape[1], np.float32)
            return cls(ones, ones, np.zeros((vectors.shape[1], 0), np.float32))
        mean = vectors.mean(axis=0)
        spread = np.maximum(vectors.std(axis=0), 1e-6)
        sample = _unit((vectors[:: max(1, len(vectors) // _SAMPLE)] - mean) / spread)
        sample = sample.astype(np.float64)
        _, axes = np.linalg.eigh(sample.T @ sample)
        n_directions = min(N_DIRECTIONS, *vectors.shape)
        return cls(mean, spread, axes[:, ::-1][:, :n_directions].astype(np.float32))

    def unit(self, vectors: np.ndarray) -> np.ndarray:
        """Directions of vectors: float32 (n_songs, n_values), of length 1."""
        return _unit((vectors - self.mean) / self.spread)


class NearestSongs:
    """An index over embeddings, in memory or in files that are mapped."""

    def __init__(
        self,
        space: Space,
        song_ids: Sequence[str],
        short: np.ndarray,
        exact: np.ndarray,
        gone: np.ndarray | None = None,
    ) -> None:
        """Take an index as it is.

        Args:
            song_ids: one a row; an id whose song is gone may stand there twice.
            short: float32 (n_songs, n_directions): `exact @ space.axes`.
            exact: float32 or float16 (n_songs, n_values) of length 1.
            gone: bool (n_songs,): rows that do not count any more.
        """
        self._space = space
        self._ids = song_ids
        self._short = short
        self._exact = exact
        self._gone = np.flatnonzero(gone) if gone is not None else np.zeros(0, int)

    @classmethod
    def of(cls, song_ids: Sequence[str], vectors: np.ndarray) -> Self:
        """Index float32 (n_songs, n_values) vectors, in memory."""
        space = Space.of(vectors)
        exact = space.unit(vectors)
        return cls(space, list(song_ids), np.ascontiguousarray(exact @ space.axes), exact)

    @cached_property
    def _places(self) -> dict[str, int]:
        places = {song_id: place for place, song_id in enumerate(self._ids)}
        gone = set(self._gone.tolist())
        return {song_id: place for song_id, place in places.items() if place not in gone}

    def __len__(self) -> int:
        return len(self._ids) - len(self._gone)

    def __contains__(self, song_id: str) -> bool:
        return song_id in self._places

    def like(self, song_id: str, n: int = 10) -> list[Neighbour]:
        """The `n` songs that sound most like a song of the index, the likest first.

        Raises:
            KeyError: the song is not in the index.
        """
        place = self._places[song_id]
        return self._nearest(self._exact[place].astype(np.float32), n, without=place)

    def like_vector(self, vector: np.ndarray, n: int = 10) -> list[Neighbour]:
        """The same for the embedding of a sound that is not in the library.

        `vector` is float (n_dimensions,).
        """
        return self._nearest(self._space.unit(vector[None])[0], n)

    def _nearest(
        self, wanted: np.ndarray, n: int, *, without: int | None = None
    ) -> list[Neighbour]:
        # einsum and not @: on a busy machine the threads of BLAS wait for each other, 18 ms for 1.
        rough = np.einsum("ij,j->i", self._short, np.einsum("k,kd->d", wanted, self._space.axes))
        rough[self._gone] = -np.inf
        if without is not None:
            rough[without] = -np.inf
        n_exact = min(len(rough), max(_N_EXACT, 4 * n))
        places = np.argpartition(-rough, n_exact - 1)[:n_exact] if n_exact else np.zeros(0, int)
        places = np.sort(places[rough[places] > -np.inf])
        exact = np.einsum("ij,j->i", self._exact[places].astype(np.float32), wanted)
        best = np.argsort(-exact, kind="stable")[:n]
        return [Neighbour(self._ids[places[i]], float(exact[i])) for i in best]


def _unit(vectors: np.ndarray) -> np.ndarray:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    result: np.ndarray = (vectors / np.maximum(lengths, 1e-9)).astype(np.float32)
    return result
