"""More like this."""

import numpy as np
import pytest

from utawaku.library.similarity import NearestSongs


def _songs(n: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    basis = rng.standard_normal((60, 400)) * np.geomspace(1, 0.05, 60)[:, None]
    return (rng.standard_normal((n, 60)) @ basis).astype(np.float32)


def test_the_nearest_are_those_of_an_exact_search() -> None:
    vectors = _songs(3000)
    index = NearestSongs.of([str(i) for i in range(3000)], vectors)
    unit = (vectors - vectors.mean(axis=0)) / vectors.std(axis=0)
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    n_found = 0
    for place in range(0, 3000, 100):
        likeness = unit @ unit[place]
        likeness[place] = -2
        wanted = [str(i) for i in np.argsort(-likeness)[:10]]
        found = index.like(str(place), 10)
        n_found += len(set(wanted) & {one.song_id for one in found})
        assert found[0].likeness == pytest.approx(likeness.max(), abs=1e-3)
    assert n_found >= 295


def test_a_song_is_not_like_itself_and_its_copy_is_the_nearest() -> None:
    vectors = _songs(50)
    vectors[7] = vectors[31]
    index = NearestSongs.of([f"s{i}" for i in range(50)], vectors)
    assert index.like("s7", 1)[0].song_id == "s31"
    assert "s7" not in {one.song_id for one in index.like("s7", 50)}
    assert len(index.like("s7", 50)) == 49
    assert index.like_vector(vectors[7], 2)[0].likeness == pytest.approx(1, abs=1e-5)


def test_small_and_empty_libraries_answer() -> None:
    empty = NearestSongs.of([], np.zeros((0, 400), np.float32))
    assert len(empty) == 0
    assert empty.like_vector(np.ones(400, np.float32)) == []
    one = NearestSongs.of(["a"], _songs(1))
    assert one.like("a") == []
    with pytest.raises(KeyError):
        one.like("b")
