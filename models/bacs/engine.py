"""Speech spans of a recording by the small MFCC network."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from library.progress import Progress, part, silent
from library.records import Segment
from models import registry
from models.audio import decode
from models.bacs.features import N_MFCC, SAMPLE_RATE_HZ, Array, mfcc_stream
from models.bacs.smoothing import SPEECH, Labels, runs, smooth, speech_spans
from models.onnx_session import load_network
from models.separator.flac import FlacWriter

VERSION = "1"
FRAME_S = 0.01


@dataclass(frozen=True)
class BacsResult:
    """What was heard, frame by frame."""

    labels: Labels
    """int8 (n_frames,): 0 speech, 1 other, smoothed."""
    probability: Array
    """float32 (n_frames, 2): of speech and of other, before smoothing."""
    duration_s: float
    model_version: str = ""

    @property
    def spans(self) -> list[tuple[int, int]]:
        """Speech as (first frame, last frame); see `smoothing.speech_spans`."""
        return speech_spans(self.labels)

    @property
    def segments(self) -> tuple[Segment, ...]:
        """Contiguous segments `speech` and `music` (all that is not speech) over the recording."""
        starts, stops = runs(self.labels)
        return tuple(
            Segment(
                "speech" if self.labels[start] == SPEECH else "music",
                float(start * FRAME_S),
                self.duration_s if stop == len(self.labels) else float(stop * FRAME_S),
            )
            for start, stop in zip(starts, stops, strict=True)
            if start * FRAME_S < self.duration_s
        )


class BacsSegmenter:
    """Runs the network on recordings, in flat memory but for three numbers every 10 ms."""

    def __init__(self, weights: Path, *, model_version: str = "") -> None:
        """Load the network.

        Raises:
            WeightsCorruptError: not the converted network.
        """
        self.model_version = model_version
        self._session = load_network(weights, shape=(None, N_MFCC), pull="bacs")

    @classmethod
    def from_registry(cls, weights_dir: Path, *, progress: Progress = silent) -> "BacsSegmenter":
        """Fetch the published network where it is not here yet, and load it.

        Raises:
            WeightsMissingError, WeightsCorruptError: see `models.registry.pull`.
        """
        weights = registry.pull("bacs", weights_dir, progress=progress)
        return cls(weights, model_version=registry.version("bacs", weights_dir))

    def probability(self, features: Array) -> Array:
        """float32 (n_frames, 2) of MFCC (n_frames, 40)."""
        (out,) = self._session.run(None, {"mfcc": features})
        return np.asarray(out, np.float32)

    def analyse(self, path: Path, *, progress: Progress = silent) -> BacsResult:
        """Segment the recording at `path`; decodes it twice.

        Raises:
            NotMediaError, NoAudioError, TruncatedMediaError: see `models.audio.decode`.
        """
        shares = iter((part(progress, 0.0, 0.5), part(progress, 0.5, 1.0)))
        n_samples = 0

        def read() -> Iterable[Array]:
            nonlocal n_samples
            n_samples = 0
            for chunk in decode(
                path, sample_rate_hz=SAMPLE_RATE_HZ, n_channels=1, progress=next(shares)
            ):
                n_samples += len(chunk)
                yield chunk

        blocks = [self.probability(block) for block in mfcc_stream(read)]
        heard = np.concatenate(blocks) if blocks else np.zeros((0, 2), np.float32)
        labels = smooth(heard.argmax(axis=1).astype(np.int8))
        return BacsResult(labels, heard, n_samples / SAMPLE_RATE_HZ, self.model_version)


def slice_speech(path: Path, result: BacsResult, folder: Path) -> list[Path]:
    """Write each speech span of a recording to a file: `<name>.<start in seconds>.flac`."""
    written = []
    for first, last in result.spans:
        reader = decode(path, n_channels=1, start_s=first * FRAME_S, stop_s=last * FRAME_S)
        target = folder / f"{path.stem}.{first / 100}.flac"
        with FlacWriter(target, reader.sample_rate_hz, 1) as writer:
            for chunk in reader:
                writer.write(np.atleast_2d(chunk))
        written.append(target)
    return written
