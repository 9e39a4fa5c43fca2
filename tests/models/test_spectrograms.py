"""The spectrograms that the taste network is trained on and scores."""

from pathlib import Path

import av
import numpy as np
import pytest

from utawaku.library.errors import MediaError
from utawaku.models.training.spectrograms import pieces_of_file, read_spectrograms

RATE_HZ = 16_000


def float_wav(path: Path, samples: np.ndarray) -> Path:
    """A mono WAV of 32-bit floats, which can hold what is no number."""
    with av.open(str(path), "w", format="wav") as made:
        stream = made.add_stream("pcm_f32le", rate=RATE_HZ, layout="mono")
        frame = av.AudioFrame.from_ndarray(samples[np.newaxis], format="flt", layout="mono")
        frame.sample_rate = RATE_HZ
        made.mux([*stream.encode(frame), *stream.encode(None)])
    return path


@pytest.fixture
def noise() -> np.ndarray:
    return np.random.default_rng(0).uniform(-0.3, 0.3, 20 * RATE_HZ).astype(np.float32)


def test_every_piece_of_a_song_is_of_finite_numbers(tmp_path: Path, noise: np.ndarray) -> None:
    pieces = pieces_of_file(float_wav(tmp_path / "song.wav", noise))
    assert len(pieces) > 0
    assert np.isfinite(pieces).all()


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_samples_that_are_no_numbers_are_refused_and_never_scored(
    tmp_path: Path, noise: np.ndarray, bad: float
) -> None:
    noise[:: RATE_HZ // 4] = bad
    path = float_wav(tmp_path / "song.wav", noise)
    with pytest.raises(MediaError, match="no finite numbers") as caught:
        pieces_of_file(path)
    assert caught.value.subject == str(path)
    found = read_spectrograms([path], tmp_path / "cache")
    assert list(found.broken) == [str(path)]
    assert found.pieces == []


def test_files_that_are_read_at_once_keep_their_order_and_bad_ones_are_named(
    tmp_path: Path,
) -> None:
    paths = []
    for n in range(6):
        level = np.full(8 * RATE_HZ, 0.05 * (n + 1)) * np.sin(np.arange(8 * RATE_HZ) * 0.2)
        paths.append(float_wav(tmp_path / f"{n}.wav", level.astype(np.float32)))
    paths[2].write_bytes(b"broken")
    found = read_spectrograms(paths, tmp_path / "cache")
    assert found.places == [0, 1, 3, 4, 5]
    assert list(found.broken) == [str(paths[2])]
    for place, pieces in zip(found.places, found.pieces, strict=True):
        assert np.array_equal(pieces, pieces_of_file(paths[place]))
