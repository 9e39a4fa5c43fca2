"""The vectors of the taste model: what the network heard, and the colour where it is known."""

import numpy as np

from tests.models.taste_world import library_of
from utawaku.library.catalogue import Catalogue
from utawaku.library.store.embeddings import N_EMBEDDING, N_TIMBRE, TIMBRE_KIND
from utawaku.models.taste import N_VALUES
from utawaku.workflows.taste_vectors import taste_vectors


def test_songs_of_an_earlier_version_have_no_colour(catalogue: Catalogue) -> None:
    world = library_of(catalogue, 6)
    song = catalogue.songs.get(world.ids[4])
    colour = np.arange(N_TIMBRE, dtype=np.float32)
    catalogue.taste.put_embedding(
        song.id, TIMBRE_KIND, colour, model_version="1", start_s=song.start_s, stop_s=song.stop_s
    )
    found = taste_vectors(catalogue)
    assert found.vectors.shape == (6, N_VALUES)
    row = found.song_ids.index(song.id)
    assert np.array_equal(found.vectors[row, N_EMBEDDING:], colour)
    others = np.delete(found.vectors, row, axis=0)
    assert np.isnan(others[:, N_EMBEDDING:]).all()
    assert np.isfinite(others[:, :N_EMBEDDING]).all()
    alone = taste_vectors(catalogue, [song.id])
    assert alone.song_ids == [song.id]
    assert np.array_equal(alone.vectors[0], found.vectors[row])
