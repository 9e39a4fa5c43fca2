"""Speech spans of a recording by the small MFCC network."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from utawaku.library.errors import WeightsCorruptError
from utawaku.library.progress import Progress, part, silent
from utawaku.library.records import Segment
from utawaku.media.decode import decode
from utawaku.media.straight import OwnSound
from utawaku.media.timeline import Timeline
from utawaku.models import registry
from utawaku.models.mfcc_segmenter.features import N_MFCC, SAMPLE_RATE_HZ, Array, mfcc_stream
from utawaku.models.mfcc_segmenter.smoothing import SPEECH, Labels, runs, smooth, speech_spans
from utawaku.models.onnx_session import load_network
from utawaku.models.segmentation import HOP_S, Segmentation, n_hops
from utawaku.models.segmenter.features import FrontEnd
from utawaku.models.segmenter.spool import Curves
from utawaku.models.segmenter.viterbi import energy_activity
from utawaku.models.separator.sound_files import SoundWriter

VERSION = "1"
"""Rises whenever the same recording could be segmented otherwise."""
FRAME_S = 0.01
_FRAMES_A_SECOND = 100
LABELS = ("speech", "music")
"""Columns of the probability."""

Observer = Callable[[Array], None]


@dataclass(frozen=True)
class BacsResult:
    """The network's output, frame by frame."""

    labels: Labels
    """int8 (n_frames,): 0 speech, 1 other, smoothed."""
    probability: Array
    """float32 (n_frames, 2): of speech and of other, before smoothing."""
    duration_s: float
    model_version: str = ""
    truncated: bool = False
    timeline: Timeline = field(default_factory=Timeline)
    """The recording ended before its own header says."""

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
                float(start / _FRAMES_A_SECOND),
                self.duration_s if stop == len(self.labels) else float(stop / _FRAMES_A_SECOND),
            )
            for start, stop in zip(starts, stops, strict=True)
            if start * FRAME_S < self.duration_s
        )


class BacsSegmenter:
    """Runs the network on recordings, in flat memory but for a few numbers every 10 ms.

    `analyse` makes it an engine like any other; `listen` gives what the network itself says.
    """

    def __init__(
        self, weights: Path, *, energy_ratio: float = 0.02, model_version: str = ""
    ) -> None:
        """Load the network.

        Args:
            weights: converted network, as the registry keeps it.
            energy_ratio: of `analyse`; share of the mean energy below which it is silence.
            model_version: sha256 of the weights, passed on into the results.

        Raises:
            WeightsCorruptError: not the converted network.
        """
        self.energy_ratio = energy_ratio
        self.model_version = model_version
        self._session = load_network(weights, shape=(None, N_MFCC), pull="bacs")
        given = self._session.get_outputs()[0].shape
        if len(given) != 2 or given[1] != len(LABELS):
            raise WeightsCorruptError(
                f"gives output of shape {given}, not (any, {len(LABELS)})",
                subject=str(weights),
                next_step="Fetch it again with `utawaku models pull bacs`",
            )
        self._input = self._session.get_inputs()[0].name

    @classmethod
    def from_registry(
        cls, weights_dir: Path, *, energy_ratio: float = 0.02, progress: Progress = silent
    ) -> "BacsSegmenter":
        """Fetch the published network where it is not here yet, and load it.

        Raises:
            WeightsMissingError, WeightsCorruptError: see `utawaku.models.registry.pull`.
        """
        weights = registry.pull("bacs", weights_dir, progress=progress)
        version = registry.version("bacs", weights_dir)
        return cls(weights, energy_ratio=energy_ratio, model_version=version)

    def probability(self, features: Array) -> Array:
        """float32 (n_frames, 2) of MFCC (n_frames, 40)."""
        (out,) = self._session.run(None, {self._input: features})
        return np.asarray(out, np.float32)

    def listen(
        self,
        path: Path,
        *,
        observers: Sequence[Observer] = (),
        own: OwnSound | None = None,
        progress: Progress = silent,
    ) -> BacsResult:
        """Return what the network hears in the recording at `path`; decodes it twice.

        Args:
            observers: each is called with every chunk (float32 (n,), 16 kHz mono) once, in order.
            own: as in `utawaku.media.decode.decode`, of the first time.

        Raises:
            NotMediaError, NoAudioError, TruncatedMediaError: see `utawaku.media.decode`.
        """
        shares = iter((part(progress, 0.0, 0.5), part(progress, 0.5, 1.0)))
        watching = iter(((observers, own), ((), None)))
        n_samples, truncated = 0, False
        timeline = Timeline()

        def read() -> Iterable[Array]:
            nonlocal n_samples, truncated, timeline
            n_samples = 0
            present, beside = next(watching)
            reader = decode(
                path, sample_rate_hz=SAMPLE_RATE_HZ, n_channels=1, own=beside, progress=next(shares)
            )
            for chunk in reader:
                n_samples += len(chunk)
                for observer in present:
                    observer(chunk)
                yield chunk
            truncated, timeline = reader.truncated, reader.timeline

        blocks = [self.probability(block) for block in mfcc_stream(read)]
        heard = np.concatenate(blocks) if blocks else np.zeros((0, 2), np.float32)
        labels = smooth(heard.argmax(axis=1).astype(np.int8))
        duration_s = n_samples / SAMPLE_RATE_HZ
        return BacsResult(labels, heard, duration_s, self.model_version, truncated, timeline)

    def analyse(
        self,
        path: Path,
        *,
        observers: Sequence[Observer] = (),
        own: OwnSound | None = None,
        progress: Progress = silent,
    ) -> Segmentation:
        """Segment the recording at `path` as the pipeline wants it: see `utawaku.models.segmenter`.

        What is not speech is music, and where there is no energy it is neither.

        Raises:
            NotMediaError, NoAudioError, TruncatedMediaError: see `utawaku.media.decode`.
        """
        curves, front_end = Curves(), FrontEnd(precise=False)
        energies: list[Array] = []

        def hear(samples: Array) -> None:
            mel, energy = front_end.push(samples)
            curves.add_samples(samples)
            curves.add_frames(mel, energy)
            energies.append(energy)

        result = self.listen(path, observers=(hear, *observers), own=own, progress=progress)
        energy = np.concatenate(energies) if energies else np.zeros(0, np.float32)
        silent_frames = np.ones(len(result.labels), bool)
        active = energy_activity(energy, self.energy_ratio)
        silent_frames[: len(active)] = ~active[: len(silent_frames)]
        if active.any():
            # The network's frames reach a little beyond the last whole frame of energy.
            silent_frames[len(active) :] = not active[-1]
        n = n_hops(result.duration_s)
        return Segmentation(
            segments=_segments(result, silent_frames),
            duration_s=result.duration_s,
            labels=LABELS,
            probability=_rows(result.probability, silent_frames, n),
            engine=f"bacs/{VERSION}",
            model_version=self.model_version,
            truncated=result.truncated,
            timeline=result.timeline,
            settings={"engine": "bacs", "energy_ratio": self.energy_ratio},
            **curves.finish(result.duration_s),  # type: ignore[arg-type]
        )


