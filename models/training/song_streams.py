"""Compose karaoke streams with exact truth out of a folder of parts, to judge song cutting.

The parts are the development corpus (``songs/ speech/ singing/ instrumental/ noise/``) and, when
given, the 16 kHz wave files of MIR-1K (left channel the backing, right channel an amateur's
voice); see `utawaku.models.training.stream_parts`. Everything follows from the seed.

Truth has the shape of the corpus' ``.truth.json``: ``duration``, ``songs`` (``start``, ``end``,
``note``, sometimes ``talkover_from``), ``aborted_songs`` and ``regions``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from utawaku.models.training.stream_parts import Host, Mix, Parts, Singer, bgm, crowd
from utawaku.models.training.stream_sounds import (
    RATE_HZ,
    Audio,
    at_level,
    faded,
    gain,
    in_room,
    recompressed,
    tilted,
)


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
        """Length so far in seconds."""
        return self.n_samples / RATE_HZ

    def add(self, audio: Audio, label: str, detail: str) -> tuple[float, float]:
        """Append audio, float32 (n_samples,); returns its start and stop in seconds."""
        start = self.now_s
        self.blocks.append(audio)
        self.n_samples += len(audio)
        self.regions.append({"start": start, "end": self.now_s, "label": label, "detail": detail})
        return start, self.now_s

    def silence(self, duration_s: float) -> None:
        """Append digital silence of a length in seconds."""
        if duration_s > 0:
            self.add(np.zeros(int(duration_s * RATE_HZ), np.float32), "noEnergy", "silence")

    def finish(
        self, floor_dbfs: float | None, gain_db: float, room: float, codec: tuple[str, int] | None
    ) -> tuple[Audio, dict[str, Any]]:
        """Return the audio, float32 (n_samples,), and its ground truth."""
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
        _sing(stream, rng, host, song, level, talk_level, mix)
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
    mix: Mix,
) -> None:
    audio, note = song
    audio = at_level(audio, level)
    if rng.random() < 0.25:
        audio = tilted(audio, float(rng.uniform(-0.4, 0.4)))
        audio = at_level(audio, level)
    entry: dict[str, Any] = {}
    if rng.random() < mix.intro_talk_share:  # the host talks over the intro
        n = int(rng.uniform(3, 10) * RATE_HZ)
        ducked = audio.copy()
        ducked[:n] = gain(ducked[:n], -rng.uniform(4, 12))
        ducked[:n] += host.talk_samples(n, talk_level)
        audio, note = ducked, note + " talk-over-intro"
    if rng.random() < mix.talkover_share:  # and over the outro
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
