"""Compose karaoke streams with exact truth out of a folder of parts, to judge song cutting.

The parts are the development corpus (``songs/ speech/ singing/ instrumental/ noise/``) and, when
given, the 16 kHz wave files of MIR-1K (left channel the backing, right channel an amateur's
voice). Sources are split into two halves, ``a`` and ``b``, that share no recording: rules are
designed on one half and judged on the other. Everything follows from the seed.

Truth has the shape of the corpus' ``.truth.json``: ``duration``, ``songs`` (``start``, ``end``,
``note``, sometimes ``talkover_from``), ``aborted_songs`` and ``regions``.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt

Audio = npt.NDArray[np.float32]
RATE_HZ = 16_000


def decode_mono(path: Path, sample_rate_hz: int = RATE_HZ) -> Audio:
    """Whole file as mono float32 at `sample_rate_hz`."""
    resampler = av.AudioResampler(format="flt", layout="mono", rate=sample_rate_hz)
    parts: list[Audio] = []
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0):
            frame.pts = None
            parts += [out.to_ndarray()[0].astype(np.float32) for out in resampler.resample(frame)]
        parts += [out.to_ndarray()[0].astype(np.float32) for out in resampler.resample(None)]
    return np.concatenate(parts).astype(np.float32)


def decode_stereo_wave(path: Path) -> Audio:
    """A 16 kHz stereo wave file as float32 of shape (2, n_samples)."""
    resampler = av.AudioResampler(format="fltp", layout="stereo", rate=RATE_HZ)
    parts: list[Audio] = []
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0):
            frame.pts = None
            parts += [out.to_ndarray().astype(np.float32) for out in resampler.resample(frame)]
        parts += [out.to_ndarray().astype(np.float32) for out in resampler.resample(None)]
    return np.concatenate(parts, axis=1).astype(np.float32)


def rms_dbfs(audio: Audio) -> float:
    """Level of the louder part of `audio`: the mean power of 0.1 s frames above -50 dBFS."""
    n = len(audio) // 1600
    if n == 0:
        return -120.0
    power = (audio[: n * 1600].reshape(n, 1600) ** 2).mean(axis=1)
    loud = power[power > 1e-5]
    return float(10 * np.log10(loud.mean() if len(loud) else power.mean() + 1e-12))


def gain(audio: Audio, gain_db: float) -> Audio:
    return (audio * np.float32(10 ** (gain_db / 20))).astype(np.float32)


def at_level(audio: Audio, level_dbfs: float) -> Audio:
    return gain(audio, level_dbfs - rms_dbfs(audio))


def trimmed(audio: Audio, floor_db: float = -48.0) -> Audio:
    """Without leading and trailing 10 ms frames quieter than `floor_db` under the loudest."""
    n = len(audio) // 160
    power = (audio[: n * 160].reshape(n, 160) ** 2).mean(axis=1)
    if not n or power.max() <= 0:
        return audio
    loud = np.flatnonzero(power > power.max() * 10 ** (floor_db / 10))
    return audio[loud[0] * 160 : (loud[-1] + 1) * 160]


def faded(audio: Audio, fade_in_s: float = 0.005, fade_out_s: float = 0.005) -> Audio:
    out = audio.copy()
    n_in = min(int(fade_in_s * RATE_HZ), len(out))
    n_out = min(int(fade_out_s * RATE_HZ), len(out))
    if n_in:
        out[:n_in] *= np.linspace(0, 1, n_in, dtype=np.float32)
    if n_out:
        out[-n_out:] *= np.linspace(1, 0, n_out, dtype=np.float32) ** 2
    return out


def resampled(audio: Audio, factor: float) -> Audio:
    """Played `factor` times faster (pitch goes with it), by linear interpolation."""
    positions = np.arange(0, len(audio) - 1, factor)
    return np.interp(positions, np.arange(len(audio)), audio).astype(np.float32)


def tilted(audio: Audio, tilt: float) -> Audio:
    """One-pole tilt: positive is duller, negative brighter; |tilt| < 0.6."""
    from scipy.signal import lfilter

    return np.asarray(lfilter([1.0 - abs(tilt)], [1.0, -tilt], audio), dtype=np.float32)


def in_room(audio: Audio, rng: np.random.Generator, rt60_s: float, wet: float) -> Audio:
    from scipy.signal import fftconvolve

    n = int(rt60_s * RATE_HZ)
    tail = rng.standard_normal(n) * np.exp(-6.9 * np.arange(n) / n)
    tail *= wet / np.sqrt((tail**2).sum())
    tail[0] += 1.0
    return np.asarray(fftconvolve(audio, tail)[: len(audio)], dtype=np.float32)


def recompressed(audio: Audio, codec: str, bit_rate: int) -> Audio:
    """Through a lossy codec and back, aligned to the input by cross-correlation."""
    rate = 48_000 if codec == "libopus" else RATE_HZ
    suffix = "ogg" if codec == "libopus" else "mp3"
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=suffix) as out:
        stream: Any = out.add_stream(codec, rate=rate, layout="mono")
        stream.bit_rate = bit_rate
        resampler = av.AudioResampler(format=stream.format.name, layout="mono", rate=rate)
        for start in range(0, len(audio), RATE_HZ * 10):
            block = np.ascontiguousarray(audio[None, start : start + RATE_HZ * 10])
            frame = av.AudioFrame.from_ndarray(block, format="flt", layout="mono")
            frame.sample_rate = RATE_HZ
            for piece in resampler.resample(frame):
                piece.pts = None
                out.mux(stream.encode(piece))
        for piece in resampler.resample(None):
            piece.pts = None
            out.mux(stream.encode(piece))
        out.mux(stream.encode(None))
    buffer.seek(0)
    resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE_HZ)
    parts: list[Audio] = []
    with av.open(buffer, "r") as container:
        for frame in container.decode(audio=0):
            frame.pts = None
            parts += [
                piece.to_ndarray()[0].astype(np.float32) for piece in resampler.resample(frame)
            ]
    back = np.concatenate(parts)
    if len(back) < len(audio):
        back = np.pad(back, (0, len(audio) - len(back)))
    return back[: len(audio)].astype(np.float32)


def _half(name: str) -> str:
    """A stable coin for a source's name."""
    return "ab"[zlib.crc32(name.encode()) % 2]


