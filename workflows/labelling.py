"""Labelling of one song: evidence sources are asked one by one, the cheapest first.

A human's timestamp names a song for nothing; the library's own index costs half a second;
Shazam allows five questions a minute, so it is asked about what is left.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from utawaku.library.config import LabelSettings
from utawaku.library.records import LabelCandidate, Setlist, SetlistLine, Song, SoundLink
from utawaku.models.fingerprint import (
    Fingerprint,
    FingerprintIndex,
    Sighting,
    candidates_of,
    guess_covers,
    sight,
)
from utawaku.models.labels import (
    SURE,
    accepted,
    line_probability,
    ordered_probability,
    rank_candidates,
)
from utawaku.models.setlist.order import OrderedList, OrderedName
from utawaku.services.recognizer import RecognizeOptions, ShazamClient, recognize
from utawaku.services.recognizer.signature import signature_of
from utawaku.services.recognizer.signature.shazamapi import shazamapi_signature

ENGINE_VERSION = "2"
LISTED_WITHIN_S = 40.0
"""A listed start this near to a cut's start means that cut (the seed's rule)."""


LINKED_FROM = 0.97
"""Probability from which two performances count as one song."""


@dataclass(frozen=True)
class AtHand:
    """Knowledge of a song without asking an outside service."""

    candidates: list[LabelCandidate]
    links: list[SoundLink]
    """Other performances of the library."""


@dataclass(frozen=True)
class LabelDecision:
    """The evidence about one song."""

    candidates: list[LabelCandidate]
    """Ranked, one a song meant."""
    applied: LabelCandidate | None
    """The one to apply without asking; None leaves the song for review."""
    reason: str = ""
    """The reason why there is no name."""
    retry_at: float = 0.0
    """The time when Shazam may be asked again; 0 where there is no need."""
    n_questions: int = 0
    n_cached: int = 0


def available_sources(
    song: Song,
    audio: NDArray[np.float32],
    setlist: Setlist | None,
    index: FingerprintIndex,
    settings: LabelSettings,
    *,
    covers: bool,
) -> AtHand:
    """Return what humans' timestamps and the own index say about a song.

    `audio` is the song's sound, float32 (n_samples,) mono at 16 kHz. Where the timestamps decide
    the name, the index is asked once only, for other performances. `covers` also compares
    harmonies where nothing is sure, which takes seconds a song.
    """
    listed = listed_candidate(song, setlist)
    found = [listed] if listed else []
    if song.label_source == "user" or accepted(found, settings.accept):
        return AtHand(found, links_of(song, sight(index, audio, exclude=song.id, n_excerpts=1)))
    sightings = sight(index, audio, exclude=song.id)
    found += candidates_of(sightings)
    if covers and not accepted(rank_candidates(found), settings.accept):
        found += guess_covers(index, audio, exclude=song.id)
    return AtHand(found, links_of(song, sightings))


def links_of(song: Song, sightings: Sequence[Sighting]) -> list[SoundLink]:
    """The performances of the library over the same backing."""
    return [
        SoundLink(
            song.id,
            sighting.reference.key,
            round(sighting.score, 4),
            round(sighting.semitones, 2),
            round(sighting.tempo, 3),
        )
        for sighting in sightings
        if sighting.reference.kind == "song" and sighting.score >= LINKED_FROM
    ]


def decide(
    found: Sequence[LabelCandidate],
    settings: LabelSettings,
    audio: NDArray[np.float32],
    shazam: ShazamClient | None,
) -> LabelDecision:
    """Rank what was found; where nobody is sure, ask Shazam too.

    `audio` is float32 (n_samples,) mono at 16 kHz.
    """
    ranked = rank_candidates(found)
    applied = accepted(ranked, settings.accept)
    if applied is not None or shazam is None:
        return LabelDecision(ranked, applied, "" if applied else "no evidence source is sure")
    signed = shazamapi_signature if settings.signatures == "shazamapi" else signature_of
    options = RecognizeOptions(max_semitones=settings.transpositions, signed=signed)
    answer = recognize(audio, shazam, options)
    ranked = rank_candidates([*found, *answer.candidates])
    applied = accepted(ranked, settings.accept)
    return LabelDecision(
        ranked,
        applied,
        reason="" if applied else answer.reason or "no evidence source is sure",
        retry_at=answer.retry_at if applied is None else 0.0,
        n_questions=answer.n_asked - answer.n_cached,
        n_cached=answer.n_cached,
    )


def listed_candidate(song: Song, setlist: Setlist | None) -> LabelCandidate | None:
    """Return what a human's timestamp near the song's start says, if there is one."""
    if setlist is None:
        return None
    lines = [line for line in setlist.lines if line.is_song and line.title]
    line = nearest_line(song, lines)
    if line is None:
        return None
    away_s = abs(line.start_s - song.start_s)
    others: Mapping[str, Any] = next(
        (row for row in setlist.evidence.get("lines", ()) if row["start_s"] == line.start_s), {}
    )
    n_agree, n_against = others.get("agree", 0), others.get("against", 0)
    if setlist.source == "user":
        # The user meant this recording; only a stamp far off may mean the neighbour.
        score = SURE * (1.0 - 0.3 * away_s / LISTED_WITHIN_S)
    else:
        score = line_probability(others, away_s, setlist.score)
    return LabelCandidate(
        title=line.title,
        artist=line.artist,
        source="setlist",
        score=round(score, 4),
        evidence={
            "line": line.raw,
            "away_s": round(away_s, 2),
            "others": {"agree": n_agree, "against": n_against},
            "setlist": setlist.source,
            "author": setlist.author,
            "trust": round(others.get("belief", setlist.score), 3),
            "offset_s": others.get("offset_s", 0.0),
        },
    )


def ordered_candidate(line: OrderedName, listed: OrderedList) -> LabelCandidate:
    """Return what the place in a list without times says of a song."""
    title, artist = line.name
    return LabelCandidate(
        title=title,
        artist=artist,
        source="setlist",
        score=ordered_probability(line.n_anchors),
        evidence={
            "in_order": True,
            "known_around": line.n_anchors,
            "setlist": listed.source,
            "author": listed.author,
        },
    )


def nearest_line(song: Song, lines: Sequence[SetlistLine]) -> SetlistLine | None:
    """The line that means this song: the nearest start within 40 s, or one inside the song."""
    near = [line for line in lines if abs(line.start_s - song.start_s) <= LISTED_WITHIN_S]
    return min(near, key=lambda line: abs(line.start_s - song.start_s), default=None)


def remember(index: FingerprintIndex, song: Song, heard: Fingerprint | None) -> None:
    """Let the library know this song by its sound, under its present name if it has one.

    `heard` is None where the index has the song already, or where it could not be listened to.
    """
    if song.id in index:
        index.rename(song.id, song.title, song.artist)
    elif heard is not None:
        index.add(song.id, heard.peaks, heard.chroma, title=song.title, artist=song.artist)
