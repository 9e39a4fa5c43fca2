"""Train the acoustic segmenter on a folder of recordings, each speech or not: `labelled_sounds`."""

import hashlib
import itertools
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from utawaku.library.errors import ConfigError, MediaError
from utawaku.library.files import atomic_path
from utawaku.library.progress import Progress, part, silent
from utawaku.media.decode import load
from utawaku.models.mfcc_segmenter.features import SAMPLE_RATE_HZ, mfcc
from utawaku.models.mfcc_segmenter.network import SIZES, build
from utawaku.models.training.labelled_sounds import (
    CACHE,
    OTHER,
    SPEECH,
    LabelledSound,
    labelled_sounds,
)

_log = logging.getLogger(__name__)

Array = npt.NDArray[np.float32]

STATE = "training.npz"


@dataclass(frozen=True)
class Examples:
    """Frames of all files: the file of each is known, so that files can be held out whole."""

    features: Array
    """float32 (n_frames, 40)."""
    labels: npt.NDArray[np.int8]
    """int8 (n_frames,): 0 speech, 1 other."""
    files: npt.NDArray[np.int32]
    """int32 (n_frames,): number of the file."""
    left_out: tuple[tuple[str, str], ...] = ()
    """Files that cannot be read, and why."""


@dataclass(frozen=True)
class Report:
    """Accuracy of the network on files that it has not seen."""

    accuracy: float
    precision: float
    """Of other (not speech), frame by frame."""
    recall: float
    n_frames: int


def read_examples(
    folder: Path,
    progress: Progress = silent,
    *,
    labels: str = "",
    speech: Sequence[str] = ("speech",),
    limit: int | None = None,
) -> Examples:
    """Features of a folder; each file's are kept in `features/` in it until the file changes.

    Reading that was stopped goes on with the file it was stopped at. A file that cannot be read is
    left out.

    Args:
        folder: the corpus.
        progress: of reading.
        labels: see `labelled_sounds`.
        speech: labels that are speech.
        limit: files of each class to take at most.

    Raises:
        ConfigError: a class has no file.
    """
    named = limited(labelled_sounds(folder, labels, speech), limit)
    parts = []
    left_out = []
    for number, sound in enumerate(named):
        progress(number / len(named), f"reading {sound.name}")
        try:
            features = _features_of(sound.path, folder / CACHE / f"{sound.name}.npz")
        except (MediaError, OSError) as error:
            left_out.append((sound.name, str(error)))
            continue
        label = SPEECH if sound.is_speech else OTHER
        parts.append((features, np.full(len(features), label, np.int8), number))
    if {int(labels[0]) for _, labels, _ in parts if len(labels)} != {0, 1}:
        raise ConfigError("no sound of one of the classes can be read", subject=str(folder))
    return Examples(
        np.concatenate([features for features, _, _ in parts]),
        np.concatenate([labels for _, labels, _ in parts]),
        np.concatenate([np.full(len(labels), n, np.int32) for _, labels, n in parts]),
        tuple(left_out),
    )


def limited(sounds: Sequence[LabelledSound], limit: int | None) -> list[LabelledSound]:
    """Return the first recordings of each class, at most `limit` of each."""
    kept = [
        one
        for is_speech in (True, False)
        for one in [each for each in sounds if each.is_speech == is_speech][:limit]
    ]
    return sorted(kept, key=lambda one: one.name)


def _features_of(path: Path, cache: Path) -> Array:
    """MFCC of a file, from its cache where that is of the file as it is now."""
    facts = path.stat()
    stamp = np.array([facts.st_size, facts.st_mtime_ns])
    try:
        with np.load(cache, allow_pickle=False) as stored:
            if np.array_equal(stored["stamp"], stamp):
                return np.asarray(stored["xs"], np.float32)
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        _log.debug("%s is made again", cache)
    samples, _ = load(path, sample_rate_hz=SAMPLE_RATE_HZ, n_channels=1)
    features = mfcc(samples)
    if not len(features):
        raise MediaError("there is no sound in it", subject=str(path))
    with atomic_path(cache) as temporary, temporary.open("wb") as file:
        np.savez(file, stamp=stamp, xs=features)
    return features


def balanced(labels: npt.NDArray[np.int8], seed: int) -> npt.NDArray[np.int64]:
    """Rows with as many of one class as of the other, drawn without replacement.

    `labels` is int8 (n,) of 0 and 1; the result is int64 (n_rows,).
    """
    rng = np.random.default_rng(seed)
    rows = [np.flatnonzero(labels == label) for label in (0, 1)]
    n_each = min(len(of_class) for of_class in rows)
    return np.concatenate([rng.permutation(of_class)[:n_each] for of_class in rows])


