"""The index of likeness on disk: the same answers, kept up to date, and never in the way."""

from pathlib import Path

import numpy as np
import pytest

from tests.models.taste_world import hear, library_of, two_kinds
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.schema import embeddings
from utawaku.library.similarity import NearestSongs
from utawaku.library.similarity_index import FOLDER, alike


def in_memory(catalogue: Catalogue) -> NearestSongs:
    found = catalogue.taste.embedded()
    return NearestSongs.of(found.song_ids, found.vectors)


def files(settings: Settings) -> dict[str, int]:
    folder = settings.cache_dir / FOLDER
    return {path.name: path.stat().st_mtime_ns for path in folder.iterdir() if path.name[0] != "."}


def test_it_answers_as_the_index_in_memory_and_is_written_once(
    catalogue: Catalogue, settings: Settings
) -> None:
    world = library_of(catalogue, 600)
    first = alike(catalogue, settings)
    written = files(settings)
    again = alike(catalogue, settings)
    assert files(settings) == written
    wanted = in_memory(catalogue)
    assert len(first) == len(again) == 600
    for song_id in world.ids[::60]:
        for index in (first, again):
            found, best = index.like(song_id, 5), wanted.like(song_id, 5)
            assert [one.song_id for one in found] == [one.song_id for one in best]
            assert [one.likeness for one in found] == pytest.approx(
                [one.likeness for one in best], abs=2e-3
            )


def test_songs_that_come_change_or_go_are_followed_without_building_all_anew(
    catalogue: Catalogue, settings: Settings
) -> None:
    world = library_of(catalogue, 300)
    with catalogue.write() as connection:
        connection.execute(embeddings.delete().where(embeddings.c.song_id.in_(world.ids[290:])))
    assert len(alike(catalogue, settings)) == 290
    rows = {name for name in files(settings) if name != "index.npz"}
    vectors = catalogue.taste.embedded().vectors
    tags = np.full(50, 0.1)
    hear(catalogue, world.ids[295], vectors[3], tags)  # comes, and sounds like song 3
    hear(catalogue, world.ids[7], vectors[20], tags)  # sounds like song 20 now
    catalogue.songs.drop(world.ids[9])
    index = alike(catalogue, settings)
    assert {name for name in files(settings) if name != "index.npz"} == rows
    assert len(index) == 290
    assert index.like(world.ids[3], 1)[0].song_id == world.ids[295]
    assert index.like(world.ids[7], 1)[0].song_id == world.ids[20]
    assert world.ids[9] not in index
    every = {one.song_id for one in index.like(world.ids[3], 400)}
    assert len(every) == 289
    assert world.ids[9] not in every
    # The same, read back.
    back = alike(catalogue, settings)
    assert back.like(world.ids[7], 3) == index.like(world.ids[7], 3)
    assert len(back) == 290


def test_when_much_has_changed_all_is_built_anew(catalogue: Catalogue, settings: Settings) -> None:
    world = library_of(catalogue, 100)
    alike(catalogue, settings)
    rows = set(files(settings))
    vectors, _ = two_kinds(40, seed=5)
    for place in range(40):
        hear(catalogue, world.ids[place], vectors[place], np.full(50, 0.1))
    index = alike(catalogue, settings)
    assert set(files(settings)) & rows == {"index.npz"}
    assert len(set(files(settings))) == 3
    assert index.like(world.ids[0], 1)[0] == alike(catalogue, settings).like(world.ids[0], 1)[0]


def test_damaged_or_cut_short_files_are_made_anew(catalogue: Catalogue, settings: Settings) -> None:
    world = library_of(catalogue, 60)
    wanted = alike(catalogue, settings).like(world.ids[0], 3)
    folder = settings.cache_dir / FOLDER
    for name in ("index.npz", "*.short", "*.exact"):
        (path,) = folder.glob(name)
        path.write_bytes(path.read_bytes()[:100])
        assert alike(catalogue, settings).like(world.ids[0], 3) == wanted
    (path,) = folder.glob("*.exact")
    path.unlink()
    assert alike(catalogue, settings).like(world.ids[0], 3) == wanted


def test_an_empty_library_and_a_cache_that_cannot_be_written_are_no_trouble(
    catalogue: Catalogue, settings: Settings
) -> None:
    assert len(alike(catalogue, settings)) == 0
    assert len(alike(catalogue, settings)) == 0
    library_of(catalogue, 30)
    Path(settings.cache_dir / "file").write_bytes(b"")
    closed = settings.model_copy(update={"cache_dir": settings.cache_dir / "file"})
    assert len(alike(catalogue, closed)) == 30
