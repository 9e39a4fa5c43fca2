"""Compose evenings as they are streamed: amateurs over backings, music under the talk, loops.

An evening is laid on four tracks (talk, singing, music, noise), so that music goes on under talk
and leaks into a song. The truth has ``duration``, ``songs`` (``start``, ``end``, ``note``),
``aborted_songs``, ``events`` (``kind``, ``start``, ``end``: what a song may be confused with) and
``tracks``: the level of each track in dBFS every half second. Everything follows from the seed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from utawaku.models.training.evening_songs import Amateur, Sung, Talker
from utawaku.models.training.evening_sounds import (
    applause,
    chime,
    hummed,
    limited,
    summed_to_mono,
)
from utawaku.models.training.stream_parts import Parts, bgm, crowd
from utawaku.models.training.stream_sounds import (
    RATE_HZ,
    Audio,
    at_level,
    faded,
    gain,
    recompressed,
)

TRACKS = ("talk", "singing", "music", "noise")
_STEP = RATE_HZ // 2
_LEVEL = -20.0
"""The level of parts as they come, in dBFS."""


@dataclass(frozen=True)
class Habits:
    """Shares of what songs are lost by on an evening."""

    back_to_back_share: float = 0.13
    """Of the gaps between songs: the next song follows within a breath."""
    waiting_share: float = 0.6
    ending_share: float = 0.5
    """Evenings with a loop of music before the first words, after the last ones."""
    break_share: float = 0.0
    """Of the other gaps: a loop of music alone, as in a pause of the streamer."""


USUAL = Habits()
CROWDED = Habits(back_to_back_share=0.4, waiting_share=0.9, ending_share=0.9, break_share=0.15)
"""Much of what is hard; networks train on it beside evenings as usual."""


class Tape:
    """Tracks side by side; a part may be laid anywhere, over what is there."""

    def __init__(self) -> None:
        self._laid: dict[str, list[tuple[int, Audio]]] = {track: [] for track in TRACKS}

    def lay(self, track: str, at_s: float, audio: Audio) -> float:
        """Lay audio, float32 (n_samples,), from `at_s` on; returns where it ends in seconds."""
        at = max(0, round(at_s * RATE_HZ))
        self._laid[track].append((at, audio))
        return (at + len(audio)) / RATE_HZ

    def tracks(self, duration_s: float) -> dict[str, Audio]:
        """The tracks, each float32 (n_samples,) of the whole length."""
        n = round(duration_s * RATE_HZ)
        mixed = {track: np.zeros(n, np.float32) for track in TRACKS}
        for track, parts in self._laid.items():
            for at, audio in parts:
                room = max(0, n - at)
                mixed[track][at : at + len(audio)] += audio[:room]
        return mixed


def track_levels_db(audio: Audio) -> npt.NDArray[np.float32]:
    """Level of audio, float32 (n_samples,), in dBFS every half second: float32 (n_steps,)."""
    n = -(-len(audio) // _STEP)
    padded = np.zeros(n * _STEP, np.float32)
    padded[: len(audio)] = audio
    power = (padded.reshape(n, _STEP) ** 2).mean(axis=1)
    return np.asarray(10 * np.log10(power + 1e-10), np.float32)


class Evening:
    """An evening in the making; `now` is the instant in seconds that has been reached."""

    def __init__(
        self, parts: Parts, rng: np.random.Generator, studio_share: float, habits: Habits = USUAL
    ) -> None:
        self.parts, self.rng, self.habits = parts, rng, habits
        self.talker = Talker(parts, rng)
        self.singer = Amateur(parts, rng, studio_share)
        self.tape = Tape()
        self.now = 0.0
        self.songs: list[dict[str, Any]] = []
        self.aborted: list[dict[str, Any]] = []
        self.events: list[dict[str, Any]] = []
        self.talk_db = float(rng.uniform(-26, -18))
        self.song_db = float(rng.uniform(-20, -14))
        self.bed_db = self.talk_db - float(rng.uniform(8, 26))
        self.bed_share = float(rng.choice([0.15, 0.6, 0.95]))
        """Gaps with music under the talk: streamers mostly do or mostly do not."""
        self.effects_left_on = float(rng.choice([0.1, 0.1, 0.9]))
        self._kept: Sung | None = None
        """A song that was broken off."""

    def told(self, kind: str, start: float, end: float) -> None:
        """Keep what may be taken for a song from `start` to `end`."""
        self.events.append({"kind": kind, "start": start, "end": end})

    # --- talk ---------------------------------------------------------------------------------

    def talk(self, duration_s: float, effects: bool) -> None:
        """Talk from now on; `now` moves to its end."""
        audio = gain(self.talker.talk(duration_s), self.talk_db - _LEVEL)
        if effects:
            audio = self.singer.in_effects(audio)
        end = self.tape.lay("talk", self.now, audio)
        self.told("talk in effects" if effects else "talk", self.now, end)
        self.now = end

    def lines(self, effects: bool) -> None:
        """Some lines sung or hummed without a backing."""
        audio = self.singer.unaccompanied(float(self.rng.uniform(2, 14)))
        kind = "a cappella"
        if self.rng.random() < 0.4:
            audio, kind = at_level(hummed(audio, self.rng), _LEVEL), "humming"
        audio = gain(audio, self.talk_db - _LEVEL + float(self.rng.uniform(-6, 3)))
        audio = self.singer.in_effects(audio) if effects else audio
        end = self.tape.lay("singing", self.now, audio)
        self.told(kind, self.now, end)
        self.now = end + float(self.rng.uniform(0.3, 3))

    def between_words(self) -> None:
        """A notification, a jingle, applause or nothing beside what goes on now."""
        rng = self.rng
        kind = rng.random()
        if kind < 0.15:
            tone = at_level(chime(rng, int(rng.integers(1, 3))), self.talk_db - rng.uniform(-2, 8))
            self.told("notification", self.now, self.tape.lay("music", self.now, tone))
        elif kind < 0.27:
            tune = at_level(chime(rng, int(rng.integers(4, 16))), self.talk_db + rng.uniform(-6, 6))
            end = self.tape.lay("music", self.now, tune)
            self.told("jingle", self.now, end)
            self.now = end if rng.random() < 0.6 else self.now
        elif kind < 0.42:
            self.applause()

    def applause(self) -> None:
        """Applause from now on, at times before the talk goes on."""
        rng = self.rng
        length_s = float(rng.uniform(2, 9))
        audio = at_level(applause(rng, length_s), self.talk_db + float(rng.uniform(-8, 4)))
        if rng.random() < 0.3:
            audio = crowd(self.parts, rng, length_s, self.talk_db + float(rng.uniform(-8, 2)))
        end = self.tape.lay("noise", self.now, audio)
        self.told("applause", self.now, end)
        self.now = end if rng.random() < 0.5 else self.now

    def conversation(self, duration_s: float) -> None:
        """Talk with what comes between, about as long as said."""
        rng = self.rng
        effects = bool(rng.random() < self.effects_left_on)
        until = self.now + duration_s
        while self.now < until - 2:
            self.talk(float(min(rng.uniform(5, 60), until - self.now)), effects)
            if rng.random() < 0.2:
                self.lines(effects)
            self.between_words()

    # --- gaps ---------------------------------------------------------------------------------

    def gap(self) -> None:
        """Add what stands between two songs."""
        rng = self.rng
        kind = rng.random()
        if kind < self.habits.back_to_back_share:
            self.now += float(rng.choice([-0.5, 0.0, 0.0, 0.3, 1.0, 3.0]))
            return
        if kind < self.habits.back_to_back_share + 0.05:
            self.now += float(rng.uniform(2, 15))
            return
        if self.habits.break_share and rng.random() < self.habits.break_share:
            self.now += float(rng.choice([0.0, 0.5, rng.uniform(2, 10)]))
            self.loop("loop in a break")
        if rng.random() < 0.2:
            self.applause()
        self.now += float(rng.choice([0.0, 0.3, 1.5, 4.0]))
        if rng.random() < self.bed_share:
            self.talk_over_music()
        else:
            self.conversation(float(rng.uniform(6, 70)))
        if rng.random() < 0.12:
            self.false_start()

    def talk_over_music(self) -> None:
        """Minutes of talk over a bed that begins and stops in one of many ways."""
        rng = self.rng
        bed_from = self.now - float(rng.choice([0.0, 0.0, 3.0]))
        self.now += float(rng.choice([0.0, 1.0, rng.uniform(2, 12)]))
        self.conversation(float(rng.choice([rng.uniform(8, 40), rng.uniform(30, 200)])))
        words_until = self.now
        self.now += float(rng.choice([0.0, 0.5, 2.0, rng.uniform(3, 15)]))
        level = self.bed_db + float(rng.uniform(-3, 3))
        ending = rng.random()
        stop = self.now
        fade_s = 0.01
        if ending < 0.3:  # stops hard, then the song
            self.now += float(rng.choice([0.0, 0.3, 2.0]))
        elif ending < 0.55:  # fades out before the song
            fade_s = float(rng.uniform(1, 8))
            stop = self.now = self.now + fade_s * float(rng.uniform(0.3, 1))
        elif ending < 0.8:  # leaks into the song
            fade_s = float(rng.uniform(1, 6))
            stop = self.now + fade_s
        else:  # stops while the talk goes on
            stop = max(bed_from + 3, words_until - float(rng.uniform(3, 20)))
        audio = bgm(self.parts, rng, stop - bed_from, level)
        swell_from = int((words_until - bed_from + 1) * RATE_HZ)
        if rng.random() < 0.3 and swell_from < len(audio):  # the music alone is turned up
            audio[swell_from:] = gain(audio[swell_from:], float(rng.uniform(3, 9)))
        if self.singer.wet and rng.random() < 0.3:
            audio = summed_to_mono(audio, rng)
        audio = faded(audio, float(rng.choice([0.01, 2.0, 4.0])), fade_s)
        end = self.tape.lay("music", bed_from, audio)
        self.told("music under talk", max(0.0, bed_from), end)

    def false_start(self) -> None:
        """The first seconds of the next song, broken off, and words about it."""
        rng = self.rng
        sung = self.next_song()
        self._kept = sung
        n = min(int(rng.uniform(4, 30) * RATE_HZ), sung.n_samples // 3)
        start = self.now
        level = self.song_db - _LEVEL
        self.tape.lay("music", start, faded(gain(sung.backing[:n], level), 0.005, 0.05))
        end = self.tape.lay("singing", start, faded(gain(sung.voice[:n], level), 0.005, 0.05))
        self.aborted.append({"start": start, "end": end})
        self.told("false start", start, end)
        self.now = end + float(rng.choice([0.0, 0.5, 2.0]))
        self.conversation(float(rng.uniform(3, 20)))

    def next_song(self) -> Sung:
        """The song that was broken off, or a new one."""
        kept, self._kept = self._kept, None
        return kept or self.singer.song()

    def song(self) -> None:
        """Sing a song; at times somebody talks over its beginning or end."""
        rng = self.rng
        sung = self.next_song()
        level = self.song_db - _LEVEL + float(rng.uniform(-3, 3))
        backing, voice, note = gain(sung.backing, level), gain(sung.voice, level), sung.note
        length_s = sung.n_samples / RATE_HZ
        start = max(0.0, self.now)
        if rng.random() < 0.12:
            words = gain(self.talker.talk(float(rng.uniform(2, 9))), self.talk_db - _LEVEL)
            self.tape.lay("talk", start, words)
            note += ", talk over its start"
        if rng.random() < 0.08:
            at = start + float(rng.uniform(0.3, 0.6)) * length_s
            words = gain(self.talker.talk(float(rng.uniform(4, 20))), self.talk_db - _LEVEL)
            self.tape.lay("talk", at, words)
            note += ", talk in it"
        if rng.random() < 0.2:
            n = int(min(rng.uniform(2, 14), length_s / 4) * RATE_HZ)
            words = gain(self.talker.talk(n / RATE_HZ + 2), self.talk_db - _LEVEL)
            if rng.random() < 0.6:
                backing[-n:] = gain(backing[-n:], -float(rng.uniform(3, 10)))
            self.tape.lay("talk", start + length_s - n / RATE_HZ, words)
            note += ", talk over its end"
        self.tape.lay("singing", start, voice)
        self.now = self.tape.lay("music", start, backing)
        self.songs.append({"start": start, "end": self.now, "note": note})

    # --- ends ---------------------------------------------------------------------------------

    def loop(self, kind: str) -> None:
        """Minutes of waiting or of closing music, at times with words into it."""
        rng = self.rng
        length_s = float(rng.uniform(55, 300) if rng.random() < 0.5 else rng.uniform(40, 100))
        level = self.song_db - float(rng.uniform(0, 14))
        piece = bgm(self.parts, rng, float(rng.uniform(25, 90)), level)
        audio = np.resize(piece, int(length_s * RATE_HZ))
        start = self.now
        if rng.random() < 0.3:
            words = gain(self.talker.talk(float(rng.uniform(3, 20))), self.talk_db - _LEVEL)
            self.tape.lay("talk", start + length_s * float(rng.uniform(0.3, 0.8)), words)
        fade_s = float(rng.choice([0.01, 1.5, rng.uniform(3, 10)]))
        end = self.tape.lay("music", start, faded(audio, float(rng.choice([0.01, 2.0])), fade_s))
        self.told(kind, start, end)
        self.now = end - float(rng.choice([0.0, 0.0, min(fade_s, 4.0)]))

    def opening(self) -> None:
        """Silence, a loop, a jingle, a greeting."""
        rng = self.rng
        self.now = float(rng.choice([0.0, 0.0, rng.uniform(1, 15)]))
        if rng.random() < self.habits.waiting_share:
            self.loop("waiting loop")
            self.now += float(rng.choice([0.0, 0.0, 2.0]))
        if rng.random() < 0.4:
            self.between_words()
        if rng.random() < 0.9:
            over_music = rng.random() < self.bed_share
            if over_music:
                self.talk_over_music()
            else:
                self.conversation(float(rng.uniform(8, 80)))

    def ending(self) -> None:
        """Goodbye, a closing loop, silence."""
        rng = self.rng
        if rng.random() < 0.85:
            if rng.random() < self.bed_share:
                self.talk_over_music()
            else:
                self.conversation(float(rng.uniform(6, 60)))
        if rng.random() < self.habits.ending_share:
            self.loop("ending loop")
        self.now += float(rng.choice([0.0, 0.5, 4.0]))


def _finished(tracks: dict[str, Audio], rng: np.random.Generator, codecs: bool) -> Audio:
    """Sum of the tracks over a noise floor, limited, at a level, through a codec."""
    audio: Audio = np.zeros_like(tracks["music"])
    for track in TRACKS:
        audio += tracks[track]
    floor = float(rng.choice([-90.0, -72.0, -64.0, -56.0, -50.0]))
    if floor > -90:
        audio += gain(rng.standard_normal(len(audio)).astype(np.float32), floor)
    if rng.random() < 0.4:
        audio = limited(audio, float(rng.uniform(-26, -16)), float(rng.uniform(0.2, 1.2)))
    audio = np.clip(gain(audio, float(rng.uniform(-10, 4))), -1, 1)
    chosen = int(rng.integers(16))
    if codecs and chosen < 2:
        audio = recompressed(audio, *(("libopus", 64_000), ("libmp3lame", 64_000))[chosen])
    return audio


def compose_evening(
    parts: Parts,
    seed: int,
    n_songs: int = 6,
    studio_share: float = 0.15,
    codecs: bool = False,
    habits: Habits = USUAL,
) -> tuple[Audio, dict[str, Any]]:
    """One evening, float32 (n_samples,) mono at 16 kHz, and its truth."""
    rng = np.random.default_rng((seed, 15))
    evening = Evening(parts, rng, studio_share, habits)
    evening.opening()
    for index in range(n_songs):
        if index:
            evening.gap()
        evening.song()
    evening.ending()
    tracks = evening.tape.tracks(evening.now)
    truth: dict[str, Any] = {
        "stream": f"evening_{seed}",
        "duration": evening.now,
        "songs": [{**song, "end": min(song["end"], evening.now)} for song in evening.songs],
        "aborted_songs": evening.aborted,
        "events": evening.events,
        "tracks": {
            track: [round(float(level), 1) for level in track_levels_db(audio)]
            for track, audio in tracks.items()
        },
    }
    return _finished(tracks, rng, codecs), truth
