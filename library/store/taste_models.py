"""The trainings of the taste model, and which of them scores songs."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import sqlalchemy as sa

from utawaku.library.schema import taste_models
from utawaku.library.store.connections import Connections

MOST_GROWN = 1.5
"""Graded songs for each one that a comparison of two models knew, until it no longer stands."""


@dataclass(frozen=True)
class TasteModel:
    """One training of the taste model."""

    version: str
    kind: str
    """`embedding` or `spectrogram`; `none` when there was too little to learn from."""
    n_liked: int
    n_disliked: int
    n_neutral: int = 0
    last_grade_id: int = 0
    """The newest mark that it knows of."""
    auc: float | None = None
    """Out of fold, as are the next two."""
    ece: float | None = None
    brier: float | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    at: float = 0.0

    @property
    def ready(self) -> bool:
        """Return whether it scores songs."""
        return self.kind != "none"


@dataclass(frozen=True)
class Choice:
    """The model in use."""

    model: TasteModel | None
    reason: str
    """The reason for this one, where there were two to choose from."""


_MODEL = [taste_models.c[f.name] for f in fields(TasteModel)]


class TasteModels:
    """Every training, the newest last."""

    def __init__(self, catalogue: Connections) -> None:
        self._catalogue = catalogue

    def add_model(self, model: TasteModel) -> None:
        """Record a training."""
        values = {f.name: getattr(model, f.name) for f in fields(TasteModel)}
        values |= {"facts": dict(model.facts), "at": time.time()}
        with self._catalogue.write() as connection:
            connection.execute(taste_models.insert().values(**values))

    def models(
        self, *, kinds: Sequence[str] = ("embedding", "none"), limit: int = 200
    ) -> list[TasteModel]:
        """Trainings, the oldest first: AUC over time."""
        query = (
            sa.select(*_MODEL)
            .where(taste_models.c.kind.in_(kinds))
            .order_by(taste_models.c.id.desc())
            .limit(limit)
        )
        with self._catalogue.read() as connection:
            return [TasteModel(*row) for row in connection.execute(query)][::-1]

    def latest(self) -> TasteModel | None:
        """The last training on embeddings, whether or not it had enough to learn from."""
        return next(iter(self.models(limit=1)), None)

    def learnt(self) -> TasteModel | None:
        """The last model over embeddings: it hears previews, chooses and explains."""
        return next(iter(self.models(kinds=("embedding",), limit=1)), None)

    def current(self) -> TasteModel | None:
        """The model that scores songs; see `choice`."""
        return self.choice().model

    def choice(self) -> Choice:
        """Return which model scores songs, and why that one.

        The spectrogram network, where it was better than the embedding model on the same splits,
        for as long as that comparison stands.
        """
        learnt = self.learnt()
        network = next(iter(self.models(kinds=("spectrogram",), limit=1)), None)
        if learnt is None or network is None:
            return Choice(learnt, "")
        aucs = "AUC {:.3f} against {:.3f} on the same splits".format(
            network.auc or 0.0, network.facts.get("embedding_auc") or 0.0
        )
        if network.facts.get("withdrawn"):
            why = f"the spectrogram network is out of use: {network.facts['withdrawn']}"
        elif not network.facts.get("better"):
            why = f"the spectrogram network is no better than embeddings: {aucs}"
        elif _n_told(learnt) > MOST_GROWN * _n_told(network):
            why = "there are half as many grades again as when the spectrogram network was compared"
        else:
            return Choice(network, f"the spectrogram network is better than embeddings: {aucs}")
        return Choice(learnt, why)

    def withdraw(self, version: str, reason: str) -> None:
        """Use a model no longer."""
        query = sa.select(taste_models.c.id, taste_models.c.facts).where(
            taste_models.c.version == version
        )
        with self._catalogue.write() as connection:
            for row in connection.execute(query).all():
                connection.execute(
                    taste_models.update()
                    .where(taste_models.c.id == row.id)
                    .values(facts={**row.facts, "withdrawn": reason})
                )


def _n_told(model: TasteModel) -> int:
    return model.n_liked + model.n_disliked
