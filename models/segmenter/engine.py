"""Speech, music, noise or no energy: a recording's timeline from one decode pass."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal

import numpy as np

from utawaku.library.progress import Progress, part, silent
from utawaku.library.records import Segment
from utawaku.media.decode import decode
from utawaku.media.straight import OwnSound
from utawaku.models import registry
from utawaku.models.onnx_session import make_session
from utawaku.models.segmentation import HOP_S, SLOT_S, Segmentation, n_hops
from utawaku.models.segmenter.certificate import settle
from utawaku.models.segmenter.features import SAMPLE_RATE_HZ, FrontEnd
from utawaku.models.segmenter.network import N_INPUT_BANDS, PATCH_FRAMES, read_onnx
from utawaku.models.segmenter.patches import PatchGrid, PatchScorer, log_probabilities
from utawaku.models.segmenter.prefetch import read_ahead
from utawaku.models.segmenter.spool import Curves, MelSpool
from utawaku.models.segmenter.strip_graph import CEILINGS, make_strip_session
from utawaku.models.segmenter.strips import ERRORS, StripScorer, StripScores
from utawaku.models.segmenter.viterbi import SWITCH_NATS, SWITCH_NATS_SMN, energy_activity
from utawaku.models.segmenter.viterbi import decode as best_path

ENGINE_VERSION = "1"
"""Raise it when results can change."""

Observer = Callable[[np.ndarray], None]
"""Called with each chunk of the decode pass: float32 (n,), 16 kHz mono."""

LABELS = {"sm": ("speech", "music"), "smn": ("speech", "music", "noise")}
_SWITCH = {"sm": SWITCH_NATS, "smn": SWITCH_NATS_SMN}
_SLOTS_A_HOP = round(HOP_S / SLOT_S)
_NO_ENERGY = "noEnergy"
_DECODE_SHARE = {"exact": 0.1, "fast": 0.9}
_SLOTS_AT_ONCE = 1 << 14

Run = tuple[int, int]
"""Slots [start, stop) of one stretch with energy."""


class Segmenter:
    """Segments recordings with inaSpeechSegmenter's networks.

    `exact` evaluates every patch and gives the labels and boundaries of the unmodified package.
    `fast` evaluates approximately first and exactly where the decision hangs on it.
    """

    def __init__(
        self,
        weights: Path,
        *,
        engine: Literal["sm", "smn"] = "sm",
        mode: Literal["exact", "fast"] = "fast",
        energy_ratio: float = 0.02,
        threads: int | None = None,
        model_version: str = "",
    ) -> None:
        """Load the network.

        Args:
            weights: converted network, as the registry keeps it for this `engine`.
            energy_ratio: sets the energy threshold, relative to the recording's mean log energy.
            threads: evaluations side by side; None or 0 takes one a processor core, 4 at the most.
            model_version: sha256 of the weights, passed on into the results.
        """
        if engine not in LABELS:
            raise ValueError(f"engine must be one of {sorted(LABELS)}")
        if mode not in ("exact", "fast"):
            raise ValueError("mode must be exact or fast")
        self.engine = engine
        self.mode = mode
        self.energy_ratio = energy_ratio
        self.labels = LABELS[engine]
        self.model_version = model_version
        self._threads = threads or min(4, _n_cores())
        session = make_session(weights.read_bytes(), accelerated=True)
        self._strip_session = (
            make_strip_session(read_onnx(weights), CEILINGS[engine]) if mode == "fast" else None
        )
        self._patches = PatchScorer(session, len(self.labels), self._threads)

    @classmethod
    def from_registry(
        cls,
        weights_dir: Path,
        *,
        engine: Literal["sm", "smn"] = "sm",
        mode: Literal["exact", "fast"] = "fast",
        energy_ratio: float = 0.02,
        threads: int | None = None,
        progress: Progress = silent,
    ) -> "Segmenter":
        """Fetch the weights where they are not here yet, and load them.

        Raises:
            WeightsMissingError, WeightsCorruptError: see `utawaku.models.registry.pull`.
        """
        weights = registry.pull(engine, weights_dir, progress=progress)
        return cls(
            weights,
            engine=engine,
            mode=mode,
            energy_ratio=energy_ratio,
            threads=threads,
            model_version=registry.version(engine, weights_dir),
        )

    @property
    def version(self) -> str:
        """Name and version, as kept with every result."""
        return f"{self.engine}-{self.mode}/{ENGINE_VERSION}"

    def analyse(
        self,
        path: Path,
        *,
        observers: Sequence[Observer] = (),
        own: OwnSound | None = None,
        progress: Progress = silent,
    ) -> Segmentation:
        """Segment the recording at `path`, decoding it once.

        Args:
            observers: each is called with every chunk (float32 (n,), 16 kHz mono) in order.
            own: as in `utawaku.media.decode.decode`; called in another thread than `observers`.

        Raises:
            NotMediaError, NoAudioError, TruncatedMediaError: see `utawaku.media.decode`.
        """
        curves = Curves()
        front_end = FrontEnd(precise=self.mode == "exact")
        energies: list[np.ndarray] = []
        approximate: list[StripScores] = []
        lowest = np.inf
        with MelSpool() as spool, ThreadPoolExecutor(self._threads) as pool:
            strips = None
            if self._strip_session:
                strips = StripScorer(self._strip_session, ERRORS[self.engine], pool)
            reader = decode(
                path,
                sample_rate_hz=SAMPLE_RATE_HZ,
                n_channels=1,
                as_s16=True,
                own=own,
                progress=part(progress, 0.0, _DECODE_SHARE[self.mode]),
            )
            for samples in read_ahead(reader):
                curves.add_samples(samples)
                for observer in observers:
                    observer(samples)
                mel, energy = front_end.push(samples)
                curves.add_frames(mel, energy)
                energies.append(energy)
                if spool.n_frames < PATCH_FRAMES and len(mel):
                    lowest = min(lowest, float(mel.min()))
                spool.append(mel)
                if strips:
                    approximate.append(strips.push(mel[:, :N_INPUT_BANDS]))
            energy = np.concatenate(energies) if energies else np.zeros(0, np.float32)
            active = energy_activity(energy, self.energy_ratio)[::2]
            if 0 < spool.n_frames < PATCH_FRAMES:
                fill = np.full((PATCH_FRAMES - spool.n_frames, N_INPUT_BANDS), lowest, np.float32)
                spool.append(fill)
                if strips:
                    strips.push(fill)
            rest = part(progress, _DECODE_SHARE[self.mode], 1.0)
            if strips:
                approximate.append(strips.finish())
                labels, scores = self._settle(spool, active, StripScores.join(approximate), rest)
            else:
                labels, scores = self._label(spool, active, rest)
        progress(1.0, "segmented")
        return Segmentation(
            segments=_segments(labels, (_NO_ENERGY, *self.labels), reader.duration_s),
            duration_s=reader.duration_s,
            labels=self.labels,
            probability=_probability_rows(scores, active, n_hops(reader.duration_s)),
            engine=self.version,
            model_version=self.model_version,
            truncated=reader.truncated,
            timeline=reader.timeline,
            settings={"engine": self.engine, "mode": self.mode, "energy_ratio": self.energy_ratio},
            **curves.finish(reader.duration_s),  # type: ignore[arg-type]
        )

    def _label(
        self, spool: MelSpool, active: np.ndarray, progress: Progress
    ) -> tuple[np.ndarray, np.ndarray]:
        """Label of each slot, int8 (0 is no energy), and log probabilities (n_slots, n_labels)."""
        labels = np.zeros(len(active), np.int8)
        scores = np.full((len(active), len(self.labels)), np.nan, np.float32)
        grid = PatchGrid(spool.n_frames)
        n_total, n_done = int(active.sum()), 0
        for start, stop in active_runs(active):
            for at in range(start, stop, _SLOTS_AT_ONCE):
                end = min(at + _SLOTS_AT_ONCE, stop)
                scores[at:end] = self._exact_scores(spool, grid, np.arange(at, end))
                n_done += end - at
                progress(n_done / n_total, "listening for speech and music")
            labels[start:stop] = 1 + best_path(scores[start:stop], _SWITCH[self.engine])
        return labels, scores

    def _settle(
        self, spool: MelSpool, active: np.ndarray, approximate: StripScores, progress: Progress
    ) -> tuple[np.ndarray, np.ndarray]:
        """Like `_label`, from approximate scores and as few exact ones as the decision needs."""
        labels = np.zeros(len(active), np.int8)
        scores = np.full((len(active), len(self.labels)), np.nan, np.float32)
        grid = PatchGrid(spool.n_frames)
        for start, stop in active_runs(active):
            patches = grid.patch_of(np.arange(start, stop))

            def exact(slots: np.ndarray, start: int = start) -> np.ndarray:
                return self._exact_scores(spool, grid, slots + start)

            best, scores[start:stop] = settle(
                log_probabilities(approximate.logits[patches]),
                approximate.error[patches],
                _SWITCH[self.engine],
                exact,
            )
            labels[start:stop] = 1 + best
            progress(stop / len(active), "settling what is uncertain")
        return labels, scores

    def _exact_scores(self, spool: MelSpool, grid: PatchGrid, slots: np.ndarray) -> np.ndarray:
        patches, back = np.unique(grid.patch_of(slots), return_inverse=True)
        return log_probabilities(self._patches.logits(spool, patches))[back]


def active_runs(active: np.ndarray) -> list[Run]:
    """Slots [start, stop) of each stretch of True in a bool array.

    `active` is bool (n_slots,).
    """
    edges = np.flatnonzero(np.diff(np.concatenate(([0], active.astype(np.int8), [0]))))
    return [(int(start), int(stop)) for start, stop in edges.reshape(-1, 2)]


def _segments(labels: np.ndarray, names: Sequence[str], duration_s: float) -> tuple[Segment, ...]:
    """Segments of equal labels; the last one reaches to the end of the recording."""
    if not len(labels):
        return (Segment(_NO_ENERGY, 0.0, duration_s),)
    starts = np.concatenate(([0], np.flatnonzero(np.diff(labels)) + 1))
    bounds = [float(start * SLOT_S) for start in starts] + [duration_s]
    return tuple(
        Segment(names[labels[start]], bounds[i], bounds[i + 1]) for i, start in enumerate(starts)
    )


def _probability_rows(scores: np.ndarray, active: np.ndarray, n: int) -> np.ndarray:
    """Mean probability a hop, NaN where no slot of it has energy: float32 (n, n_labels)."""
    rows = np.full((n, scores.shape[1]), np.nan, np.float32)
    if not len(scores):
        return rows
    at = np.arange(0, len(scores), _SLOTS_A_HOP)
    sums = np.add.reduceat(np.where(active[:, None], np.exp(scores), 0), at)[:n]
    counts = np.add.reduceat(active.astype(np.float32), at)[:n, None]
    np.divide(sums, counts, out=rows[: len(sums)], where=counts > 0)
    return rows


def _n_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
