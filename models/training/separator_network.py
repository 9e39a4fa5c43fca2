"""The shipped separator's network: its numbers out of an ONNX file, in Keras, and back.

Log magnitude, five strided convolutions, five dilated ones over time on all of the spectrum at
once, and five sub-pixel convolutions back up beside the first five's outputs; 0.99 M numbers.
There is no batch normalisation: what an older file has is folded into its convolutions.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from utawaku.library.errors import WeightsCorruptError

Array = npt.NDArray[np.float32]
Weights = dict[str, Array]
"""By name: `input.gain`, `input.shift` (512, 1), and kernel and bias of each of `LAYERS`."""

N_BINS = 512
ENCODER = (8, 16, 32, 48, 64)
"""Channels out of each strided convolution."""
ENCODER_STRIDES = ((2, 1), (2, 2), (2, 1), (2, 2), (2, 1))
"""Over frequency and over time."""
DECODER = (48, 32, 16, 8, 8)
"""Channels after each sub-pixel convolution; they undo the strides from the last to the first."""
N_MIDDLE = 160
DILATIONS = (1, 2, 4, 8, 16)
FRAMES_MULTIPLE = 4
_COMPRESSION, _CENTRE, _SLOPE = 30.0, 0.8, 0.2
_N_FOLDED = N_BINS // 32 * ENCODER[-1]


def _shapes() -> dict[str, tuple[int, ...]]:
    """Kernel shape (n_out, n_in, ...) of each layer, in the order of the graph."""
    shapes: dict[str, tuple[int, ...]] = {}
    n_in = 1
    for number, n_out in enumerate(ENCODER):
        shapes[f"encoder{number}"] = (n_out, n_in, 5, 3)
        n_in = n_out
    shapes["narrow"] = (N_MIDDLE, _N_FOLDED, 1)
    for number in range(len(DILATIONS)):
        shapes[f"middle{number}"] = (N_MIDDLE, N_MIDDLE, 3)
    shapes["widen"] = (_N_FOLDED, N_MIDDLE, 1)
    beside = (*ENCODER[-2::-1], 1)
    for number, n_out in enumerate(DECODER):
        up = int(np.prod(ENCODER_STRIDES[-1 - number]))
        shapes[f"decoder{number}"] = (n_out * up, n_in, 3, 3)
        n_in = n_out + beside[number]
    shapes["last"] = (2, n_in, 3, 3)
    return shapes


LAYERS: Mapping[str, tuple[int, ...]] = _shapes()


@dataclass(frozen=True)
class _Node:
    kind: str
    inputs: list[str]


def read_weights(path: Path) -> Weights:
    """The numbers of a network file: the shipped one, or one that `build` made.

    Raises:
        WeightsCorruptError: not this network.
    """
    try:
        graph = onnx.load(path).graph
    except Exception as error:
        raise _not_it(path, f"cannot be read ({error})") from error
    stored = {one.name: numpy_helper.to_array(one) for one in graph.initializer}
    nodes = [_Node(node.op_type, list(node.input)) for node in graph.node]
    convolutions = [node for node in nodes if node.kind == "Conv"]
    if len(convolutions) != len(LAYERS):
        raise _not_it(path, f"has {len(convolutions)} convolutions, not {len(LAYERS)}")
    found: Weights = {}
    try:
        for (name, shape), node in zip(LAYERS.items(), convolutions, strict=True):
            kernel = stored[node.inputs[1]]
            bias = stored[node.inputs[2]] if len(node.inputs) > 2 else np.zeros(shape[0])
            if kernel.shape != shape or bias.shape != shape[:1]:
                raise _not_it(path, f"{name} has shape {kernel.shape}, not {shape}")
            found[f"{name}.kernel"] = kernel.astype(np.float32)
            found[f"{name}.bias"] = bias.astype(np.float32)
        normalised = [node for node in nodes if node.kind == "BatchNormalization"]
        for number, node in enumerate(normalised):
            gamma, beta, mean, variance = (stored[name] for name in node.inputs[1:5])
            # One normalised channel is as many channels of the convolution as it has sub-pixels.
            up = len(found[f"decoder{number}.bias"]) // len(gamma)
            factor = np.repeat(gamma / np.sqrt(variance + 1e-5), up)
            shift = np.repeat(beta - mean * gamma / np.sqrt(variance + 1e-5), up)
            found[f"decoder{number}.kernel"] *= factor[:, None, None, None].astype(np.float32)
            found[f"decoder{number}.bias"] = (
                found[f"decoder{number}.bias"] * factor + shift
            ).astype(np.float32)
        for kind, name in (("Mul", "input.gain"), ("Add", "input.shift")):
            column = next(
                stored[i]
                for node in nodes if node.kind == kind
                for i in node.inputs if i in stored and stored[i].shape == (N_BINS, 1)
            )  # fmt: skip
            found[name] = column.astype(np.float32)
    except (KeyError, ValueError, StopIteration) as error:
        raise _not_it(path, f"lacks a part ({error})") from error
    if not all(np.isfinite(values).all() for values in found.values()):
        raise _not_it(path, "holds numbers that are not finite")
    return found


def _not_it(path: Path, problem: str) -> WeightsCorruptError:
    return WeightsCorruptError(
        f"not the separator's network: it {problem}",
        subject=str(path),
        next_step="Give the shipped network, or one that `utawaku train separator` wrote",
    )


def build(weights: Mapping[str, Array]) -> onnx.ModelProto:
    """The graph: `mag` float32 (N, 512, T), T a multiple of 4, to `mask` of the same shape."""
    graph = _Graph()
    for name, values in weights.items():
        graph.constant(name, values)
    scaled = graph.add("Mul", "mag", graph.scalar("compression", _COMPRESSION))
    logged = graph.add("Log", graph.add("Add", scaled, graph.scalar("one", 1.0)))
    centred = graph.add("Sub", logged, graph.scalar("centre", _CENTRE))
    even = graph.add("Add", graph.add("Mul", centred, "input.gain"), "input.shift")
    image = graph.add("Unsqueeze", even, graph.whole("channel_axis", [1]))
    beside = [image]
    at = image
    for number, strides in enumerate(ENCODER_STRIDES):
        at = graph.conv(f"encoder{number}", at, pads=[2, 1, 2, 1], strides=list(strides))
        at = graph.add("LeakyRelu", at, alpha=_SLOPE)
        beside.append(at)
    height = N_BINS // 32
    folded = graph.add("Reshape", at, graph.whole("folded", [0, _N_FOLDED, -1]))
    line = graph.conv("narrow", folded)
    for number, dilation in enumerate(DILATIONS):
        step = graph.conv(f"middle{number}", line, pads=[dilation, dilation], dilations=[dilation])
        line = graph.add("Add", line, graph.add("Relu", step))
    unfolded = graph.whole("unfolded", [0, ENCODER[-1], height, -1])
    at = graph.add("Add", at, graph.add("Reshape", graph.conv("widen", line), unfolded))
    for number, n_out in enumerate(DECODER):
        high, wide = ENCODER_STRIDES[-1 - number]
        at = graph.conv(f"decoder{number}", at, pads=[1, 1, 1, 1])
        parts = graph.whole(f"parts{number}", [0, n_out, high, wide, height, -1])
        turned = graph.add("Transpose", graph.add("Reshape", at, parts), perm=[0, 1, 4, 2, 5, 3])
        height *= high
        joined = graph.whole(f"joined{number}", [0, n_out, height, -1])
        raised = graph.add("Relu", graph.add("Reshape", turned, joined))
        at = graph.add("Concat", raised, beside[-2 - number], axis=1)
    both = graph.add("Sigmoid", graph.conv("last", at, pads=[1, 1, 1, 1]))
    graph.add("Gather", both, graph.whole("vocals", 0), output="mask", axis=1)
    return graph.model()


class _Graph:
    """Nodes and constants as they are added."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []

    def constant(self, name: str, values: npt.NDArray[Any]) -> str:
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def scalar(self, name: str, value: float) -> str:
        return self.constant(name, np.array(value, np.float32).reshape(1))

    def whole(self, name: str, values: Sequence[int] | int) -> str:
        self._constants.append(numpy_helper.from_array(np.array(values, np.int64), name))
        return name

    def add(self, kind: str, *inputs: str, output: str = "", **attributes: Any) -> str:
        name = output or f"{kind.lower()}{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, list(inputs), [name], name=name, **attributes))
        return name

    def conv(self, layer: str, source: str, **attributes: Any) -> str:
        return self.add("Conv", source, f"{layer}.kernel", f"{layer}.bias", **attributes)

    def model(self) -> onnx.ModelProto:
        shape: list[str | int | None] = ["N", N_BINS, "T"]
        made = helper.make_model(
            helper.make_graph(
                self._nodes,
                "vocals",
                [helper.make_tensor_value_info("mag", TensorProto.FLOAT, shape)],
                [helper.make_tensor_value_info("mask", TensorProto.FLOAT, shape)],
                self._constants,
            ),
            opset_imports=[helper.make_opsetid("", 17)],
            producer_name="utawaku",
        )
        made.ir_version = 8
        onnx.checker.check_model(made)
        return made


