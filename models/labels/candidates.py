"""Ranked guesses of what a song is, from every source, as one list.

Sources count as independent: when two of them name the same song, the chance that both are
wrong is the product of their chances. Sources of one kind are not independent (twenty
comments copy each other), so within a source only the best counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from utawaku.library.records import LabelCandidate
from utawaku.models.labels.titles import same_song

SOURCE_ORDER = (
    "user", "setlist", "shazam", "reference", "acoustid", "tags", "cover", "background_music",
)  # fmt: skip
"""Whose spelling is shown when several sources name one song, and who wins a tie."""

GUESSES = frozenset({"cover", "acoustid", "background_music"})
"""Sources that never name a song by themselves, however sure they are."""


def rank_candidates(candidates: Iterable[LabelCandidate]) -> list[LabelCandidate]:
    """Merge the candidates that mean one song and sort them, most probable first.

    A merged candidate takes title and artist from its most trusted source, what that source leaves
    empty from the next one, and the evidence of all: `{"sources": {source: {...}}, "score": ...}`.
    """
    groups: list[list[LabelCandidate]] = []
    for candidate in sorted(candidates, key=_trust):
        if not candidate.title.strip():
            continue
        for group in groups:
            if _means(group, candidate):
                group.append(candidate)
                break
        else:
            groups.append([candidate])
    merged = [_merge(group) for group in groups]
    return sorted(merged, key=lambda candidate: (-candidate.score, _trust(candidate)))


def accepted(
    ranked: Sequence[LabelCandidate], threshold: float, *, margin: float = 0.1
) -> LabelCandidate | None:
    """The candidate to apply without asking, or None: then the song waits for review.

    It must reach `threshold`, stand `margin` above the next, and not rest on a guess alone. What
    the user chose is always accepted.
    """
    if not ranked:
        return None
    best = ranked[0]
    if best.source == "user":
        return best
    runner_up = ranked[1].score if len(ranked) > 1 else 0.0
    if best.score < threshold or best.score - runner_up < margin or best.source in GUESSES:
        return None
    return best


def _trust(candidate: LabelCandidate) -> tuple[int, float]:
    known = candidate.source in SOURCE_ORDER
    place = SOURCE_ORDER.index(candidate.source) if known else len(SOURCE_ORDER)
    return place, -candidate.score


def _means(group: Sequence[LabelCandidate], other: LabelCandidate) -> bool:
    if other.isrc and any(member.isrc == other.isrc for member in group):
        return True
    return all(same_song(m.title, m.artist, other.title, other.artist) for m in group)


def _merge(group: Sequence[LabelCandidate]) -> LabelCandidate:
    first = group[0]
    if len(group) == 1:
        return first
    best: dict[str, LabelCandidate] = {}
    for member in group:
        if member.source not in best or member.score > best[member.source].score:
            best[member.source] = member
    wrong = 1.0
    for member in best.values():
        wrong *= 1.0 - min(max(member.score, 0.0), 0.999)
    score = 1.0 if first.source == "user" else min(1.0 - wrong, 0.999)
    return replace(
        first,
        artist=next((m.artist for m in group if m.artist), ""),
        isrc=next((m.isrc for m in group if m.isrc), ""),
        cover_url=next((m.cover_url for m in group if m.cover_url), ""),
        score=max(score, first.score) if len(best) > 1 else max(m.score for m in group),
        evidence={
            "sources": {
                source: {"score": round(member.score, 4), **member.evidence}
                for source, member in best.items()
            }
        },
    )
