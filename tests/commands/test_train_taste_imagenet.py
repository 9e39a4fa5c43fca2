"""`utawaku train taste --imagenet`: a base of pictures, compared with the others on one split."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from tests.commands.conftest import CommandLine
from tests.models.taste_sounds import library_of_noise_and_hum
from tests.servers.media_site import MediaSite
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.models.training.taste_imagenet import FILE

needs_tensorflow = pytest.mark.skipif(
    importlib.util.find_spec("tensorflow") is None, reason="needs the extra `train`"
)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights of the architecture, in the form of the published file; its numbers are random."""
    import h5py
    import keras
    from keras.src.legacy.saving import legacy_h5_format

    keras.utils.set_random_seed(7)
    model = keras.applications.MobileNetV2(
        include_top=False, weights=None, input_shape=(224, 224, 3)
    )
    path = tmp_path_factory.mktemp("imagenet") / FILE
    with h5py.File(path, "w") as file:
        legacy_h5_format.save_weights_to_hdf5_group(file, model)
    return path


def first_kernel(path: Path) -> np.ndarray:
    """The first convolution of the file: (3, 3, 3, 32)."""
    import h5py

    kernels: list[np.ndarray] = []

    def take(name: str, node: object) -> None:
        if isinstance(node, h5py.Dataset) and node.shape == (3, 3, 3, 32):
            kernels.append(node[()])

    with h5py.File(path) as file:
        file.visititems(take)
    (kernel,) = kernels
    return kernel


@needs_tensorflow
@pytest.mark.timeout(2400)  # three models on five splits, each traced again by TensorFlow
def test_all_three_models_are_judged_on_the_same_songs_and_the_best_one_scores_them(
    command_line: CommandLine, catalogue: Catalogue, settings: Settings, weights: Path
) -> None:
    library_of_noise_and_hum(catalogue, settings)
    with MediaSite() as site:
        site.add(f"/keras/{FILE}", weights.read_bytes(), "application/octet-stream")
        command = (
            "train", "taste", "--imagenet", "fetch", "--imagenet-site", site.url("/keras"),
            "--steps", "4",
        )  # fmt: skip
        report = json.loads(command_line.run(*command, "--json").stdout)
        said = command_line.run(*command).stdout
        assert len(site.gets(f"/keras/{FILE}")) == 1, "what was fetched is kept"
    network = report["network"]
    found = network["comparison"]
    judged = {name: found[name] for name in ("embedding", "network", "imagenet")}
    assert network["n_songs"] == 42
    for quality in judged.values():
        assert sum(n for *_, n in quality["bins"]) == 42
        assert 0 <= quality["auc"] <= 1
    assert said.count("  AUC ") == 3
    for name, words in (
        ("embedding", "embedding model"),
        ("network", "network from scratch"),
        ("imagenet", "network on ImageNet's weights"),
    ):
        assert f"  AUC {judged[name]['auc']:.3f}  {words}" in said
    model = catalogue.taste.choice().model
    assert model is not None
    best = max(judged[name]["auc"] for name in ("network", "imagenet"))
    if best >= judged["embedding"]["auc"] + 0.01:
        assert model.auc == best
        assert model.facts["base"] == (
            "imagenet" if best == judged["imagenet"]["auc"] > judged["network"]["auc"] else ""
        )


@needs_tensorflow
def test_the_weights_of_the_file_are_in_the_network_and_rest(
    weights: Path,
) -> None:
    from utawaku.models.training.taste_cnn import scores_of
    from utawaku.models.training.taste_imagenet import read_imagenet, transfer_imagenet

    rng = np.random.default_rng(1)
    pieces = [rng.uniform(0, 4, (2, 187, 96)).astype(np.float32) for _ in range(6)]
    base = read_imagenet(weights)
    model = transfer_imagenet(base, pieces, np.array([0.0, 1.0] * 3), n_steps=3)
    assert [one.name for one in model.graph.input] == ["pieces"]
    assert [one.name for one in model.graph.output] == ["scores"]
    wanted = first_kernel(weights)
    assert np.array_equal(base.layer.layers[1].get_weights()[0], wanted)
    shapes = [tuple(one.dims) for one in model.graph.initializer]
    assert len([shape for shape in shapes if len(shape) == 4]) > 50, "the whole base is in it"
    scores = scores_of(model, pieces)
    assert scores.shape == (6,)
    assert np.isfinite(scores).all()
    # Other weights give another network, and with the same seed only they do.
    again = transfer_imagenet(base, pieces, np.array([0.0, 1.0] * 3), n_steps=3)
    assert scores_of(again, pieces) == pytest.approx(scores, abs=1e-5)
    onnx.checker.check_model(model)
    assert any(
        np.asarray(numpy_helper.to_array(one)).shape == (32, 3, 3, 3)
        for one in model.graph.initializer
    )


@needs_tensorflow
def test_a_file_that_holds_something_else_is_refused_with_where_to_get_it(
    command_line: CommandLine, catalogue: Catalogue, tmp_path: Path
) -> None:
    del catalogue
    other = tmp_path / "other.h5"
    other.write_bytes(b"not weights")
    refused = command_line.run("train", "taste", "--imagenet", other)
    assert refused.exit_code == 6
    assert FILE in refused.stderr
    missing = command_line.run("train", "taste", "--imagenet", tmp_path / "gone.h5")
    assert (missing.exit_code, "no such file" in missing.stderr) == (6, True)


def test_weights_that_cannot_be_fetched_name_the_address_and_the_way_round(
    command_line: CommandLine, catalogue: Catalogue
) -> None:
    del catalogue
    with MediaSite() as site:
        refused = command_line.run(
            "train", "taste", "--imagenet", "fetch", "--imagenet-site", site.url("/gone")
        )
        assert len(site.gets(f"/gone/{FILE}")) == 1
    assert refused.exit_code == 6
    assert f"/gone/{FILE}" in refused.stderr
    assert "--imagenet FILE" in refused.stderr


@pytest.mark.skipif(
    importlib.util.find_spec("tensorflow") is not None, reason="the extra `train` is here"
)
def test_without_the_extra_the_command_names_it(
    command_line: CommandLine, catalogue: Catalogue, tmp_path: Path
) -> None:
    del catalogue
    (tmp_path / FILE).touch()
    refused = command_line.run("train", "taste", "--imagenet", tmp_path / FILE)
    assert refused.exit_code != 0
    assert "utawaku[train]" in refused.stderr