def fresh_weights(seed: int) -> Weights:
    """He's initial values, for training from nothing."""
    rng = np.random.default_rng(seed)
    made: Weights = {
        "input.gain": np.ones((N_BINS, 1), np.float32),
        "input.shift": np.zeros((N_BINS, 1), np.float32),
    }
    for name, shape in LAYERS.items():
        spread = np.sqrt(2 / np.prod(shape[1:]))
        made[f"{name}.kernel"] = (spread * rng.standard_normal(shape)).astype(np.float32)
        made[f"{name}.bias"] = np.zeros(shape[0], np.float32)
    return made


def keras_network(keras: Any, n_frames: int, weights: Mapping[str, Array]) -> Any:
    """The same network in Keras: magnitudes (N, 512, n_frames) to masks of that shape."""
    layers, ops = keras.layers, keras.ops

    class Evened(layers.Layer):  # type: ignore[name-defined, misc]
        """Each bin's own gain and shift."""

        def build(self, _shape: Any) -> None:
            self.gain = self.add_weight(shape=(N_BINS, 1), initializer="ones", name="gain")
            self.shift = self.add_weight(shape=(N_BINS, 1), initializer="zeros", name="shift")

        def call(self, magnitude: Any) -> Any:
            logged = ops.log(magnitude * _COMPRESSION + 1.0) - _CENTRE
            return (logged * self.gain + self.shift)[..., None]

    source = keras.Input((N_BINS, n_frames))
    image = Evened(name="input")(source)
    beside = [image]
    at = image
    for number, (n_out, strides) in enumerate(zip(ENCODER, ENCODER_STRIDES, strict=True)):
        # Keras' own "same" pads unevenly where it strides.
        at = layers.ZeroPadding2D((2, 1))(at)
        at = layers.Conv2D(n_out, (5, 3), strides=strides, name=f"encoder{number}")(at)
        at = layers.LeakyReLU(negative_slope=_SLOPE)(at)
        beside.append(at)
    height, width = N_BINS // 32, n_frames // 4
    line = layers.Reshape((width, _N_FOLDED))(layers.Permute((2, 3, 1))(at))
    line = layers.Conv1D(N_MIDDLE, 1, name="narrow")(line)
    for number, dilation in enumerate(DILATIONS):
        step = layers.Conv1D(
            N_MIDDLE, 3, padding="same", dilation_rate=dilation, name=f"middle{number}"
        )(line)
        line = layers.Add()([line, layers.ReLU()(step)])
    line = layers.Conv1D(_N_FOLDED, 1, name="widen")(line)
    line = layers.Permute((3, 1, 2))(layers.Reshape((width, ENCODER[-1], height))(line))
    at = layers.Add()([at, line])
    for number, n_out in enumerate(DECODER):
        high, wide = ENCODER_STRIDES[-1 - number]
        at = layers.Conv2D(n_out * high * wide, 3, padding="same", name=f"decoder{number}")(at)
        at = layers.Reshape((height, width, n_out, high, wide))(at)
        height, width = height * high, width * wide
        at = layers.Reshape((height, width, n_out))(layers.Permute((1, 4, 2, 5, 3))(at))
        at = layers.Concatenate()([layers.ReLU()(at), beside[-2 - number]])
    both = layers.Conv2D(2, 3, padding="same", activation="sigmoid", name="last")(at)
    model = keras.Model(source, both[..., 0])
    model.get_layer("input").set_weights([weights["input.gain"], weights["input.shift"]])
    for name in LAYERS:
        kernel = weights[f"{name}.kernel"]
        # (n_out, n_in, ...) here, (..., n_in, n_out) there.
        turned = np.moveaxis(kernel, (0, 1), (-1, -2))
        model.get_layer(name).set_weights([turned, weights[f"{name}.bias"]])
    return model


def weights_of(model: Any) -> Weights:
    """The numbers of a network that `keras_network` made."""
    gain, shift = model.get_layer("input").get_weights()
    found: Weights = {"input.gain": gain, "input.shift": shift}
    for name in LAYERS:
        kernel, bias = model.get_layer(name).get_weights()
        found[f"{name}.kernel"] = np.ascontiguousarray(np.moveaxis(kernel, (-1, -2), (0, 1)))
        found[f"{name}.bias"] = bias
    return found
