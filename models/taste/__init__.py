"""The taste model: training on grades, evaluation, explanation, and what to ask next."""

from utawaku.models.taste.evaluation import Quality, out_of_fold, quality_of
from utawaku.models.taste.explain import Reasons, reasons_for
from utawaku.models.taste.model import CODE_VERSION, LogisticTaste, fit, standardised_alone
from utawaku.models.taste.selection import Chosen, choose_batches
from utawaku.models.taste.vectors import N_VALUES, completed, joined

__all__ = [
    "CODE_VERSION",
    "N_VALUES",
    "Chosen",
    "LogisticTaste",
    "Quality",
    "Reasons",
    "choose_batches",
    "completed",
    "fit",
    "joined",
    "out_of_fold",
    "quality_of",
    "reasons_for",
    "standardised_alone",
]
