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

from utawaku.library.errors import WeightsCorruptError
from utawaku.models.tagger import blocks
from utawaku.models.tagger.features import N_FRAMES, N_MELS

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
        tensors: variables by name, as `utawaku.models.registry.tf_checkpoint` reads them.

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
    normal = graph.normalised(_image(graph, "patches"), 0, "input")
    families = [*_timbre(graph, normal), *_tempo(graph, normal)]
    return graph.add("Concat", families, "front", axis=1)


def _image(graph: _Graph, source: str) -> str:
    return graph.add("Unsqueeze", [source, graph.constant("one_channel", _axis(1))], "image")


def _timbre(graph: _Graph, image: str) -> list[str]:
    """Two families of tall filters, seven frames wide; see `utawaku.models.tagger.blocks`."""
    families = [_Family(graph, 0, "timbre_38"), _Family(graph, 1, "timbre_67")]
    n_taps = families[0].kernels.shape[2]
    n_blocks = N_FRAMES // blocks.N_OUTPUTS
    edge = graph.constant("timbre.edge", np.array([0, 0, n_taps // 2, 0] * 2, np.int64))
    padded = graph.add("Pad", [image, edge], "timbre.padded")
    starts = blocks.N_OUTPUTS * np.arange(n_blocks, dtype=np.int64)[:, None]
    places = graph.constant("timbre.frames", starts + np.arange(blocks.n_inputs(n_taps)))
    tiles = graph.add("Gather", [padded, places], "timbre.tiles", axis=2)
    one_after_another = graph.constant(
        "timbre.row_shape", np.array([-1, blocks.n_inputs(n_taps), N_MELS], np.int64)
    )
    rows = graph.add("Reshape", [tiles, one_after_another], "timbre.rows")
    body = blocks.block_graph([family.kernels[:, 0] for family in families], N_MELS)
    scanned = graph.add("Scan", [rows], "timbre.scanned", body=body, num_scan_inputs=1)
    n_all = sum(len(family.kernels) for family in families)
    together = graph.constant("timbre.shape", np.array([-1, N_FRAMES, n_all], np.int64))
    joined = graph.add("Reshape", [scanned, together], "timbre.joined")
    over_time = graph.add("Transpose", [joined], "timbre.over_time", perm=[0, 2, 1])
    sizes = graph.constant("timbre.sizes", np.array([len(f.kernels) for f in families], np.int64))
    names = [f"{family.name}.extreme" for family in families]
    graph.nodes.append(
        helper.make_node("Split", [over_time, sizes], names, name="timbre.split", axis=1)
    )
    return [
        family.finished(graph.add("Add", [name, family.bias_column()], f"{family.name}.sum"))
        for family, name in zip(families, names, strict=True)
    ]


def _tempo(graph: _Graph, image: str) -> list[str]:
    """Three families of filters along time, one band high."""
    made = []
    for number, name in enumerate(("tempo_128", "tempo_64", "tempo_32"), 2):
        family = _Family(graph, number, name)
        missing = family.kernels.shape[2] - 1
        # TensorFlow puts the odd row of an even kernel's padding at the end.
        pads = [missing // 2, 0, missing - missing // 2, 0]
        signed = graph.convolved(image, name, family.kernels, family.bias, pads)
        made.append(
            family.finished(
                graph.add("ReduceMax", [signed], f"{name}.extreme", axes=[3], keepdims=0)
            )
        )
    return made


class _Family:
    """Filters of the front end that share a shape.

    Upstream: convolution, ReLU, normalisation, maximum over frequency. All three after the
    convolution are monotonous, so the maximum may come first and the rest works on one value
    instead of dozens; where the normalisation's factor is negative it is a minimum, hence the sign.
    """

    def __init__(self, graph: _Graph, number: int, name: str) -> None:
        self.name = name
        self._graph = graph
        self._number = number
        factor = graph.tensors[f"batch_normalization{_suffix(number + 1)}/gamma"]
        self._sign = np.where(factor < 0, -1, 1).astype(np.float32)
        kernels = graph.tensors[f"conv2d{_suffix(number)}/kernel"].transpose(3, 2, 0, 1)
        self.kernels = kernels * self._sign[:, None, None, None]
        """float32 (n_filters, 1, n_frames, n_bands), with the sign, as is the bias."""
        self.bias = graph.tensors[f"conv2d{_suffix(number)}/bias"] * self._sign

    def bias_column(self) -> str:
        return self._graph.constant(f"{self.name}.bias_column", self.bias[:, None])

    def finished(self, extreme: str) -> str:
        """From the signed convolution's maximum over frequency to the layer's output."""
        sign = self._graph.constant(f"{self.name}.sign", self._sign[:, None])
        unsigned = self._graph.add("Mul", [extreme, sign], f"{self.name}.unsigned")
        active = self._graph.add("Relu", [unsigned], self.name)
        return self._graph.normalised(active, self._number + 1, f"{self.name}.normal")


def _axis(number: int) -> np.ndarray:
    return np.array([number], np.int64)


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
