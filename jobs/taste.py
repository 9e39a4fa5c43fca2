"""Jobs that train the taste model and score songs by it."""

import dagster as dg

from utawaku.assets.taste import taste_model, taste_scores
from utawaku.orchestration.present_checks import without_present_checks

train_taste_job = dg.define_asset_job(
    "train_taste",
    selection=without_present_checks(dg.AssetSelection.assets(taste_model, taste_scores)),
    executor_def=dg.in_process_executor,
    description="Learn what the user likes, score every song, choose what to ask next.",
)


score_taste_job = dg.define_asset_job(
    "score_taste",
    selection=without_present_checks(dg.AssetSelection.assets(taste_scores)),
    executor_def=dg.in_process_executor,
    description="Score songs that the present taste model has not seen.",
)


def train_run() -> dg.RunRequest:
    """The run that trains the taste model and scores every song."""
    return dg.RunRequest(job_name=train_taste_job.name)
