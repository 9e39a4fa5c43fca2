"""Playing tracks one after another without a gap.

A feeder thread decodes ahead of the ear into a short queue of blocks; the output pulls from it.
The feeder asks for the next track as soon as one is decoded, so its first block follows the last
block of the one before. Everything here is told in seconds of the song, also when the song lies
somewhere inside a longer file.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from utawaku.library.errors import UtawakuError
from utawaku.tui.player.decode import N_CHANNELS, RATE_HZ, Decoder
from utawaku.tui.player.output import Output

AHEAD_S = 1.0
N_HEARD = 4096
"""Latest samples that are kept, for the spectrum."""
_KEPT_S = 0.25
"""Heard time that is kept of the sound before a change of key, tempo, loop or stem: meanwhile the
sound behind the change is made ready."""
_FADE = 480
"""Samples of the fades on both sides of a change: without them it would click."""


@dataclass(frozen=True)
class Track:
    """A track: a file, and the part of it that is the song."""

    key: int
    """Tells this turn in the play queue from another turn of the same song."""
    path: Path
    file_start_s: float = 0.0
    """Second of the file where the song begins."""
    from_s: float = 0.0
    """First second of the song to play."""
    to_s: float | None = None
    """Last one; None plays until the file ends."""
    gain_db: float = 0.0


@dataclass(frozen=True)
class Event:
    """An event of the engine, sent from its thread."""

    kind: Literal["started", "ended", "failed"]
    track: Track | None = None
    error: UtawakuError | None = None


@dataclass
class _Block:
    track: Track
    at_s: float
    samples: np.ndarray
    tempo: float = 1.0
    """Seconds of the song in one second of samples."""


class Engine:
    """Plays, pauses and seeks. All methods can be called from any thread and return at once.

    Args:
        output: where samples go.
        following: asked for the track after the given one; None ends the music.
        tell: told what happened.
    """

    def __init__(
        self,
        output: Output,
        following: Callable[[Track], Track | None],
        tell: Callable[[Event], None],
    ) -> None:
        self._output = output
        self._following = following
        self._tell = tell
        self._wake = threading.Condition()
        self._blocks: deque[_Block] = deque()
        self._buffered = 0
        self._wanted: tuple[Track, float] | None = None
        self._fades_in = False
        self._semitones = 0
        self._tempo = 1.0
        self._loop: tuple[int, float, float] | None = None
        """Key of a track, and the part of its song that is repeated."""
        self._turn = 0
        self._current: Track | None = None
        self._position_s = 0.0
        self._playing = False
        self._fed_all = True
        self._closed = False
        self._level = 0.0
        self.heard = np.zeros(N_HEARD, np.float32)
        """float32 (N_HEARD,): the latest samples, both sides together, before the volume."""
        self.volume = 1.0
        self._feeder = threading.Thread(target=self._feed, name="player-feed", daemon=True)
        self._feeder.start()
        output.start(self._pull)

    @property
    def silent_because(self) -> str:
        """Return why nothing can be heard; empty when it can."""
        return self._output.silent_because

    @property
    def playing(self) -> bool:
        """Return whether the music moves."""
        return self._playing

    @property
    def current(self) -> Track | None:
        """Return what is heard now."""
        return self._current

    @property
    def position_s(self) -> float:
        """Second of the song that is heard now."""
        return self._position_s

    def play(self, track: Track, at_s: float | None = None, *, paused: bool = False) -> None:
        """Play `track` now, from `at_s` of the song (its own start by default)."""
        with self._wake:
            start_s = track.from_s if at_s is None else at_s
            self._wanted, self._fades_in = (track, start_s), False
            self._turn += 1
            self._blocks.clear()
            self._buffered = 0
            self._fed_all = False
            self._playing = not paused
            self._current = track
            self._position_s = start_s
            self._wake.notify_all()
        self._tell(Event("started", track))

    @property
    def semitones(self) -> int:
        """Return by how much the key is changed."""
        return self._semitones

    @property
    def tempo(self) -> float:
        """Return how fast it plays; 1 is as recorded."""
        return self._tempo

    def stretch(self, semitones: int, tempo: float) -> None:
        """Play in another key or tempo from now on, without a click."""
        with self._wake:
            if (semitones, tempo) != (self._semitones, self._tempo):
                self._semitones, self._tempo = semitones, tempo
                self._go_on()

    def change_to(self, track: Track) -> None:
        """Go on with another file of the same song at the same moment, without a click."""
        with self._wake:
            self._go_on(track)

    def repeat_part(self, start_s: float, stop_s: float) -> None:
        """Play a part of the song that is heard again and again."""
        with self._wake:
            if self._current is not None:
                self._loop = (self._current.key, start_s, stop_s)
                self._go_on()

    def end_loop(self) -> None:
        """Go on behind the part that was repeated."""
        with self._wake:
            if self._loop is not None:
                self._loop = None
                self._go_on()

    def _go_on(self, track: Track | None = None) -> None:
        """Make what comes after a moment again, from where it is heard then. Under the lock."""
        if self._current is None:
            return
        kept, at_s, n_kept = [], self._position_s, 0
        for block in self._blocks:
            if block.track is not self._current or n_kept >= _KEPT_S * RATE_HZ:
                break
            kept.append(block)
            n_kept += len(block.samples)
            at_s = block.at_s + len(block.samples) / RATE_HZ * block.tempo
        self._blocks = deque(kept)
        self._buffered = n_kept
        self._fade_out()
        track = track or self._current
        if self._loop is not None and self._loop[0] == track.key:
            at_s = at_s if self._loop[1] <= at_s < self._loop[2] else self._loop[1]
        self._wanted, self._fades_in = (track, at_s), True
        self._turn += 1
        self._fed_all = False
        self._wake.notify_all()

    def _fade_out(self) -> None:
        """Let the sound that waits end softly. Under the lock."""
        if self._blocks:
            last = self._blocks[-1]
            n = min(_FADE, len(last.samples))
            last.samples = last.samples.copy()
            last.samples[-n:] *= np.linspace(1, 0, n, dtype=np.float32)[:, None]

    def pause(self) -> None:
        """Hold the music."""
        self._playing = False

    def resume(self) -> None:
        """Let it go on."""
        self._playing = self._current is not None

    def seek(self, at_s: float) -> None:
        """Go to a second of the song that is playing."""
        with self._wake:
            track = self._current
            if track is None:
                return
            last = track.to_s if track.to_s is not None else float("inf")
            at_s = min(max(0.0, at_s), max(0.0, last - 0.05))
            self._wanted = (track, at_s)
            self._turn += 1
            self._blocks.clear()
            self._buffered = 0
            self._fed_all = False
            self._position_s = at_s
            self._wake.notify_all()

    def forget_following(self) -> None:
        """The play queue has changed: what was decoded ahead of the next track is thrown away."""
        with self._wake:
            if self._current is not None and any(
                block.track is not self._current for block in self._blocks
            ):
                self.seek(self._position_s)

    def stop(self) -> None:
        """Play nothing."""
        with self._wake:
            self._wanted = None
            self._turn += 1
            self._blocks.clear()
            self._buffered = 0
            self._fed_all = True
            self._playing = False
            self._current = None
            self._wake.notify_all()

    def close(self) -> None:
        """Stop and give the device back."""
        with self._wake:
            self._closed = True
            self._turn += 1
            self._wake.notify_all()
        self._output.close()
        self._feeder.join(timeout=2)

    def _pull(self, n_frames: int) -> np.ndarray:
        """Called by the output: the next frames, or silence."""
        out = np.zeros((n_frames, N_CHANNELS), np.float32)
        started: list[Track] = []
        ended = False
        with self._wake:
            # A pause fades over one buffer and then stands still.
            target = self.volume if self._playing else 0.0
            if not self._playing and self._level == 0.0:
                return out
            filled = 0
            while filled < n_frames and self._blocks:
                block = self._blocks[0]
                if block.track is not self._current:
                    self._current = block.track
                    started.append(block.track)
                taken = block.samples[: n_frames - filled]
                out[filled : filled + len(taken)] = taken
                filled += len(taken)
                self._position_s = block.at_s + len(taken) / RATE_HZ * block.tempo
                if len(taken) == len(block.samples):
                    self._blocks.popleft()
                else:
                    block.samples = block.samples[len(taken) :]
                    block.at_s = self._position_s
            self._buffered -= filled
            if not self._blocks and self._fed_all and self._playing:
                self._playing = False
                ended = True
            latest = np.concatenate([self.heard, out.mean(axis=1, dtype=np.float32)])
            self.heard = latest[-N_HEARD:]
            out *= np.linspace(self._level, target, n_frames, dtype=np.float32)[:, None]
            self._level = target
            self._wake.notify_all()
        for track in started:
            self._tell(Event("started", track))
        if ended:
            self._tell(Event("ended", self._current))
        return np.clip(out, -1.0, 1.0, out=out)

    def _feed(self) -> None:
        while True:
            with self._wake:
                while self._wanted is None and not self._closed:
                    self._wake.wait()
                if self._closed:
                    return
                assert self._wanted is not None
                track, at_s = self._wanted
                fades_in, self._fades_in = self._fades_in, False
                self._wanted = None
                turn = self._turn
            following: Track | None = track
            n_failures = 0
            while following is not None and turn == self._turn:
                track = following
                try:
                    self._feed_track(track, at_s, turn, fades_in=fades_in)
                    n_failures = 0
                except UtawakuError as error:
                    self._tell(Event("failed", track, error))
                    n_failures += 1
                if turn != self._turn or n_failures > 20:
                    break
                loop = self._loop
                if loop is not None and loop[0] == track.key and not n_failures:
                    with self._wake:
                        self._fade_out()
                    at_s, fades_in = loop[1], True
                    continue
                fades_in = False
                following = self._following(track)
                if following is not None:
                    at_s = following.from_s
            with self._wake:
                if turn == self._turn:
                    self._fed_all = True

    def _feed_track(self, track: Track, at_s: float, turn: int, *, fades_in: bool) -> None:
        to_s, loop = track.to_s, self._loop
        if loop is not None and loop[0] == track.key and at_s < loop[2]:
            to_s = loop[2] if to_s is None else min(to_s, loop[2])
        stop_s = None if to_s is None else track.file_start_s + to_s
        decoder = Decoder(track.path, track.file_start_s + at_s, stop_s)
        tempo = self._tempo
        gain = np.float32(10 ** (track.gain_db / 20))
        for samples in _stretched(decoder.blocks(), self._semitones, tempo):
            samples = samples * gain
            if fades_in:
                n, fades_in = min(_FADE, len(samples)), False
                samples[:n] *= np.linspace(0, 1, n, dtype=np.float32)[:, None]
            with self._wake:
                while self._buffered > AHEAD_S * RATE_HZ and turn == self._turn:
                    self._wake.wait()
                if turn != self._turn:
                    return
                self._blocks.append(_Block(track, at_s, samples, tempo))
                self._buffered += len(samples)
            at_s += len(samples) / RATE_HZ * tempo


def _stretched(blocks: Iterator[np.ndarray], semitones: int, tempo: float) -> Iterator[np.ndarray]:
    """Blocks in another key or tempo; as they are where neither is changed."""
    if not semitones and tempo == 1.0:
        yield from blocks
        return
    # Not before it is wanted: it loads FFmpeg's filters.
    from utawaku.media.stretch import Stretch

    stretch = Stretch(RATE_HZ, N_CHANNELS, semitones=semitones, tempo=tempo)
    for block in blocks:
        if len(ready := stretch.push(block)):
            yield ready
    if len(rest := stretch.flush()):
        yield rest
