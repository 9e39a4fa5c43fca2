"""Train the shipped separator further, or from nothing, on a folder of voices and music.

Needs the extra `train` (TensorFlow, Keras 3), which uses a GPU where there is one. The same
folder, seed and step count give the same network on the same machine, also when it was stopped
and started again in between.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple
from zipfile import BadZipFile

import numpy as np

from utawaku.library.errors import ConfigError
from utawaku.library.files import atomic_path
from utawaku.library.progress import Progress, part, silent
from utawaku.models.separator.builtin.engine import BuiltinSeparator
from utawaku.models.separator.engine import Separator, separate
from utawaku.models.training.keras_import import import_keras
from utawaku.models.training.separator_data import (
    Array,
    Material,
    Sound,
    composed_songs,
    draw,
    frames_for,
    read_material,
    split_material,
)
from utawaku.models.training.separator_network import (
    Weights,
    build,
    fresh_weights,
    keras_network,
    read_weights,
    weights_of,
)

STATE = "separator.npz"
_KEEP_EVERY = 50
_MOST_JUDGED_S = 60.0


@dataclass(frozen=True)
class Plan:
    """Options that decide the outcome, beside the folder."""

    n_steps: int = 3000
    batch: int = 6
    seconds: float = 3.0
    """Length of an example."""
    rate: float = 3e-4
    """Learning rate at the start; it falls to nothing along a cosine."""
    seed: int = 1
    held_out: float = 0.1
    n_composed: int = 0
    """Bands by the demo's composer that are added to the music without voice."""
    n_sung: int = 0
    """Songs by it that are added whole, with their synthetic singer."""
    until: int | None = None
    """Stop at this step of the schedule, where the rest would change little."""
    keep: float = 0.0
    """Share in the result of the network that was begun with: what it could do and the new
    material does not show is kept (M. Wortsman et al., "Robust fine-tuning", CVPR 2022)."""


@dataclass(frozen=True)
class Scores:
    """Quality of separation, in dB over the unseparated mixture."""

    vocals_db: float
    """GNSDR: improvement of the signal-to-distortion ratio, weighted by length."""
    accompaniment_db: float
    leak_db: float
    """Energy of the "vocals" of music without voice, against the music; the lower the better."""
    n_mixtures: int
    n_without_voice: int


class Trained(NamedTuple):
    """The result of a training."""

    model: bytes
    """ONNX file."""
    before: Scores | None
    """Of the network it started from, on what is held out; None where it started from nothing."""
    after: Scores
    left_out: tuple[tuple[str, str], ...]


def train_separator(
    folder: Path,
    work: Path,
    *,
    start: Path | None,
    plan: Plan | None = None,
    progress: Progress = silent,
) -> Trained:
    """Train on a folder (see `models.training.separator_data`); goes on where it was stopped.

    Args:
        folder: sounds; a folder `test` in it, laid out alike, is what is held out, else a share.
        work: decoded sounds and the state of the training; can be deleted afterwards.
        start: network to begin with; None trains from nothing.

    Raises:
        ConfigError: no voice or no music in the folder, or TensorFlow is not installed.
        WeightsCorruptError: `start` is not this network.
    """
    plan = plan or Plan()
    keras = import_keras()
    weights = fresh_weights(plan.seed) if start is None else read_weights(start)
    material = read_material(folder, work / "sounds", part(progress, 0.0, 0.05))
    left_out = material.left_out
    if (folder / "test").is_dir():
        test = read_material(folder / "test", work / "sounds", part(progress, 0.05, 0.06))
        left_out += test.left_out
    else:
        material, test = split_material(material, plan.held_out, plan.seed)
        if not test.voices or not material.voices or not material.bands:
            raise ConfigError(
                "too few files to hold some out",
                subject=str(folder),
                next_step="Add songs, or a folder `test` laid out alike",
            )
    n_made = max(plan.n_composed, plan.n_sung)
    songs = composed_songs(n_made, work / "sounds", part(progress, 0.06, 0.1)) if n_made else ()
    material = replace(
        material,
        accompaniment=(*material.accompaniment, *(band for _, band in songs[: plan.n_composed])),
        composed=songs[: plan.n_sung],
    )
    identity = _identity(plan, weights, material)
    learnt = _fit(keras, weights, material, plan, work / STATE, identity, part(progress, 0.1, 0.9))
    if start is not None:
        keep = np.float32(plan.keep)
        learnt = {name: keep * weights[name] + (1 - keep) * learnt[name] for name in weights}
    model = build(learnt).SerializeToString(deterministic=True)
    made = work / "judged.onnx"
    with atomic_path(made) as temporary:
        temporary.write_bytes(model)
    progress(0.9, "measuring")
    before = None if start is None else measure(BuiltinSeparator(start), test)
    progress(0.95, "measuring")
    after = measure(BuiltinSeparator(made), test)
    progress(1.0, "trained")
    return Trained(model, before, after, left_out)


