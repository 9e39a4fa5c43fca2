"""inaSpeechSegmenter's convolutional networks: read from Keras files, written as ONNX graphs.

The networks (Doukhan et al., "An open-source speaker gender detection framework for monitoring
gender equality", ICASSP 2018; MIT) look at a patch of 68 frames of 21 log-mel bands:
convolution, max-pool, two convolutions, max-pool, convolution, max-pool over time, four dense
layers, one output a class. Each batch normalisation follows a linear layer and is folded into it.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from utawaku.library.errors import WeightsCorruptError

PATCH_FRAMES = 68
"""Frames of 10 ms that one decision looks at."""

N_INPUT_BANDS = 21
"""Lowest mel bands that the networks look at."""

_OPSET = 17
_IR_VERSION = 8


@dataclass(frozen=True)
class Convolution:
    """Convolution, ReLU, then perhaps a max-pool; `weight` is (out, in, time, frequency)."""

    weight: np.ndarray
    bias: np.ndarray
    pool: tuple[int, int] | None
    """Size and stride of the pool over (time, frequency)."""
    pool_same: bool
    """Pad so that every input is in some pool (TensorFlow's ``same``)."""


@dataclass(frozen=True)
class Network:
    """All layers with the normalisations folded in; `dense` holds (out, in) weights and biases."""

    convolutions: tuple[Convolution, ...]
    dense: tuple[tuple[np.ndarray, np.ndarray], ...]

    @property
    def n_labels(self) -> int:
        """Number of classes."""
        return int(self.dense[-1][0].shape[0])


def read_keras(path: Path) -> Network:
    """Read a network from inaSpeechSegmenter's hdf5 file, without TensorFlow.

    Raises:
        WeightsCorruptError: the file is not such a network.
    """
    import h5py

    try:
        with h5py.File(path) as file:
            layers = json.loads(file.attrs["model_config"])["config"]
            layers = layers if isinstance(layers, list) else layers["layers"]
            return _assemble([(layer, _tensors(file, layer)) for layer in layers])
    except (OSError, KeyError, IndexError, ValueError) as error:
        raise WeightsCorruptError(
            f"this is not a network of inaSpeechSegmenter ({error})",
            subject=str(path),
            next_step="Fetch it again with `utawaku models pull --force`",
        ) from error


def _tensors(file: Any, layer: dict[str, Any]) -> dict[str, np.ndarray]:
    import h5py

    found: dict[str, np.ndarray] = {}

    def visit(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset):
            found[name.rsplit("/", 1)[-1].split(":")[0]] = np.asarray(item)

    group = file["model_weights"].get(layer["config"]["name"])
    if group is not None:
        group.visititems(visit)
    return found


def _assemble(layers: list[tuple[dict[str, Any], dict[str, np.ndarray]]]) -> Network:
    convolutions: list[Convolution] = []
    dense: list[tuple[np.ndarray, np.ndarray]] = []
    for index, (layer, tensors) in enumerate(layers):
        kind, options = layer["class_name"], layer["config"]
        if kind not in ("Conv2D", "Dense"):
            continue
        weight, bias = tensors["kernel"].astype(np.float64), tensors["bias"].astype(np.float64)
        following = layers[index + 1 : index + 4]
        if following and following[0][0]["class_name"] == "BatchNormalization":
            norm, epsilon = following[0][1], following[0][0]["config"]["epsilon"]
            scale = norm["gamma"].astype(np.float64) / np.sqrt(
                norm["moving_variance"].astype(np.float64) + epsilon
            )
            weight = weight * scale
            bias = (bias - norm["moving_mean"]) * scale + norm["beta"]
        elif options["activation"] not in ("softmax", "linear"):
            raise ValueError(f"unexpected activation {options['activation']}")
        if kind == "Dense":
            dense.append((weight.T.astype(np.float32), bias.astype(np.float32)))
            continue
        pools = [
            later[0]["config"] for later in following if later[0]["class_name"] == "MaxPooling2D"
        ]
        convolutions.append(
            Convolution(
                weight=np.ascontiguousarray(weight.transpose(3, 2, 0, 1)).astype(np.float32),
                bias=bias.astype(np.float32),
                pool=tuple(pools[0]["pool_size"]) if pools else None,
                pool_same=bool(pools) and pools[0]["padding"] == "same",
            )
        )
    if len(convolutions) != 4 or len(dense) < 2:
        raise ValueError(f"{len(convolutions)} convolutions, {len(dense)} dense layers")
    return Network(tuple(convolutions), tuple(dense))


def patch_model(network: Network) -> onnx.ModelProto:
    """ONNX graph of the network as it was trained.

    Input ``patches`` float32 (n, 1, 68, 21), normalised; output ``logits`` float32 (n, n_labels).
    """
    nodes: list[onnx.NodeProto] = []
    tensors: list[onnx.TensorProto] = []
    value = "patches"
    rows, columns = PATCH_FRAMES, N_INPUT_BANDS
    for i, layer in enumerate(network.convolutions, 1):
        tensors += [
            numpy_helper.from_array(layer.weight, f"conv{i}.weight"),
            numpy_helper.from_array(layer.bias, f"conv{i}.bias"),
        ]
        nodes.append(
            helper.make_node(
                "Conv", [value, f"conv{i}.weight", f"conv{i}.bias"], [f"conv{i}"], name=f"conv{i}"
            )
        )
        nodes.append(helper.make_node("Relu", [f"conv{i}"], [f"relu{i}"], name=f"relu{i}"))
        rows -= layer.weight.shape[2] - 1
        columns -= layer.weight.shape[3] - 1
        value = f"relu{i}"
        if layer.pool:
            pads, rows, columns = pool_geometry(layer, rows, columns)
            nodes.append(
                helper.make_node(
                    "MaxPool",
                    [value],
                    [f"pool{i}"],
                    name=f"pool{i}",
                    kernel_shape=layer.pool,
                    strides=layer.pool,
                    pads=pads,
                )
            )
            value = f"pool{i}"
    nodes.append(helper.make_node("Flatten", [value], ["features"], name="features", axis=1))
    value = "features"
    for i, (weight, bias) in enumerate(network.dense, 1):
        last = i == len(network.dense)
        tensors += [
            numpy_helper.from_array(weight, f"dense{i}.weight"),
            numpy_helper.from_array(bias, f"dense{i}.bias"),
        ]
        output = "logits" if last else f"dense{i}"
        nodes.append(
            helper.make_node(
                "Gemm",
                [value, f"dense{i}.weight", f"dense{i}.bias"],
                [output],
                name=f"dense{i}",
                transB=1,
            )
        )
        if not last:
            nodes.append(
                helper.make_node("Relu", [output], [f"dense{i}.relu"], name=f"dense{i}.relu")
            )
            value = f"dense{i}.relu"
    graph = helper.make_graph(
        nodes,
        "speech_music_patch",
        [
            helper.make_tensor_value_info(
                "patches", TensorProto.FLOAT, ["n", 1, PATCH_FRAMES, N_INPUT_BANDS]
            )
        ],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", network.n_labels])],
        tensors,
    )
    return as_model(graph)


def as_model(graph: onnx.GraphProto) -> onnx.ModelProto:
    """A checked model around `graph`, the same bytes for the same graph."""
    model = helper.make_model(
        graph, producer_name="utawaku", opset_imports=[helper.make_opsetid("", _OPSET)]
    )
    model.ir_version = _IR_VERSION
    onnx.checker.check_model(model)
    return model


def pool_geometry(layer: Convolution, rows: int, columns: int) -> tuple[list[int], int, int]:
    """ONNX pads (top, left, bottom, right) of a pool and its output's rows and columns."""
    assert layer.pool is not None
    if not layer.pool_same:
        return [0, 0, 0, 0], rows // layer.pool[0], columns // layer.pool[1]
    out_rows, out_columns = -(-rows // layer.pool[0]), -(-columns // layer.pool[1])
    missing_rows = out_rows * layer.pool[0] - rows
    missing_columns = out_columns * layer.pool[1] - columns
    before_rows, before_columns = missing_rows // 2, missing_columns // 2
    pads = [
        before_rows,
        before_columns,
        missing_rows - before_rows,
        missing_columns - before_columns,
    ]
    return pads, out_rows, out_columns


def read_onnx(path: Path) -> Network:
    """The layers back out of a file that `patch_model` made, to build other graphs from.

    Raises:
        WeightsCorruptError: the file is not such a graph.
    """
    try:
        graph = onnx.load(str(path)).graph
        tensors = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
        pools = {
            node.name.removeprefix("pool"): {
                attribute.name: list(attribute.ints) for attribute in node.attribute
            }
            for node in graph.node
            if node.op_type == "MaxPool"
        }
        convolutions = tuple(
            Convolution(
                weight=tensors[f"conv{i}.weight"],
                bias=tensors[f"conv{i}.bias"],
                pool=tuple(pools[str(i)]["kernel_shape"]) if str(i) in pools else None,
                pool_same=str(i) in pools and any(pools[str(i)]["pads"]),
            )
            for i in range(1, 5)
        )
        n_dense = sum(name.startswith("dense") and name.endswith("weight") for name in tensors)
        dense = tuple(
            (tensors[f"dense{i}.weight"], tensors[f"dense{i}.bias"]) for i in range(1, n_dense + 1)
        )
        return Network(convolutions, dense)
    except Exception as error:
        raise WeightsCorruptError(
            f"the converted network cannot be read ({error})",
            subject=str(path),
            next_step="Make it again with `utawaku models pull --force`",
        ) from error
