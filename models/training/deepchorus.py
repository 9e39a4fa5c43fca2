"""Train DeepChorus as the field does, go on after a kill, and measure it on songs held out.

Mean squared error on curves in [0, 1], Adam at 1e-4, batches of 16 crops of 72 values (72 s). After
every epoch weights, optimiser and the number of the epoch are kept in one file; what an epoch draws
by chance follows from its number, so a run that was stopped ends as one that was not.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from utawaku.library.errors import ConfigError
from utawaku.library.files import atomic_path
from utawaku.library.progress import Progress, part, silent
from utawaku.models.highlight.deepchorus.architecture import CHUNK, MULTIPLE, N_MELS
from utawaku.models.highlight.deepchorus.graph import to_onnx
from utawaku.models.highlight.deepchorus.mel import FRAMES_PER_S
from utawaku.models.highlight.window import best_window
from utawaku.models.training.deepchorus_network import (
    get_weights,
    keras_network,
    set_weights,
)
from utawaku.models.training.highlight_augmentations import augmented, crop
from utawaku.models.training.highlight_songs import LeftOut, MarkedSong, read_songs
from utawaku.models.training.keras_import import import_keras

Array = npt.NDArray[np.float32]
CHECKPOINT = "deepchorus.npz"
_RATE = 1e-4


@dataclass(frozen=True)
class Quality:
    """Quality of curves, as means over songs."""

    n_songs: int
    error: float
    """Mean squared error of the curve."""
    iou: float
    """Of the best half minute by the network and by the marks: intersection over union."""
    curve_iou: float
    """Of the seconds whose interest lies above the middle of its range."""


@dataclass(frozen=True)
class Trained:
    """The result of a training."""

    model: bytes
    """The network as ONNX, from the epoch that did best on the songs held out."""
    n_epochs: int
    n_epochs_before: int
    """Of them made by runs that were stopped."""
    best_epoch: int
    quality: Quality
    left_out: tuple[LeftOut, ...] = ()
    """Songs that cannot be read, and why."""


@dataclass
class _State:
    epoch: int = 0
    best_epoch: int = 0
    best: Quality | None = None
    best_weights: dict[str, Array] | None = None


def train_deepchorus(
    folder: Path,
    work: Path,
    *,
    n_epochs: int = 100,
    n_steps: int = 50,
    batch: int = 16,
    n_values: int = 72,
    pool: int = 9,
    start_from: Path | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> Trained:
    """Train on a folder (see `models.training.highlight_songs`); goes on where it was stopped.

    Args:
        folder: songs with their marks; a fifth of them, at least one, is held out.
        work: spectrograms and the state of the training; kept.
        n_epochs: epochs in all, with those of earlier runs.
        n_steps: batches an epoch.
        batch: crops a batch.
        n_values: values of the curve a crop, a multiple of 9.
        pool: frames averaged before attention, 1, 3 or 9.
        start_from: weights to begin with, the published ones for one.
        seed: of all that is chance.
        progress: told after every epoch.

    Raises:
        ConfigError: no TensorFlow, fewer than two songs, or `work` holds another training.
    """
    if n_values % MULTIPLE:
        raise ConfigError("a crop must be a multiple of 9 values", subject=str(n_values))
    keras = import_keras()
    songs, left_out = read_songs(folder, work / "spectrograms", part(progress, 0.0, 0.05))
    if len(songs) < 2:
        reason = f"; {left_out[0][0]}: {left_out[0][1]}" if left_out else ""
        raise ConfigError(f"two songs at least must be marked{reason}", subject=str(folder))
    held_out = _held_out(songs)
    learned = [song for song in songs if song not in held_out]
    keras.utils.set_random_seed(seed)
    network = keras_network(pool=pool)
    network.compile(keras.optimizers.Adam(_RATE), "mean_squared_error")
    network.optimizer.build(network.trainable_variables)
    if start_from is not None:
        from utawaku.models.highlight.deepchorus.weights import read_weights

        set_weights(network, read_weights(start_from))
    settings = f"{pool} {n_values} {batch} {n_steps} {seed} {[song.name for song in songs]}"
    state = _resumed(work / CHECKPOINT, network, settings)
    n_before = state.epoch
    told = part(progress, 0.05, 1.0)
    for epoch in range(state.epoch, n_epochs):
        rng = np.random.default_rng([seed, epoch])
        for step in range(n_steps):
            x, y = _batch(learned, batch, n_values, rng)
            network.train_on_batch(x, y)
            told((epoch + (step + 1) / n_steps) / n_epochs, f"epoch {epoch + 1} of {n_epochs}")
        quality = quality_of(network, held_out)
        state.epoch = epoch + 1
        if state.best is None or quality.error < state.best.error:
            state.best, state.best_epoch = quality, epoch + 1
            state.best_weights = get_weights(network)
        _keep(work / CHECKPOINT, network, state, settings)
    if state.best is None or state.best_weights is None:
        raise ConfigError("no epoch was asked for", subject=str(n_epochs))
    return Trained(
        model=to_onnx(state.best_weights, pool=pool).SerializeToString(),
        n_epochs=state.epoch,
        n_epochs_before=n_before,
        best_epoch=state.best_epoch,
        quality=state.best,
        left_out=tuple(left_out),
    )


def quality_of(network: Any, songs: Sequence[MarkedSong]) -> Quality:
    """Measure a Keras network on whole songs."""
    rows = []
    for song in songs:
        n_frames = len(song.mel) // (CHUNK * MULTIPLE) * CHUNK * MULTIPLE
        mel = song.mel[:n_frames]
        if not n_frames:
            mel = np.pad(song.mel, ((0, CHUNK * MULTIPLE - len(song.mel)), (0, 0)))
        said = np.asarray(network(mel[None], training=False))[0]
        seconds = (np.arange(len(said)) + 0.5) * CHUNK / FRAMES_PER_S
        wanted = np.interp(seconds, np.arange(len(song.interest)) + 0.5, song.interest)
        rows.append(
            (float(np.mean((said - wanted) ** 2)), _window_iou(said, wanted),
             _curve_iou(said, wanted))
        )  # fmt: skip
    error, iou, curve_iou = np.mean(rows, axis=0)
    return Quality(len(rows), float(error), float(iou), float(curve_iou))


def _window_iou(said: Array, wanted: Array) -> float:
    (a, b), (c, d) = (best_window(curve, float(len(curve))) for curve in (said, wanted))
    together = max(0.0, min(b, d) - max(a, c))
    return together / (b - a + d - c - together)


def _curve_iou(said: Array, wanted: Array) -> float:
    one, other = (curve > (curve.min() + curve.max()) / 2 for curve in (said, wanted))
    return float((one & other).sum() / max(1, (one | other).sum()))


def _batch(
    songs: Sequence[MarkedSong], batch: int, n_values: int, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Float32 (batch, n_values * 43, 128) and (batch, n_values)."""
    xs = np.zeros((batch, n_values * CHUNK, N_MELS), np.float32)
    ys = np.zeros((batch, n_values), np.float32)
    for place in range(batch):
        song = songs[int(rng.integers(len(songs)))]
        seconds = (np.arange(len(song.mel)) + 0.5) / FRAMES_PER_S
        interest = np.interp(seconds, np.arange(len(song.interest)) + 0.5, song.interest)
        mel, interest = augmented(song.mel, interest.astype(np.float32), rng)
        xs[place], ys[place] = crop(mel, interest, n_values, rng)
    return xs, ys


