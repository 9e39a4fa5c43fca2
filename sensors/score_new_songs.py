"""Training on request and after new grades, and scores for songs that came after the model."""

from collections.abc import Iterator

import dagster as dg

from utawaku.jobs.taste import score_taste_job
from utawaku.orchestration.resources import LibraryResource
from utawaku.workflows.taste import retrain_due

INTERVAL_S = 300


@dg.sensor(
    description="Scores songs that the present taste model has not seen.",
    job=score_taste_job,
    minimum_interval_seconds=INTERVAL_S,
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def score_new_songs(
    context: dg.SensorEvaluationContext, library: LibraryResource
) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """Score songs that have none of the present model's scores."""
    due = retrain_due(library.catalogue, library.settings)
    current = library.catalogue.taste.current()
    if not due.scores or current is None:
        yield dg.SkipReason("every song that was heard has its score")
        return
    n_scored = library.catalogue.taste.n_scored().get(current.version, 0)
    # The same songs are tried once: a run that fails waits for the next song or model.
    yield dg.RunRequest(f"{current.version}-{n_scored}-{due.n_stale}")
