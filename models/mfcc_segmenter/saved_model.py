"""The network as Keras and TensorFlow keep it: a SavedModel, read without TensorFlow."""

import itertools
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from utawaku.library.errors import EngineError, UtawakuError, WeightsCorruptError
from utawaku.library.extras import needing
from utawaku.models.mfcc_segmenter.network import SIZES, Layers
from utawaku.models.registry.tf_checkpoint import open_checkpoint

_NOT_WEIGHTS = ("optimizer", "keras_api", "save_counter", ".optimizer_slot")


def read_saved_model(folder: Path) -> Layers:
    """Return the layers of a SavedModel of this network, whatever its layers are called.

    Raises:
        EngineError: the folder is none, or of another network.
    """
    try:
        tensors = open_checkpoint(folder / "variables" / "variables")
    except (OSError, UtawakuError) as error:
        raise EngineError(
            "not a SavedModel that can be read",
            subject=str(folder),
            next_step="Give the folder that holds saved_model.pb and variables/",
        ) from error
    try:
        return _layers(tensors)
    except ValueError as error:
        raise EngineError(
            f"not the network of the acoustic segmenter: {error}",
            subject=str(folder),
            next_step=f"Its dense layers are of {', '.join(str(size) for size in SIZES)} values",
        ) from error


def _layers(tensors: Mapping[str, np.ndarray]) -> Layers:
    """Kernels and biases by their shapes, each of which only one layer has."""
    weights = {
        name: tensor
        for name, tensor in tensors.items()
        if not any(part in name.lower() for part in _NOT_WEIGHTS)
    }
    return [
        (_only(weights, shape), _only(weights, shape[1:])) for shape in itertools.pairwise(SIZES)
    ]


def _only(tensors: Mapping[str, np.ndarray], shape: tuple[int, ...]) -> np.ndarray:
    found = [tensor for tensor in tensors.values() if tensor.shape == shape]
    if not found or any(not np.array_equal(one, found[0]) for one in found[1:]):
        raise ValueError(f"{len(found)} variables of shape {shape}")
    return np.asarray(found[0], np.float32)


def layers_of_onnx(network: Path) -> Layers:
    """Return the layers of a network that `network.build` made.

    Raises:
        WeightsCorruptError: it is another one.
    """
    import onnx
    from google.protobuf.message import DecodeError
    from onnx import numpy_helper

    try:
        graph = onnx.load(network).graph
        constants = {one.name: numpy_helper.to_array(one) for one in graph.initializer}
        return [
            (np.asarray(constants[f"kernel{n}"]), np.asarray(constants[f"bias{n}"]))
            for n in range(len(SIZES) - 1)
        ]
    except (OSError, DecodeError, KeyError, ValueError) as error:
        raise WeightsCorruptError(
            "not a network of the acoustic segmenter",
            subject=str(network),
            next_step="Give one that `utawaku train segmenter` wrote",
        ) from error


def write_saved_model(layers: Layers, folder: Path) -> None:
    """Write the network as a SavedModel that serves MFCC (n_frames, 40) -> (n_frames, 2).

    Raises:
        ExtraMissingError: TensorFlow is not installed.
    """
    with needing("train", "to write a SavedModel"):
        import keras

    dense = [
        keras.layers.Dense(
            size, activation="softmax" if number == len(layers) - 1 else "sigmoid",
            name=f"layer-{number}",
        )
        for number, size in enumerate(SIZES[1:])
    ]  # fmt: skip
    model = keras.Sequential([keras.Input((SIZES[0],), name="mfcc"), *dense])
    for layer, (kernel, bias) in zip(dense, layers, strict=True):
        layer.set_weights([kernel, bias])
    model.export(str(folder), verbose=False)