def _fit(
    keras: Any,
    weights: Weights,
    material: Material,
    plan: Plan,
    state: Path,
    identity: str,
    progress: Progress,
) -> Weights:
    n_frames = frames_for(plan.seconds)
    model = keras_network(keras, n_frames, weights)
    falling = keras.optimizers.schedules.CosineDecay(plan.rate, max(1, plan.n_steps))
    model.compile(keras.optimizers.Adam(falling), _loss(keras))
    model.optimizer.build(model.trainable_variables)
    variables = [*model.variables, *model.optimizer.variables]
    done = _restored(state, identity, variables)
    last = plan.n_steps if plan.until is None else min(plan.until, plan.n_steps)
    loss = 0.0
    for step in range(done, last):
        # Each step draws from its own numbers, so that one taken up again goes on as it would have.
        rng = np.random.default_rng((plan.seed, step))
        examples = [draw(material, n_frames, rng) for _ in range(plan.batch)]
        magnitudes = np.stack([example.magnitude for example in examples])
        loss = float(model.train_on_batch(magnitudes, np.stack([e.truth for e in examples])))
        if (step + 1) % _KEEP_EVERY == 0 or step + 1 == last:
            _keep(state, identity, step + 1, variables)
        progress((step + 1) / last, f"step {step + 1} of {plan.n_steps}, loss {loss:.4f}")
    return weights_of(model)


def _loss(keras: Any) -> Any:
    """Mean distance of both stems' magnitudes on both channels, as the engine will make them."""
    ops = keras.ops

    def distance(truth: Any, mask: Any) -> Any:
        share = mask * truth[..., 6]
        total = 0.0
        for first in (0, 3):
            mix, vocals, accompaniment = (truth[..., first + i] for i in range(3))
            total += ops.mean(ops.abs(share * mix - vocals))
            total += ops.mean(ops.abs((1.0 - share) * mix - accompaniment))
        return 4.0 * total

    return distance


def _identity(plan: Plan, weights: Weights, material: Material) -> str:
    """Digest of what decides each step: a state of another training is not gone on with."""
    decides = replace(plan, keep=0.0, until=None)
    digest = hashlib.sha256(json.dumps(asdict(decides), sort_keys=True).encode())
    for name in sorted(weights):
        digest.update(weights[name].tobytes())
    for sound in (
        *material.voices,
        *material.bands,
        *(s for pair in material.composed for s in pair),
    ):
        digest.update(f"{sound.name}:{sound.samples.shape}:{sound.rate_hz}".encode())
    return digest.hexdigest()


def _keep(state: Path, identity: str, step: int, variables: Iterable[Any]) -> None:
    arrays: dict[str, Any] = {
        f"v{number}": np.asarray(value) for number, value in enumerate(variables)
    }
    state.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(state) as temporary, temporary.open("wb") as file:
        np.savez(file, identity=np.array(identity), step=np.array(step), **arrays)


def _restored(state: Path, identity: str, variables: list[Any]) -> int:
    """Put a kept state into the variables; returns the steps done, 0 where there is none."""
    try:
        with np.load(state, allow_pickle=False) as stored:
            if str(stored["identity"]) != identity:
                return 0
            values = [stored[f"v{number}"] for number in range(len(variables))]
            step = int(stored["step"])
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        return 0
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
    return step


def measure(engine: Separator, material: Material) -> Scores:
    """Take mixtures apart and compare.

    Pairs are mixed as recorded. Where there are none, each voice is laid over the next music at
    equal energy. At most a minute of each.
    """
    gains: list[tuple[float, float, int]] = []
    for voice, band, rate in _mixtures(material):
        mix = voice + band
        stems = separate(engine, mix, rate)
        gains.append(
            (
                sdr_db(voice, stems.vocals) - sdr_db(voice, mix),
                sdr_db(band, stems.accompaniment) - sdr_db(band, mix),
                mix.shape[1],
            )
        )
    leaks = []
    for sound in material.accompaniment:
        music = _start_of(sound)
        heard = separate(engine, music, sound.rate_hz).vocals
        leaks.append(10 * np.log10((np.sum(heard**2) + 1e-9) / (np.sum(music**2) + 1e-9)))
    lengths = [length for *_, length in gains]
    return Scores(
        vocals_db=float(np.average([one for one, _, _ in gains], weights=lengths)),
        accompaniment_db=float(np.average([one for _, one, _ in gains], weights=lengths)),
        leak_db=float(np.mean(leaks)) if leaks else float("nan"),
        n_mixtures=len(gains),
        n_without_voice=len(leaks),
    )


def _mixtures(material: Material) -> Iterable[tuple[Array, Array, int]]:
    import soxr

    for voice, band in material.pairs:
        # Stems of one song, whose ends may differ by a little.
        both = [_start_of(sound) for sound in (voice, band)]
        n_channels = max(map(len, both))
        n_samples = min(piece.shape[1] for piece in both)
        one, other = (
            np.broadcast_to(piece[:, :n_samples], (n_channels, n_samples)) for piece in both
        )
        yield one, other, voice.rate_hz
    if material.pairs:
        return
    for number, sung in enumerate(material.voices):
        played = material.bands[number % len(material.bands)]
        music, mono = _start_of(played), _start_of(sung).mean(axis=0, keepdims=True)
        mono = np.asarray(soxr.resample(mono.T, sung.rate_hz, played.rate_hz).T, np.float32)
        n_samples = min(music.shape[1], mono.shape[1])
        music, mono = music[:, :n_samples], mono[:, :n_samples]
        equal = np.sqrt(np.mean(music**2) / max(float(np.mean(mono**2)), 1e-9))
        yield np.repeat(mono * np.float32(equal), len(music), axis=0), music, played.rate_hz


def _start_of(sound: Sound) -> Array:
    n_samples = round(_MOST_JUDGED_S * sound.rate_hz)
    return np.asarray(sound.samples[:, :n_samples] / np.float32(32768), np.float32)


def sdr_db(truth: Array, found: Array) -> float:
    """Signal-to-distortion ratio, without any leave to scale or to filter."""
    noise = float(np.sum((truth - found) ** 2)) + 1e-9
    return float(10 * np.log10((float(np.sum(truth**2)) + 1e-9) / noise))
