"""Work that follows once enough has gathered: training after grades, a notice after a batch."""

import time

import dagster as dg

from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.requests import Train
from utawaku.orchestration.resources import LibraryResource

INTERVAL_S = 300
TRAINED_TO = "grades.trained_to"
TRAINED_AT = "candidates.trained_at"


@dg.sensor(
    description="Files a request to train the taste model after enough new grades.",
    target=None,
    minimum_interval_seconds=INTERVAL_S,
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def request_training(
    context: dg.SensorEvaluationContext, library: LibraryResource
) -> dg.SkipReason:
    """File a `train` request after every `taste.retrain_after` new grades, the first one sooner."""
    n_new = ask_if_enough(library.catalogue, library.settings)
    return dg.SkipReason(f"{n_new} grade(s) since the last training was asked for")


def ask_if_enough(catalogue: Catalogue, settings: Settings) -> int:
    """File the request when it is time; returns how many grades are new (after that, 0).

    The request is filed first: a crash in between files the same open request again, which is one
    and the same row.
    """
    now = time.time()
    latest, n_new = catalogue.grades.since(int(catalogue.memories.recall(TRAINED_TO, 0)))
    n_new += catalogue.candidates.n_decided(since=float(catalogue.memories.recall(TRAINED_AT, 0.0)))
    if n_new < catalogue.taste.batch_size(settings.taste):
        return n_new
    catalogue.requests.file(Train(model="taste"), by="sensor request_training")
    catalogue.memories.keep(TRAINED_TO, latest)
    catalogue.memories.keep(TRAINED_AT, now)
    return 0
