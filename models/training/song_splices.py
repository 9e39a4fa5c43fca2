"""New training streams out of old ones: cut at their true borders, shuffled, joined again.

Segmentations and `SongFeatures` are sequences of frames that hardly depend on their neighbours,
so two spans joined end to end are what the network and the ear would have made of such a
recording. That gives any number of orders, gaps and joins from a few hours of audio, without
running the network again. Spans where talk and music overlap stay whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from utawaku.models.segmentation import HOP_S, Segmentation
from utawaku.models.songs.features import SongFeatures

Arrays = dict[str, npt.NDArray[np.floating]]
_LEVELS = ("energy_db", "bands_db", "song_level_db", "song_bands_db", "song_pitch_db")


@dataclass(frozen=True)
class Span:
    """Frames of one region of a stream."""

    kind: str
    """`song`, `talk`, `bgm` (with or without talk over it), `noise`, `silence` or `aborted`."""
    arrays: Arrays
    follow: Arrays | None = None
    """The talk that began over the end of the song and goes on after it."""

    @property
    def n_hops(self) -> int:
        """Number of hops."""
        return len(self.arrays["probability"])


@dataclass(frozen=True)
class Spliced:
    """A made-up stream with its truth in seconds."""

    segmentation: Segmentation
    songs: list[tuple[float, float]]
    unjudged: list[tuple[float, float]]


def _arrays_of(segmentation: Segmentation) -> Arrays:
    n = len(segmentation.energy_db)
    arrays: Arrays = {
        "probability": segmentation.probability,
        "energy_db": segmentation.energy_db,
        "bands_db": segmentation.bands_db,
    }
    for name, values in segmentation.listened.items():
        values = np.asarray(values)
        short = n - len(values)
        arrays[name] = np.concatenate([values, values[-1:].repeat(max(0, short), axis=0)])[:n]
    return arrays


def _cut(arrays: Arrays, start: int, stop: int) -> Arrays:
    return {name: values[start:stop] for name, values in arrays.items()}


def _kind(region: Mapping[str, Any]) -> str:
    detail = str(region["detail"])
    if detail.startswith("song"):
        return "song"
    if detail.startswith("aborted"):
        return "aborted"
    if region["label"] == "noEnergy":
        return "silence"
    if region["label"] == "noise":
        return "noise"
    return "talk" if detail == "talk" else "bgm"


def spans_of(segmentation: Segmentation, truth: Mapping[str, Any]) -> list[Span]:
    """The regions of a stream, with `truth` as `song_streams.compose` tells it."""
    arrays = _arrays_of(segmentation)
    talked_over = {round(s["end"], 2) for s in truth["songs"] if "talkover_from" in s}
    regions = truth["regions"]
    spans: list[Span] = []
    for number, region in enumerate(regions):
        start, stop = round(region["start"] / HOP_S), round(region["end"] / HOP_S)
        if stop - start < 3:
            continue
        follow = None
        if round(region["end"], 2) in talked_over and number + 1 < len(regions):
            after = regions[number + 1]
            follow = _cut(arrays, stop, round(after["end"] / HOP_S))
        spans.append(Span(_kind(region), _cut(arrays, start, stop), follow))
    return spans


class _Joiner:
    def __init__(self, rng: np.random.Generator, floor_db: float) -> None:
        self.rng = rng
        self.floor_db = floor_db
        self.parts: list[Arrays] = []
        self.n_hops = 0

    def put(self, arrays: Arrays, gain_db: float = 0.0) -> tuple[float, float]:
        start = self.n_hops
        moved = {
            name: (values + gain_db).astype(np.float32) if name in _LEVELS else values
            for name, values in arrays.items()
        }
        self.parts.append(moved)
        self.n_hops += len(moved["probability"])
        return start * HOP_S, self.n_hops * HOP_S

    def silence(self, like: Arrays, duration_s: float) -> None:
        n = round(duration_s / HOP_S)
        quiet = {
            name: np.zeros((n, *values.shape[1:]), np.float32) for name, values in like.items()
        }
        quiet["probability"] += np.nan
        for name in _LEVELS:
            if name in quiet:
                quiet[name] -= 110.0
        self.put(quiet)

    def finish(self) -> Segmentation:
        joined = {
            name: np.concatenate([part[name] for part in self.parts]).astype(np.float32)
            for name in self.parts[0]
        }
        for name in ("energy_db", "song_level_db"):
            if name in joined:
                joined[name] = np.maximum(joined[name], self.floor_db)
        n = self.n_hops
        return Segmentation(
            segments=(),
            duration_s=n * HOP_S,
            labels=("speech", "music"),
            probability=joined["probability"],
            energy_db=joined["energy_db"],
            bands_db=joined["bands_db"],
            wave_min=np.zeros(n, np.float32),
            wave_max=np.zeros(n, np.float32),
            listened={k: v for k, v in joined.items() if k.startswith("song_")},
        )


class _Splicer:
    """One stream in the making; every choice comes from one generator, in order."""

    def __init__(self, spans: Sequence[Span], seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.pools: dict[str, list[Span]] = {}
        for span in spans:
            self.pools.setdefault(span.kind, []).append(span)
        floor_db = float(self.rng.choice([-100.0, -75.0, -65.0, -58.0]))
        self.joiner = _Joiner(self.rng, floor_db)
        self.some = spans[0].arrays
        self.songs: list[tuple[float, float]] = []
        self.unjudged: list[tuple[float, float]] = []

    def pick(self, kind: str) -> Span | None:
        """Choose a span of a kind; None where there is none."""
        pool = self.pools.get(kind)
        return pool[int(self.rng.integers(len(pool)))] if pool else None

    def some_of(self, kind: str, low_s: float, high_s: float) -> None:
        """Add a stretch of a kind, of a length between two bounds in seconds."""
        span = self.pick(kind)
        if span is None:
            return
        n = min(span.n_hops, round(self.rng.uniform(low_s, high_s) / HOP_S))
        begin = int(self.rng.integers(span.n_hops - n + 1))
        piece = _cut(span.arrays, begin, begin + n)
        where = self.joiner.put(piece, self.rng.uniform(-3, 3))
        if kind == "aborted":
            self.unjudged.append(where)

    def silence(self, low_s: float, high_s: float) -> None:
        """Add silence of a length between two bounds in seconds."""
        self.joiner.silence(self.some, self.rng.uniform(low_s, high_s))

    def gap(self) -> None:
        """Add what stands between two songs: silence, noise, talk, music under no voice."""
        rng = self.rng
        kind = rng.random()
        if kind < 0.3:
            self.joiner.silence(self.some, float(rng.choice([0.0, 0.2, 0.6, 2.0, 6.0, 15.0])))
            return
        if rng.random() < 0.25:
            self.some_of("noise", 3, 10)
        elif rng.random() < 0.4:
            self.silence(0.2, 4)
        for _ in range(int(rng.integers(1, 4))):
            self.some_of("talk", 4, 40)
        if kind > 0.7:
            self.some_of("bgm", 5, 120)
        if kind > 0.92:
            self.some_of("aborted", 5, 40)
            self.some_of("talk", 3, 20)
        if rng.random() < 0.4:
            self.silence(0.2, 4)

    def song(self, span: Span) -> None:
        """Add a song, at times without its start or end or with a pause inside."""
        rng, n = self.rng, span.n_hops
        begin, end = 0, n
        if rng.random() < 0.15 and n > 900:
            begin = int(rng.uniform(0.1, 0.5) * n)
        if rng.random() < 0.15 and n > 900 and span.follow is None:
            end = int(rng.uniform(0.6, 0.9) * n)
        if end - begin <= 450:
            return
        volume = rng.uniform(-4, 4)
        start_s = self.joiner.n_hops * HOP_S
        if rng.random() < 0.2:
            middle = begin + int(rng.uniform(0.25, 0.75) * (end - begin))
            self.joiner.put(_cut(span.arrays, begin, middle), volume)
            self.silence(0.5, 3.0)
            begin = middle
        stop_s = self.joiner.put(_cut(span.arrays, begin, end), volume)[1]
        self.songs.append((start_s, stop_s))
        if span.follow is not None:
            self.joiner.put(span.follow, volume)


def splice(spans: Sequence[Span], seed: int, n_songs: int = 8) -> Spliced:
    """Join `spans` to one stream of `n_songs` songs, in an order and with gaps of its own."""
    splicer = _Splicer(spans, seed)
    if splicer.rng.random() < 0.5:
        splicer.some_of("bgm", 4, 150)
    splicer.some_of("talk", 5, 60)
    splicer.gap()
    for _ in range(n_songs):
        span = splicer.pick("song")
        if span is None:
            break
        splicer.song(span)
        splicer.gap()
    splicer.some_of("talk", 5, 40)
    if splicer.rng.random() < 0.5:
        splicer.some_of("bgm", 4, 100)
    return Spliced(splicer.joiner.finish(), splicer.songs, splicer.unjudged)


def without_features(segmentation: Segmentation) -> Segmentation:
    """As an engine without a `SongListener` gives it."""
    return replace(segmentation, listened={})


def features_of(segmentation: Segmentation) -> SongFeatures | None:
    """Return the song features that a segmentation carries, None without."""
    return SongFeatures.from_arrays(segmentation.listened)
