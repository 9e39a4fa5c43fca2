"""From audio to label candidates: what the library's own index says about a song."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from utawaku.library.records import LabelCandidate
from utawaku.models.fingerprint.chroma import ChromaSequence, chroma_of
from utawaku.models.fingerprint.constellation import (
    SAMPLE_RATE_HZ,
    Constellation,
    find_constellation,
    peaks_of_spectrogram,
)
from utawaku.models.fingerprint.constellation import log_spectrogram as spectrogram_of
from utawaku.models.fingerprint.cover_version import find_covers
from utawaku.models.fingerprint.index import FingerprintIndex, Reference
from utawaku.models.fingerprint.search import (
    SETTLED,
    ReferenceMatch,
    is_settled,
    lay_on,
    match_peaks,
)

EXCERPT_S = 20.0
N_EXCERPTS = 3
N_BEST = 12
"""Recordings that one excerpt may find: a favourite is sung many times."""

COVER_FROM, COVER_SURE = 0.6, 1.4
"""Similarity at which a guess begins to be worth showing, and at which it is as good as it gets:
strangers reach 0.2 to 0.5, seldom 0.75, re-arrangements in another key 1.2 to 2.2."""

AGREEMENT = 6.0
"""Factor on the odds for every further excerpt that lies where the others say."""

SAME_PLACE_S = 1.5
"""The distance by which apart, tempo allowed for, that may be."""

MAX_COVER_SCORE = 0.6
"""A cover match is a guess and never gets a higher score."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """The features of a recording that the index stores."""

    peaks: Constellation
    chroma: ChromaSequence


def fingerprint(audio: NDArray[np.float32]) -> Fingerprint:
    """Peaks and chroma of a recording, float32 (n_samples,) mono at 16 kHz."""
    level = spectrogram_of(audio)
    return Fingerprint(peaks_of_spectrogram(level), chroma_of(level))


@dataclass(frozen=True, slots=True)
class Sighting:
    """A recording of the index that a song's excerpts found, in one key."""

    reference: Reference
    score: float
    """Calibrated probability that the backing or recording is the same, in [0, 1]."""
    semitones: float
    """The distance by which the song lies above the recording."""
    tempo: float
    """Tempo of the song over that of the recording: 1.05 is 5 % faster."""
    windows: tuple[tuple[float, ReferenceMatch], ...]
    """The excerpts that agree: where each begins in the song, and what it found."""


def identify(
    index: FingerprintIndex,
    audio: NDArray[np.float32],
    *,
    exclude: str = "",
    covers: bool = True,
) -> list[LabelCandidate]:
    """Candidates for a song, float32 (n_samples,) mono at 16 kHz, from the index, best first.

    `exclude` is the song's own key, if it is in the index. Where nothing matches surely, covers are
    guessed (`source="cover"`).
    """
    candidates = candidates_of(sight(index, audio, exclude=exclude))
    if covers and (not candidates or candidates[0].score < 0.8):
        candidates += guess_covers(index, audio, exclude=exclude)
    return candidates


def sight(
    index: FingerprintIndex,
    audio: NDArray[np.float32],
    *,
    exclude: str = "",
    n_excerpts: int = N_EXCERPTS,
) -> list[Sighting]:
    """The recordings of the index that a song may be, named or not, the most probable first.

    `audio` is float32 (n_samples,) mono at 16 kHz.

    Excerpts of the song are asked one by one; those that find the same recording in the same key
    speak together. Once one is sure of recordings, the others are only laid where they should lie.
    """
    found: dict[int, list[tuple[float, ReferenceMatch]]] = {}
    sure: list[tuple[float, ReferenceMatch]] = []
    for start_s in excerpt_starts(len(audio) / SAMPLE_RATE_HZ, n_excerpts):
        first = round(start_s * SAMPLE_RATE_HZ)
        peaks = find_constellation(audio[first : first + round(EXCERPT_S * SAMPLE_RATE_HZ)])
        if sure:
            laid = [lay_on(index, peaks, match, start_s - at_s) for at_s, match in sure]
            matches = [match for match in laid if match is not None]
        else:
            matches = match_peaks(index, peaks, n_best=N_BEST, exclude=exclude)
            if is_settled(matches):
                sure = [(start_s, match) for match in matches if match.probability >= SETTLED]
        for match in matches:
            found.setdefault(match.reference.number, []).append((start_s, match))
    seen = [_sighting(matches) for matches in found.values()]
    return sorted(seen, key=lambda sighting: -sighting.score)


