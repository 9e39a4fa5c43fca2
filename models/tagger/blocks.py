"""Tall convolutions over a spectrogram, block by block through a short Fourier transform.

The two timbre layers are four fifths of the network's work. Their kernels reach over seven frames,
so 17 frames of output need 23 of input; after a transform of 23 frames a convolution in time is a
product for each frequency of the transform: 34 real multiplications instead of 17 x 7 = 119. A
block at a time the intermediate values stay in the processor's cache, which is half of the gain.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

N_OUTPUTS = 17
"""Frames that a block yields: a patch of 187 is eleven blocks."""


def n_inputs(n_taps: int) -> int:
    """Frames that a block takes; odd for an odd number of taps."""
    return N_OUTPUTS + n_taps - 1


def transform(n_taps: int) -> np.ndarray:
    """Block to its products' first factors: float64 (n_products, n_inputs).

    A complex product takes three real ones (Gauss): of the real part a and the imaginary part b of
    each frequency stand here a + b, a, b; of frequency 0, which is real, a alone.
    """
    real, imaginary = _waves(n_inputs(n_taps))
    rows = [real[0]]
    for a, b in zip(real[1:], imaginary[1:], strict=True):
        rows += [a + b, a, b]
    return np.array(rows)


def transformed_kernels(kernels: np.ndarray) -> np.ndarray:
    """Second factors, for correlation, of kernels (n_filters, n_taps, width).

    Returns:
        float64 (n_products, n_filters, width).
    """
    n_filters, n_taps, width = kernels.shape
    real, imaginary = _waves(n_inputs(n_taps))
    taps = kernels.astype(np.float64).transpose(1, 0, 2).reshape(n_taps, -1)
    c, d = real[:, :n_taps] @ taps, -(imaginary[:, :n_taps] @ taps)
    rows = [c[0]]
    for c_k, d_k in zip(c[1:], d[1:], strict=True):
        rows += [c_k, d_k - c_k, c_k + d_k]
    return np.array(rows).reshape(-1, n_filters, width)


def inverse(n_taps: int) -> np.ndarray:
    """Products to output frames: float64 (17, n_products)."""
    n = n_inputs(n_taps)
    real, imaginary = _waves(n)
    columns = [real[0] / n]
    for cosine, minus_sine in zip(real[1:], imaginary[1:], strict=True):
        columns += [2 / n * (cosine + minus_sine), 2 / n * minus_sine, -2 / n * cosine]
    return np.array(columns)[:, :N_OUTPUTS].T


def _waves(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Real and imaginary rows of the Fourier transform of odd length n, up to the middle."""
    angles = 2 * np.pi * np.outer(np.arange(n // 2 + 1), np.arange(n)) / n
    return np.cos(angles), -np.sin(angles)


def block_graph(families: Sequence[np.ndarray], n_bands: int) -> onnx.GraphProto:
    """One block as a graph: `block` (n_inputs, n_bands) to `highest` (17, n_filters of all).

    All numbers are float32.

    For each filter and frame the maximum over the bands at which the filter fits.

    Args:
        families: kernels (n_filters, n_taps, width), all of the same odd n_taps.
    """
    n_taps = families[0].shape[1]
    nodes: list[onnx.NodeProto] = []
    weights: list[onnx.TensorProto] = []

    def constant(name: str, value: np.ndarray) -> str:
        weights.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def add(kind: str, inputs: list[str], name: str, **attributes: Any) -> str:
        nodes.append(helper.make_node(kind, inputs, [name], name=name, **attributes))
        return name

    first = transform(n_taps).astype(np.float32)
    n_products = len(first)
    factors = add("MatMul", [constant("transform", first), "block"], "factors")
    shape = constant("factors.shape", np.array([1, n_products, 1, n_bands], np.int64))
    image = add("Reshape", [factors, shape], "factors.image")
    back = constant("inverse", inverse(n_taps).astype(np.float32))
    highest = []
    for number, kernels in enumerate(families):
        n_filters, _, width = kernels.shape
        name, n_places = f"family_{number}", n_bands - width + 1
        second = transformed_kernels(kernels).reshape(-1, 1, 1, width).astype(np.float32)
        inputs = [image, constant(f"{name}.kernels", second)]
        products = add("Conv", inputs, f"{name}.products", group=n_products)
        flat = constant(f"{name}.flat", np.array([n_products, n_filters * n_places], np.int64))
        rows = add("Reshape", [products, flat], f"{name}.rows")
        frames = add("MatMul", [back, rows], f"{name}.frames")
        split = constant(f"{name}.split", np.array([N_OUTPUTS, n_filters, n_places], np.int64))
        places = add("Reshape", [frames, split], f"{name}.places")
        highest.append(add("ReduceMax", [places], f"{name}.highest", axes=[2], keepdims=0))
    add("Concat", highest, "highest", axis=1)
    n_all = sum(len(kernels) for kernels in families)
    return helper.make_graph(
        nodes,
        "block",
        [helper.make_tensor_value_info("block", TensorProto.FLOAT, [n_inputs(n_taps), n_bands])],
        [helper.make_tensor_value_info("highest", TensorProto.FLOAT, [N_OUTPUTS, n_all])],
        weights,
    )
