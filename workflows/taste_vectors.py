"""Vectors of the library's songs, as the taste model takes them."""

from collections.abc import Sequence

import numpy as np

from utawaku.library.catalogue import Catalogue
from utawaku.library.store.embeddings import N_TIMBRE, TIMBRE_KIND, Embedded
from utawaku.models.taste import joined


def taste_vectors(catalogue: Catalogue, song_ids: Sequence[str] | None = None) -> Embedded:
    """Vectors of these songs, or of all kept ones: float32 (n_songs, 440).

    Songs that an earlier version heard have no colour of sound: NaN there.
    """
    heard = catalogue.taste.embedded(song_ids)
    coloured = catalogue.taste.embedded(song_ids, kind=TIMBRE_KIND, n_values=N_TIMBRE)
    if coloured.song_ids == heard.song_ids:
        return Embedded(heard.song_ids, joined(heard.vectors, coloured.vectors))
    row_of = {song_id: row for row, song_id in enumerate(coloured.song_ids)}
    timbre = np.full((len(heard.song_ids), N_TIMBRE), np.nan, np.float32)
    for row, song_id in enumerate(heard.song_ids):
        if song_id in row_of:
            timbre[row] = coloured.vectors[row_of[song_id]]
    return Embedded(heard.song_ids, joined(heard.vectors, timbre))
