"""AcoustID: recordings by Chromaprint's fingerprint of a whole song.

Only whole original recordings are found: a cut that is off by more than seven seconds, or a voice
over a backing track, matches nothing.
"""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from utawaku.library.errors import SourceError
from utawaku.library.extras import next_step
from utawaku.library.records import LabelCandidate
from utawaku.library.text import clean_line
from utawaku.services.sources.client import SourceClient

FINGERPRINTED_S = 120.0
"""As `fpcalc` does: the first two minutes."""
SURENESS = 0.75
"""Highest probability that is given. The service could not be asked: nothing is calibrated, so
AcoustID alone names no song."""

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_MAX_RECORDINGS = 5


def has_chromaprint() -> bool:
    """Return True where pyacoustid and Chromaprint's library are installed."""
    try:
        import chromaprint  # noqa: F401 - only whether it can be loaded
    except ImportError:
        return False
    return True


def chromaprint_of(audio: NDArray[np.float32], sample_rate_hz: int) -> str:
    """Return the compressed fingerprint of mono float32 audio (n_samples,) in [-1, 1].

    Raises:
        SourceError: Chromaprint is not installed.
    """
    try:
        import chromaprint
    except ImportError as error:
        raise SourceError(
            "Chromaprint is not installed",
            subject="AcoustID",
            next_step=f"Install the system's libchromaprint. {next_step('acoustid')}, or "
            "switch sources.acoustid off",
        ) from error
    pcm = (np.clip(audio[: int(FINGERPRINTED_S * sample_rate_hz)], -1, 1) * 32767).astype("<i2")
    maker = chromaprint.Fingerprinter()
    maker.start(sample_rate_hz, 1)
    maker.feed(pcm.tobytes())
    return bytes(maker.finish()).decode("ascii")


def ask_acoustid(
    client: SourceClient, key: str, fingerprint: str, duration_s: float
) -> list[LabelCandidate]:
    """Return the recordings that sound the same, the surest first.

    Args:
        client: the way to AcoustID.
        key: of a registered application.
        fingerprint: what `chromaprint_of` returned.
        duration_s: length of the whole song.

    Raises:
        SourceError: AcoustID has no answer now.
    """
    form = {
        "duration": str(round(duration_s)),
        "fingerprint": fingerprint,
        "meta": "recordings compress",
        "format": "json",
    }
    answer = client.post("/v2/lookup", form, secret={"client": key})
    results = answer.get("results") if isinstance(answer, dict) else None
    found: list[LabelCandidate] = []
    for result in results if isinstance(results, list) else ():
        score = _score(result)
        recordings = result.get("recordings") if isinstance(result, dict) else None
        for recording in recordings[:_MAX_RECORDINGS] if isinstance(recordings, list) else ():
            candidate = _candidate(recording, score)
            if candidate is not None:
                found.append(candidate)
    return sorted(found, key=lambda one: -one.score)


def _candidate(recording: Any, score: float) -> LabelCandidate | None:
    if not isinstance(recording, dict) or score <= 0:
        return None
    title = _line(recording.get("title"))
    artists = recording.get("artists")
    names = []
    for artist in artists if isinstance(artists, list) else ():
        if isinstance(artist, dict):
            joined = artist.get("joinphrase")
            names.append(_line(artist.get("name")) + (joined if isinstance(joined, str) else ""))
    recording_id = recording.get("id")
    known = isinstance(recording_id, str) and _UUID.fullmatch(recording_id)
    if not title:
        return None
    return LabelCandidate(
        title=title,
        artist=_line("".join(names)),
        source="acoustid",
        score=round(min(score, 1.0) * SURENESS, 4),
        evidence={"recording_id": recording_id if known else "", "match": round(score, 4)},
    )


def _score(result: Any) -> float:
    value = result.get("score") if isinstance(result, dict) else None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return 0.0
    return float(value)


def _line(value: Any) -> str:
    return clean_line(value[:300]) if isinstance(value, str) else ""
