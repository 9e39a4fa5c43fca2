"""Vectors of the library's songs, as the taste model takes them."""

from collections.abc import Sequence

import numpy as np

from utawaku.library.catalogue import Catalogue
from utawaku.library.store.embeddings import (
    N_TAGS,
    N_TIMBRE,
    TAGS_KIND,
    TIMBRE_KIND,
    Embedded,
)
from utawaku.models.taste import joined


def taste_vectors(catalogue: Catalogue, song_ids: Sequence[str] | None = None) -> Embedded:
    """Vectors of these songs, or of all kept ones: float32 (n_songs, 443).

    Songs that an earlier version heard have no timbre: NaN there.
    """
    heard = catalogue.taste.embedded(song_ids)
    timbre = catalogue.taste.embedded(song_ids, kind=TIMBRE_KIND, n_values=N_TIMBRE)
    tags = catalogue.taste.embedded(song_ids, kind=TAGS_KIND, n_values=N_TAGS)
    of_all = (_in_order(one, heard.song_ids) for one in (timbre, tags))
    return Embedded(heard.song_ids, joined(heard.vectors, *of_all))


def _in_order(found: Embedded, song_ids: Sequence[str]) -> np.ndarray:
    """Vectors in the order of `song_ids`, float32 (n_songs, n_values); NaN where there is none."""
    if found.song_ids == song_ids:
        return found.vectors
    row_of = {song_id: row for row, song_id in enumerate(found.song_ids)}
    rows = np.array([row_of.get(song_id, -1) for song_id in song_ids], int)
    nothing = np.full((1, found.vectors.shape[1]), np.nan, np.float32)
    result: np.ndarray = np.concatenate([found.vectors, nothing])[rows]
    return result