def _held_out(songs: Sequence[MarkedSong]) -> list[MarkedSong]:
    """A fifth of the songs, the same ones each time."""
    order = np.random.default_rng(0).permutation(len(songs))
    return [songs[i] for i in sorted(order[: max(1, len(songs) // 5)])]


def _keep(path: Path, network: Any, state: _State, settings: str) -> None:
    """One file, so that weights, optimiser and epoch always belong together."""
    if state.best is None or state.best_weights is None:
        return
    best = state.best
    arrays: dict[str, Any] = {f"now/{n}": a for n, a in get_weights(network).items()}
    arrays |= {f"best/{name}": array for name, array in state.best_weights.items()}
    arrays |= {
        f"optimizer/{place}": np.asarray(value)
        for place, value in enumerate(network.optimizer.variables)
    }
    numbers = [state.epoch, state.best_epoch, best.n_songs, best.error, best.iou, best.curve_iou]
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        np.savez(file, settings=np.array(settings), numbers=np.array(numbers, float), **arrays)


def _resumed(path: Path, network: Any, settings: str) -> _State:
    """Put the network and its optimiser back to the last epoch that was finished."""
    if not path.is_file():
        return _State()
    try:
        with np.load(path, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        raise ConfigError(
            f"the state of the training cannot be read ({error})",
            subject=str(path),
            next_step="Delete it to start again",
        ) from error
    if str(arrays.get("settings")) != settings:
        raise ConfigError(
            "another training was begun here, with other songs or settings",
            subject=str(path),
            next_step="Give another --work folder, or delete the file to start again",
        )
    now, best = ({name.removeprefix(kind): array for name, array in arrays.items()
                  if name.startswith(kind)} for kind in ("now/", "best/"))  # fmt: skip
    set_weights(network, now)
    for place, variable in enumerate(network.optimizer.variables):
        variable.assign(arrays[f"optimizer/{place}"])
    numbers = arrays["numbers"].tolist()
    quality = Quality(int(numbers[2]), *numbers[3:])
    return _State(int(numbers[0]), int(numbers[1]), quality, best)
