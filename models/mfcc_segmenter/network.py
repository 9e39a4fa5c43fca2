"""The network: 40 MFCC, three sigmoid layers of 30, 20 and 10, softmax over speech and other."""

import itertools
from collections.abc import Mapping, Sequence

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from utawaku.library.errors import WeightsCorruptError

SIZES = (40, 30, 20, 10, 2)

Layers = Sequence[tuple[np.ndarray, np.ndarray]]
"""Kernel (n_in, n_out) and bias (n_out,) of each layer."""


def layers_of(tensors: Mapping[str, np.ndarray]) -> Layers:
    """The layers, float32 kernels (n_in, n_out), in the variables of a published SavedModel.

    Raises:
        WeightsCorruptError: a variable is missing or of another shape.
    """
    layers = []
    for number, shape in enumerate(itertools.pairwise(SIZES)):
        names = [f"layer-{number}/{part}/.ATTRIBUTES/VARIABLE_VALUE" for part in ("kernel", "bias")]
        kernel, bias = (tensors.get(name) for name in names)
        if kernel is None or bias is None or kernel.shape != shape or bias.shape != shape[1:]:
            raise WeightsCorruptError(
                f"layer {number} is missing or not of shape {shape}",
                subject="the acoustic segmenter's network",
                next_step="Fetch it again with `utawaku models pull bacs`",
            )
        layers.append((kernel, bias))
    return layers


def build(layers: Layers) -> onnx.ModelProto:
    """The graph: `mfcc` float32 (n_frames, 40) to `probability` (n_frames, 2)."""
    nodes, constants = [], []
    at = "mfcc"
    for number, (kernel, bias) in enumerate(layers):
        constants += [
            numpy_helper.from_array(np.ascontiguousarray(kernel, np.float32), f"kernel{number}"),
            numpy_helper.from_array(np.ascontiguousarray(bias, np.float32), f"bias{number}"),
        ]
        nodes.append(
            helper.make_node("Gemm", [at, f"kernel{number}", f"bias{number}"], [f"sum{number}"])
        )
        last = number == len(layers) - 1
        at = "probability" if last else f"out{number}"
        nodes.append(helper.make_node("Softmax" if last else "Sigmoid", [f"sum{number}"], [at]))
    shapes: dict[str, list[str | int | None]] = {
        name: ["n_frames", n] for name, n in (("mfcc", SIZES[0]), ("probability", SIZES[-1]))
    }
    values = {
        name: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
        for name, shape in shapes.items()
    }
    model = helper.make_model(
        helper.make_graph(nodes, "bacs", [values["mfcc"]], [values["probability"]], constants),
        opset_imports=[helper.make_opsetid("", 17)],
        producer_name="utawaku",
    )
    model.ir_version = 8
    onnx.checker.check_model(model)
    return model
