"""A network that learns taste from spectrograms: pretrained on genres, transferred to grades.

For those with thousands of grades or a GPU. Pieces of 2 s are cut at random from what is kept of
each song; a song's score is the mean over its pieces. Training needs the extra `train`
(TensorFlow, Keras 3); the result is an ONNX file, which needs neither.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from utawaku.library.errors import ConfigError
from utawaku.library.files import atomic_path
from utawaku.library.progress import Progress, silent
from utawaku.models.tagger.features import N_MELS
from utawaku.models.taste.evaluation import Quality, out_of_fold, quality_of
from utawaku.models.taste.network import N_FRAMES, NetworkTaste, middles
from utawaku.models.training.fma import read_fma
from utawaku.models.training.keras_import import import_keras
from utawaku.models.training.spectrograms import read_spectrograms

CHANNELS = (16, 32, 64, 64)
N_UNITS = 64
_BATCH = 32
_BN_EPSILON = 1e-3
_LEAST_BETTER = 0.01
"""The network must beat the embedding model by so much AUC to be worth its cost."""

BY_SINGER = "singers and pieces"
BY_PIECE = "pieces only: too few singers to hold one out, so both sides know their voices"
_LEAST_GROUPS = 5

Pieces = Sequence[np.ndarray]
"""float16 or float32 (n_pieces, 187, 96) of each song."""


@dataclass(frozen=True)
class Pretrained:
    """The result of pretraining."""

    weights: Path
    n_tracks: int
    n_missing: int
    n_broken: int
    genres: tuple[str, ...]
    accuracy: float
    """Share of held-out artists' tracks whose genre is named."""
    n_epochs: int


@dataclass(frozen=True)
class Comparison:
    """The models on the same songs, split the same way."""

    network: Quality
    embedding: Quality
    imagenet: Quality | None = None
    """The network on a base of pictures, where one was given."""
    split: str = BY_SINGER
    """The unit held out whole: songs that share a singer or a piece, or a piece only."""

    @property
    def imagenet_is_better(self) -> bool:
        """Return whether the base of pictures gives the better of the two networks."""
        if self.imagenet is None or self.imagenet.auc is None:
            return False
        return self.network.auc is None or self.imagenet.auc > self.network.auc

    @property
    def best_network(self) -> Quality:
        """The better of the networks."""
        if self.imagenet is not None and self.imagenet_is_better:
            return self.imagenet
        return self.network

    @property
    def network_is_better(self) -> bool:
        """Return whether a network is worth using."""
        network = self.best_network
        if network.auc is None or self.embedding.auc is None:
            return False
        return network.auc >= self.embedding.auc + _LEAST_BETTER


def pretrain(
    folder: Path, work: Path, *, n_epochs: int = 20, progress: Progress = silent
) -> Pretrained:
    """Learn genres from an FMA folder; goes on after the last finished epoch when started again.

    Args:
        folder: see `utawaku.models.training.fma`.
        work: cache of spectrograms, weights and state; kept.

    Raises:
        ConfigError: not FMA, fewer than two genres, or TensorFlow is not installed.
    """
    keras = import_keras()
    tracks, n_missing = read_fma(folder)
    heard = read_spectrograms([t.path for t in tracks], work / "spectrograms", progress)
    kept = [tracks[place] for place in heard.places]
    genres = tuple(sorted({track.genre for track in kept}))
    if len(genres) < 2:
        raise ConfigError("fewer than two genres could be read", subject=str(folder))
    labels = np.array([genres.index(track.genre) for track in kept])
    held_out = _held_out([track.artist for track in kept])
    weights, state_file = work / "genres.weights.h5", work / "genres.json"
    model = _network(keras, len(genres), "softmax")
    model.compile(keras.optimizers.Adam(1e-3), "sparse_categorical_crossentropy")
    # Else Keras passes over the optimiser's state in the file without an error.
    model.optimizer.build(model.trainable_variables)
    done = _epochs_done(state_file, genres)
    if done:
        model.load_weights(weights)
    for epoch in range(done, n_epochs):
        rng = np.random.default_rng(epoch)
        order = rng.permutation(np.flatnonzero(~held_out))
        for at in range(0, len(order), _BATCH):
            some = order[at : at + _BATCH]
            cuts = np.stack([_cut(heard.pieces[i], rng) for i in some])
            model.train_on_batch(cuts, labels[some])
        _keep(model, weights, state_file, {"epochs": epoch + 1, "genres": list(genres)})
        progress((epoch + 1) / n_epochs, f"epoch {epoch + 1} of {n_epochs}")
    tested = np.flatnonzero(held_out)
    named = [
        int(np.argmax(model.predict(middles(heard.pieces[i]), verbose=0).mean(axis=0)))
        for i in tested
    ]
    return Pretrained(
        weights=weights,
        n_tracks=len(kept),
        n_missing=n_missing,
        n_broken=len(heard.broken),
        genres=genres,
        accuracy=float(np.mean(np.array(named) == labels[tested])) if len(tested) else 0.0,
        n_epochs=max(done, n_epochs),
    )


