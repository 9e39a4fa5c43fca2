"""Jobs that train the taste model and score songs by it."""

import dagster as dg

from utawaku.assets.taste import taste_model, taste_scores
from utawaku.library.errors import NotFoundError
from utawaku.library.records import Request

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