_SONGS_A = ("karissa", "josh_", "yue_quiet", "yue_corner", "yue_step")


@dataclass(frozen=True)
class Mix:
    """What a composed stream is made of."""

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
        return self._files("songs", lambda name: "a" if name.startswith(_SONGS_A) else "b")

    def talk(self) -> list[Path]:
        return [p for p in self._files("speech", _half) if "smstools" not in p.name]

    def noise(self) -> list[Path]:
        return self._files("noise", lambda _name: self.half[0])

    def instrumental(self) -> list[Path]:
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


@dataclass
class Stream:
    """A stream under construction: blocks one after another, and what is true of them."""

    rng: np.random.Generator
    blocks: list[Audio] = field(default_factory=list)
    n_samples: int = 0
    songs: list[dict[str, Any]] = field(default_factory=list)
    aborted: list[dict[str, Any]] = field(default_factory=list)
    regions: list[dict[str, Any]] = field(default_factory=list)

    @property
    def now_s(self) -> float:
        return self.n_samples / RATE_HZ

    def add(self, audio: Audio, label: str, detail: str) -> tuple[float, float]:
        start = self.now_s
        self.blocks.append(audio)
        self.n_samples += len(audio)
        self.regions.append({"start": start, "end": self.now_s, "label": label, "detail": detail})
        return start, self.now_s

    def silence(self, duration_s: float) -> None:
        if duration_s > 0:
            self.add(np.zeros(int(duration_s * RATE_HZ), np.float32), "noEnergy", "silence")

    def finish(
        self, floor_dbfs: float | None, gain_db: float, room: float, codec: tuple[str, int] | None
    ) -> tuple[Audio, dict[str, Any]]:
        audio = np.concatenate(self.blocks)
        if room > 0:
            audio = in_room(audio, self.rng, 0.4, room)
        if floor_dbfs is not None:
            audio = audio + gain(
                self.rng.standard_normal(len(audio)).astype(np.float32), floor_dbfs
            )
        audio = np.clip(gain(audio, gain_db), -1, 1)
        if codec is not None:
            audio = recompressed(audio, *codec)
        truth = {
            "duration": len(audio) / RATE_HZ,
            "songs": self.songs,
            "aborted_songs": self.aborted,
            "regions": self.regions,
        }
        return audio, truth


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
            spoken = self._host.talk(n / RATE_HZ, -20 + rng.uniform(0, 4))[:n]
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
    pool = parts.noise()
    audio = parts.audio(pool[int(rng.integers(len(pool)))])
    return faded(at_level(np.resize(audio, int(duration_s * RATE_HZ)), level_dbfs), 0.3, 1.0)


