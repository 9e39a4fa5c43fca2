"""The only place that joins assets, sensors, resources and jobs."""

import dagster as dg

from utawaku.assets import MODULES
from utawaku.jobs.crawl import crawl_job
from utawaku.jobs.ingest import ingest_stream, reconcile_channel, resolve_source
from utawaku.jobs.maintenance import nightly_maintenance
from utawaku.jobs.models import refresh_models
from utawaku.jobs.playlists import make_playlists
from utawaku.jobs.stems import separate_pieces, separate_songs
from utawaku.jobs.submissions import publish_submissions
from utawaku.jobs.taste import score_taste_job, train_taste_job
from utawaku.orchestration.asset_facts import described_assets
from utawaku.orchestration.present_checks import present_model_checks
from utawaku.orchestration.resources import make_resources
from utawaku.sensors.batch_notices import batch_notices
from utawaku.sensors.daily_crawl import daily_crawl
from utawaku.sensors.drain_requests import drain_requests
from utawaku.sensors.nightly_maintenance import nightly_maintenance_schedule
from utawaku.sensors.notice_new_models import notice_new_models
from utawaku.sensors.partitions_in_step import partitions_in_step
from utawaku.sensors.poll_subscriptions import poll_subscriptions
from utawaku.sensors.publish_due import publish_due
from utawaku.sensors.remake_followers import remake_followers
from utawaku.sensors.request_training import request_training
from utawaku.sensors.retry_labels import retry_labels
from utawaku.sensors.run_failure_notices import run_failure_notices
from utawaku.sensors.score_new_songs import score_new_songs
from utawaku.sensors.separate_good_songs import separate_good_songs
from utawaku.sensors.watch_folder import watch_folder


@dg.definitions
def defs() -> dg.Definitions:
    """Everything that Dagster knows of utawaku."""
    return dg.Definitions(
        assets=described_assets(MODULES),
        asset_checks=present_model_checks(),
        jobs=[
            ingest_stream,
            resolve_source,
            reconcile_channel,
            nightly_maintenance,
            refresh_models,
            crawl_job,
            publish_submissions,
            separate_songs,
            separate_pieces,
            make_playlists,
            train_taste_job,
            score_taste_job,
        ],
        sensors=[
            drain_requests,
            poll_subscriptions,
            notice_new_models,
            retry_labels,
            watch_folder,
            run_failure_notices,
            request_training,
            batch_notices,
            publish_due,
            separate_good_songs,
            score_new_songs,
            partitions_in_step,
            remake_followers,
        ],
        schedules=[nightly_maintenance_schedule, daily_crawl],
        resources=make_resources(),
        executor=dg.in_process_executor,
    )