def transfer(
    pieces: Pieces,
    targets: np.ndarray,
    *,
    pretrained: Path | None = None,
    n_steps: int = 200,
    seed: int = 0,
) -> onnx.ModelProto:
    """Learn grades; returns the network as ONNX: `pieces` (n, 125, 96) to `scores` (n,).

    With pretrained weights the first layers rest and the last ones learn.

    Args:
        targets: float (n_songs,) in [0, 1].
    """
    keras = import_keras()
    keras.utils.set_random_seed(seed)
    model = _network(keras, 1, "sigmoid")
    if pretrained is not None:
        _take_over(model, pretrained, keras)
    learn(model, keras, pieces, targets, n_steps=n_steps, seed=seed)
    return to_onnx(model)


def learn(
    model: Any, keras: Any, pieces: Pieces, targets: np.ndarray, *, n_steps: int, seed: int
) -> None:
    """Train a Keras network (n, 125, 96) to (n, 1) on random cuts of songs.

    Args:
        model: changed in place.
        keras: the module.
        pieces: float16 or float32 (n_pieces, 187, 96) of each song.
        targets: float (n_songs,) in [0, 1].
        n_steps: batches of 32 songs.
        seed: of the choice of songs and cuts.
    """
    model.compile(keras.optimizers.Adam(1e-3), "binary_crossentropy")
    rng = np.random.default_rng(seed)
    for _ in range(n_steps):
        some = rng.choice(len(pieces), min(_BATCH, len(pieces)), replace=False)
        cuts = np.stack([_cut(pieces[i], rng) for i in some])
        model.train_on_batch(cuts, np.asarray(targets[some], np.float32)[:, None])


def scores_of(model: onnx.ModelProto, pieces: Pieces) -> np.ndarray:
    """p(like) of each song: float64 (n_songs,), the mean over all of its pieces."""
    network = NetworkTaste(model.SerializeToString())
    return np.array([network.score(song) for song in pieces])


def compare(
    pieces: Pieces,
    targets: np.ndarray,
    singers: Sequence[str],
    names: Sequence[str],
    by_embedding: Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray],
    *,
    pretrained: Path | None = None,
    on_imagenet: Callable[[Pieces, np.ndarray], onnx.ModelProto] | None = None,
    n_steps: int = 200,
) -> Comparison:
    """Network against embedding model, out of fold over the same groups of songs.

    `targets` is float (n_songs,) in [0, 1]. `on_imagenet` learns from some of the songs on a base
    of pictures, and is judged as well.
    """

    def judged(learn_from: Callable[[Pieces, np.ndarray], onnx.ModelProto]) -> Quality:
        def score(train: np.ndarray, held_out: np.ndarray, told: np.ndarray) -> np.ndarray:
            made = learn_from([pieces[i] for i in train], told[train])
            return scores_of(made, [pieces[i] for i in held_out])

        return quality_of(out_of_fold(targets, groups, score), targets)

    groups, kept_apart = groups_of(singers, names)
    return Comparison(
        split=kept_apart,
        network=judged(
            lambda some, told: transfer(some, told, pretrained=pretrained, n_steps=n_steps)
        ),
        embedding=quality_of(out_of_fold(targets, groups, by_embedding), targets),
        imagenet=judged(on_imagenet) if on_imagenet is not None else None,
    )


