"""Songs and talk of an evening: amateurs over backings, one or two talkers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

from utawaku.models.training.evening_sounds import echoed, summed_to_mono
from utawaku.models.training.stream_parts import Parts, bgm
from utawaku.models.training.stream_sounds import (
    RATE_HZ,
    Audio,
    at_level,
    faded,
    gain,
    in_room,
    resampled,
)

Rng = np.random.Generator
_T = TypeVar("_T")
_LEVEL = -20.0


@dataclass(frozen=True)
class Sung:
    """A song in two parts of one length; their sum is at about `_LEVEL` dBFS."""

    backing: Audio
    """float32 (n_samples,); the whole song where it is a studio's."""
    voice: Audio
    """float32 (n_samples,); silent where the song is a studio's."""
    note: str

    @property
    def n_samples(self) -> int:
        """Length in samples."""
        return len(self.backing)


def deck(rng: Rng, cards: list[_T]) -> Iterator[_T]:
    """Yield all cards in a random order, then all again in another; ends at once without cards."""
    while cards:
        for index in rng.permutation(len(cards)):
            yield cards[int(index)]


class Talker:
    """Talk of one or two people with the pauses of somebody who reads a chat."""

    def __init__(self, parts: Parts, rng: Rng) -> None:
        voices: dict[str, list[Path]] = {}
        for path in parts.talk():
            name = path.stem if path.stem.startswith("corpus") else path.stem.rsplit("-", 1)[0]
            voices.setdefault(name, []).append(path)
        names = sorted(voices)
        chosen = rng.permutation(len(names))[: int(rng.integers(1, 3))]
        self._parts, self._rng = parts, rng
        self._reels = deck(rng, [path for i in chosen for path in voices[names[int(i)]]])
        self._pauses_s = float(rng.choice([0.6, 1.2, 2.5]))
        self._left: Audio = np.zeros(0, np.float32)

    def talk(self, duration_s: float) -> Audio:
        """Talk of a length in seconds, float32 (n_samples,) at -20 dBFS."""
        out: list[Audio] = []
        missing = int(duration_s * RATE_HZ)
        while missing > 0:
            if len(self._left) < RATE_HZ:
                self._left = at_level(self._parts.audio(next(self._reels)), _LEVEL)
            n = min(int(self._rng.uniform(2, 12) * RATE_HZ), len(self._left), missing)
            piece, self._left = self._left[:n], self._left[n:]
            pause = min(int(self._rng.exponential(self._pauses_s) * RATE_HZ), missing - n)
            out += [faded(piece, 0.01, 0.02), np.zeros(pause, np.float32)]
            missing -= n + pause
        return np.concatenate(out)


