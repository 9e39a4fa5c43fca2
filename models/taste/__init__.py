"""The taste model: training on grades, evaluation, explanation, and what to ask next."""

from utawaku.models.taste.evaluation import Quality, out_of_fold, quality_of
from utawaku.models.taste.explain import Reasons, reasons_for
from utawaku.models.taste.model import CODE_VERSION, LogisticTaste, fit
from utawaku.models.taste.selection import Chosen, choose_batches

__all__ = [
    "CODE_VERSION",
    "Chosen",
    "LogisticTaste",
    "Quality",
    "Reasons",
    "choose_batches",
    "fit",
    "out_of_fold",
    "quality_of",
    "reasons_for",
]