def groups_of(singers: Sequence[str], names: Sequence[str]) -> tuple[list[str], str]:
    """Return what must stay on one side of a split: songs that share a singer or a piece.

    Where that leaves fewer than five groups (few singers, or all sing the same pieces), songs that
    share a piece. Says which it was.
    """
    parent = list(range(len(singers)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    for values in (singers, names):
        first: dict[str, int] = {}
        for i, value in enumerate(values):
            parent[root(i)] = root(first.setdefault(value, i))
    joined = [str(root(i)) for i in range(len(singers))]
    if len(set(joined)) >= _LEAST_GROUPS:
        return joined, BY_SINGER
    return list(names), BY_PIECE


def scratch_scorer(
    pieces: Pieces, *, n_steps: int = 60
) -> Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]:
    """A network without pretraining, as a scorer of `utawaku.models.taste.evaluation`.

    The scorer takes int (n_train,), int (n_held_out,) and float (n_songs,), and returns float
    (n_held_out,).
    """

    def score(train: np.ndarray, held_out: np.ndarray, told: np.ndarray) -> np.ndarray:
        made = transfer([pieces[i] for i in train], told[train], n_steps=n_steps)
        return scores_of(made, [pieces[i] for i in held_out])

    return score


def to_onnx(model: Any) -> onnx.ModelProto:
    """The Keras network as ONNX, batch normalisations folded into the convolutions."""
    nodes: list[onnx.NodeProto] = []
    weights: list[onnx.TensorProto] = []

    def constant(name: str, value: np.ndarray) -> str:
        array = np.ascontiguousarray(value)
        weights.append(numpy_helper.from_array(array, name))
        return name

    def add(kind: str, inputs: list[str], name: str, **attributes: Any) -> str:
        nodes.append(helper.make_node(kind, inputs, [name], name=name, **attributes))
        return name

    axis = constant("channel_axis", np.array([1], np.int64))
    value = add("Unsqueeze", ["pieces", axis], "image")
    for i in range(len(CHANNELS)):
        kernel, bias = model.get_layer(f"conv{i}").get_weights()
        gamma, beta, mean, variance = model.get_layer(f"norm{i}").get_weights()
        factor = gamma / np.sqrt(variance + _BN_EPSILON)
        folded = (kernel * factor).transpose(3, 2, 0, 1).astype(np.float32)
        shift = (beta + (bias - mean) * factor).astype(np.float32)
        names = [value, constant(f"conv{i}.weight", folded), constant(f"conv{i}.bias", shift)]
        active = add("Relu", [add("Conv", names, f"conv{i}", pads=[1, 1, 1, 1])], f"relu{i}")
        value = add("MaxPool", [active], f"pool{i}", kernel_shape=[2, 2], strides=[2, 2])
    value = add("Flatten", [add("GlobalAveragePool", [value], "mean")], "flat")
    for name in ("units", "head"):
        kernel, bias = model.get_layer(name).get_weights()
        names = [value, constant(f"{name}.weight", kernel), constant(f"{name}.bias", bias)]
        value = add("Gemm", names, name)
        if name == "units":
            value = add("Relu", [value], "units.active")
    score = add("Sigmoid", [value], "scores.column")
    last = constant("last_axis", np.array([1], np.int64))
    add("Squeeze", [score, last], "scores")
    shape: list[str | int | None] = ["n", N_FRAMES, N_MELS]
    made = helper.make_model(
        helper.make_graph(
            nodes,
            "taste",
            [helper.make_tensor_value_info("pieces", TensorProto.FLOAT, shape)],
            [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["n"])],
            weights,
        ),
        opset_imports=[helper.make_opsetid("", 17)],
        producer_name="utawaku",
    )
    made.ir_version = 8
    onnx.checker.check_model(made, full_check=True)
    return made


def _network(keras: Any, n_outputs: int, activation: str) -> Any:
    layers = keras.layers
    image = keras.Input((N_FRAMES, N_MELS))
    x = layers.Reshape((N_FRAMES, N_MELS, 1))(image)
    for i, n in enumerate(CHANNELS):
        x = layers.Conv2D(n, 3, padding="same", name=f"conv{i}")(x)
        x = layers.BatchNormalization(epsilon=_BN_EPSILON, momentum=0.9, name=f"norm{i}")(x)
        x = layers.MaxPooling2D(2)(layers.ReLU()(x))
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dense(N_UNITS, activation="relu", name="units")(x)
    x = layers.Dropout(0.3)(x)
    return keras.Model(image, layers.Dense(n_outputs, activation=activation, name="head")(x))


def _take_over(model: Any, weights: Path, keras: Any) -> None:
    """Everything but the head from pretraining; the convolutions rest."""
    state = json.loads(weights.with_name("genres.json").read_text("utf-8"))
    source = _network(keras, len(state["genres"]), "softmax")
    source.load_weights(weights)
    for layer in model.layers:
        if layer.name.startswith(("conv", "norm", "units")):
            layer.set_weights(source.get_layer(layer.name).get_weights())
            layer.trainable = layer.name == "units"


def _cut(pieces: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A random 2 s of a random piece: float32 (125, 96)."""
    piece = pieces[rng.integers(len(pieces))]
    start = rng.integers(piece.shape[0] - N_FRAMES + 1)
    result: np.ndarray = piece[start : start + N_FRAMES].astype(np.float32)
    return result


def _held_out(artists: Sequence[str]) -> np.ndarray:
    """bool: a fifth of the artists, the same ones each time."""
    names = sorted(set(artists))
    chosen = set(np.random.default_rng(0).permutation(names)[: max(1, len(names) // 5)])
    return np.array([artist in chosen for artist in artists])


def _epochs_done(state_file: Path, genres: tuple[str, ...]) -> int:
    """Epochs finished by an earlier start with the same genres."""
    try:
        state = json.loads(state_file.read_text("utf-8"))
    except (OSError, ValueError):
        return 0
    return int(state["epochs"]) if state.get("genres") == list(genres) else 0


def _keep(model: Any, weights: Path, state_file: Path, state: dict[str, Any]) -> None:
    with atomic_path(weights) as temporary:
        # Keras tells its formats by the ending.
        named = temporary.with_name(f"{temporary.name}.weights.h5")
        model.save_weights(named)
        named.replace(temporary)
    with atomic_path(state_file) as temporary:
        temporary.write_text(json.dumps(state), "utf-8")