def _segments(result: BacsResult, silent_frames: npt.NDArray[np.bool_]) -> tuple[Segment, ...]:
    """Contiguous segments over the recording, on the frames' borders."""
    codes = np.where(silent_frames, len(LABELS), result.labels).astype(np.int8)
    names = (*LABELS, "noEnergy")
    starts, stops = runs(codes)
    stop_s = [min(float(stop / _FRAMES_A_SECOND), result.duration_s) for stop in stops]
    return tuple(
        Segment(
            names[codes[start]],
            float(start / _FRAMES_A_SECOND),
            result.duration_s if i == len(starts) - 1 else stop_s[i],
        )
        for i, start in enumerate(starts)
        if start * FRAME_S < result.duration_s
    ) or (Segment("noEnergy", 0.0, result.duration_s),)


def _rows(probability: Array, silent_frames: npt.NDArray[np.bool_], n: int) -> Array:
    """Mean probability a hop, NaN where all of it is silent: float32 (n, 2)."""
    rows = np.full((n, 2), np.nan, np.float32)
    if not len(probability):
        return rows
    at = np.arange(0, len(probability), round(HOP_S / FRAME_S))
    loud = ~silent_frames[:, None]
    sums = np.add.reduceat(np.where(loud, probability, 0), at)[:n]
    counts = np.add.reduceat(loud.astype(np.float32), at)[:n]
    np.divide(sums, counts, out=rows[: len(sums)], where=counts > 0)
    return rows


def slice_speech(
    path: Path, segments: Iterable[Segment], folder: Path, *, name: str = ""
) -> list[Path]:
    """Write each stretch of speech to a file: `<name>.<start in seconds>.flac`."""
    name = name or path.stem
    written = []
    for segment in segments:
        if segment.label != "speech":
            continue
        reader = decode(path, n_channels=1, start_s=segment.start_s, stop_s=segment.stop_s)
        target = folder / f"{name}.{round(segment.start_s, 2)}.flac"
        with SoundWriter(target, reader.sample_rate_hz, 1) as writer:
            for chunk in reader:
                writer.write(np.atleast_2d(chunk))
        written.append(target)
    return written
