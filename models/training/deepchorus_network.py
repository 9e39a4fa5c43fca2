"""DeepChorus in Keras 3, to be trained; needs the extra `train`."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from utawaku.models.highlight.deepchorus.architecture import (
    BN_EPSILON,
    FRONT,
    N_MELS,
    WEIGHTS,
    WIDTH,
    Activation,
    build,
    layer_shapes,
)
from utawaku.models.training.keras_import import import_keras

Array = npt.NDArray[np.float32]

_NORM_MOMENTUM = 0.99


def keras_network(*, pool: int = 9) -> Any:
    """The network: (n_songs, n_frames, 128) to (n_songs, n_frames // 43), frames a multiple of 9.

    Args:
        pool: frames averaged before attention.

    Raises:
        ConfigError: TensorFlow is not installed.
    """
    keras = import_keras()
    mel = keras.Input((None, N_MELS), name="mel")
    curve = build(_KerasLayers(keras, pool), mel)
    return keras.Model(mel, keras.layers.Reshape((-1,), name="values")(curve), name="deepchorus")


def get_weights(network: Any) -> dict[str, Array]:
    """Every weight by its name, see `weight_shapes`."""
    found = {}
    for layer in layer_shapes():
        arrays = _arrays(network, layer.name, layer.kind)
        names = WEIGHTS[layer.kind]
        found.update({f"{layer.name}/{n}": a for n, a in zip(names, arrays, strict=True)})
    return found


def set_weights(network: Any, weights: Mapping[str, Array]) -> None:
    """Take over every weight by its name."""
    for layer in layer_shapes():
        arrays = [weights[f"{layer.name}/{name}"] for name in WEIGHTS[layer.kind]]
        if layer.kind == "attention":
            for place, which in enumerate("qkvo"):
                network.get_layer(f"{layer.name}.{which}").set_weights(
                    arrays[2 * place : 2 * place + 2]
                )
        else:
            network.get_layer(layer.name).set_weights(arrays)


def _arrays(network: Any, name: str, kind: str) -> list[Array]:
    if kind != "attention":
        return list(network.get_layer(name).get_weights())
    return [one for which in "qkvo" for one in network.get_layer(f"{name}.{which}").get_weights()]


class _KerasLayers:
    """The architecture's layers as Keras'; tensors are (n_songs, n_frames, n_channels)."""

    def __init__(self, keras: Any, pool: int) -> None:
        self._layers = keras.layers
        self._pool = pool

    def front(self, x: Any) -> Any:
        x = self._layers.Permute((2, 1))(x)
        x = self._layers.Reshape((N_MELS, -1, 1), name="spectrogram")(x)
        for place, (n, n_bands) in enumerate(FRONT):
            conv = self._layers.Conv2D(n, 3, padding="same", activation="elu", name=f"front{place}")
            x = self.norm(conv(x), f"front{place}.norm", n)
            x = self._layers.AveragePooling2D((n_bands, 1), name=f"front{place}.pool")(x)
        return self._layers.Reshape((-1, FRONT[-1][0]), name="frames")(x)

    def conv(
        self, x: Any, name: str, n_in: int, n_out: int, *, kernel: int = 3, stride: int = 1,
        activation: Activation = "",
    ) -> Any:  # fmt: skip
        return self._layers.Conv1D(
            n_out, kernel, strides=stride, name=name, activation=activation or None,
            padding="same" if stride == 1 else "valid",
        )(x)  # fmt: skip

    def up(self, x: Any, name: str, n_in: int, n_out: int) -> Any:
        return self._layers.Conv1DTranspose(n_out, 3, strides=3, padding="same", name=name)(x)

    def norm(self, x: Any, name: str, n: int) -> Any:
        layer = self._layers.BatchNormalization(
            epsilon=BN_EPSILON, momentum=_NORM_MOMENTUM, name=name
        )
        return layer(x)

    def join(self, xs: Sequence[Any]) -> Any:
        return self._layers.Concatenate()(list(xs)) if len(xs) > 1 else xs[0]

    def attend(self, x: Any, name: str) -> Any:
        short = self._layers.AveragePooling1D(self._pool)(x) if self._pool > 1 else x
        query, key, value = (self._project(short, f"{name}.{which}") for which in "qkv")
        table = self._layers.Dot(axes=2)([query, key])
        share = self._layers.Softmax()(self._layers.Rescaling(1 / np.sqrt(WIDTH))(table))
        heard = self._project(self._layers.Dot(axes=(2, 1))([share, value]), f"{name}.o")
        if self._pool > 1:
            heard = self._layers.UpSampling1D(self._pool)(heard)
        return self._layers.Add()([heard, x])

    def _project(self, x: Any, name: str) -> Any:
        dense = self._layers.Dense(
            WIDTH, activation="elu", kernel_initializer="glorot_normal", name=name
        )
        return dense(x)
