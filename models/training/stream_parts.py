"""Parts of a composed stream: the pool of recordings, a host, a singer, beds and crowds.

Sources are split into two halves, ``a`` and ``b``, that share no recording: rules are designed on
one half and judged on the other.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from utawaku.models.training.stream_sounds import (
    RATE_HZ,
    Audio,
    at_level,
    decode_mono,
    decode_stereo_wave,
    faded,
    gain,
    in_room,
    resampled,
    trimmed,
)


def _half(name: str) -> str:
    """A stable coin for a source's name."""
    return "ab"[zlib.crc32(name.encode()) % 2]


_SONGS_A = ("karissa", "josh_", "yue_quiet", "yue_corner", "yue_step")
_SONGS_B = ("brad_", "joshua_", "yue_")
"""Songs of the corpus by the beginning of their name; a song of another name goes by the coin."""


def _half_of_song(name: str) -> str:
    if name.startswith(_SONGS_A):
        return "a"
    return "b" if name.startswith(_SONGS_B) else _half(name)


@dataclass(frozen=True)
class Mix:
    """The parts of a composed stream."""

    n_songs: int = 7
    karaoke_share: float = 0.6
    """Songs by amateurs over a backing; the rest are studio songs."""
    rap_share: float = 0.0
    mash_share: float = 0.0
    """Of the karaoke songs: the voice over another backing, from `extra_music`."""
    quiet_share: float = 0.0
    """Songs whose first seconds are 12-34 dB down."""
    gated_share: float = 0.0
    """Songs that open with single strokes."""
    sparse_share: float = 0.0
    """Of the karaoke songs: the voice far above the backing."""
    gapless_share: float = 0.14
    false_start_share: float = 0.12
    talkover_share: float = 0.2
    intro_talk_share: float = 0.12
    """Songs over whose first seconds the host talks, as `talkover_share` over the last ones."""


VARIED = Mix(
    karaoke_share=0.75,
    rap_share=0.06,
    mash_share=0.5,
    quiet_share=0.12,
    sparse_share=0.15,
    gated_share=0.12,
    gapless_share=0.25,
    talkover_share=0.3,
)
SOFT = Mix(
    n_songs=6,
    karaoke_share=0.0,
    quiet_share=0.3,
    gated_share=0.1,
    talkover_share=0.4,
    intro_talk_share=0.35,
)
HARD = Mix(rap_share=0.12, sparse_share=0.35, gapless_share=0.3, talkover_share=0.35)


@dataclass
class Parts:
    """Sources of one half (or of both), decoded on demand and kept."""

    corpus: Path
    half: str = "ab"
    karaoke: Path | None = None
    extra_music: Path | None = None
    _kept: dict[Path, Audio] = field(default_factory=dict)

    def audio(self, path: Path) -> Audio:
        """Return a recording without silence at its ends, float32 (n_samples,); cached."""
        if path not in self._kept:
            self._kept[path] = trimmed(decode_mono(path))
        return self._kept[path]

    def stereo(self, path: Path) -> Audio:
        """A karaoke clip: (2, n_samples), backing and voice."""
        if path not in self._kept:
            self._kept[path] = decode_stereo_wave(path)
        return self._kept[path]

    def _files(self, folder: str, half: Callable[[str], str]) -> list[Path]:
        return [
            path
            for path in sorted((self.corpus / folder).iterdir())
            if path.suffix != ".json" and half(path.name) in self.half
        ]

    def songs(self) -> list[Path]:
        """Return the songs of this half."""
        return self._files("songs", _half_of_song)

    def talk(self) -> list[Path]:
        """Return the speech of this half."""
        return [p for p in self._files("speech", _half) if "smstools" not in p.name]

    def noise(self) -> list[Path]:
        """Return the noises of this half."""
        return self._files("noise", lambda _name: self.half[0])

    def instrumental(self) -> list[Path]:
        """Return the instrumental music of this half."""
        found = self._files("instrumental", _half)
        if self.extra_music is not None:
            found += [p for p in sorted(self.extra_music.iterdir()) if _half(p.name) in self.half]
        return found

    def karaoke_songs(self) -> list[list[Path]]:
        """MIR-1K clips grouped by singer and song; a singer belongs to one half."""
        if self.karaoke is None:
            return []
        groups: dict[str, list[Path]] = {}
        for path in sorted(self.karaoke.glob("*_*_*.wav")):
            singer, song, _clip = path.stem.split("_")
            if _half(singer) in self.half:
                groups.setdefault(f"{singer}_{song}", []).append(path)
        return [clips for clips in groups.values() if len(clips) >= 3]