def train_segmenter(
    examples: Examples,
    *,
    epochs: int = 20,
    batch: int = 1024,
    rate: float = 1e-3,
    held_out: float = 0.1,
    seed: int = 123,
    state: Path | None = None,
    progress: Progress = silent,
) -> tuple[bytes, Report]:
    """Train; returns the ONNX file and how it does on held-out files (or frames, of few files).

    The same examples and seed give the same bytes, also when `state` is a file in which it is kept
    after each epoch how far it has come, and the training was stopped and started again, or was
    done with fewer epochs. Fewer epochs than were done begin anew. MFCC are scaled for training,
    and the scaling is folded into the first layer.
    """
    rng = np.random.default_rng(seed)
    test = _held_out(examples, held_out, rng)
    mean = examples.features[~test].mean(axis=0)
    deviation = examples.features[~test].std(axis=0) + 1e-3
    x = ((examples.features - mean) / deviation).astype(np.float32)
    layers = [
        (
            rng.uniform(-1, 1, (n_in, n_out)).astype(np.float32) * np.sqrt(6 / (n_in + n_out)),
            np.zeros(n_out, np.float32),
        )
        for n_in, n_out in itertools.pairwise(SIZES)
    ]
    flat = [np.asarray(array, np.float32) for layer in layers for array in layer]
    first, second = [np.zeros_like(a) for a in flat], [np.zeros_like(a) for a in flat]
    train_rows = np.flatnonzero(~test)
    identity = _identity(examples, [batch, rate, held_out, seed])
    done, step = _restored(state, identity, epochs, [flat, first, second])
    for epoch in range(done, epochs):
        rows = train_rows[balanced(examples.labels[train_rows], seed + epoch)]
        rows = np.random.default_rng((seed, epoch)).permutation(rows)
        progress(epoch / epochs, f"epoch {epoch + 1} of {epochs}")
        for at in range(0, len(rows), batch):
            some = rows[at : at + batch]
            step += 1
            for i, gradient in enumerate(_gradients(flat, x[some], examples.labels[some])):
                first[i] = 0.9 * first[i] + 0.1 * gradient
                second[i] = 0.999 * second[i] + 0.001 * gradient**2
                change = first[i] / (1 - 0.9**step)
                change /= np.sqrt(second[i] / (1 - 0.999**step)) + 1e-7
                flat[i] = (flat[i] - rate * change).astype(np.float32)
        if state is not None:
            _keep(state, identity, epoch + 1, step, [flat, first, second])
    report = _report(_forward(flat, x[test])[-1], examples.labels[test])
    flat[1] = (flat[1] - (mean / deviation) @ flat[0]).astype(np.float32)
    flat[0] = (flat[0] / deviation[:, None]).astype(np.float32)
    model = build(list(zip(flat[::2], flat[1::2], strict=True)))
    part(progress, 0, 1)(1.0, "trained")
    return model.SerializeToString(deterministic=True), report


def _identity(examples: Examples, decides: Sequence[float]) -> str:
    """Digest of all that decides the outcome."""
    digest = hashlib.sha256(repr(list(decides)).encode())
    for array in (examples.features, examples.labels, examples.files):
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def _keep(
    state: Path, identity: str, epoch: int, step: int, groups: Sequence[Sequence[Array]]
) -> None:
    arrays: dict[str, Any] = {
        f"{group}-{number}": array
        for group, some in enumerate(groups) for number, array in enumerate(some)
    }  # fmt: skip
    with atomic_path(state) as temporary, temporary.open("wb") as file:
        np.savez(file, identity=np.array(identity), at=np.array([epoch, step]), **arrays)


def _restored(
    state: Path | None, identity: str, epochs: int, groups: Sequence[list[Array]]
) -> tuple[int, int]:
    """Put what was kept of this very training into the groups; returns epochs and steps done.

    More epochs than are wanted were another training.
    """
    if state is None:
        return 0, 0
    try:
        with np.load(state, allow_pickle=False) as stored:
            if str(stored["identity"]) != identity:
                return 0, 0
            found = [
                [stored[f"{group}-{number}"] for number in range(len(some))]
                for group, some in enumerate(groups)
            ]
            epoch, step = (int(value) for value in stored["at"])
            if epoch > epochs:
                return 0, 0
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        return 0, 0
    for some, values in zip(groups, found, strict=True):
        some[:] = values
    return epoch, step


def _held_out(examples: Examples, share: float, rng: np.random.Generator) -> npt.NDArray[np.bool_]:
    """Whole files of each class where there are enough, else single frames."""
    chosen: list[int] = []
    for label in (0, 1):
        numbers = np.unique(examples.files[examples.labels == label])
        if len(numbers) < 3:
            return np.asarray(rng.random(len(examples.labels)) < share)
        n_chosen = max(1, round(share * len(numbers)))
        chosen += [int(number) for number in rng.permutation(numbers)[:n_chosen]]
    return np.isin(examples.files, chosen)


def _forward(flat: Sequence[Array], x: Array) -> list[Array]:
    outs = [x]
    for number in range(0, len(flat), 2):
        total = outs[-1] @ flat[number] + flat[number + 1]
        if number == len(flat) - 2:
            power = np.exp(total - total.max(axis=1, keepdims=True))
            outs.append(power / power.sum(axis=1, keepdims=True))
        else:
            outs.append(1 / (1 + np.exp(-np.clip(total, -60, 60))))
    return outs


def _gradients(flat: Sequence[Array], x: Array, labels: npt.NDArray[np.int8]) -> list[Array]:
    """Of the mean cross-entropy, in the order of `flat`."""
    outs = _forward(flat, x)
    error: Array = (outs[-1] - np.eye(2, dtype=np.float32)[labels]) / np.float32(len(x))
    found: list[Array] = []
    for number in range(len(flat) - 2, -1, -2):
        before = outs[number // 2]
        found = [(before.T @ error).astype(np.float32), error.sum(axis=0), *found]
        error = (error @ flat[number].T) * before * (1 - before)
    return found


def _report(probability: Array, labels: npt.NDArray[np.int8]) -> Report:
    said = probability.argmax(axis=1)
    both = float(np.sum((said == 1) & (labels == 1)))
    return Report(
        accuracy=float(np.mean(said == labels)) if len(labels) else 0.0,
        precision=both / max(1.0, float(np.sum(said == 1))),
        recall=both / max(1.0, float(np.sum(labels == 1))),
        n_frames=len(labels),
    )


def summary(report: Report) -> Mapping[str, float]:
    """The report as plain numbers."""
    return {
        "accuracy": report.accuracy,
        "precision": report.precision,
        "recall": report.recall,
        "n_frames": report.n_frames,
    }