def compose(parts: Parts, seed: int, mix: Mix | None = None) -> tuple[Audio, dict[str, Any]]:
    """One stream (mono, 16 kHz) and its truth."""
    mix = mix or Mix()
    rng = np.random.default_rng(seed)
    host = Host(parts, rng)
    singer = Singer(parts, rng, host, mix)
    stream = Stream(rng)
    talk_level = rng.uniform(-26, -18)
    song_level = rng.uniform(-20, -14)
    jingle = bgm(parts, rng, rng.uniform(5, 24), -18) if rng.random() < 0.7 else None
    _opening(stream, parts, rng, host, jingle, talk_level)
    for index in range(mix.n_songs):
        level = song_level + rng.uniform(-3, 3)
        song = singer.song()
        if rng.random() < mix.false_start_share:
            _false_start(stream, rng, host, song, level, talk_level)
        _sing(stream, rng, host, song, level, talk_level, mix.talkover_share)
        if index < mix.n_songs - 1:
            _between(stream, parts, rng, host, talk_level, mix.gapless_share)
    _ending(stream, parts, rng, host, jingle, talk_level)
    floors = (None, -70.0, -64.0, -55.0, -48.0)
    floor = floors[int(rng.integers(len(floors)))]
    codec = [None, None, ("libmp3lame", 48_000), ("libopus", 48_000)][int(rng.integers(4))]
    audio, truth = stream.finish(
        floor,
        float(rng.uniform(-12, 3)),
        float(rng.choice([0.0, 0.0, 0.3])),
        codec,
    )
    truth["stream"] = f"composed_{parts.half}_{seed}"
    return audio, truth


def _opening(
    stream: Stream,
    parts: Parts,
    rng: np.random.Generator,
    host: Host,
    jingle: Audio | None,
    talk_level: float,
) -> None:
    kind = rng.random()
    if kind < 0.25:
        stream.add(
            faded(bgm(parts, rng, rng.uniform(40, 200), -22), 0.5, 2), "music", "countdown bgm"
        )
    if jingle is not None:
        stream.add(faded(jingle, 0.01, 0.3), "music", "entry jingle")
        stream.silence(float(rng.choice([0.0, 0.0, 1.0, 2.5])))
    _talk(stream, rng, host, rng.uniform(10, 60), talk_level)
    if rng.random() < 0.3:
        stream.silence(rng.uniform(0.5, 6))


def _ending(
    stream: Stream,
    parts: Parts,
    rng: np.random.Generator,
    host: Host,
    jingle: Audio | None,
    talk_level: float,
) -> None:
    _talk(stream, rng, host, rng.uniform(8, 50), talk_level)
    if rng.random() < 0.25:
        n = rng.uniform(30, 120)
        stream.add(faded(bgm(parts, rng, n, -22), 1, 3), "music", "ending bgm")
    if jingle is not None:
        stream.silence(float(rng.choice([0.0, 1.5])))
        stream.add(faded(jingle, 0.01, 0.3), "music", "exit jingle")
    stream.silence(float(rng.choice([0.0, 0.0, 3.0])))


def _talk(
    stream: Stream, rng: np.random.Generator, host: Host, duration_s: float, level: float
) -> None:
    stream.add(host.talk(duration_s, level), "speech", "talk")


