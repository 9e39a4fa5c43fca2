"""Taste on a network that learnt pictures: MobileNetV2 with ImageNet's weights, from Keras.

M. Sandler et al., "MobileNetV2: inverted residuals and linear bottlenecks", CVPR 2018. Log-mel
pieces are shown to it as grey pictures; its layers rest, and a head learns the grades. Needs the
extra `train` (TensorFlow, Keras 3, tf2onnx); the result is an ONNX file as that of
`utawaku.models.training.taste_cnn`, which needs none of them.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx

from utawaku.library.errors import ExtraMissingError, WeightsCorruptError, WeightsMissingError
from utawaku.library.extras import next_step
from utawaku.library.progress import Progress, silent
from utawaku.models.registry.transfer import go_on
from utawaku.models.tagger.features import N_MELS
from utawaku.models.taste.network import N_FRAMES
from utawaku.models.training.keras_import import import_keras
from utawaku.models.training.taste_cnn import N_UNITS, Pieces, learn

FILE = "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224_no_top.h5"
"""Name under which Keras publishes the weights without their classes."""
SITE = "https://storage.googleapis.com/tensorflow/keras-applications/mobilenet_v2"
_RANGE = 4.0
"""About the largest value of a log-mel piece; pictures go from -1 to 1."""


@dataclass(frozen=True)
class ImagenetBase:
    """MobileNetV2 with its weights, as a layer."""

    layer: Any
    path: Path


def fetch_imagenet(folder: Path, site: str = SITE, progress: Progress = silent) -> Path:
    """Fetch the weights of Keras (9 MB) into `folder`, once; a broken transfer goes on.

    Args:
        folder: where they are kept.
        site: address of the folder that holds them.
        progress: is told the share that is here.

    Raises:
        WeightsMissingError: they cannot be fetched.
    """
    path, partial = folder / FILE, folder / f"{FILE}.part"
    url = f"{site}/{FILE}"
    if path.is_file():
        return path
    folder.mkdir(parents=True, exist_ok=True)
    try:
        whole = go_on(
            url, partial, lambda have, n: progress(have / max(n, have, 1), "fetching weights")
        )
    except OSError as error:
        raise _not_fetched(url, str(error)) from error
    if not whole:
        raise _not_fetched(url, "the transfer broke off")
    partial.replace(path)
    return path


def read_imagenet(path: Path) -> ImagenetBase:
    """Read weights of MobileNetV2 without its classes.

    Args:
        path: the file that Keras publishes, or another of the same architecture (.h5,
            .weights.h5).

    Raises:
        WeightsMissingError: there is no such file.
        WeightsCorruptError: it holds something else.
        ExtraMissingError: TensorFlow is not installed.
    """
    keras = import_keras()
    if not path.is_file():
        raise WeightsMissingError(
            "no such file", subject=str(path), next_step=f"Give {FILE}, or `fetch`"
        )
    layer = keras.applications.MobileNetV2(
        include_top=False, weights=None, input_shape=(N_FRAMES, N_MELS, 3), name="imagenet"
    )
    try:
        layer.load_weights(path)
    except Exception as error:  # of Keras and h5py, which share no base class
        raise WeightsCorruptError(
            f"not the weights of MobileNetV2 without its classes ({error})",
            subject=str(path),
            next_step=f"Fetch {SITE}/{FILE}",
        ) from error
    layer.trainable = False
    return ImagenetBase(layer, path)


def transfer_imagenet(
    base: ImagenetBase, pieces: Pieces, targets: np.ndarray, *, n_steps: int = 200, seed: int = 0
) -> onnx.ModelProto:
    """Learn grades with a head on the base; returns `pieces` (n, 125, 96) to `scores` (n,) as ONNX.

    Args:
        base: its layers rest.
        pieces: float32 or float16 (n_pieces, 187, 96) of each song.
        targets: float (n_songs,) in [0, 1].
        n_steps: batches of 32 songs.
        seed: of the random pieces and of the head.
    """
    keras = import_keras()
    keras.utils.set_random_seed(seed)
    model = _network(keras, base)
    learn(model, keras, pieces, targets, n_steps=n_steps, seed=seed)
    return _to_onnx(model)


def _network(keras: Any, base: ImagenetBase) -> Any:
    layers = keras.layers
    image = keras.Input((N_FRAMES, N_MELS))
    x = layers.Reshape((N_FRAMES, N_MELS, 1))(image)
    x = layers.Rescaling(2 / _RANGE, -1.0)(x)
    x = layers.Concatenate()([x, x, x])
    # Its batch normalisations keep the means of the pictures.
    x = layers.GlobalAveragePooling2D()(base.layer(x, training=False))
    x = layers.Dense(N_UNITS, activation="relu", name="units")(x)
    x = layers.Dropout(0.3)(x)
    return keras.Model(image, layers.Dense(1, activation="sigmoid", name="head")(x))


def _to_onnx(model: Any) -> onnx.ModelProto:
    import tensorflow as tf

    try:
        import tf2onnx
    except ImportError as error:
        raise ExtraMissingError(
            f"tf2onnx is not installed ({error})", next_step=next_step("train")
        ) from error
    takes = [tf.TensorSpec((None, N_FRAMES, N_MELS), tf.float32, name="pieces")]
    scores = tf.function(
        lambda pieces: tf.squeeze(model(pieces, training=False), -1), input_signature=takes
    )
    made: onnx.ModelProto
    made, _ = tf2onnx.convert.from_function(scores, input_signature=takes, opset=17)
    (given,) = made.graph.output
    for node in made.graph.node:
        node.output[:] = ["scores" if name == given.name else name for name in node.output]
        node.input[:] = ["scores" if name == given.name else name for name in node.input]
    given.name = "scores"
    made.producer_name = "utawaku"
    onnx.checker.check_model(made, full_check=True)
    return made


def _not_fetched(url: str, why: str) -> WeightsMissingError:
    return WeightsMissingError(
        f"the weights of ImageNet cannot be fetched ({why})",
        subject=url,
        next_step="Try again where the internet is, or give the file: `--imagenet FILE`",
    )
