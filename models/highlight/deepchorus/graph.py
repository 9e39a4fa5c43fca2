"""DeepChorus as one ONNX file for songs of any length, in memory that hardly grows with them.

Two things would take gigabytes for a song of ten minutes: the convolutions over the spectrogram
and the table of who attends to whom. Both are worked out a piece at a time by loops inside the
graph, with the same outcome. Time can also be averaged before attention (`pool`), as a network
trained with it expects: 81 times less work at 9.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from utawaku.models.highlight.deepchorus.architecture import (
    BN_EPSILON,
    FRONT,
    N_MELS,
    WIDTH,
    Activation,
    build,
)

Array = npt.NDArray[np.float32]
FRONT_FRAMES = 512
"""Frames of the spectrogram at a time."""
ATTEND_FRAMES = 256
"""Frames that attend to all others at a time."""
_OPSET = 17


def to_onnx(weights: Mapping[str, Array], *, pool: int = 1) -> onnx.ModelProto:
    """The network as ONNX: `mel` float32 (n_frames, 128) to `curve` (n_frames // 43,).

    `n_frames` is a multiple of 9. Weights are named and shaped as by `weight_shapes`; `pool`
    frames are averaged before attention, 1, 3 or 9.
    """
    graph = _Graph(weights, pool)
    x = build(graph, "mel")
    last = graph.add("Reshape", [x, graph.ints([-1])], "curve")
    nodes = [*graph.nodes]
    made = helper.make_model(
        helper.make_graph(
            nodes,
            "deepchorus",
            [helper.make_tensor_value_info("mel", TensorProto.FLOAT, ["n_frames", N_MELS])],
            [helper.make_tensor_value_info(last, TensorProto.FLOAT, ["n_values"])],
            graph.constants,
        ),
        opset_imports=[helper.make_opsetid("", _OPSET)],
        producer_name="utawaku",
    )
    made.ir_version = 8
    helper.set_model_props(made, {"network": "deepchorus", "pool": str(pool)})
    onnx.checker.check_model(made)
    return made


@dataclass
class _Graph:
    """Layers as nodes; between them flow names of tensors (1, n_channels, n_frames)."""

    weights: Mapping[str, Array]
    pool: int
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    constants: list[onnx.TensorProto] = field(default_factory=list)
    n_made: int = 0

    def front(self, x: str) -> str:
        n_around = len(FRONT)
        rows = self.add("Transpose", [x], perm=[1, 0])
        n_frames = self.frames_of(x)
        n_chunks, rest = self._chunks(n_frames, FRONT_FRAMES)
        zero, around = self.ints([0]), self.ints([n_around])
        behind = self.add("Add", [rest, around])
        pads = self.add("Concat", [zero, around, zero, behind], axis=0)
        padded = self.add("Pad", [rows, pads, self.number(0.0)])
        width = self.add("Concat", [self.ints([1]), n_frames], axis=0)
        inside = self.add("Expand", [self.floats([[1.0]]), width])
        inside = self.add("Pad", [inside, pads, self.number(0.0)])

        body = _Graph(self.weights, self.pool, n_made=10_000)
        start = body.add("Mul", ["chunk", body.ints([FRONT_FRAMES])])
        size = FRONT_FRAMES + 2 * n_around
        y = body.slice(padded, start, size, axis=1)
        y = body.add("Unsqueeze", [y, body.ints([0, 1])])
        for place, (_, n_bands) in enumerate(FRONT):
            names = [y, *body.of(f"front{place}", transposed=(3, 2, 0, 1))]
            # Frames beyond the song are silence to every layer, not only to the first.
            y = body.add("Elu", [body.add("Conv", names, pads=[1, 0, 1, 0])])
            y = body.norm(y, f"front{place}.norm", 0)
            y = body.add("AveragePool", [y], kernel_shape=[n_bands, 1], strides=[n_bands, 1])
            if place < len(FRONT) - 1:
                size_now = size - 2 * (place + 1)
                at = body.add("Add", [start, body.ints([place + 1])])
                y = body.add("Mul", [y, body.slice(inside, at, size_now, axis=1)])
        y = body.add("Reshape", [y, body.ints([FRONT[-1][0], FRONT_FRAMES])])
        stacked = self._loop(n_chunks, body, y, "chunk")
        joined = self.add("Reshape", [self.add("Transpose", [stacked], perm=[1, 0, 2]),
                                      self.ints([1, FRONT[-1][0], -1])])  # fmt: skip
        return self.slice_to(joined, n_frames, axis=2)

    def conv(
        self, x: str, name: str, n_in: int, n_out: int, *, kernel: int = 3, stride: int = 1,
        activation: Activation = "",
    ) -> str:  # fmt: skip
        inputs = [x, *self.of(name, transposed=(2, 1, 0))]
        pads = [kernel // 2, kernel // 2] if stride == 1 else [0, 0]
        y = self.add("Conv", inputs, strides=[stride], pads=pads)
        return self.add({"elu": "Elu", "sigmoid": "Sigmoid"}[activation], [y]) if activation else y

    def up(self, x: str, name: str, n_in: int, n_out: int) -> str:
        inputs = [x, *self.of(name, transposed=(2, 1, 0))]
        return self.add("ConvTranspose", inputs, strides=[3])

    def norm(self, x: str, name: str, n: int) -> str:
        inputs = [x, *(self.keep(f"{name}/{one}") for one in ("gamma", "beta", "mean", "variance"))]
        return self.add("BatchNormalization", inputs, epsilon=BN_EPSILON)

    def join(self, xs: Sequence[str]) -> str:
        return self.add("Concat", list(xs), axis=1) if len(xs) > 1 else xs[0]

    def attend(self, x: str, name: str) -> str:
        short = x
        if self.pool > 1:
            short = self.add("AveragePool", [x], kernel_shape=[self.pool], strides=[self.pool])
        rows = self.add("Reshape", [self.add("Transpose", [short], perm=[0, 2, 1]),
                                    self.ints([-1, WIDTH])])  # fmt: skip
        query, key, value = (self._project(rows, name, one) for one in "qkv")
        scale = self.number(1 / np.sqrt(WIDTH))
        key = self.add("Mul", [self.add("Transpose", [key], perm=[1, 0]), scale])
        n_rows = self.add("Shape", [rows], start=0, end=1)
        n_blocks, rest = self._chunks(n_rows, ATTEND_FRAMES)
        pads = self.add("Concat", [self.ints([0, 0]), rest, self.ints([0])], axis=0)
        query = self.add("Pad", [query, pads, self.number(0.0)])

        body = _Graph(self.weights, self.pool, n_made=20_000 + self.n_made * 10)
        block = f"{name}.block"
        start = body.add("Mul", [block, body.ints([ATTEND_FRAMES])])
        some = body.slice(query, start, ATTEND_FRAMES, axis=0)
        share = body.add("Softmax", [body.add("MatMul", [some, key])], axis=1)
        stacked = self._loop(n_blocks, body, body.add("MatMul", [share, value]), block)
        heard = self.slice_to(
            self.add("Reshape", [stacked, self.ints([-1, WIDTH])]), n_rows, axis=0
        )
        heard = self._project(heard, name, "o")
        columns = self.add("Unsqueeze", [self.add("Transpose", [heard], perm=[1, 0]),
                                         self.ints([0])])  # fmt: skip
        if self.pool > 1:
            wide = self.add("Expand", [self.add("Unsqueeze", [columns, self.ints([3])]),
                                       self.ints([1, WIDTH, 1, self.pool])])  # fmt: skip
            columns = self.add("Reshape", [wide, self.ints([1, WIDTH, -1])])
        return self.add("Add", [columns, x])

    def _project(self, rows: str, name: str, which: str) -> str:
        product = self.add("MatMul", [rows, self.keep(f"{name}/W{which}")])
        return self.add("Elu", [self.add("Add", [product, self.keep(f"{name}/b{which}")])])

    def _chunks(self, n: str, size: int) -> tuple[str, str]:
        """Return how many pieces of `size` hold n, and what is missing in the last."""
        full = self.ints([size])
        grown = self.add("Add", [n, self.ints([size - 1])])
        count = self.add("Div", [grown, full])
        return count, self.add("Sub", [self.add("Mul", [count, full]), n])

    def _loop(self, count: str, body: "_Graph", result: str, counter: str) -> str:
        """Results of the body for 0, 1, ... below `count`, stacked along a new first axis."""
        go_on = f"{counter}.again"
        body.nodes.append(helper.make_node("Identity", [f"{counter}.go"], [go_on]))
        graph = helper.make_graph(
            body.nodes,
            f"{counter}.body",
            [
                helper.make_tensor_value_info(counter, TensorProto.INT64, []),
                helper.make_tensor_value_info(f"{counter}.go", TensorProto.BOOL, []),
            ],
            [
                helper.make_tensor_value_info(go_on, TensorProto.BOOL, []),
                helper.make_tensor_value_info(result, TensorProto.FLOAT, None),
            ],
            body.constants,
        )
        return self.add("Loop", [count, ""], body=graph)

    def frames_of(self, x: str) -> str:
        return self.add("Shape", [x], start=0, end=1)

    def slice(self, x: str, start: str, size: int, axis: int) -> str:
        stop = self.add("Add", [start, self.ints([size])])
        return self.add("Slice", [x, start, stop, self.ints([axis])])

    def slice_to(self, x: str, stop: str, axis: int) -> str:
        return self.add("Slice", [x, self.ints([0]), stop, self.ints([axis])])

    def of(self, name: str, *, transposed: tuple[int, ...]) -> tuple[str, str]:
        """Kernel, its axes put as ONNX has them, and bias."""
        return self.keep(f"{name}/kernel", transposed), self.keep(f"{name}/bias")

    def keep(self, name: str, axes: tuple[int, ...] | None = None) -> str:
        value = self.weights[name]
        value = value.transpose(axes) if axes else value
        self.constants.append(
            numpy_helper.from_array(np.ascontiguousarray(value, np.float32), name)
        )
        return name

    def ints(self, values: Sequence[int]) -> str:
        return self._constant(np.array(values, np.int64))

    def floats(self, values: Any) -> str:
        return self._constant(np.array(values, np.float32))

    def number(self, value: float) -> str:
        return self._constant(np.array(value, np.float32))

    def _constant(self, value: npt.NDArray[Any]) -> str:
        self.n_made += 1
        name = f"c{self.n_made}"
        self.constants.append(numpy_helper.from_array(value, name))
        return name

    def add(self, kind: str, inputs: Sequence[str], name: str = "", **attributes: Any) -> str:
        self.n_made += 1
        name = name or f"{kind}{self.n_made}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], name=name, **attributes))
        return name
