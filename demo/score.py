"""Notation of a song: notes, chords and strains, and the text they are read from.

Melodies are one string: bars between ``|``, notes such as ``F#4``, ``Bb3*1.5`` (beats, default 1)
and rests ``r*2``; what stands before ``^`` is an upbeat. Chords are one string too: bars between
``|``, one or more names to a bar, which share it evenly.
"""

import re
from dataclasses import dataclass, field

from utawaku.library.errors import EngineError

_PITCH = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_NAMES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
_QUALITY = {
    "": (0, 4, 7),
    "m": (0, 3, 7),
    "7": (0, 4, 7, 10),
    "m7": (0, 3, 7, 10),
    "M7": (0, 4, 7, 11),
    "sus": (0, 5, 7),
    "dim": (0, 3, 6),
}
_NOTE = re.compile(r"([A-G])([#b]?)(\d)(?:\*([\d.]+))?")
_REST = re.compile(r"r(?:\*([\d.]+))?")
_CHORD = re.compile(r"([A-G])([#b]?)(M7|m7|m|7|sus|dim|)")


class ScoreError(EngineError):
    """A melody or a chord line is not written as it should be."""


@dataclass(frozen=True, slots=True)
class Note:
    """One sung note, placed in beats from the start of its strain (an upbeat is negative)."""

    start_beat: float
    n_beats: float
    midi: int


@dataclass(frozen=True, slots=True)
class Chord:
    """One chord of a strain."""

    start_beat: float
    n_beats: float
    root: int
    """Pitch class, 0 = C."""
    intervals: tuple[int, ...]

    def pitch_classes(self, shift: int = 0) -> list[int]:
        """Pitch classes of the chord, root first, moved by `shift` semitones."""
        return [(self.root + interval + shift) % 12 for interval in self.intervals]


@dataclass(frozen=True, slots=True)
class Strain:
    """A verse or a chorus: melody, words and harmony over whole bars."""

    notes: tuple[Note, ...]
    chords: tuple[Chord, ...]
    syllables: tuple[str, ...]
    n_bars: int
    beats_per_bar: int

    @property
    def n_beats(self) -> int:
        """Length without the upbeat."""
        return self.n_bars * self.beats_per_bar


@dataclass(frozen=True, slots=True)
class Song:
    """A public-domain melody and the way this house arranges it."""

    name: str
    title: str
    artist: str
    tonic: str
    mode: str
    """``major`` or ``minor``."""
    shift: int
    """Semitones from the written key to the one it is sung in."""
    bpm: float
    beats_per_bar: int
    style: str
    voice: str
    """``female`` or ``male``."""
    verse: Strain = field(repr=False)
    chorus: Strain = field(repr=False)

    def key(self, transpose: int = 0) -> str:
        """Name of the sounding key, e.g. ``F# minor``."""
        return f"{_NAMES[(pitch_class(self.tonic) + self.shift + transpose) % 12]} {self.mode}"


def pitch_class(name: str) -> int:
    """Pitch class of a note name without octave: ``Bb`` is 10."""
    step = {"#": 1, "b": -1}.get(name[1:], 0)
    return (_PITCH[name[0]] + step) % 12


def read_strain(melody: str, chords: str, words: str, beats_per_bar: int) -> Strain:
    """Read one strain; raises ScoreError where a bar is not full or melody and chords differ in
    length."""
    notes, n_bars = _read_melody(melody, beats_per_bar)
    read_chords = _read_chords(chords, beats_per_bar)
    n_chord_bars = len(chords.split("|"))
    if n_bars != n_chord_bars:
        raise ScoreError(
            f"{n_bars} bars of melody but {n_chord_bars} bars of chords", subject=melody
        )
    return Strain(notes, read_chords, tuple(words.split()), n_bars, beats_per_bar)


def _read_melody(text: str, beats_per_bar: int) -> tuple[tuple[Note, ...], int]:
    upbeat, _, body = text.rpartition("^")
    notes: list[Note] = []
    upbeat_notes, upbeat_beats = _read_tokens(upbeat, 0.0)
    notes.extend(Note(n.start_beat - upbeat_beats, n.n_beats, n.midi) for n in upbeat_notes)
    bars = body.split("|")
    for index, bar in enumerate(bars):
        start = float(index * beats_per_bar)
        bar_notes, stop = _read_tokens(bar, start)
        if abs(stop - start - beats_per_bar) > 1e-9:
            raise ScoreError(
                f"bar {index + 1} has {stop - start:g} beats, not {beats_per_bar}",
                subject=bar.strip(),
            )
        notes.extend(bar_notes)
    return tuple(notes), len(bars)


def _read_tokens(text: str, beat: float) -> tuple[list[Note], float]:
    notes: list[Note] = []
    for token in text.split():
        if rest := _REST.fullmatch(token):
            beat += float(rest[1] or 1)
            continue
        match = _NOTE.fullmatch(token)
        if not match:
            raise ScoreError("not a note", subject=token)
        n_beats = float(match[4] or 1)
        step = {"#": 1, "b": -1, "": 0}[match[2]]
        midi = 12 * (int(match[3]) + 1) + _PITCH[match[1]] + step
        notes.append(Note(beat, n_beats, midi))
        beat += n_beats
    return notes, beat


def _read_chords(text: str, beats_per_bar: int) -> tuple[Chord, ...]:
    chords: list[Chord] = []
    for index, bar in enumerate(text.split("|")):
        names = bar.split()
        if not names:
            raise ScoreError("a bar without a chord", subject=text)
        share = beats_per_bar / len(names)
        for place, name in enumerate(names):
            match = _CHORD.fullmatch(name)
            if not match:
                raise ScoreError("not a chord", subject=name)
            start = index * beats_per_bar + place * share
            chords.append(Chord(start, share, pitch_class(match[1] + match[2]), _QUALITY[match[3]]))
    return tuple(chords)
