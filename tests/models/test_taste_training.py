"""The spectrogram network: FMA folders, pretraining that goes on, transfer, fair comparison."""

import importlib.util
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from tests.models.song_files import write
from utawaku.library.errors import ConfigError
from utawaku.models.training.fma import read_fma
from utawaku.models.training.spectrograms import read_spectrograms
from utawaku.models.training.taste_cnn import (
    BY_PIECE,
    BY_SINGER,
    compare,
    groups_of,
    pretrain,
    scores_of,
    transfer,
)

needs_tensorflow = pytest.mark.skipif(
    importlib.util.find_spec("tensorflow") is None, reason="needs the extra `train`"
)
RATE = 16_000
N_TRACKS = 12


def sound(genre: int, seed: int, seconds: float = 8.0) -> np.ndarray:
    """Chords, or rhythmic noise: (1, n_samples)."""
    rng = np.random.default_rng(seed)
    time_s = np.arange(int(seconds * RATE)) / RATE
    if genre:
        wave = rng.standard_normal(time_s.size) * (np.sin(2 * np.pi * 2 * time_s) > 0.6)
    else:
        notes = rng.choice([220, 277, 330, 440, 554], 3, replace=False)
        wave = sum(np.sin(2 * np.pi * note * time_s) for note in notes) / 3
    return (0.4 * wave).astype(np.float32)[None]


