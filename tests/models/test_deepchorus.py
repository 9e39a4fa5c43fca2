"""DeepChorus without TensorFlow: shapes, the published file, songs of any length, wrong files."""

import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

from utawaku.library.errors import WeightsCorruptError, WeightsMissingError
from utawaku.models.highlight.deepchorus.architecture import (
    CHUNK,
    N_PARAMETERS,
    layer_shapes,
    weight_shapes,
)
from utawaku.models.highlight.deepchorus.graph import to_onnx
from utawaku.models.highlight.deepchorus.mel import MelStream, mel_of
from utawaku.models.highlight.deepchorus.model import DeepChorus
from utawaku.models.highlight.deepchorus.weights import Weights, read_weights, write_weights

RATE = 22_050


def random_weights(seed: int = 0) -> Weights:
    """Weights of the right shapes that let something through to the end."""
    rng = np.random.default_rng(seed)
    return {
        name: (
            rng.uniform(0.5, 1.5, shape)
            if name.endswith(("variance", "gamma"))
            else rng.normal(0, 0.06, shape)
        ).astype(np.float32)
        for name, shape in weight_shapes().items()
    }


def write_published(path: Path, weights: Weights, *, first_number: int = 0) -> None:
    """The file as Keras 2 leaves it: numbered layers in any order, upsampling in two dimensions."""
    kinds = {"conv2d": "conv2d", "conv1d": "conv1d", "norm": "batch_normalization",
             "up": "conv1d_transpose", "attention": "multi_head_attention"}  # fmt: skip
    counts = dict.fromkeys(kinds, first_number)
    layers = []
    for layer in layer_shapes():
        number = counts[layer.kind]
        counts[layer.kind] += 1
        name = kinds[layer.kind] + (f"_{number}" if number else "")
        arrays = {one.split("/")[1]: array for one, array in weights.items()
                  if one.startswith(f"{layer.name}/")}  # fmt: skip
        if layer.kind == "up":
            arrays["kernel"] = arrays["kernel"][:, None]
        layers.append((name, arrays))
    layers.sort(key=lambda one: one[0])
    layers.append(("reshape", {}))
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [name.encode() for name, _ in layers]
        for name, arrays in layers:
            group = file.create_group(name)
            group.attrs["weight_names"] = [f"{name}/{one}:0".encode() for one in arrays]
            for one, array in arrays.items():
                group[f"{name}/{one}:0"] = array


@pytest.fixture(scope="module")
def weights() -> Weights:
    return random_weights()


@pytest.fixture(scope="module")
def network(weights: Weights) -> DeepChorus:
    return DeepChorus(to_onnx(weights, pool=9), "test", threads=1)


def test_the_network_has_exactly_the_published_number_of_parameters(weights: Weights) -> None:
    trained = [array for name, array in weights.items() if not name.endswith(("mean", "variance"))]
    assert sum(array.size for array in trained) == N_PARAMETERS == 4_972_033


@pytest.mark.parametrize("first_number", [0, 7])
def test_the_published_file_is_read_weight_by_weight(
    weights: Weights, tmp_path: Path, first_number: int
) -> None:
    path = tmp_path / "Deepchorus_2021.h5"
    write_published(path, weights, first_number=first_number)
    found = read_weights(path)
    assert found.keys() == weights.keys()
    assert all(np.array_equal(found[name], weights[name]) for name in weights)


def test_a_file_of_another_shape_or_none_is_refused(weights: Weights, tmp_path: Path) -> None:
    other = tmp_path / "other.h5"
    write_published(other, {**weights, "head/kernel": np.zeros((5, 64, 32), np.float32)})
    with pytest.raises(WeightsCorruptError, match=r"head/kernel is \(5, 64, 32\)"):
        DeepChorus.load(other)
    with h5py.File(tmp_path / "small.h5", "w") as file:
        file.attrs["layer_names"] = [b"conv2d"]
        file.create_group("conv2d").attrs["weight_names"] = [b"kernel"]
        file["conv2d/kernel"] = np.zeros((3, 3, 1, 64), np.float32)
    with pytest.raises(WeightsCorruptError, match="1 layers of kind conv2d, not 4"):
        DeepChorus.load(tmp_path / "small.h5")
    broken = tmp_path / "broken.h5"
    broken.write_bytes(b"\x89HDF broken")
    with pytest.raises(WeightsCorruptError, match="cannot be read"):
        DeepChorus.load(broken)
    not_finite = tmp_path / "nan.npz"
    write_weights({**weights, "head/bias": np.full(32, np.nan, np.float32)}, not_finite)
    with pytest.raises(WeightsCorruptError, match="head/bias is not finite"):
        DeepChorus.load(not_finite)
    with pytest.raises(WeightsMissingError, match="no DeepChorus"):
        DeepChorus.load(tmp_path / "none.h5")


