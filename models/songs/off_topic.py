"""Spans in which viewers hear no song: evidence for where songs start and stop.

They are weighed with what is heard, before the songs are decoded; a span alone neither makes nor
takes a song that the ear is sure of. The weights were not fitted: no marked karaoke streams were at
hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from utawaku.models.songs.boundary_features import STEP_S

SONG, START, STOP = range(3)
_INSIDE, _EDGE = 1.5, 1.5
"""Log-odds against a song inside, and for a start or stop at an edge."""
_VOUCHED = 2.0
"""So many times as much for a span that a moderator locked or that several voted for."""
_SEVERAL = 2
_EDGE_WITHIN_S = 2.0
"""People mark edges by ear and hand."""


@dataclass(frozen=True, slots=True)
class OffTopic:
    """A span of a recording in which viewers hear no song, in seconds."""

    start_s: float
    stop_s: float
    has_edges: bool
    """Songs are cut at its ends: it was marked as the part of a concert without music. Else it is
    an intro or an advert, which may lie inside talk."""
    votes: int = 0
    locked: bool = False


def with_off_topic(
    evidence: npt.NDArray[np.float32], spans: Sequence[OffTopic]
) -> npt.NDArray[np.float32]:
    """Return evidence, float32 (n_steps, 3) of log-odds, with what viewers marked weighed in.

    A span that ends where the recording ends marks no start there, and one that begins with it no
    stop.
    """
    if not spans or not len(evidence):
        return evidence
    told = evidence.copy()
    middles_s = (np.arange(len(evidence)) + 0.5) * STEP_S
    for span in spans:
        weight = _VOUCHED if span.locked or span.votes >= _SEVERAL else 1.0
        inside = (middles_s >= span.start_s) & (middles_s < span.stop_s)
        told[inside, SONG] -= weight * _INSIDE
        if not span.has_edges:
            continue
        for at_s, kind in ((span.stop_s, START), (span.start_s, STOP)):
            if _EDGE_WITHIN_S < at_s < len(evidence) * STEP_S - _EDGE_WITHIN_S:
                near = np.clip(1 - np.abs(middles_s - at_s) / _EDGE_WITHIN_S, 0, 1)
                told[:, kind] += (weight * _EDGE * near).astype(np.float32)
    return told
