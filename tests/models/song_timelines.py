"""Synthetic segmentations: what the network and the ear would say of talk, songs, silence."""

from __future__ import annotations

from itertools import groupby

import numpy as np

from utawaku.library.records import Segment
from utawaku.models.segmentation import HOP_S, N_BANDS, Segmentation, n_hops

TALK, MUSIC, SILENCE = "speech", "music", "noEnergy"


class Timeline:
    """Written like a script: `Timeline().talk(30).silence(2).song(180).talk(20)`."""

    def __init__(self, seed: int = 0, floor_db: float = -70.0) -> None:
        self._rng = np.random.default_rng(seed)
        self._floor_db = floor_db
        self._odds: list[np.ndarray] = []
        self._level: list[np.ndarray] = []
        self._bands: list[np.ndarray] = []
        self._labels: list[str] = []
        self.marks: list[tuple[float, float]] = []
        """Start and stop of every song."""

    @property
    def now_s(self) -> float:
        return len(self._labels) * HOP_S

    def _voice(self, n: int) -> np.ndarray:
        """Level of talk re its loud parts: words of about 0.4 s, pauses of about 0.15 s."""
        level = np.full(n, -30.0)
        at = 0
        while at < n:
            word = int(self._rng.integers(2, 8))
            level[at : at + word] = -self._rng.uniform(0, 6)
            at += word + int(self._rng.integers(1, 4))
        return level

    def _timbre(self, seed: int) -> np.ndarray:
        return np.random.default_rng(1000 + seed).uniform(-20, 0, N_BANDS)

    def _put(self, label: str, odds: np.ndarray, level: np.ndarray, timbre: np.ndarray) -> None:
        n = len(level)
        self._labels += [label] * n
        self._odds.append(odds)
        self._level.append(np.maximum(level, self._floor_db))
        wobble = self._rng.normal(0, 3, (n, N_BANDS))
        self._bands.append(level[:, None] + timbre + wobble)

    def talk(self, duration_s: float, level_db: float = -22.0) -> Timeline:
        n = round(duration_s / HOP_S)
        odds = self._rng.normal(-5, 1.5, n)
        self._put(TALK, odds, level_db + self._voice(n), self._timbre(-1))
        return self

    def silence(self, duration_s: float) -> Timeline:
        n = round(duration_s / HOP_S)
        self._put(SILENCE, np.full(n, np.nan), np.full(n, self._floor_db), np.zeros(N_BANDS))
        return self

    def music(
        self, duration_s: float, timbre: int = 0, level_db: float = -18.0, odds: float = 5.0
    ) -> Timeline:
        n = round(duration_s / HOP_S)
        level = level_db + self._rng.normal(0, 1.5, n)
        self._put(MUSIC, self._rng.normal(odds, 1.5, n), level, self._timbre(timbre))
        return self

    def song(self, duration_s: float, timbre: int = 1, level_db: float = -18.0) -> Timeline:
        start = self.now_s
        self.music(duration_s, timbre, level_db)
        self.marks.append((start, self.now_s))
        return self

    def talk_over(
        self, duration_s: float, timbre: int, bed_db: float = -26.0, odds: float = -3.0
    ) -> Timeline:
        n = round(duration_s / HOP_S)
        level = np.maximum(-20.0 + self._voice(n), bed_db + self._rng.normal(0, 1.5, n))
        self._put(TALK, self._rng.normal(odds, 2.0, n), level, self._timbre(timbre))
        return self

    def extend_last_song(self) -> Timeline:
        self.marks[-1] = (self.marks[-1][0], self.now_s)
        return self

    def segmentation(self) -> Segmentation:
        duration_s = self.now_s
        n = n_hops(duration_s)
        odds = np.concatenate(self._odds)
        music = 1 / (1 + np.exp(-odds))
        segments, at = [], 0
        for label, run in groupby(self._labels):
            size = len(list(run))
            segments.append(Segment(label, at * HOP_S, (at + size) * HOP_S))
            at += size
        return Segmentation(
            segments=tuple(segments),
            duration_s=duration_s,
            labels=("speech", "music"),
            probability=np.stack([1 - music, music], axis=1).astype(np.float32)[:n],
            energy_db=np.concatenate(self._level).astype(np.float32)[:n],
            bands_db=np.concatenate(self._bands).astype(np.float32)[:n],
            wave_min=np.zeros(n, np.float32),
            wave_max=np.zeros(n, np.float32),
        )
