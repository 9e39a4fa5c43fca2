"""A network of one's own for the acoustic segmenter: ONNX, SavedModel, and what is neither."""

from pathlib import Path

import numpy as np
import pytest

from tests.models.separation import halving
from tests.models.tensor_bundle import sharded_bundle
from tests.models.test_mfcc_segmenter import random_layers
from utawaku.library.errors import EngineError, ExtraMissingError, WeightsCorruptError
from utawaku.library.extras import is_installed
from utawaku.models.mfcc_segmenter import is_own, make_bacs_segmenter, own_version
from utawaku.models.mfcc_segmenter.network import build
from utawaku.models.mfcc_segmenter.saved_model import (
    layers_of_onnx,
    read_saved_model,
    write_saved_model,
)

FEATURES = np.random.default_rng(1).normal(0, 10, (50, 40)).astype(np.float32)


def onnx_file(path: Path, seed: int = 5) -> Path:
    path.write_bytes(build(random_layers(seed)).SerializeToString())
    return path


def saved_model(folder: Path, name: str, n_shards: int = 1) -> Path:
    """A SavedModel's variables, with what an optimiser leaves beside them."""
    tensors: dict[str, np.ndarray] = {}
    for number, (kernel, bias) in enumerate(random_layers(5)):
        at = name.format(number)
        for part, values in (("kernel", kernel), ("bias", bias)):
            own = (
                f"variables/{2 * number + (part == 'bias')}"
                if name == "keras 3"
                else f"{at}/{part}"
            )
            tensors[f"{own}/.ATTRIBUTES/VARIABLE_VALUE"] = values
            slot = f"{at}/{part}/.OPTIMIZER_SLOT/optimizer/m/.ATTRIBUTES/VARIABLE_VALUE"
            tensors[slot] = np.zeros_like(values)
    (folder / "variables").mkdir(parents=True)
    index, shards = sharded_bundle(tensors, n_shards)
    (folder / "variables" / "variables.index").write_bytes(index)
    for number, data in enumerate(shards):
        shard = f"variables.data-{number:05}-of-{n_shards:05}"
        (folder / "variables" / shard).write_bytes(data)
    (folder / "saved_model.pb").write_bytes(b"graph")
    return folder


@pytest.mark.parametrize("name", ["layer-{}", "layer_with_weights-{}", "keras 3"])
def test_a_saved_model_says_what_the_same_network_in_onnx_says(tmp_path: Path, name: str) -> None:
    folder = saved_model(tmp_path / "saved", name)
    assert is_own(str(folder))
    found = make_bacs_segmenter(tmp_path, folder)
    expected = make_bacs_segmenter(tmp_path, onnx_file(tmp_path / "own.onnx"))
    np.testing.assert_array_equal(found.probability(FEATURES), expected.probability(FEATURES))
    assert found.model_version == own_version(folder) != ""


def test_a_saved_model_in_shards_is_read_and_each_shard_tells_its_version(tmp_path: Path) -> None:
    whole = saved_model(tmp_path / "whole", "layer-{}")
    folder = saved_model(tmp_path / "sharded", "layer-{}", n_shards=2)
    found = make_bacs_segmenter(tmp_path, folder)
    expected = make_bacs_segmenter(tmp_path, whole)
    np.testing.assert_array_equal(found.probability(FEATURES), expected.probability(FEATURES))
    for shard in sorted((folder / "variables").glob("*.data-*")):
        before = own_version(folder)
        shard.write_bytes(shard.read_bytes() + b"more")
        assert own_version(folder) not in ("", before)


def test_layers_come_out_of_a_network_as_they_went_in(tmp_path: Path) -> None:
    path = onnx_file(tmp_path / "own.onnx")
    for (kernel, bias), (before, bias_before) in zip(
        layers_of_onnx(path), random_layers(5), strict=True
    ):
        np.testing.assert_array_equal(kernel, before)
        np.testing.assert_array_equal(bias, bias_before)
    with pytest.raises(WeightsCorruptError, match="train segmenter"):
        layers_of_onnx(halving(tmp_path / "other.onnx", ["n", 40]))


def test_what_is_no_such_network_is_refused_with_its_name(tmp_path: Path) -> None:
    assert own_version(tmp_path / "gone.onnx") == ""
    (tmp_path / "text.onnx").write_text("no network")
    halving(tmp_path / "wide.onnx", ["n", 40])
    halving(tmp_path / "narrow.onnx", ["n", 2])
    for name, told in (
        ("gone", "no network"), ("text", "be run"), ("wide", "output"), ("narrow", "input"),
    ):  # fmt: skip
        with pytest.raises(EngineError, match=told) as raised:
            make_bacs_segmenter(tmp_path, tmp_path / f"{name}.onnx")
        assert raised.value.subject == str(tmp_path / f"{name}.onnx")
        assert "train segmenter" in raised.value.next_step
    folder = saved_model(tmp_path / "saved", "layer-{}")
    (folder / "variables" / "variables.index").write_bytes(b"no table")
    with pytest.raises(EngineError, match="can be read"):
        read_saved_model(folder)


@pytest.mark.skipif(is_installed("train"), reason="TensorFlow is installed")
def test_without_tensorflow_no_saved_model_is_written_and_it_says_why(tmp_path: Path) -> None:
    with pytest.raises(ExtraMissingError, match="to write a SavedModel"):
        write_saved_model(random_layers(5), tmp_path / "saved")
    assert not (tmp_path / "saved").exists()


@pytest.mark.skipif(not is_installed("train"), reason="needs TensorFlow")
def test_a_saved_model_that_keras_wrote_is_read_back(tmp_path: Path) -> None:
    write_saved_model(random_layers(5), tmp_path / "saved")
    found = make_bacs_segmenter(tmp_path, tmp_path / "saved")
    expected = make_bacs_segmenter(tmp_path, onnx_file(tmp_path / "own.onnx"))
    np.testing.assert_array_equal(found.probability(FEATURES), expected.probability(FEATURES))
