"""The network as a convolution over a strip of sound, in 8-bit integers.

Neighbouring patches share 66 of 68 frames, so under one normalisation nearly all their work is the
same. All layers compute in integers (activations unsigned, weights signed), which
processors do two to four times as fast as floats; the graph is written in ONNX's
quantise/dequantise form, which ONNX Runtime turns into integer kernels.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from utawaku.models.onnx_session import make_session
from utawaku.models.segmenter.network import (
    N_INPUT_BANDS,
    PATCH_FRAMES,
    Convolution,
    Network,
    as_model,
    pool_geometry,
)

STEP_SLOTS = 2
"""Slots between two outputs of a strip."""

CEILINGS = {
    "sm": (11.0, 6.0, 7.0, 5.8, 4.7, 5.6, 5.0, 3.1),
    "smn": (10.0, 6.6, 6.4, 6.2, 4.2, 3.5, 3.1, 2.8),
}
"""Largest activation after each layer but the last, measured on speech, song and music (99.99%)."""

_INPUT_STEPS, _INPUT_STEP = 128, 1 / 28
"""Normalised frames are rounded to this step, and cut off 128 steps below and 127 above 0."""

# Seven bits of weight: with eight, processors without VNNI overflow their 16-bit sums.
_WEIGHT_STEPS = 63


def make_strip_session(network: Network, ceilings: Sequence[float]) -> onnxruntime.InferenceSession:
    """A session over `strip_model`; safe to share between threads."""
    return make_session(strip_model(network, ceilings).SerializeToString(), accelerated=True)


def strip_model(network: Network, ceilings: Sequence[float]) -> onnx.ModelProto:
    """ONNX graph of the network over a strip.

    Input ``strip`` float32 (1, 1, 68 + 4 (k - 1), 21), normalised; output ``logits`` (k, n_labels),
    one row every `STEP_SLOTS` patches.
    """
    graph = _Builder()
    value = _add_convolutions(graph, network.convolutions, ceilings)
    value = graph.add("Squeeze", [value, graph.constant(np.array([3]), "frequency")], "squeezed")
    value = graph.add("Transpose", [value], "rows", perm=[0, 2, 1])
    n_features = network.dense[0][0].shape[1]
    shape = graph.constant(np.array([-1, n_features]), "shape")
    value = graph.add("Reshape", [value, shape], "features")
    value = graph.rounded(value, "features", ceilings[len(network.convolutions) - 1])
    for i, (weight, bias) in enumerate(network.dense, 1):
        before = len(network.convolutions) + i - 2
        inputs = [value, *graph.integers(weight, bias, f"dense{i}", ceilings[before])]
        last = i == len(network.dense)
        value = graph.add("Gemm", inputs, "logits" if last else f"dense{i}", transB=1)
        if not last:
            value = graph.rounded(value, f"dense{i}", ceilings[before + 1])
    return as_model(
        helper.make_graph(
            graph.nodes,
            "speech_music_strip",
            [helper.make_tensor_value_info("strip", TensorProto.FLOAT, [1, 1, "t", N_INPUT_BANDS])],
            [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["k", network.n_labels])],
            graph.tensors,
        )
    )


def _add_convolutions(
    graph: "_Builder", layers: Sequence[Convolution], ceilings: Sequence[float]
) -> str:
    value = graph.rounded("strip", "strip", 255 * _INPUT_STEP, zero=_INPUT_STEPS)
    spacing = 2 * STEP_SLOTS  # frames between outputs, in rows of the layer at hand
    dilation = 1  # rows between neighbours as the trained network knows them
    patch_rows, patch_columns = PATCH_FRAMES, N_INPUT_BANDS
    for i, layer in enumerate(layers, 1):
        before = ceilings[i - 2] if i > 1 else 255 * _INPUT_STEP
        weights = graph.integers(layer.weight, layer.bias, f"conv{i}", before)
        value = graph.add("Conv", [value, *weights], f"conv{i}", dilations=[dilation, 1])
        # Rounding to unsigned integers cuts off what is negative: it is the ReLU too.
        value = graph.rounded(value, f"conv{i}", ceilings[i - 1])
        patch_rows -= layer.weight.shape[2] - 1
        patch_columns -= layer.weight.shape[3] - 1
        if not layer.pool:
            continue
        rows, columns = layer.pool
        last = i == len(layers)
        # A pool may stride over rows as far as outputs are apart; what it may not stride over
        # stays as dilation of all that follows.
        stride = spacing if last else min(rows, spacing)
        # The pads of a patch: inside a strip its first and last row may see one real row more.
        pads, patch_rows, patch_columns = pool_geometry(layer, patch_rows, patch_columns)
        value = graph.add(
            "MaxPool",
            [value],
            f"pool{i}",
            kernel_shape=[rows, columns],
            strides=[stride, columns],
            dilations=[dilation, 1],
            pads=pads,
        )
        if not last:
            value = graph.rounded(value, f"pool{i}", ceilings[i - 1])
            spacing //= stride
            dilation *= rows // stride
    return value


class _Builder:
    """Collects nodes and constants of a graph."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.tensors: list[onnx.TensorProto] = []

    def add(self, kind: str, inputs: list[str], output: str, **options: Any) -> str:
        """Append a node; its output's name comes back."""
        self.nodes.append(helper.make_node(kind, inputs, [output], name=output, **options))
        return output

    def constant(self, array: np.ndarray | np.generic, name: str) -> str:
        """Append a constant."""
        self.tensors.append(numpy_helper.from_array(np.asarray(array), name))
        return name

    def rounded(self, value: str, name: str, width: float, zero: int = 0) -> str:
        """Round `value` to 255 steps over `width`, of which `zero` lie below 0."""
        scale = self.constant(np.float32(width / 255), f"{name}.scale")
        offset = self.constant(np.uint8(zero), f"{name}.zero")
        small = self.add("QuantizeLinear", [value, scale, offset], f"{name}.u8")
        return self.add("DequantizeLinear", [small, scale, offset], f"{name}.rounded")

    def integers(
        self, weight: np.ndarray, bias: np.ndarray, name: str, input_ceiling: float
    ) -> list[str]:
        """Weight and bias as integers, with a scale for each output channel."""
        scale = np.abs(weight.reshape(len(weight), -1)).max(axis=1) / _WEIGHT_STEPS
        scale = np.maximum(scale, 1e-12).astype(np.float32)
        wide = scale.reshape(-1, *[1] * (weight.ndim - 1))
        steps = np.round(weight / wide).astype(np.int8)
        bias_scale = scale * np.float32(input_ceiling / 255)
        names = []
        for part, values, scales in (
            ("w", steps, scale),
            ("b", np.round(bias / bias_scale).astype(np.int32), bias_scale),
        ):
            inputs = [
                self.constant(values, f"{name}.{part}"),
                self.constant(scales, f"{name}.{part}.scale"),
                self.constant(np.zeros(len(scales), values.dtype), f"{name}.{part}.zero"),
            ]
            names.append(self.add("DequantizeLinear", inputs, f"{name}.{part}.real", axis=0))
        return names
