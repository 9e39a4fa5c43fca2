"""Fit the few thresholds of a channel's song rules to what the user said of its songs.

Coordinate search: one threshold after another is moved by small steps, and what agrees better with
the user's own boundaries is kept, until no step helps. Where two values do equally well the present
one stays.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from utawaku.library.identity import overlap_s
from utawaku.library.progress import Progress, silent
from utawaku.models.songs.rules import SongRules
from utawaku.models.training.judgements import Counts, Judgements, Span

STEPS: Mapping[str, Mapping[str, tuple[float, ...]]] = {
    "smart": {
        "boundary_bias": (-1.0, -0.5, -0.25, 0.25, 0.5, 1.0),
        "turn_bias": (-1.0, -0.5, 0.5, 1.0),
        "min_song_s": (-20.0, -10.0, -5.0, 5.0, 10.0, 20.0, 40.0),
        "edge_s": (-5.0, -2.5, 5.0, 15.0, 60.0),
        "end_edge_s": (-1.0, 2.0, 10.0, 60.0),
        "false_start_s": (-45.0, -20.0, 20.0, 45.0),
    },
    "classic": {
        "classic_keep_music_s": (-40.0, -20.0, -10.0, 10.0, 20.0, 40.0),
        "classic_min_song_s": (-60.0, -40.0, -20.0, -10.0, 10.0, 20.0, 40.0),
        "classic_merge_gap_s": (-5.0, -2.5, 2.5, 5.0, 15.0),
        "classic_bridge_silence_s": (-1.0, 1.0, 3.0),
        "classic_pad_before_s": (-1.0, 1.0, 2.0),
        "classic_pad_after_s": (-2.0, 1.0, 3.0),
        "classic_edge_s": (-5.0, 5.0, 15.0),
    },
}
"""For each strategy the thresholds that are fitted, and the steps that are tried from the present
value of each."""
SIGNED = frozenset({"boundary_bias", "turn_bias"})
"""Thresholds that may be negative."""
MOST_ROUNDS = 3


@dataclass(frozen=True)
class JudgedStream(Judgements):
    """Words of the user about one stream, and how its songs are found by rules."""

    find: Callable[[SongRules], Sequence[Span]]
    """Songs of the stream by other rules, in order and without overlap."""


@dataclass(frozen=True)
class Fit:
    """Rules before and after, and how each agrees with the user."""

    rules: SongRules
    fitted: SongRules
    before: Counts
    after: Counts
    n_changed: int
    """Songs of the streams that would come, go or move."""

    @cached_property
    def changes(self) -> dict[str, float]:
        """The thresholds that differ, with their new values."""
        was, now = self.rules.model_dump(), self.fitted.model_dump()
        return {name: value for name, value in now.items() if value != was[name]}

    @property
    def is_better(self) -> bool:
        """True where more songs of the user are cut clean, or fewer finds are none."""
        return self.after.clean_f1 > self.before.clean_f1


def fit_rules(
    rules: SongRules, streams: Sequence[JudgedStream], progress: Progress = silent
) -> Fit:
    """Fit the thresholds of the present strategy to what the user said of some streams."""
    search = _Search(rules, streams)
    steps = STEPS[rules.strategy]
    before = best = search.counts(rules)
    fitted = rules
    for round_number in range(MOST_ROUNDS):
        start = fitted
        for number, (name, offsets) in enumerate(steps.items()):
            progress((round_number + number / len(steps)) / MOST_ROUNDS, name)
            present = getattr(fitted, name)
            for value in _values(name, present, offsets):
                tried = fitted.model_copy(update={name: value})
                counts = search.counts(tried)
                if _rank(counts) > _rank(best) and counts.clean_f1 > before.clean_f1:
                    best, present = counts, value
            fitted = fitted.model_copy(update={name: present})
        if fitted == start:
            break
    progress(1.0, "")
    return Fit(rules, fitted, before, best, search.n_changed(rules, fitted))


class _Search:
    """Finds of all streams by rules, each looked for once."""

    def __init__(self, rules: SongRules, streams: Sequence[JudgedStream]) -> None:
        self._streams = streams
        self._kept = {rules: self._spans(rules)}
        self._counts: dict[SongRules, Counts] = {}

    def _spans(self, rules: SongRules) -> list[list[Span]]:
        return [list(stream.find(rules)) for stream in self._streams]

    def counts(self, rules: SongRules) -> Counts:
        if rules not in self._counts:
            found = self._kept.get(rules) or self._spans(rules)
            total = Counts()
            for stream, spans in zip(self._streams, found, strict=True):
                total += stream.counts(spans)
            self._counts[rules] = total
        return self._counts[rules]

    def n_changed(self, rules: SongRules, fitted: SongRules) -> int:
        if rules == fitted:
            return 0
        pairs = zip(self._kept[rules], self._spans(fitted), strict=True)
        return sum(_n_changed(was, now) for was, now in pairs)


def _rank(counts: Counts) -> tuple[float, float]:
    return counts.clean_f1, counts.found_f1


def _values(name: str, present: float, offsets: Sequence[float]) -> list[float]:
    """Values to try, the nearest to the present one first, so that it wins a tie."""
    ordered = sorted(offsets, key=abs)
    values = [round(present + offset, 3) for offset in ordered]
    allowed = [value if name in SIGNED else max(0.0, value) for value in values]
    return [value for value in dict.fromkeys(allowed) if value != present]


def _n_changed(was: Sequence[Span], now: Sequence[Span]) -> int:
    """Songs that are new or moved, and songs of which nothing is left."""
    new = sum(span not in was for span in now)
    gone = sum(not any(overlap_s(*span, *other) > 0 for other in now) for span in was)
    return new + gone
