"""The vectors of the taste model: embedding, and timbre and voices where they are known."""

import numpy as np

from tests.models.taste_world import library_of
from utawaku.library.catalogue import Catalogue
from utawaku.library.schema import embeddings
from utawaku.library.store.embeddings import (
    N_EMBEDDING,
    N_TIMBRE,
    TAGS_KIND,
    TIMBRE_KIND,
)
from utawaku.models.taste import N_VALUES, completed
from utawaku.workflows.taste_vectors import taste_vectors

N_VOICES = N_VALUES - N_EMBEDDING - N_TIMBRE


def test_songs_of_an_earlier_version_have_no_timbre(catalogue: Catalogue) -> None:
    world = library_of(catalogue, 6)
    song = catalogue.songs.get(world.ids[4])
    colour = np.arange(N_TIMBRE, dtype=np.float32)
    catalogue.taste.put_embedding(
        song.id, TIMBRE_KIND, colour, model_version="1", start_s=song.start_s, stop_s=song.stop_s
    )
    found = taste_vectors(catalogue)
    assert found.vectors.shape == (6, N_VALUES)
    row = found.song_ids.index(song.id)
    assert np.array_equal(found.vectors[row, N_EMBEDDING:-N_VOICES], colour)
    others = np.delete(found.vectors, row, axis=0)
    assert np.isnan(others[:, N_EMBEDDING:-N_VOICES]).all()
    assert np.isfinite(found.vectors[:, -N_VOICES:]).all()
    assert np.isfinite(others[:, :N_EMBEDDING]).all()
    alone = taste_vectors(catalogue, [song.id])
    assert alone.song_ids == [song.id]
    assert np.array_equal(alone.vectors[0], found.vectors[row])


def test_songs_without_tags_have_none_beside_others_that_have(catalogue: Catalogue) -> None:
    world = library_of(catalogue, 6)
    with catalogue.write() as connection:
        where = (embeddings.c.song_id == world.ids[2], embeddings.c.kind == TAGS_KIND)
        connection.execute(embeddings.delete().where(*where))
    found = taste_vectors(catalogue)
    without = np.isnan(found.vectors[:, -N_VOICES:]).all(axis=1)
    assert [song_id for song_id, no in zip(found.song_ids, without, strict=True) if no] == [
        world.ids[2]
    ]


def test_a_vector_that_an_earlier_version_kept_lacks_what_it_did_not_know() -> None:
    for n in (N_EMBEDDING, N_EMBEDDING + N_TIMBRE):
        vector = completed(np.ones(n, np.float32))
        assert vector is not None
        assert vector.shape == (N_VALUES,)
        assert np.isnan(vector[n:]).all()
        assert (vector[:n] == 1).all()
    assert completed(np.ones(7, np.float32)) is None