@pytest.fixture(scope="module")
def fma(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder laid out like FMA: twelve clips, one broken, one that is only listed."""
    folder = tmp_path_factory.mktemp("fma")
    (folder / "fma_metadata").mkdir()
    rows = [",track,track,artist", ",genre_top,title,name", "track_id,,,"]
    for i in range(N_TRACKS):
        number = 900 + 10 * i
        path = folder / "fma_small" / f"{number // 1000:03d}" / f"{number:06d}.mp3"
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path, sound(i % 2, i), RATE, "libmp3lame", bit_rate=32_000)
        rows.append(f'{number},{("Folk", "Techno")[i % 2]},"A, B",Artist {i // 2}')
    (folder / "fma_small" / "000" / "000005.mp3").write_bytes(b"ID3 broken")
    rows += ["5,Folk,x,Nobody", "7,Techno,gone,Nobody", "8,,no genre,Nobody"]
    (folder / "fma_metadata" / "tracks.csv").write_text("\n".join(rows), "utf-8")
    return folder


def test_the_table_is_read_and_what_is_not_there_is_counted(fma: Path) -> None:
    tracks, n_missing = read_fma(fma)
    assert len(tracks) == N_TRACKS + 1
    assert n_missing == 1
    assert {track.genre for track in tracks} == {"Folk", "Techno"}
    assert tracks[0].artist == "Artist 0"


def test_other_folders_are_refused(tmp_path: Path, fma: Path) -> None:
    with pytest.raises(ConfigError, match=r"fma_metadata/tracks\.csv"):
        read_fma(tmp_path)
    (tmp_path / "fma_metadata").mkdir()
    table = tmp_path / "fma_metadata" / "tracks.csv"
    table.write_text("a,b\nc,d\n1,2\n", "utf-8")
    with pytest.raises(ConfigError, match="genre_top"):
        read_fma(tmp_path)
    table.write_bytes((fma / "fma_metadata" / "tracks.csv").read_bytes())
    with pytest.raises(ConfigError, match="none of the listed"):
        read_fma(tmp_path)


def test_spectrograms_are_made_once_broken_files_are_told_and_no_audio_is_left(
    fma: Path, tmp_path: Path
) -> None:
    paths = [track.path for track in read_fma(fma)[0]]
    first = read_spectrograms(paths, tmp_path)
    assert len(first.pieces) == N_TRACKS
    assert list(first.broken) == [str(fma / "fma_small" / "000" / "000005.mp3")]
    assert {file.suffix for file in tmp_path.iterdir()} == {".npy"}
    victim = next(tmp_path.iterdir())
    whole = victim.read_bytes()
    victim.write_bytes(whole[:100])
    made = {file: file.stat().st_mtime_ns for file in tmp_path.iterdir()}
    again = read_spectrograms(paths, tmp_path)
    assert victim.read_bytes() == whole
    assert [f for f in tmp_path.iterdir() if f.stat().st_mtime_ns != made[f]] == [victim]
    for a, b in zip(first.pieces, again.pieces, strict=True):
        assert np.array_equal(a, b)


def test_neither_singer_nor_piece_is_on_both_sides() -> None:
    singers = [f"s{i // 4}" for i in range(40)]
    names = [f"p{i}" for i in range(40)]
    names[3] = names[4]
    groups, kept_apart = groups_of(singers, names)
    assert kept_apart == BY_SINGER
    assert groups[0] == groups[7]
    assert groups[0] != groups[8]
    assert len(set(groups)) == 9
    # One singer only: pieces alone are kept apart, and that is told.
    assert groups_of(["mio"] * 40, names) == (names, BY_PIECE)


def steps_of_the_optimiser(weights: Path) -> int:
    """Steps that Adam has counted: from them it corrects its means."""
    import h5py

    with h5py.File(weights) as file:
        return int(file["optimizer/vars/0"][()])


@needs_tensorflow
def test_pretraining_goes_on_where_it_stopped_and_its_weights_serve_grades(
    fma: Path, tmp_path: Path
) -> None:
    said: list[str] = []
    first = pretrain(fma, tmp_path, n_epochs=2)
    assert (first.n_tracks, first.n_missing, first.n_broken) == (N_TRACKS, 1, 1)
    assert first.genres == ("Folk", "Techno")
    n_steps = steps_of_the_optimiser(first.weights)
    assert n_steps > 0
    done = pretrain(fma, tmp_path, n_epochs=5, progress=lambda _f, text: said.append(text))
    assert [text for text in said if text.startswith("epoch")] == [
        "epoch 3 of 5", "epoch 4 of 5", "epoch 5 of 5",
    ]  # fmt: skip
    assert steps_of_the_optimiser(done.weights) == n_steps / 2 * 5
    heard = read_spectrograms([t.path for t in read_fma(fma)[0]], tmp_path / "spectrograms")
    targets = np.arange(N_TRACKS) % 2
    model = transfer(heard.pieces, targets.astype(float), pretrained=done.weights, n_steps=60)
    scores = scores_of(model, heard.pieces)
    assert scores[targets == 1].mean() > scores[targets == 0].mean() + 0.2


@needs_tensorflow
def test_the_onnx_file_scores_as_keras_does(tmp_path: Path) -> None:
    import keras

    from utawaku.models.training.taste_cnn import _network, to_onnx

    model = _network(keras, 1, "sigmoid")
    rng = np.random.default_rng(0)
    pieces = rng.uniform(0, 4, (5, 125, 96)).astype(np.float32)
    model.compile("adam", "binary_crossentropy")
    model.train_on_batch(pieces, np.ones((5, 1), np.float32))
    (tmp_path / "taste.onnx").write_bytes(to_onnx(model).SerializeToString())
    session = onnxruntime.InferenceSession(
        str(tmp_path / "taste.onnx"), providers=["CPUExecutionProvider"]
    )
    wanted = model.predict(pieces, verbose=0)[:, 0]
    assert np.abs(session.run(None, {"pieces": pieces})[0] - wanted).max() < 1e-5


@needs_tensorflow
@pytest.mark.timeout(1500)  # five networks, each traced again by TensorFlow
def test_both_models_are_judged_on_the_same_songs() -> None:
    rng = np.random.default_rng(1)
    targets = (np.arange(30) % 2).astype(float)
    pieces = [
        (rng.uniform(0, 2, (3, 187, 96)) + np.where(t, 1.5, 0) * (np.arange(96) > 48)).astype("f4")
        for t in targets
    ]
    names = [str(i) for i in range(30)]

    def guessing(_train: np.ndarray, held_out: np.ndarray, _told: np.ndarray) -> np.ndarray:
        return np.random.default_rng(0).random(len(held_out))

    found = compare(pieces, targets, names, names, guessing, n_steps=40)
    assert found.network.auc is not None
    assert found.network.auc > 0.8
    assert found.network_is_better
    assert sum(n for *_, n in found.network.bins) == 30
