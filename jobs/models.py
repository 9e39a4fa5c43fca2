"""The job that records the versions of models."""

import dagster as dg

from utawaku.workflows.model_versions import MODELS

refresh_models = dg.define_asset_job(
    "refresh_models",
    selection=dg.AssetSelection.assets(*MODELS),
    executor_def=dg.in_process_executor,
    description="Record the versions of the models that are here.",
)
