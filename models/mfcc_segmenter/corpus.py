"""The acoustic segmenter measured on a corpus whose recordings are speech or not."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from utawaku.library.errors import MediaError
from utawaku.library.progress import Progress, silent
from utawaku.models.mfcc_segmenter.engine import BacsSegmenter
from utawaku.models.mfcc_segmenter.evaluation import FrameScores, Region, score_frames


@dataclass(frozen=True)
class CorpusScores:
    """Scores of a corpus, in whole and by label."""

    total: FrameScores
    by_label: dict[str, FrameScores]
    left_out: tuple[tuple[str, str], ...]
    """Names of recordings that cannot be read, and why."""


def score_corpus(
    engine: BacsSegmenter,
    recordings: Sequence[tuple[str, Path, str, bool]],
    progress: Progress = silent,
) -> CorpusScores:
    """Compare what an engine says with what is known.

    Args:
        engine: what is measured.
        recordings: name, file, label, and if it is speech from its start to its end.
        progress: of the whole.
    """
    total, by_label = FrameScores(), dict[str, FrameScores]()
    left_out = []
    for number, (name, path, label, is_speech) in enumerate(recordings):
        progress(number / len(recordings), name)
        try:
            heard = engine.listen(path)
        except (MediaError, OSError) as error:
            left_out.append((name, str(error)))
            continue
        scores = score_frames(heard.segments, [Region(is_speech, 0.0, heard.duration_s)])
        total += scores
        by_label[label] = by_label.get(label, FrameScores()) + scores
    return CorpusScores(total, by_label, tuple(left_out))
