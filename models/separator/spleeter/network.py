"""Spleeter's pair of U-Nets as one ONNX graph that gives the vocals' mask.

Hennequin, Khlif, Voituret, Moussallam, "Spleeter: a fast and efficient music source separation tool
with pre-trained models", JOSS 2020; the network after Jansson et al., ISMIR 2017.

Two things differ from a literal translation, none of them in the result: transposed convolutions
are 3 x 3 convolutions followed by DepthToSpace (cheaper), and the sigmoid is written out, because
ONNX Runtime's own is 0 below -16, which ruins ratios of two small outputs.
"""

import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from utawaku.library.errors import WeightsCorruptError
from utawaku.models.registry.tf_checkpoint import read_checkpoint

N_FRAMES = 512
N_BINS = 1024
N_CHANNELS = 2
FILTERS = (16, 32, 64, 128, 256, 512)
BATCH_NORM_EPSILON = 1e-3
MASK_EPSILON = 1e-10
_OPSET = 17
_NEXT_STEP = "Fetch it again with `utawaku models pull spleeter-2stems`"

Tensors = Mapping[str, np.ndarray]


def read_archive(path: Path) -> dict[str, np.ndarray]:
    """The variables of the checkpoint inside an archive, in their stored shape and dtype.

    The archive is Spleeter's release (2stems.tar.gz) or a zip of the same files.

    Raises:
        WeightsCorruptError: not such an archive, cut short, or empty.
    """
    try:
        files = _zipped(path) if zipfile.is_zipfile(path) else _tarred(path)
    except (tarfile.TarError, zipfile.BadZipFile, OSError, EOFError) as error:
        raise WeightsCorruptError(
            f"the archive cannot be read ({error})", subject=str(path), next_step=_NEXT_STEP
        ) from error
    index = files.get("model.index")
    shards = [files[name] for name in sorted(files) if name.startswith("model.data-")]
    if index is None or not shards:
        raise WeightsCorruptError(
            "the archive holds no checkpoint", subject=str(path), next_step=_NEXT_STEP
        )
    return read_checkpoint(index, shards)