class Host:
    """Talk from the pool, read on from where the last talk stopped."""

    def __init__(self, parts: Parts, rng: np.random.Generator) -> None:
        self._parts, self._rng = parts, rng
        self._queue: list[Audio] = []

    def talk(self, duration_s: float, level_dbfs: float) -> Audio:
        """`duration_s` of talk; a piece of silence of 0.2-0.6 s between two sources."""
        out: list[Audio] = []
        missing = int(duration_s * RATE_HZ)
        while missing > 0:
            if not self._queue:
                pool = self._parts.talk()
                path = pool[int(self._rng.integers(len(pool)))]
                audio = self._parts.audio(path)
                if len(audio) > 60 * RATE_HZ:
                    begin = int(self._rng.integers(len(audio) - 40 * RATE_HZ))
                    audio = audio[begin : begin + 40 * RATE_HZ]
                self._queue.append(at_level(audio, level_dbfs))
                out.append(np.zeros(int(self._rng.uniform(0.2, 0.6) * RATE_HZ), np.float32))
            piece = self._queue[0][:missing]
            self._queue[0] = self._queue[0][missing:]
            if not len(self._queue[0]):
                self._queue.pop(0)
            out.append(piece)
            missing -= len(piece)
        return faded(np.concatenate(out), 0.02, 0.02)

    def talk_samples(self, n: int, level_dbfs: float) -> Audio:
        """Return exactly `n` samples of talk, float32 (n,)."""
        # as seconds, `n` may round to a sample less
        words = self.talk(n / RATE_HZ, level_dbfs)[:n]
        return np.pad(words, (0, n - len(words)))