def _between(
    stream: Stream,
    parts: Parts,
    rng: np.random.Generator,
    host: Host,
    talk_level: float,
    gapless_share: float,
) -> None:
    if rng.random() < gapless_share:  # the next song follows at once
        stream.silence(float(rng.choice([0.0, 0.0, 0.3, 1.0, 3.0])))
        return
    kind = rng.random()
    if kind < 0.12:
        stream.silence(rng.uniform(2, 20))
        return
    if rng.random() < 0.35:
        stream.add(
            crowd(parts, rng, rng.uniform(3, 10), rng.uniform(-30, -18)), "noise", "applause"
        )
    elif rng.random() < 0.4:
        stream.silence(rng.uniform(0.3, 4))
    if kind < 0.38:
        _talk_over_bgm(stream, parts, rng, host, talk_level)
    else:
        _talk(stream, rng, host, rng.uniform(5, 60), talk_level)
    if rng.random() < 0.12:  # a sound effect or a short jingle in the middle of the stream
        stream.add(faded(bgm(parts, rng, rng.uniform(2, 9), -20), 0.02, 0.5), "music", "sting")
        _talk(stream, rng, host, rng.uniform(4, 12), talk_level)
    if rng.random() < 0.5:
        stream.silence(rng.uniform(0.2, 4))


def _talk_over_bgm(
    stream: Stream, parts: Parts, rng: np.random.Generator, host: Host, talk_level: float
) -> None:
    talk_s = rng.uniform(10, 120)
    lead_s, trail_s = rng.uniform(0, 12), rng.uniform(0, 12)
    talk = host.talk(talk_s, talk_level)
    total_s = lead_s + len(talk) / RATE_HZ + trail_s
    bed = bgm(parts, rng, total_s, talk_level - rng.uniform(6, 20))
    lead = int(lead_s * RATE_HZ)
    mixed = bed.copy()
    mixed[lead : lead + len(talk)] += talk[: max(0, len(mixed) - lead)]
    stream.add(faded(mixed, 0.5, 1.0), "speech", "talk over bgm")


def _sing(
    stream: Stream,
    rng: np.random.Generator,
    host: Host,
    song: tuple[Audio, str],
    level: float,
    talk_level: float,
    talkover_share: float,
) -> None:
    audio, note = song
    audio = at_level(audio, level)
    if rng.random() < 0.25:
        audio = tilted(audio, float(rng.uniform(-0.4, 0.4)))
        audio = at_level(audio, level)
    entry: dict[str, Any] = {}
    if rng.random() < 0.12:  # the host talks over the intro
        n = int(rng.uniform(3, 10) * RATE_HZ)
        ducked = audio.copy()
        ducked[:n] = gain(ducked[:n], -rng.uniform(4, 12))
        ducked[:n] += host.talk(n / RATE_HZ, talk_level)[:n]
        audio, note = ducked, note + " talk-over-intro"
    if rng.random() < talkover_share:  # and over the outro
        n = int(rng.uniform(3, 20) * RATE_HZ)
        n = min(n, len(audio) // 3)
        ducked = audio.copy()
        talk = host.talk(n / RATE_HZ + rng.uniform(2, 10), talk_level)
        ducked[-n:] = gain(ducked[-n:], -rng.uniform(4, 12)) + talk[:n]
        start, end = stream.add(np.clip(ducked, -1, 1), "music", f"song: {note}")
        entry = {"talkover_from": end - n / RATE_HZ}
        stream.add(talk[n:], "speech", "talk")
        note += " talk-over-outro"
    else:
        start, end = stream.add(np.clip(audio, -1, 1), "music", f"song: {note}")
    stream.songs.append({"start": start, "end": end, "note": note, **entry})


def _false_start(
    stream: Stream,
    rng: np.random.Generator,
    host: Host,
    song: tuple[Audio, str],
    level: float,
    talk_level: float,
) -> None:
    """The first seconds of `song`, broken off, and a word about it."""
    audio = at_level(song[0], level)
    n = min(int(rng.uniform(6, 30) * RATE_HZ), len(audio) // 2)
    start, end = stream.add(faded(audio[:n], 0.005, 0.1), "music", f"aborted: {song[1]}")
    stream.aborted.append({"start": start, "end": end})
    stream.silence(float(rng.choice([0.0, 0.5, 2.0])))
    _talk(stream, rng, host, rng.uniform(4, 20), talk_level)
