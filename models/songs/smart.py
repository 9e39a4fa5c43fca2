"""The smart strategy: evidence from small networks, songs by dynamic programming, quiet cuts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from utawaku.library.records import SongSpan
from utawaku.models.segmentation import HOP_S, Segmentation
from utawaku.models.songs.boundaries import falls_into_sound, refined_start, refined_stop
from utawaku.models.songs.boundary_features import STEP_HOPS, Cues, cues_of
from utawaku.models.songs.decoding import best_songs, likeliest_edges, turning_gains
from utawaku.models.songs.doubt import shipped_doubt
from utawaku.models.songs.features import SongFeatures
from utawaku.models.songs.filters import Span, sifted
from utawaku.models.songs.music_edges import moved_to_music
from utawaku.models.songs.off_topic import OffTopic, with_off_topic
from utawaku.models.songs.recurrence import divided, joined
from utawaku.models.songs.rules import SongRules
from utawaku.models.songs.scorer import Scorer, shipped_scorer
from utawaku.models.songs.sequence import TURN, SequenceScorer, shipped_sequence_scorer
from utawaku.models.songs.sequence_inputs import sequence_inputs
from utawaku.models.songs.share import music_between, shipped_share


@dataclass(frozen=True)
class Hearing:
    """Everything the smart strategy made of a recording before it decided."""

    segmentation: Segmentation
    cues: Cues
    evidence: npt.NDArray[np.float32]
    """(n_steps, 3) log-odds: a song sounds, starts, stops."""
    spans: tuple[Span, ...]
    """All finds in hops, before sifting."""
    with_features: bool = False
    """Song features were there, so that both networks were asked."""


def hear(
    segmentation: Segmentation,
    rules: SongRules,
    scorer: Scorer | None = None,
    sequence: SequenceScorer | None = None,
    off_topic: Sequence[OffTopic] = (),
) -> Hearing:
    """Score a recording and decode the spans of music that could be songs.

    `scorer` and `sequence` replace the shipped ones (training and benchmarks). `off_topic` takes
    part in the decoding; `Hearing.evidence` stays what was heard, by which doubt is told.
    """
    features = SongFeatures.from_arrays(segmentation.listened)
    cues = cues_of(segmentation, features)
    if not len(cues.matrix):
        return Hearing(segmentation, cues, np.zeros((0, 3), np.float32), ())
    scorer = scorer or shipped_scorer(features is not None)
    if scorer.names != cues.names:
        raise ValueError("the scorer was trained on other cues")
    evidence = scorer.score(cues.matrix)
    if features is None:
        decoded = best_songs(
            with_off_topic(evidence, off_topic), rules.boundary_bias, rules.turn_bias
        )
        return Hearing(segmentation, cues, evidence, tuple(_refined(cues, decoded)))
    sequence = sequence or shipped_sequence_scorer()
    heard = sequence.score(sequence_inputs(features, cues))
    between, curve = music_between(evidence, heard, cues.silent), shipped_share()
    share = curve.share(between)
    evidence = (1 - share) * evidence + share * heard[:, : evidence.shape[1]]
    weighed, biases = with_off_topic(evidence, off_topic), (rules.boundary_bias, rules.turn_bias)
    decoded = best_songs(weighed, *biases, heard[:, TURN])
    spans = joined(_refined(cues, likeliest_edges(decoded, weighed)), features.pitch_db)
    turning = turning_gains(weighed, *biases, heard[:, TURN])
    spans = divided(spans, turning, features.pitch_db, cues)
    if between < curve.threshold:  # elsewhere music outside of a song is no sign of it
        spans = moved_to_music(spans, weighed, heard, cues)
    return Hearing(segmentation, cues, evidence, tuple(spans), True)


def _refined(cues: Cues, decoded: list[tuple[int, int]]) -> list[Span]:
    n_hops = len(cues.level_db)
    spans: list[Span] = []
    for position, (first, last) in enumerate(decoded):
        earliest = spans[-1][1] if spans else 0
        latest = decoded[position + 1][0] * STEP_HOPS if position + 1 < len(decoded) else n_hops
        start = refined_start(cues, max(first * STEP_HOPS, earliest), earliest)
        stop = refined_stop(cues, min(last * STEP_HOPS, n_hops), max(latest, start + 1))
        if stop > start:
            spans.append((start, stop))
    return spans


def smart_songs(hearing: Hearing, rules: SongRules) -> list[SongSpan]:
    """The songs among what was heard."""
    kept = kept_spans(hearing, rules)
    return [song_span(hearing, span, rules, index) for index, span in enumerate(kept)]


def kept_spans(hearing: Hearing, rules: SongRules) -> list[Span]:
    """Spans in hops of the songs among what was heard."""
    segmentation = hearing.segmentation
    return sifted(
        hearing.spans, hearing.cues, segmentation.bands_db, segmentation.duration_s, rules
    )


def song_span(
    hearing: Hearing, span: Span, rules: SongRules, index: int, source: str = "smart"
) -> SongSpan:
    """A record of `span`, with flags and the chances that it and its ends are cut right.

    Without song features these chances were never measured: then the confidence of the song is
    the mean of the evidence, and its ends have none.

    `fade_in` and `fade_out` say that the cut falls into sound and wants a short fade.
    """
    start, stop = span
    first, last = steps_of(span)
    starts = stops = None
    if hearing.with_features:
        chances = shipped_doubt().chances(hearing.evidence, first, last)
        confidence, starts, stops = chances.song, chances.start, chances.stop
    else:
        inside = hearing.evidence[first:last, 0]
        confidence = float(np.mean(1 / (1 + np.exp(-inside)))) if len(inside) else 0.0
    flags = []
    if (stop - start) * HOP_S > rules.long_song_s:
        flags.append("long")
    if (stop - start) * HOP_S < rules.short_song_s:
        flags.append("short")
    if falls_into_sound(hearing.cues, start):
        flags.append("fade_in")
    if falls_into_sound(hearing.cues, stop):
        flags.append("fade_out")
    return SongSpan(
        index=index,
        start_s=start * HOP_S,
        stop_s=min(stop * HOP_S, hearing.segmentation.duration_s),
        source=source,
        confidence=round(confidence, 4),
        start_confidence=None if starts is None else round(starts, 4),
        stop_confidence=None if stops is None else round(stops, 4),
        flags=tuple(flags),
    )


def steps_of(span: Span) -> tuple[int, int]:
    """First step of a span of hops, and the step after its last."""
    start, stop = span
    return start // STEP_HOPS, max(start // STEP_HOPS + 1, stop // STEP_HOPS)
