"""Key of a song, by correlation of its pitch classes with key profiles."""

from dataclasses import dataclass

import numpy as np

from utawaku.models.tempo.features import Heard

NAMES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
_MAJOR = (5.0, 2.0, 3.5, 2.0, 4.5, 4.0, 2.0, 4.5, 2.0, 3.5, 1.5, 4.0)
_MINOR = (5.0, 2.0, 3.5, 4.5, 2.0, 4.0, 2.0, 4.5, 3.5, 2.0, 1.5, 4.0)
"""Profiles of D. Temperley, The Cognition of Basic Musical Structures (2001)."""
_PARTS = 3


@dataclass(frozen=True)
class KeyEstimate:
    """The key of a song."""

    name: str
    """E.g. ``F# minor``; empty where there is no pitch."""
    tonic: int
    """Semitones above C, 0 to 11."""
    is_minor: bool
    correlation: float
    """With the best profile, -1 to 1."""

    @property
    def fifths(self) -> int:
        """Place on the circle of fifths (relative minor and major share it), 0 to 11."""
        return ((self.tonic + (3 if self.is_minor else 0)) * 7) % 12


def estimate_key(heard: Heard) -> KeyEstimate:
    """Key of a song that was listened to."""
    if not len(heard.chroma) or not heard.chroma.any():
        return KeyEstimate("", 0, False, 0.0)
    loud = heard.chroma.sum(axis=1)
    kept = heard.chroma[loud > 0.1 * loud.max()]
    # What sounds all the time (noise, overtones spread over all classes) tells nothing.
    floor = kept.min(axis=1, keepdims=True)
    thirds = ((kept - floor) / (kept.sum(axis=1, keepdims=True) + 1e-9)).mean(axis=0)
    # Where in the semitone the energy sits is the tuning; the classes are read there.
    tuning = int(np.argmax([thirds[offset::_PARTS].max() for offset in range(_PARTS)]))
    classes = thirds[tuning::_PARTS]
    if tuning == 2:  # a third below the next semitone
        classes = np.roll(classes, 1)
    best = max(
        (
            (float(np.corrcoef(np.roll(profile, tonic), classes)[0, 1]), tonic, is_minor)
            for profile, is_minor in ((_MAJOR, False), (_MINOR, True))
            for tonic in range(12)
        ),
        key=lambda found: np.nan_to_num(found[0], nan=-1.0),
    )
    correlation, tonic, is_minor = best
    name = f"{NAMES[tonic]} {'minor' if is_minor else 'major'}"
    return KeyEstimate(name, tonic, is_minor, correlation)


def key_place(name: str) -> int | None:
    """Place of a key's name on the circle of fifths; None for a name that is none.

    >>> key_place("A minor") == key_place("C major")
    True
    """
    tonic, _, mode = name.partition(" ")
    if tonic not in NAMES or mode not in ("major", "minor"):
        return None
    return KeyEstimate(name, NAMES.index(tonic), mode == "minor", 1.0).fifths