def unpack_checkpoint(path: Path, folder: Path) -> None:
    """Extract the archive that `read_archive` reads into a folder, which is made.

    Raises:
        OSError, tarfile.TarError, zipfile.BadZipFile: it cannot be read or written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            archive.extractall(folder)
        return
    with tarfile.open(path) as tarred:
        tarred.extractall(folder, filter="data")


def _tarred(path: Path) -> dict[str, bytes]:
    with tarfile.open(path) as archive:
        members = [member for member in archive.getmembers() if member.isfile()]
        opened = ((member.name, archive.extractfile(member)) for member in members)
        return {name.rpartition("/")[2]: file.read() for name, file in opened if file is not None}


def _zipped(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name.rpartition("/")[2]: archive.read(name) for name in archive.namelist()}


def build(tensors: Tensors) -> onnx.ModelProto:
    """The graph: `mix` float32 (N, 2, 512, 1024) magnitudes to `vocals`, a mask of that shape.

    Raises:
        WeightsCorruptError: a variable is missing, has another shape, or is not finite.
    """
    graph = _Graph(tensors)
    vocals, accompaniment = (graph.unet(instrument) for instrument in (0, 1))
    half = graph.constant("half_epsilon", np.array(MASK_EPSILON / 2, np.float32))
    whole = graph.constant("epsilon", np.array(MASK_EPSILON, np.float32))
    squares = [graph.add("Mul", [name, name]) for name in (vocals, accompaniment)]
    total = graph.add("Add", [graph.add("Add", squares), whole])
    graph.add("Div", [graph.add("Add", [squares[0], half]), total], output="vocals")
    shape: list[str | int | None] = ["N", N_CHANNELS, N_FRAMES, N_BINS]
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "spleeter-2stems",
            [helper.make_tensor_value_info("mix", TensorProto.FLOAT, shape)],
            [helper.make_tensor_value_info("vocals", TensorProto.FLOAT, shape)],
            graph.constants,
        ),
        opset_imports=[helper.make_opsetid("", _OPSET)],
        producer_name="utawaku",
    )
    model.ir_version = 8
    onnx.checker.check_model(model)
    return model


def variable_shapes() -> dict[str, tuple[int, ...]]:
    """Name and shape of every variable that the networks need."""
    shapes: dict[str, tuple[int, ...]] = {}

    def norm(number: int, n: int) -> None:
        for part in ("gamma", "beta", "moving_mean", "moving_variance"):
            shapes[f"{_name('batch_normalization', number)}/{part}"] = (n,)

    def layer(kind: str, number: int, *shape: int, n_out: int) -> None:
        shapes[f"{_name(kind, number)}/kernel"] = shape
        shapes[f"{_name(kind, number)}/bias"] = (n_out,)

    for instrument in (0, 1):
        n_in = N_CHANNELS
        for depth, n_out in enumerate(FILTERS):
            layer("conv2d", 7 * instrument + depth, 5, 5, n_in, n_out, n_out=n_out)
            norm(12 * instrument + depth, n_out)
            n_in = n_out
        for depth, n_out in enumerate((*FILTERS[-2::-1], 1)):
            layer("conv2d_transpose", 6 * instrument + depth, 5, 5, n_out, n_in, n_out=n_out)
            norm(12 * instrument + 6 + depth, n_out)
            n_in = 2 * n_out
        layer("conv2d", 7 * instrument + 6, 4, 4, 1, N_CHANNELS, n_out=N_CHANNELS)
    return shapes


def _name(kind: str, number: int) -> str:
    return f"{kind}_{number}" if number else kind


class _Graph:
    """Nodes and constants under construction."""

    def __init__(self, tensors: Tensors) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        for name, shape in variable_shapes().items():
            found = tensors.get(name)
            if found is None or found.shape != shape:
                raise WeightsCorruptError(
                    f"the variable {name} is "
                    + ("missing" if found is None else f"of shape {found.shape}, not {shape}"),
                    subject="Spleeter's 2stems checkpoint",
                    next_step=_NEXT_STEP,
                )
            if not np.isfinite(found).all():
                raise WeightsCorruptError(
                    f"the variable {name} is not finite",
                    subject="Spleeter's 2stems checkpoint",
                    next_step=_NEXT_STEP,
                )
        self._tensors = tensors

    def constant(self, name: str, values: np.ndarray) -> str:
        values = np.ascontiguousarray(values, np.float32)
        self.constants.append(numpy_helper.from_array(values, name))
        return name

    def add(self, op: str, inputs: list[str], output: str = "", **attributes: Any) -> str:
        output = output or f"{op.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, inputs, [output], **attributes))
        return output

    def unet(self, instrument: int) -> str:
        """One network; returns the name of its output, mask times mix."""
        at = "mix"
        skips = []
        for depth in range(len(FILTERS)):
            conv = self._conv(at, 7 * instrument + depth)
            skips.append(conv)
            normed = self._norm(conv, 12 * instrument + depth) if depth < 5 else ""
            at = self.add("LeakyRelu", [normed], alpha=0.2) if normed else conv
        for depth in range(len(FILTERS)):
            up = self._up(at, 6 * instrument + depth)
            at = self._norm(self.add("Relu", [up]), 12 * instrument + 6 + depth)
            if depth < 5:
                at = self.add("Concat", [skips[4 - depth], at], axis=1)
        number = 7 * instrument + 6
        logits = self.add(
            "Conv",
            [at, *self._kernel(_name("conv2d", number))],
            kernel_shape=[4, 4],
            dilations=[2, 2],
            pads=[3, 3, 3, 3],
        )
        one = self.constant(f"one_{instrument}", np.array(1, np.float32))
        power = self.add("Exp", [self.add("Neg", [logits])])
        share = self.add("Div", [one, self.add("Add", [power, one])])
        return self.add("Mul", [share, "mix"])

    def _kernel(self, name: str) -> list[str]:
        kernel = self._tensors[f"{name}/kernel"].transpose(3, 2, 0, 1)
        return [
            self.constant(f"{name}/kernel", kernel),
            self.constant(f"{name}/bias", self._tensors[f"{name}/bias"]),
        ]

    def _conv(self, at: str, number: int) -> str:
        # TensorFlow's "same" at stride 2 pads one before and two behind.
        return self.add(
            "Conv",
            [at, *self._kernel(_name("conv2d", number))],
            kernel_shape=[5, 5],
            strides=[2, 2],
            pads=[1, 1, 2, 2],
        )

    def _up(self, at: str, number: int) -> str:
        name = _name("conv2d_transpose", number)
        kernel, bias = self._tensors[f"{name}/kernel"], self._tensors[f"{name}/bias"]
        wide = self.add(
            "Conv",
            [
                at,
                self.constant(f"{name}/kernel", phases(kernel)),
                self.constant(f"{name}/bias", np.repeat(bias, 4)),
            ],
            kernel_shape=[3, 3],
            pads=[1, 1, 1, 1],
        )
        return self.add("DepthToSpace", [wide], blocksize=2, mode="CRD")

    def _norm(self, at: str, number: int) -> str:
        name = _name("batch_normalization", number)
        parts = ("gamma", "beta", "moving_mean", "moving_variance")
        inputs = [
            self.constant(f"{name}/{part}", self._tensors[f"{name}/{part}"]) for part in parts
        ]
        return self.add("BatchNormalization", [at, *inputs], epsilon=BATCH_NORM_EPSILON)


def phases(kernel: np.ndarray) -> np.ndarray:
    """A 5 x 5 stride-2 transposed kernel as a plain 3 x 3 one for each phase of the output.

    Args:
        kernel: float (5, 5, n_out, n_in), as TensorFlow keeps it.

    Returns:
        (4 * n_out, n_in, 3, 3); channel 4 c + 2 a + b is output c at odd (1) or even (0) a, b.
    """
    # Output 2 i + a takes input i - d with tap 2 d + a + 1; the 3 x 3 kernel has it at 1 - d.
    taps = ({0: 3, 1: 1}, {0: 4, 1: 2, 2: 0})
    _, _, n_out, n_in = kernel.shape
    out = np.zeros((n_out, 2, 2, n_in, 3, 3), np.float32)
    for a, rows in enumerate(taps):
        for b, columns in enumerate(taps):
            for row, from_row in rows.items():
                for column, from_column in columns.items():
                    out[:, a, b, :, row, column] = kernel[from_row, from_column]
    return out.reshape(4 * n_out, n_in, 3, 3)
