"""DeepChorus layer by layer, written once: weights, Keras network and ONNX graph are made from it.

He, Sun, Yu and Li: DeepChorus, a hybrid model of multi-scale convolution and self-attention for
chorus detection (arXiv 2202.06338), 4,972,033 trainable parameters. Convolutions over a mel
spectrogram leave 256 values a frame; modules that mix full, third and ninth resolution follow, then
three self-attentions, and a convolution over 43 frames that leaves about one value a second.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeVar

X = TypeVar("X")
Activation = Literal["", "elu", "sigmoid"]

N_PARAMETERS = 4_972_033
"""Trainable ones; the moving means and variances come on top."""
N_MELS = 128
FRONT = ((64, 4), (128, 4), (256, 4), (256, 2))
"""Channels of each convolution over the spectrogram, and how many bands are then averaged."""
BRANCHES = (1, 2, 3, 3, 2, 1)
"""Resolutions before, between and after the mixing modules: each a third of the one before."""
WIDTH = 128
CHUNK = 43
"""Frames to a value of the curve: 0.998 s."""
MULTIPLE = 9
"""The number of frames must be a multiple, for the ninth resolution to fit."""
BN_EPSILON = 1e-3


class Layers(Protocol[X]):
    """The operations that the architecture is written in; `name` finds a layer's weights."""

    def front(self, x: X) -> X:
        """All of `FRONT`: spectrogram to 256 channels."""
        ...

    def conv(
        self, x: X, name: str, n_in: int, n_out: int, *, kernel: int = 3, stride: int = 1,
        activation: Activation = "",
    ) -> X:  # fmt: skip
        """Convolution along time; with stride 1 as many frames come out as went in."""
        ...

    def up(self, x: X, name: str, n_in: int, n_out: int) -> X:
        """Transposed convolution: three frames out of one."""
        ...

    def norm(self, x: X, name: str, n: int) -> X:
        """Batch normalisation."""
        ...

    def join(self, xs: Sequence[X]) -> X:
        """Channels of all, one behind the other."""
        ...

    def attend(self, x: X, name: str) -> X:
        """x plus self-attention to x, one head, ELU on all four projections."""
        ...


def build(layers: Layers[X], x: X) -> X:
    """The network in any of its forms: spectrogram in, curve out."""
    branches = [layers.front(x)]
    n_in = FRONT[-1][0]
    for place, n_out in enumerate(BRANCHES[1:]):
        branches = _mix(layers, branches, f"mix{place}", n_in, n_out)
        n_in = WIDTH
    (x,) = branches
    for place in range(3):
        x = layers.norm(layers.attend(x, f"attend{place}"), f"attend{place}.norm", WIDTH)
        x = layers.conv(x, f"after{place}", WIDTH, WIDTH, activation="elu")
    x = layers.norm(layers.conv(x, "second", WIDTH, 64, kernel=CHUNK, stride=CHUNK),
                    "second.norm", 64)  # fmt: skip
    x = layers.norm(layers.conv(x, "head", 64, 32, activation="elu"), "head.norm", 32)
    return layers.conv(x, "curve", 32, 1, activation="sigmoid")


def _mix(layers: Layers[X], branches: Sequence[X], name: str, n_in: int, n_out: int) -> list[X]:
    """Every resolution hears every other one, then each goes through two convolutions."""
    heard: list[list[X]] = [[] for _ in range(n_out)]
    for source, x in enumerate(branches):
        for target in range(n_out):
            place = f"{name}.from{source}to{target}"
            if source == target:
                heard[target].append(layers.conv(x, place, n_in, WIDTH))
                continue
            y, n = x, n_in
            for step in range(abs(target - source)):
                if target > source:
                    y = layers.conv(y, f"{place}.{step}", n, WIDTH, stride=3)
                else:
                    y = layers.up(y, f"{place}.{step}", n, WIDTH)
                n = WIDTH
            heard[target].append(y)
    mixed = []
    for target, parts in enumerate(heard):
        x, n = layers.join(parts), WIDTH * len(parts)
        for step in range(2):
            place = f"{name}.branch{target}.{step}"
            x = layers.norm(layers.conv(x, place, n, WIDTH, activation="elu"),
                            f"{place}.norm", WIDTH)  # fmt: skip
            n = WIDTH
        mixed.append(x)
    return mixed


Kind = Literal["conv2d", "conv1d", "up", "norm", "attention"]
WEIGHTS: dict[Kind, tuple[str, ...]] = {
    "conv2d": ("kernel", "bias"),
    "conv1d": ("kernel", "bias"),
    "up": ("kernel", "bias"),
    "norm": ("gamma", "beta", "mean", "variance"),
    "attention": ("Wq", "bq", "Wk", "bk", "Wv", "bv", "Wo", "bo"),
}
"""Weights of a layer of each kind, in the order in which Keras keeps them."""


@dataclass(frozen=True)
class LayerShape:
    """A layer with weights, and their shapes as Keras has them."""

    name: str
    kind: Kind
    shapes: tuple[tuple[int, ...], ...]


@dataclass
class _Listing:
    """Writes down the layers in the order in which they are made."""

    found: list[LayerShape] = field(default_factory=list)

    def front(self, x: None) -> None:
        n_in = 1
        for place, (n, _) in enumerate(FRONT):
            self.found.append(LayerShape(f"front{place}", "conv2d", ((3, 3, n_in, n), (n,))))
            self.norm(x, f"front{place}.norm", n)
            n_in = n

    def conv(
        self, x: None, name: str, n_in: int, n_out: int, *, kernel: int = 3, stride: int = 1,
        activation: Activation = "",
    ) -> None:  # fmt: skip
        self.found.append(LayerShape(name, "conv1d", ((kernel, n_in, n_out), (n_out,))))

    def up(self, x: None, name: str, n_in: int, n_out: int) -> None:
        self.found.append(LayerShape(name, "up", ((3, n_out, n_in), (n_out,))))

    def norm(self, x: None, name: str, n: int) -> None:
        self.found.append(LayerShape(name, "norm", ((n,),) * 4))

    def join(self, xs: Sequence[None]) -> None:
        return None

    def attend(self, x: None, name: str) -> None:
        shapes = ((WIDTH, WIDTH), (WIDTH,)) * 4
        self.found.append(LayerShape(name, "attention", shapes))


def layer_shapes() -> list[LayerShape]:
    """Every layer with weights, in the order in which they are made."""
    listing = _Listing()
    build(listing, None)
    return listing.found


def weight_shapes() -> dict[str, tuple[int, ...]]:
    """Shape of each weight by its name, `layer/weight`."""
    return {
        f"{layer.name}/{weight}": shape
        for layer in layer_shapes()
        for weight, shape in zip(WEIGHTS[layer.kind], layer.shapes, strict=True)
    }
