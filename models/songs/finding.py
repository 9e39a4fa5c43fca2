"""Segments -> songs: the one entrance."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import numpy as np

from utawaku.library.progress import Progress, silent
from utawaku.library.records import Setlist, SetlistLine, SongSpan
from utawaku.media.straight import OwnSound
from utawaku.models.segmentation import Segmentation
from utawaku.models.songs.classic import classic_songs
from utawaku.models.songs.evidence import Weighed, weigh
from utawaku.models.songs.features import SongListener
from utawaku.models.songs.off_topic import OffTopic
from utawaku.models.songs.rules import SongRules
from utawaku.models.songs.sequence import SequenceScorer
from utawaku.models.songs.setlist_fit import fit_setlist
from utawaku.models.songs.smart import hear, smart_songs

VERSION = "8"
"""Rises whenever the same input could give other songs."""


class AnySegmenter(Protocol):
    """A segmenter: `utawaku.models.segmenter.Segmenter`, or a stand-in."""

    def analyse(
        self,
        path: Path,
        *,
        observers: Sequence[Callable[[np.ndarray], None]] = ...,
        own: OwnSound | None = ...,
        progress: Progress = ...,
    ) -> Segmentation:
        """Segment the recording at `path`.

        Observers get float32 (n_samples,) mono at 16 kHz, block by block; `own` gets the samples
        as `utawaku.media.decode` gives them.
        """


def segment_and_listen(
    segmenter: AnySegmenter,
    path: Path,
    progress: Progress = silent,
    *,
    observers: Sequence[Callable[[np.ndarray], None]] = (),
    own: OwnSound | None = None,
) -> Segmentation:
    """Segment a recording and, in the same pass, keep what `find_songs` likes to hear beside it.

    The arrays travel in `Segmentation.listened`, through `save` and `load`. `observers` are called
    with every chunk too: float32 (n,), 16 kHz mono; `own` as in `utawaku.media.decode.decode`.
    """
    listener = SongListener()

    def observe(samples: np.ndarray) -> None:
        listener.feed(samples)

    segmentation = segmenter.analyse(
        path, observers=(observe, *observers), own=own, progress=progress
    )
    return replace(
        segmentation, listened={**segmentation.listened, **listener.finish().to_arrays()}
    )


def find_songs(
    segmentation: Segmentation,
    rules: SongRules | None = None,
    setlist: Sequence[SetlistLine] = (),
    network: SequenceScorer | None = None,
    off_topic: Sequence[OffTopic] = (),
) -> list[SongSpan]:
    """Return where the songs of a recording are, in order and without overlap.

    With `SongFeatures` in `segmentation.listened` (see `segment_and_listen`) boundaries are
    clearly better; without them the smart strategy works on the segmentation's own curves.
    Lines of `setlist`, which the user gave, add songs and correct starts, with either strategy.
    `network` replaces the sequence network that comes with the package. `off_topic` are spans in
    which viewers hear no song; the smart strategy weighs them.
    Deterministic, linear in the duration.
    """
    rules = rules or SongRules()
    if rules.strategy == "classic":
        found = classic_songs(segmentation.segments, segmentation.duration_s, rules)
        if not any(line.is_song for line in setlist):
            return found
        return fit_setlist(hear(segmentation, rules, sequence=network), found, setlist, rules)
    hearing = hear(segmentation, rules, sequence=network, off_topic=off_topic)
    return fit_setlist(hearing, smart_songs(hearing, rules), setlist, rules)


def find_songs_with_evidence(
    segmentation: Segmentation,
    rules: SongRules | None,
    setlists: Sequence[Setlist],
    network: SequenceScorer | None = None,
    off_topic: Sequence[OffTopic] = (),
) -> Weighed:
    """Songs of a recording about which people wrote: their lists are weighed against the ear.

    Nothing that `find_songs` hears is taken away; `Weighed.setlist` tells what was believed of the
    lists, on the recording's own time. `network` replaces the sequence network of the package;
    `off_topic` as in `find_songs`.
    """
    rules = rules or SongRules()
    hearing = hear(segmentation, rules, sequence=network, off_topic=off_topic)
    if rules.strategy == "classic":
        found = classic_songs(segmentation.segments, segmentation.duration_s, rules)
    else:
        found = smart_songs(hearing, rules)
    return weigh(hearing, found, setlists, rules)
