"""The sequence network trained further on what the user judged, and tested on songs held out.

A stream is in memory only while it is read; its lesson takes a byte a number.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.errors import NotFoundError
from utawaku.library.identity import overlap_s
from utawaku.library.progress import Progress, part, silent
from utawaku.library.records import Stream
from utawaku.models.segmentation import Segmentation
from utawaku.models.songs.boundary_features import cues_of
from utawaku.models.songs.features import SongFeatures
from utawaku.models.songs.sequence import SequenceScorer, shipped_sequence_scorer
from utawaku.models.songs.sequence_inputs import sequence_inputs
from utawaku.models.training.judgements import Counts, Judgements, Span
from utawaku.models.training.rehearsal import (
    Agreement,
    Scale,
    agreement,
    shipped_rehearsal,
)
from utawaku.models.training.song_corrections import (
    N_UPDATES,
    Corrections,
    corrections_of,
    trained_further,
)
from utawaku.workflows.judged_streams import check_enough, judgements_of
from utawaku.workflows.segments import analysis_file
from utawaku.workflows.setlists import best_setlist, setlists_in, writings_of
from utawaku.workflows.songs import found_songs, rules_of

LEAST_CORRECTIONS = 8
"""Songs that the user has to have judged before a network learns from them."""
MOST_STREAMS = 30
"""Streams that are learnt from, the newest: what bounds the time."""
LEAST_STREAMS = 3
"""With as many judged streams, whole streams are held out; with fewer, songs."""
N_FOLDS = 4
FORGOTTEN = 0.03
"""Share by which the loss on shipped crops may rise."""


@dataclass(frozen=True)
class Trained:
    """A network that learnt, and how it compares with the shipped one."""

    network: SequenceScorer
    n_streams: int
    n_songs: int
    n_no_songs: int
    held_out: str
    """`streams` or `songs`."""
    before: Counts
    """Of the shipped network, on what the user judged."""
    after: Counts
    """Of networks that learnt from the rest only, on the same."""
    shipped_before: Agreement
    shipped_after: Agreement

    @property
    def is_better(self) -> bool:
        """True where songs held out are cut better."""
        return _rank(self.after) > _rank(self.before)

    @property
    def remembers(self) -> bool:
        """True where shipped crops are told as well as before, within `FORGOTTEN`."""
        return self.shipped_after.loss <= (1 + FORGOTTEN) * self.shipped_before.loss


@dataclass(frozen=True)
class _Judged:
    """A stream with what the user said of it."""

    stream: Stream
    file: Path
    judgements: Judgements
    corrections: Corrections


@dataclass(frozen=True)
class _Fold:
    """Lessons that are learnt, and judgements held out by the number of their stream."""

    learnt: list[Corrections]
    tested: dict[int, Judgements]
    only_there: bool
    """Finds count only where the tested judgements are: the rest was learnt."""


def train_songs(
    streams: Sequence[Stream],
    catalogue: Catalogue,
    settings: Settings,
    progress: Progress = silent,
) -> Trained:
    """Train the shipped network further on the user's judgements of some streams, and test it.

    Nothing is installed.

    Raises:
        NotFoundError: the user has judged too few of their songs.
    """
    rehearsal = shipped_rehearsal()
    shipped = shipped_sequence_scorer()
    judged = list(_read(streams, catalogue, settings, shipped, part(progress, 0.0, 0.15)))
    check_enough([one.judgements for one in judged], LEAST_CORRECTIONS, "train songs")
    before, after = _tested(
        judged,
        catalogue,
        settings,
        lambda learnt, show: trained_further(
            shipped, learnt, rehearsal.learnt, n_updates=N_UPDATES, progress=show
        ),
        part(progress, 0.15, 0.8),
    )
    network = trained_further(
        shipped,
        [one.corrections for one in judged],
        rehearsal.learnt,
        n_updates=N_UPDATES,
        progress=part(progress, 0.8, 0.98),
    )
    compared = [agreement(one, rehearsal.checked) for one in (shipped, network)]
    progress(1.0, "")
    return Trained(
        network,
        len(judged),
        sum(len(one.judgements.songs) for one in judged),
        sum(len(one.judgements.no_songs) for one in judged),
        "streams" if len(judged) >= LEAST_STREAMS else "songs",
        before,
        after,
        *compared,
    )


def _read(
    streams: Sequence[Stream],
    catalogue: Catalogue,
    settings: Settings,
    shipped: SequenceScorer,
    progress: Progress,
) -> Iterator[_Judged]:
    """Yield the newest streams that the user judged and the network listens to."""
    scale = Scale(shipped.mean, shipped.deviation)
    newest = sorted(streams, key=lambda stream: (-stream.added_at, stream.id))
    n_found, by_classic = 0, 0
    for number, stream in enumerate(newest):
        progress(number / len(newest), stream.title)
        judgements = judgements_of(stream, catalogue)
        file = analysis_file(stream.id, settings)
        if not judgements.n or not file.is_file():
            continue
        if rules_of(stream, catalogue, settings).strategy == "classic":
            by_classic += 1
            continue
        segmentation = Segmentation.load(file)
        features = SongFeatures.from_arrays(segmentation.listened)
        if features is None:
            continue
        inputs = sequence_inputs(features, cues_of(segmentation, features))
        yield _Judged(stream, file, judgements, corrections_of(inputs, judgements, scale))
        n_found += 1
        if n_found == MOST_STREAMS:
            return
    if by_classic and not n_found:
        raise NotFoundError(
            "their songs are cut by the strategy `classic`, which asks no network",
            subject="train songs",
            next_step="`utawaku train song-rules` fits its thresholds",
        )


def _tested(
    judged: Sequence[_Judged],
    catalogue: Catalogue,
    settings: Settings,
    train: Callable[[list[Corrections], Progress], SequenceScorer],
    progress: Progress,
) -> tuple[Counts, Counts]:
    """Counts of the shipped network, and of networks that did not learn from what they cut."""
    before, after = Counts(), Counts()
    folds = _folds(judged)
    for number, fold in enumerate(folds):
        show = part(progress, number / len(folds), (number + 1) / len(folds))
        network = train(fold.learnt, part(show, 0.0, 0.8))
        for n_done, (place, judgements) in enumerate(fold.tested.items()):
            one = judged[place]
            part(show, 0.8, 1.0)(n_done / len(fold.tested), one.stream.title)
            was, now = _found(one, catalogue, settings, network)
            if fold.only_there:
                was, now = (_at(spans, judgements) for spans in (was, now))
            before += judgements.counts(was)
            after += judgements.counts(now)
    return before, after


def _folds(judged: Sequence[_Judged]) -> list[_Fold]:
    if len(judged) >= LEAST_STREAMS:
        n = min(N_FOLDS, len(judged))
        return [
            _Fold(
                [one.corrections for at, one in enumerate(judged) if at % n != fold],
                {at: one.judgements for at, one in enumerate(judged) if at % n == fold},
                only_there=False,
            )
            for fold in range(n)
        ]
    places = [(at, span) for at, one in enumerate(judged) for span in one.corrections.spans]
    n = min(N_FOLDS, len(places))
    return [_songs_held_out(judged, places[fold::n]) for fold in range(n)]


def _songs_held_out(judged: Sequence[_Judged], places: Sequence[tuple[int, Span]]) -> _Fold:
    learnt, tested = [], {}
    for at, one in enumerate(judged):
        spans = [span for place, span in places if place == at]
        learnt.append(one.corrections.without(spans))
        if spans:
            tested[at] = replace(
                one.judgements,
                songs=[span for span in one.judgements.songs if span in spans],
                no_songs=[span for span in one.judgements.no_songs if span in spans],
            )
    return _Fold(learnt, tested, only_there=True)


def _at(found: Sequence[Span], judgements: Judgements) -> list[Span]:
    """Finds that lie mostly where the judgements are, or cover much of one."""
    judged = (*judgements.songs, *judgements.no_songs)
    return [
        span
        for span in found
        if any(
            overlap_s(*span, *one) >= 0.3 * min(span[1] - span[0], one[1] - one[0])
            for one in judged
        )
    ]


def _found(
    one: _Judged, catalogue: Catalogue, settings: Settings, network: SequenceScorer
) -> tuple[list[Span], list[Span]]:
    """Songs of a stream as the shipped network and as another one find them."""
    stream = one.stream
    rules = rules_of(stream, catalogue, settings)
    segmentation = Segmentation.load(one.file)
    written = setlists_in(writings_of(stream, settings), stream, catalogue.songs.artists())
    setlist = best_setlist(stream, catalogue, settings, found=written)
    was, now = (
        found_songs(segmentation, rules, setlist, written, used)[0] for used in (None, network)
    )
    return [(s.start_s, s.stop_s) for s in was], [(s.start_s, s.stop_s) for s in now]


def _rank(counts: Counts) -> tuple[float, float]:
    return counts.clean_f1, counts.found_f1
