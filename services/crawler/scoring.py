"""Scoring previews by whatever model of the user's taste there is."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from utawaku.library.config import Settings
from utawaku.library.errors import UtawakuError
from utawaku.library.records import Candidate
from utawaku.library.shared_files import preview_file


class PreviewScorer(Protocol):
    """A model of the user's taste."""

    @property
    def version(self) -> str:
        """Version of the model, kept with each score."""
        ...

    def score(self, preview: Path) -> float:
        """p(like) in [0, 1] of an audio file.

        Raises:
            UtawakuError: it cannot be heard.
        """
        ...


@dataclass(frozen=True, slots=True)
class Scored:
    """A candidate's score, or why it has none."""

    candidate: Candidate
    score: float | None
    trouble: str = ""


def score_previews(
    candidates: Iterable[Candidate], settings: Settings, scorer: PreviewScorer
) -> list[Scored]:
    """Score every candidate that has a preview; one that cannot be heard does not stop the rest."""
    scored = []
    for candidate in candidates:
        try:
            score = scorer.score(preview_file(settings, candidate.preview_path))
        except UtawakuError as error:
            scored.append(Scored(candidate, None, error.problem))
            continue
        if not 0.0 <= score <= 1.0:
            raise ValueError(f"a taste score lies in [0, 1], not {score}")
        scored.append(Scored(candidate, score))
    return scored