class Singer:
    """Songs of many makes out of the pool, each used about equally often."""

    def __init__(self, parts: Parts, rng: np.random.Generator, host: Host, mix: Mix) -> None:
        self._parts, self._rng, self._host, self._mix = parts, rng, host, mix
        self._sparse_share = mix.sparse_share
        self._studio = self._endless(parts.songs())
        self._karaoke = self._endless(parts.karaoke_songs())

    def _endless(self, pool: list[Any]) -> Iterator[Any]:
        while pool:
            for index in self._rng.permutation(len(pool)):
                yield pool[int(index)]

    def song(self) -> tuple[Audio, str]:
        """One song at an arbitrary level, and a note of its make."""
        audio, note = self._any_song()
        if self._mix.quiet_share and self._rng.random() < self._mix.quiet_share:
            n = min(int(self._rng.uniform(5, 25) * RATE_HZ), len(audio) // 3)
            ramp = np.full(len(audio), 0.0, np.float32)
            ramp[:n] = -self._rng.uniform(12, 34)
            ramp[n // 2 : n] *= np.linspace(1, self._rng.choice([0.0, 1.0]), n - n // 2)
            audio = (audio * 10 ** (ramp / 20)).astype(np.float32)
            note += " quiet-start"
        if self._mix.gated_share and self._rng.random() < self._mix.gated_share:
            audio = self._gated_opening(audio)
            note += " sparse-start"
        return audio, note

    def _gated_opening(self, audio: Audio) -> Audio:
        """The first seconds as single strokes with silence between them."""
        rng = self._rng
        n = min(int(rng.uniform(4, 25) * RATE_HZ), len(audio) // 3)
        period, open_s = rng.uniform(0.5, 2.5), rng.uniform(0.08, 0.5)
        phase = np.mod(np.arange(n) / RATE_HZ, period)
        decay = np.exp(-np.maximum(phase - open_s, 0) / rng.uniform(0.03, 0.3))
        out = audio.copy()
        out[:n] *= decay.astype(np.float32)
        return out

    def _any_song(self) -> tuple[Audio, str]:
        mix = self._mix
        if mix.rap_share and self._rng.random() < mix.rap_share:
            return self._rap()
        karaoke = next(self._karaoke, None) if self._rng.random() < mix.karaoke_share else None
        if karaoke is not None:
            if mix.mash_share and self._rng.random() < mix.mash_share:
                return self._mash(karaoke)
            return self._karaoke_song(karaoke)
        path = next(self._studio)
        audio = self._parts.audio(path)
        factor = float(self._rng.choice([1.0, 1.0, 0.94, 1.06, 0.97, 1.03]))
        if factor != 1.0:
            audio = resampled(audio, factor)
        note = path.stem
        if self._rng.random() < 0.3 and len(audio) > 100 * RATE_HZ:
            keep = float(self._rng.uniform(0.45, 0.8))
            if self._rng.random() < 0.5:
                audio = faded(audio[: int(len(audio) * keep)], 0.005, self._rng.uniform(0.3, 8))
                note += " beginning"
            else:
                audio = faded(audio[int(len(audio) * (1 - keep)) :], self._rng.uniform(0.01, 4))
                note += " ending"
        if self._rng.random() < 0.15 and len(audio) > 60 * RATE_HZ:
            audio = self._with_pause(audio)
            note += " pause"
        return trimmed(audio), note

    def _mash(self, clips: list[Path]) -> tuple[Audio, str]:
        """An amateur's voice over a backing that is not its own."""
        rng = self._rng
        pool = self._parts.instrumental()
        path = pool[int(rng.integers(len(pool)))]
        backing = at_level(self._parts.audio(path), -20)
        length = int(rng.uniform(45, 170) * RATE_HZ)
        backing = np.resize(backing, length).copy()
        singing = np.concatenate([self._parts.stereo(clip)[1] for clip in clips])
        voice = in_room(at_level(singing, -20 + rng.uniform(-3, 8)), rng, 0.9, rng.uniform(0, 0.6))
        at = int(rng.uniform(1, 20) * RATE_HZ)
        until = length - int(rng.uniform(0, 15) * RATE_HZ)
        while at < until:
            n = min(int(rng.uniform(12, 45) * RATE_HZ), until - at, len(voice))
            begin = int(rng.integers(max(1, len(voice) - n)))
            backing[at : at + n] += faded(voice[begin : begin + n], 0.05, 0.05)
            at += n + int(rng.uniform(0.5, 15) * RATE_HZ)
        end = float(rng.choice([0.2, 1.0, 3.0, 8.0]))
        return trimmed(faded(backing, 0.01, end)), f"mash {path.stem}"

    def _rap(self) -> tuple[Audio, str]:
        """Fast talk without pauses in verses over one loop, hooks of the loop alone between."""
        rng = self._rng
        pool = self._parts.instrumental()
        loop = at_level(self._parts.audio(pool[int(rng.integers(len(pool)))]), -20)
        loop = loop[: int(rng.uniform(12, 30) * RATE_HZ)]
        blocks = [loop[: int(rng.uniform(3, 12) * RATE_HZ)]]
        for _verse in range(int(rng.integers(2, 4))):
            n = int(rng.uniform(15, 45) * RATE_HZ)
            talk = self._host.talk(1.6 * n / RATE_HZ, -20 + rng.uniform(-2, 6))
            frames = talk[: len(talk) // 800 * 800].reshape(-1, 800)
            loud = (frames**2).mean(axis=1) > 10**-4.2
            voice = resampled(frames[loud].reshape(-1), 1.12)[:n]
            blocks.append(np.resize(loop, len(voice)) + voice)
            blocks.append(np.resize(loop, int(rng.uniform(3, 16) * RATE_HZ)))
        return trimmed(faded(np.concatenate(blocks), 0.01, rng.uniform(0.2, 4))), "rap"

    def _with_pause(self, audio: Audio) -> Audio:
        at = int(len(audio) * self._rng.uniform(0.3, 0.7))
        pause = np.zeros(int(self._rng.uniform(0.8, 3.0) * RATE_HZ), np.float32)
        return np.concatenate([faded(audio[:at], 0, 0.3), pause, audio[at:]])

    def _karaoke_song(self, clips: list[Path]) -> tuple[Audio, str]:
        rng = self._rng
        pairs = []
        for path in clips:
            pairs.append(self._parts.stereo(path))
        both = np.concatenate(pairs, axis=1)
        backing = at_level(both[0], -20)
        forward = rng.random() < self._sparse_share
        voice = at_level(both[1], -20 + (rng.uniform(8, 16) if forward else rng.uniform(-2, 7)))
        voice = in_room(voice, rng, 0.9, rng.uniform(0.0, 0.6))
        note = clips[0].stem.rsplit("_", 1)[0] + (" sparse" if forward else "")
        body = backing + voice
        blocks: list[Audio] = []
        opening = rng.random()
        if opening < 0.5:
            blocks.append(backing[: int(rng.uniform(4, 18) * RATE_HZ)])
        elif opening < 0.65:
            n = int(rng.uniform(6, 20) * RATE_HZ)
            blocks.append(gain(backing[:n], -rng.uniform(10, 24)))
            note += " quiet-opening"
        elif opening < 0.8:
            n = int(rng.uniform(6, 25 if rng.random() > self._sparse_share else 60) * RATE_HZ)
            body = np.concatenate([(voice + gain(backing, -30))[:n], body[n:]])
            note += " voice-opening"
        blocks.append(body)
        if rng.random() < 0.2:
            n = int(rng.uniform(8, 35) * RATE_HZ)
            spoken = self._host.talk_samples(n, -20 + rng.uniform(0, 4))
            bed = gain(np.resize(backing, n), rng.uniform(-6, 0))
            blocks += [bed + spoken]
            note += " spoken-bridge"
            blocks.append(body)
        elif rng.random() < 0.4:
            blocks += [backing[-int(rng.uniform(4, 20) * RATE_HZ) :], body]
        if rng.random() < 0.5:
            blocks.append(faded(backing[: int(rng.uniform(4, 14) * RATE_HZ)], 0, 4))
        song = faded(np.concatenate([faded(b) for b in blocks]), 0.02, rng.uniform(0.2, 3))
        return trimmed(song), note


def bgm(parts: Parts, rng: np.random.Generator, duration_s: float, level_dbfs: float) -> Audio:
    """Instrumental music looped to `duration_s`."""
    pool = parts.instrumental()
    audio = at_level(parts.audio(pool[int(rng.integers(len(pool)))]), level_dbfs)
    n = int(duration_s * RATE_HZ)
    if len(audio) > n:
        begin = int(rng.integers(len(audio) - n))
        return audio[begin : begin + n].copy()
    looped = np.concatenate([faded(audio, 0.05, 0.05)] * (n // len(audio) + 1))
    return looped[:n]


def crowd(parts: Parts, rng: np.random.Generator, duration_s: float, level_dbfs: float) -> Audio:
    """Return noise of a crowd at a level, float32 (n_samples,)."""
    pool = parts.noise()
    audio = parts.audio(pool[int(rng.integers(len(pool)))])
    return faded(at_level(np.resize(audio, int(duration_s * RATE_HZ)), level_dbfs), 0.3, 1.0)