class Amateur:
    """One singer's songs, all through the same microphone with the same reverberation."""

    def __init__(self, parts: Parts, rng: Rng, studio_share: float) -> None:
        self._parts, self._rng = parts, rng
        self._karaoke = deck(rng, parts.karaoke_songs())
        self._studio = deck(rng, parts.songs())
        self._studio_share = studio_share
        self._voice_db = float(rng.uniform(-3, 7))
        self.wet = float(rng.choice([0.1, 0.3, 0.6]) * rng.uniform(0.6, 1.4))
        self.rt60_s = float(rng.uniform(0.6, 1.8))
        self.echo_s = float(rng.uniform(0.18, 0.45)) if rng.random() < 0.25 else 0.0
        self._wide = rng.random() < 0.5

    def in_effects(self, voice: Audio) -> Audio:
        """A voice, float32 (n_samples,), with the reverberation and echo of the microphone."""
        wet = in_room(voice, self._rng, self.rt60_s, self.wet)
        return echoed(wet, self.echo_s, 0.35) if self.echo_s else wet

    def unaccompanied(self, duration_s: float) -> Audio:
        """Lines sung without backing, dry, float32 (n_samples,) at -20 dBFS."""
        voice = self._voice(next(self._karaoke))
        n = min(int(duration_s * RATE_HZ), len(voice))
        begin = int(self._rng.integers(len(voice) - n + 1))
        return faded(voice[begin : begin + n], 0.05, 0.1)

    def song(self) -> Sung:
        """The next song: 60-90 s, of the usual length, or 6-8 minutes."""
        rng = self._rng
        ranges = [(60, 90), (90, 170), (170, 280), (360, 480)]
        low, high = ranges[int(rng.choice(4, p=[0.3, 0.45, 0.2, 0.05]))]
        length_s = float(rng.uniform(low, high))
        kind = rng.random()
        if kind < self._studio_share:
            return self._studio_song()
        clips = next(self._karaoke)
        sung = self._own(clips, length_s) if kind < 0.6 else self._over_another(clips, length_s)
        return self._with_opening(sung)

    def _studio_song(self) -> Sung:
        path = next(self._studio)
        audio = self._parts.audio(path)
        factor = float(self._rng.choice([1.0, 0.95, 1.05]))
        audio = at_level(audio if factor == 1.0 else resampled(audio, factor), _LEVEL)
        return Sung(audio, np.zeros_like(audio), f"studio {path.stem}")

    def _voice(self, clips: list[Path]) -> Audio:
        joined = np.concatenate([self._parts.stereo(clip)[1] for clip in clips])
        return at_level(joined, _LEVEL)

    def _own(self, clips: list[Path], length_s: float) -> Sung:
        """The clips of one song joined in order, over their own backing."""
        rng = self._rng
        both = np.concatenate([self._parts.stereo(clip) for clip in clips], axis=1)
        backing, voice = at_level(both[0], _LEVEL), at_level(both[1], _LEVEL)
        silent = np.zeros(int(rng.uniform(0, 18) * RATE_HZ), np.float32)
        blocks = [(np.resize(backing, len(silent)), silent), (backing, voice)]
        n = len(silent) + len(backing)
        while n < length_s * RATE_HZ - 20 * RATE_HZ:
            pause = int(rng.uniform(2, 40) * RATE_HZ)
            begin = int(rng.integers(len(backing) // 2))
            blocks.append((np.resize(backing[begin:], pause), np.zeros(pause, np.float32)))
            blocks.append((backing[begin:], voice[begin:]))
            n += pause + len(backing) - begin
        tail = int(rng.uniform(0, 14) * RATE_HZ)
        blocks.append((np.resize(backing, tail), np.zeros(tail, np.float32)))
        n = max(int(length_s * RATE_HZ), 50 * RATE_HZ)
        played = np.concatenate([faded(block[0], 0.01, 0.01) for block in blocks])[:n]
        sung = np.concatenate([block[1] for block in blocks])[:n]
        return self._mixed(played, sung, "own " + clips[0].stem.rsplit("_", 1)[0])

    def _over_another(self, clips: list[Path], length_s: float) -> Sung:
        """A voice in phrases over a backing that is not its own."""
        rng = self._rng
        backing = bgm(self._parts, rng, length_s, _LEVEL)
        phrases = self._voice(clips)
        voice = np.zeros_like(backing)
        at = int(rng.uniform(0, 22) * RATE_HZ)
        until = len(backing) - int(rng.uniform(0, 18) * RATE_HZ)
        while at < until:
            n = min(int(rng.uniform(8, 45) * RATE_HZ), until - at, len(phrases))
            begin = int(rng.integers(len(phrases) - n + 1))
            voice[at : at + n] = faded(phrases[begin : begin + n], 0.05, 0.05)
            pause_s = rng.uniform(15, 40) if rng.random() < 0.12 else rng.uniform(0.5, 9)
            at += n + int(pause_s * RATE_HZ)
        return self._mixed(backing, voice, "mash " + clips[0].stem.rsplit("_", 1)[0])

    def _mixed(self, backing: Audio, voice: Audio, note: str) -> Sung:
        if self._wide:
            backing = summed_to_mono(backing, self._rng)
        voice_db = self._voice_db + float(self._rng.uniform(-2, 2))
        voice = self.in_effects(gain(voice, voice_db))
        down = -10 * np.log10(1 + 10 ** (voice_db / 10))
        return Sung(gain(backing, float(down)), gain(voice, float(down)), note)

    def _with_opening(self, sung: Sung) -> Sung:
        """At times a soft opening, a voice alone at first, a pause, and one of many endings."""
        rng, backing, voice, note = self._rng, sung.backing.copy(), sung.voice, sung.note
        opening = rng.random()
        n = min(int(rng.uniform(4, 22) * RATE_HZ), len(backing) // 4)
        if opening < 0.15:
            backing[:n] *= np.linspace(10 ** (-rng.uniform(8, 24) / 20), 1, n, dtype=np.float32)
            note += ", soft opening"
        elif opening < 0.22 and np.abs(voice[:n]).max(initial=0) > 0.02:
            backing[:n] *= np.float32(0.02)
            note += ", voice alone at first"
        ending = rng.random()
        fade_s = 0.01 if ending < 0.45 else float(rng.uniform(0.5, 7))
        note += ", hard stop" if ending < 0.45 else ""
        backing, voice = faded(backing, 0.005, fade_s), faded(voice, 0.005, min(fade_s, 1.0))
        return _cut(backing, voice, note)


def _cut(backing: Audio, voice: Audio, note: str) -> Sung:
    """Without what cannot be heard at the ends."""
    both = backing + voice
    loud = np.flatnonzero(np.abs(both) > 10 ** (-42 / 20) * np.abs(both).max(initial=1e-9))
    if not len(loud):
        return Sung(backing, voice, note)
    first, last = int(loud[0]), int(loud[-1]) + 1
    return Sung(backing[first:last], voice[first:last], note)