def test_an_exported_network_is_read_again_and_another_one_is_refused(
    weights: Weights, network: DeepChorus, tmp_path: Path
) -> None:
    exported = to_onnx(weights, pool=9)
    path = tmp_path / "mine.onnx"
    path.write_bytes(exported.SerializeToString())
    mel = np.abs(np.random.default_rng(1).normal(0, 1, (600, 128))).astype(np.float32)
    np.testing.assert_array_equal(DeepChorus.load(path, threads=1).values(mel), network.values(mel))
    del exported.metadata_props[:]
    path.write_bytes(exported.SerializeToString())
    with pytest.raises(WeightsCorruptError, match="not exported by utawaku"):
        DeepChorus.load(path)
    path.write_bytes(b"not protobuf at all" * 100)
    with pytest.raises(WeightsCorruptError, match="cannot be read"):
        DeepChorus.load(path)
    cut = to_onnx(weights, pool=9)
    kept = [one for one in cut.graph.initializer if one.name != "head/bias"]
    del cut.graph.initializer[:]
    cut.graph.initializer.extend(kept)
    path.write_bytes(cut.SerializeToString())
    with pytest.raises(WeightsCorruptError, match="head/bias"):
        DeepChorus.load(path)


@pytest.mark.parametrize("n_frames", [1, 43, 44, 511, 1033])
def test_any_length_gives_a_value_for_every_43_frames(network: DeepChorus, n_frames: int) -> None:
    mel = np.abs(np.random.default_rng(n_frames).normal(0, 1, (n_frames, 128)))
    values = network.values(mel.astype(np.float32))
    assert values.shape == (-(-n_frames // CHUNK),)
    assert np.isfinite(values).all()
    assert 0 <= values.min() <= values.max() <= 1


def test_the_spectrogram_is_librosas_definition_however_it_arrives() -> None:
    rng = np.random.default_rng(4)
    samples = rng.normal(0, 0.1, 9_000).astype(np.float32)
    stream = MelStream()
    parts = [stream.add(samples[at : at + 700]) for at in range(0, 9_000, 700)]
    mel = np.concatenate([*parts, stream.end()])
    np.testing.assert_allclose(mel, mel_of(samples), atol=1e-6)
    assert len(mel) == 1 + 9_000 // 512
    # Frame 5 from the definition: magnitudes under Slaney's triangles of area 1.
    frame = np.pad(samples, 1024)[5 * 512 : 5 * 512 + 2048]
    periodic = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(2048) / 2048)
    magnitude = np.abs(np.fft.rfft(frame * periodic))
    hz = np.fft.rfftfreq(2048, 1 / RATE)
    # Below 1 kHz the scale is linear: 66.7 Hz a step, 53.7 steps from 20 Hz to 5 kHz.
    top = 15 + 27 * np.log(5) / np.log(6.4)
    step_hz = (top - 0.3) / 129 * 200 / 3
    for band in (0, 10, 30):
        low, centre, high = (20 + step_hz * (band + i) for i in range(3))
        weight = np.clip(np.minimum((hz - low) / (centre - low), (high - hz) / (high - centre)),
                         0, None)  # fmt: skip
        assert mel[5, band] == pytest.approx((weight * 2 / (high - low)) @ magnitude, rel=1e-4)


class Noting(DeepChorus):
    """Notes how much it is asked at a time."""

    def values(self, mel: np.ndarray) -> np.ndarray:
        self.__dict__.setdefault("asked", []).append(len(mel))
        return super().values(mel)


def test_silence_and_a_scrap_are_flat(network: DeepChorus) -> None:
    np.testing.assert_array_equal(network.curve([np.zeros(RATE * 5, np.float32)]), 0.5)
    assert len(network.curve([np.zeros(0, np.float32)])) == 1
    assert network.curve([np.ones(RATE // 10, np.float32)]).shape == (1,)


def test_a_long_song_goes_through_in_pieces_that_keep_their_place(weights: Weights) -> None:
    rng = np.random.default_rng(3)
    # The sound changes, so that the curve does.
    loud = [0.02 + 0.2 * (i % 20 > 11) for i in range(50)]
    chunks = [rng.normal(0, level, RATE).astype(np.float32) for level in loud]
    noting = Noting(to_onnx(weights, pool=9), "test", threads=1)
    pieces = noting.curve(chunks, piece_frames=18 * CHUNK)
    assert pieces.shape == (50,)
    asked = noting.__dict__["asked"]
    assert len(asked) == 3
    assert max(asked) <= 18 * CHUNK
    whole = noting.curve(chunks)
    assert np.corrcoef(pieces, whole)[0, 1] > 0.7


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads Linux's process table")
@pytest.mark.slow
def test_ten_minutes_take_less_than_600_mb(weights: Weights, tmp_path: Path) -> None:
    path = tmp_path / "mine.onnx"
    path.write_bytes(to_onnx(weights, pool=9).SerializeToString())
    code = """
import sys, numpy as np
from pathlib import Path
from utawaku.models.highlight.deepchorus.model import DeepChorus
rng = np.random.default_rng(0)
network = DeepChorus.load(Path(sys.argv[1]), threads=1)
curve = network.curve(rng.normal(0, 0.1, 22050).astype(np.float32) for _ in range(600))
# Not getrusage: its peak is inherited from the process that started this one.
status = Path("/proc/self/status").read_text().split()
print(len(curve), int(status[status.index("VmHWM:") + 1]) / 1e3)
"""
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], cwd=root, capture_output=True, text=True,
        timeout=280, check=True,
    )  # fmt: skip
    n, peak_mb = done.stdout.split()
    assert int(n) == 600
    assert float(peak_mb) < 600
