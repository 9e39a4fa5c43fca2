"""The job that works on the upload queue."""

import dagster as dg

from utawaku.assets.submissions import submissions

publish_submissions = dg.define_asset_job(
    "publish_submissions",
    selection=dg.AssetSelection.assets(submissions),
    executor_def=dg.in_process_executor,
    description="Work on the upload queue.",
)
