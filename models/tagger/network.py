"""musicnn as an ONNX graph, rebuilt from the tensors of its TensorFlow checkpoint.

J. Pons and X. Serra, "musicnn: pre-trained convolutional neural networks for music audio tagging",
ISMIR 2019 (late-breaking demo). A front end of five convolutions, tall ones for timbre and long
ones for rhythm, each maximised over frequency; three convolutions over time with residual
connections; maximum and mean over time; a dense layer of 200, whose output is the embedding; 50
tags.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from library.errors import WeightsCorruptError
from models.tagger.features import N_FRAMES, N_MELS

N_UNITS = 200
N_TAGS = 50
_EPSILON = 1e-3
"""Of TensorFlow's batch normalisation."""
_OPSET = 17
_IR_VERSION = 8

Tensors = Mapping[str, np.ndarray]


class _Graph:
    """Nodes and weights as they are added."""

    def __init__(self, tensors: Tensors) -> None:
        self.tensors = tensors
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []

    def add(self, kind: str, inputs: list[str], name: str, **attributes: Any) -> str:
        self.nodes.append(helper.make_node(kind, inputs, [name], name=name, **attributes))
        return name

    def constant(self, name: str, value: np.ndarray) -> str:
        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def normalised(self, source: str, number: int, name: str) -> str:
        """Batch normalisation over axis 1."""
        parts = []
        for part in ("gamma", "beta", "moving_mean", "moving_variance"):
            tensor = self.tensors[f"batch_normalization{_suffix(number)}/{part}"]
            parts.append(self.constant(f"{name}.{part}", tensor))
        return self.add("BatchNormalization", [source, *parts], name, epsilon=_EPSILON)

    def convolved(
        self, source: str, name: str, weight: np.ndarray, bias: np.ndarray, pads: list[int]
    ) -> str:
        inputs = [source, *(self.constant(f"{name}.{n}", v) for n, v in
                            (("weight", weight), ("bias", bias)))]  # fmt: skip
        return self.add("Conv", inputs, f"{name}.conv", pads=pads)


def _suffix(number: int) -> str:
    return f"_{number}" if number else ""


def tagger_model(tensors: Tensors) -> onnx.ModelProto:
    """Input `patches` (n, 187, 96); outputs `embedding` (n, 200) and `tags` (n, 50) in [0, 1].

    Args:
        tensors: variables by name, as `models.registry.tf_checkpoint` reads them.

    Raises:
        WeightsCorruptError: they are not those of musicnn.
    """
    try:
        graph = _Graph(tensors)
        front = _front_end(graph)
        middle = _middle(graph, front)
        _back_end(graph, middle)
    except KeyError as error:
        raise WeightsCorruptError(f"not musicnn's checkpoint ({error} is missing)") from error
    shape: list[str | int | None] = ["n", N_FRAMES, N_MELS]
    made = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "musicnn",
            [helper.make_tensor_value_info("patches", TensorProto.FLOAT, shape)],
            [
                helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["n", N_UNITS]),
                helper.make_tensor_value_info("tags", TensorProto.FLOAT, ["n", N_TAGS]),
            ],
            graph.weights,
        ),
        opset_imports=[helper.make_opsetid("", _OPSET)],
        producer_name="utawaku",
    )
    made.ir_version = _IR_VERSION
    try:
        onnx.checker.check_model(made, full_check=True)
    except Exception as error:
        raise WeightsCorruptError(f"not musicnn's checkpoint ({error})") from error
    return made


def _front_end(graph: _Graph) -> str:
    """(n, 561, 187): five families of features over time."""
    axis = graph.constant("channel_axis", np.array([1], np.int64))
    image = graph.normalised(graph.add("Unsqueeze", ["patches", axis], "image"), 0, "input")
    families = []
    for number, name in enumerate(("timbre_38", "timbre_67", "tempo_128", "tempo_64", "tempo_32")):
        kernel = graph.tensors[f"conv2d{_suffix(number)}/kernel"].transpose(3, 2, 0, 1)
        missing = kernel.shape[2] - 1
        # TensorFlow puts the odd row of an even kernel's padding at the end.
        pads = [missing // 2, 0, missing - missing // 2, 0]
        bias = graph.tensors[f"conv2d{_suffix(number)}/bias"]
        # Upstream: convolution, ReLU, normalisation, maximum over frequency. All three after the
        # convolution are monotonous, so the maximum may come first and the rest works on one value
        # instead of dozens; where the normalisation's factor is negative it is a minimum, hence
        # the sign.
        factor = graph.tensors[f"batch_normalization{_suffix(number + 1)}/gamma"]
        sign = np.where(factor < 0, -1, 1).astype(np.float32)
        signed = graph.convolved(image, name, kernel * sign[:, None, None, None], bias * sign, pads)
        extreme = graph.add("ReduceMax", [signed], f"{name}.extreme", axes=[3], keepdims=0)
        unsigned = graph.add(
            "Mul", [extreme, graph.constant(f"{name}.sign", sign[:, None])], f"{name}.unsigned"
        )
        active = graph.add("Relu", [unsigned], name)
        families.append(graph.normalised(active, number + 1, f"{name}.normal"))
    return graph.add("Concat", families, "front", axis=1)


def _middle(graph: _Graph, front: str) -> str:
    """(n, 753, 187): the front end and three layers over time, each kept."""
    layers = [front]
    for number in (5, 6, 7):
        kernel = graph.tensors[f"conv2d{_suffix(number)}/kernel"][:, :, 0, :].transpose(2, 1, 0)
        name = f"time_{number - 4}"
        bias = graph.tensors[f"conv2d{_suffix(number)}/bias"]
        active = graph.add("Relu", [graph.convolved(layers[-1], name, kernel, bias, [3, 3])], name)
        layer = graph.normalised(active, number + 1, f"{name}.normal")
        if len(layers) > 1:
            layer = graph.add("Add", [layer, layers[-1]], f"{name}.sum")
        layers.append(layer)
    return graph.add("Concat", layers, "middle", axis=1)


def _back_end(graph: _Graph, middle: str) -> None:
    highest = graph.add("ReduceMax", [middle], "highest", axes=[2], keepdims=1)
    mean = graph.add("ReduceMean", [middle], "mean", axes=[2], keepdims=1)
    # Side by side on the last axis, so that flattening interleaves them as TensorFlow does.
    pooled = graph.add("Concat", [highest, mean], "pooled", axis=2)
    flat = graph.normalised(graph.add("Flatten", [pooled], "flat"), 9, "flat.normal")
    dense = graph.add("Relu", [_dense(graph, flat, "dense")], "dense.active")
    embedding = graph.normalised(dense, 10, "embedding")
    logits = _dense(graph, embedding, "dense_1")
    # ONNX Runtime's own Sigmoid is 0 below -16; this one is exact to the last place.
    one = graph.constant("one", np.ones(1, np.float32))
    power = graph.add("Exp", [graph.add("Neg", [logits], "logits.negative")], "logits.power")
    graph.add("Div", [one, graph.add("Add", [one, power], "tags.inverse")], "tags")


def _dense(graph: _Graph, source: str, name: str) -> str:
    weight = graph.constant(f"{name}.weight", graph.tensors[f"{name}/kernel"])
    bias = graph.constant(f"{name}.bias", graph.tensors[f"{name}/bias"])
    return graph.add("Gemm", [source, weight, bias], f"{name}.sum")
