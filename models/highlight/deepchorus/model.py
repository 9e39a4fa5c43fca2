"""Songs of any length through DeepChorus: one value a second."""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import numpy_helper

from utawaku.library.errors import WeightsCorruptError, WeightsMissingError
from utawaku.library.progress import Progress, silent
from utawaku.media.decode import decode
from utawaku.models.highlight.deepchorus.architecture import CHUNK, MULTIPLE, N_MELS
from utawaku.models.highlight.deepchorus.graph import to_onnx
from utawaku.models.highlight.deepchorus.mel import FRAMES_PER_S, SAMPLE_RATE_HZ, MelStream
from utawaku.models.highlight.deepchorus.weights import check, read_weights
from utawaku.models.highlight.window import Curve, n_seconds, normalised
from utawaku.models.onnx_session import make_session

Array = npt.NDArray[np.float32]

PIECE_FRAMES = 602 * CHUNK
"""Longest stretch that is polled as a whole: ten minutes."""
_SILENCE = 1e-4


class DeepChorus:
    """A network, ready to run."""

    def __init__(self, model: onnx.ModelProto, version: str, *, threads: int = 0) -> None:
        self.version = version
        """sha256 of the file it came from."""
        # What one song needed is given back before the next, longer one.
        self._session = make_session(
            model.SerializeToString(), threads=threads, keeps_memory=False, accelerated=True
        )

    @classmethod
    def load(cls, path: Path, *, threads: int = 0) -> "DeepChorus":
        """The published `.h5`, or `.onnx` or `.npz` made by our training.

        Raises:
            WeightsMissingError: no such file.
            WeightsCorruptError: it cannot be read, or holds a network of another shape.
        """
        model = _read_onnx(path) if path.suffix == ".onnx" else to_onnx(read_weights(path))
        return cls(model, sha256(path.read_bytes()).hexdigest(), threads=threads)

    def values(self, mel: Array) -> Array:
        """Interest of every 43 frames of float32 (n_frames, 128): float32 (n_frames / 43 up,)."""
        n_values = -(-len(mel) // CHUNK)
        n_frames = -(-n_values * CHUNK // MULTIPLE) * MULTIPLE
        padded = np.zeros((n_frames, N_MELS), np.float32)
        padded[: len(mel)] = mel
        (curve,) = self._session.run(["curve"], {"mel": padded})
        return np.asarray(curve[:n_values], np.float32)

    def curve_of(
        self,
        path: Path,
        *,
        start_s: float = 0.0,
        stop_s: float | None = None,
        progress: Progress = silent,
    ) -> Curve:
        """The interest curve of a media file or a span of it, float32 (n_seconds,) in [0, 1].

        Memory is flat: what is longer than ten minutes goes through in pieces of ten minutes, the
        last of which looks back over as much.

        Raises:
            NotMediaError, NoAudioError, TruncatedMediaError: see `utawaku.media.decode`.
        """
        chunks = decode(
            path,
            sample_rate_hz=SAMPLE_RATE_HZ,
            n_channels=1,
            start_s=start_s,
            stop_s=stop_s,
            progress=progress,
        )
        return self.curve(chunks)

    def curve(self, chunks: Iterable[Array], *, piece_frames: int = PIECE_FRAMES) -> Curve:
        """The interest curve of float32 (n_samples,) chunks at 22,050 Hz; silence is 0.5."""
        values: list[Array] = []
        stream, counted = MelStream(), _Counted(chunks)
        before = np.zeros((0, N_MELS), np.float32)
        parts: list[Array] = []
        loudest = 0.0
        for frames in _frames(stream, counted):
            loudest = max(loudest, float(frames.max(initial=0.0)))
            parts.append(frames)
            while sum(len(part) for part in parts) >= piece_frames:
                waiting = np.concatenate(parts)
                before = waiting[:piece_frames]
                parts = [waiting[piece_frames:]]
                values.append(self.values(before))
        rest = np.concatenate(parts)
        if len(rest):
            n_wanted = -(-len(rest) // CHUNK)
            # Whole values only, so that those of the rest stay where they are.
            n_back = min(len(before), (piece_frames - len(rest)) // CHUNK * CHUNK)
            looked_at = np.concatenate([before[len(before) - n_back :], rest])
            values.append(self.values(looked_at)[-n_wanted:])
        n = n_seconds(counted.n_samples / SAMPLE_RATE_HZ)
        if loudest < _SILENCE:
            return np.full(n, 0.5, np.float32)
        told = np.concatenate(values)
        at = (np.arange(len(told)) + 0.5) * CHUNK / FRAMES_PER_S
        return normalised(np.interp(np.arange(n) + 0.5, at, told))


class _Counted:
    def __init__(self, chunks: Iterable[Array]) -> None:
        self._chunks = chunks
        self.n_samples = 0

    def __iter__(self) -> Iterator[Array]:
        for chunk in self._chunks:
            self.n_samples += len(chunk)
            yield chunk


def _frames(stream: MelStream, chunks: _Counted) -> Iterator[Array]:
    for chunk in chunks:
        yield stream.add(chunk)
    yield stream.end()


def _read_onnx(path: Path) -> onnx.ModelProto:
    """A network of ours; raises as `DeepChorus.load` does."""
    if not path.is_file():
        raise WeightsMissingError(
            "there is no DeepChorus network",
            subject=str(path),
            next_step="Set `highlight.weights` to its file, or `highlight.engine` to `builtin`",
        )
    try:
        stored = onnx.load_model_from_string(path.read_bytes())
    except Exception as error:
        raise _not_ours(path, f"it cannot be read ({type(error).__name__})") from error
    facts = {prop.key: prop.value for prop in stored.metadata_props}
    if facts.get("network") != "deepchorus" or facts.get("pool") not in ("1", "3", "9"):
        raise _not_ours(path, "it was not exported by utawaku")
    weights = _weights_of(stored)
    check(weights, path)
    return to_onnx(weights, pool=int(facts["pool"]))


def _weights_of(model: onnx.ModelProto) -> dict[str, Array]:
    """The weights out of a graph, their axes put back; loops have graphs of their own."""
    found: dict[str, Array] = {}

    def collect(graph: Any) -> None:
        for tensor in graph.initializer:
            if "/" in tensor.name:
                value = numpy_helper.to_array(tensor).astype(np.float32)
                if tensor.name.endswith("/kernel"):
                    value = value.transpose((2, 3, 1, 0) if value.ndim == 4 else (2, 1, 0))
                found[tensor.name] = value
        for node in graph.node:
            for attribute in node.attribute:
                if attribute.HasField("g"):
                    collect(attribute.g)

    collect(model.graph)
    return found


def _not_ours(path: Path, problem: str) -> WeightsCorruptError:
    return WeightsCorruptError(
        f"this is no DeepChorus network: {problem}",
        subject=str(path),
        next_step="Export it again with `utawaku train highlight --network deepchorus`",
    )


@lru_cache(maxsize=1)
def loaded(path: Path, _changed_ns: int, threads: int = 0) -> DeepChorus:
    """The network of a file, kept until it is asked for another, or the file changes."""
    return DeepChorus.load(path, threads=threads)
