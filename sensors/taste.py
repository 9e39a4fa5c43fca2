"""Training on request and after new grades, and scores for songs that came after the model."""

from collections.abc import Iterator

import dagster as dg

from utawaku.assets.taste import retrain_due, taste_model, taste_scores
from utawaku.library.errors import NotFoundError
from utawaku.library.records import Request
from utawaku.orchestration.resources import LibraryResource

INTERVAL_S = 120

train_taste_job = dg.define_asset_job(
    "train_taste",
    selection=dg.AssetSelection.assets(taste_model, taste_scores),
    executor_def=dg.in_process_executor,
    description="Learn what the user likes, score every song, choose what to ask next.",
)
score_taste_job = dg.define_asset_job(
    "score_taste",
    selection=dg.AssetSelection.assets(taste_scores),
    executor_def=dg.in_process_executor,
    description="Score songs that the present taste model has not seen.",
)


def run_of(request: Request, run_key: str) -> dg.RunRequest:
    """The run that serves a `train` request.

    Raises:
        NotFoundError: its target is not `taste`.
    """
    if request.target != "taste":
        raise NotFoundError(
            "nothing of this name is trained here", subject=request.target, next_step="Try `taste`"
        )
    return dg.RunRequest(run_key, job_name=train_taste_job.name)


@dg.sensor(
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