def candidates_of(sightings: Sequence[Sighting]) -> list[LabelCandidate]:
    """Return what the recordings are called; songs of the library without a name say nothing."""
    return [
        _candidate(sighting)
        for sighting in sightings
        if sighting.score >= 0.05 and sighting.reference.title
    ]


def excerpt_starts(duration_s: float, n_excerpts: int = N_EXCERPTS) -> list[float]:
    """Return where the excerpts of a song begin, the middle one first: over its middle four
    fifths.
    """
    if duration_s <= 1.5 * EXCERPT_S or n_excerpts == 1:
        return [max(0.0, (duration_s - EXCERPT_S) / 2)]
    room_s = duration_s - EXCERPT_S
    places = np.linspace(0.1 * room_s, 0.9 * room_s, n_excerpts).tolist()
    return sorted(places, key=lambda place: abs(place - room_s / 2))


def _sighting(matches: Sequence[tuple[float, ReferenceMatch]]) -> Sighting:
    """One recording's excerpts together; only those in the key of the best one count."""
    best = max(matches, key=lambda pair: pair[1].probability)[1]
    together = tuple(
        (start_s, match)
        for start_s, match in matches
        if abs(match.alignment.semitones - best.alignment.semitones) < 0.7
    )
    wrong = 1.0
    for _, match in together:
        wrong *= 1.0 - match.probability
    return Sighting(
        best.reference,
        _with_agreement(1.0 - wrong, together),
        best.alignment.semitones,
        best.alignment.tempo,
        together,
    )


def _candidate(sighting: Sighting) -> LabelCandidate:
    return LabelCandidate(
        title=sighting.reference.title,
        artist=sighting.reference.artist,
        source="reference",
        score=round(sighting.score, 4),
        evidence={
            "recording": sighting.reference.key,
            "kind": sighting.reference.kind,
            "semitones": round(sighting.semitones, 2),
            "tempo": round(sighting.tempo, 3),
            "windows": [
                {
                    "start_s": round(start_s, 2),
                    "offset_s": round(match.alignment.offset_s, 2),
                    "sigmas": round(match.alignment.sigmas, 1),
                }
                for start_s, match in sorted(sighting.windows, key=lambda window: window[0])
            ],
        },
        isrc=sighting.reference.isrc,
    )


def _with_agreement(score: float, matches: Sequence[tuple[float, ReferenceMatch]]) -> float:
    """Raise a score for excerpts that lie at one and the same place of the recording.

    Excerpts of another song fall somewhere: that a second one lies where the first one says it
    must has odds of a second in minutes. Loops that repeat make it likelier, hence `AGREEMENT`.
    """
    shifts = np.array(
        [match.alignment.offset_s - start_s * match.alignment.tempo for start_s, match in matches]
    )
    n_agreeing = max(int(np.sum(np.abs(shifts - shift) <= SAME_PLACE_S)) for shift in shifts)
    odds = score / max(1.0 - score, 1e-6) * AGREEMENT ** (n_agreeing - 1)
    return float(odds / (1.0 + odds))


def guess_covers(
    index: FingerprintIndex, audio: NDArray[np.float32], *, exclude: str = ""
) -> list[LabelCandidate]:
    """Songs whose harmonies this one follows: guesses, marked as such, never applied unasked.

    `audio` is float32 (n_samples,) mono at 16 kHz.
    """
    chroma = chroma_of(spectrogram_of(audio))
    guesses = []
    for match in find_covers(index, chroma):
        score = MAX_COVER_SCORE * min(
            max((match.score - COVER_FROM) / (COVER_SURE - COVER_FROM), 0.0), 1.0
        )
        if match.reference.key != exclude and match.reference.title and score > 0:
            evidence = {
                "guess": True,
                "recording": match.reference.key,
                "passage_s": round(match.passage_s, 1),
                "semitones": match.semitones,
                "similarity": round(match.score, 3),
            }
            guesses.append(
                LabelCandidate(
                    match.reference.title,
                    match.reference.artist,
                    "cover",
                    round(score, 4),
                    evidence,
                    match.reference.isrc,
                )
            )
    return guesses
