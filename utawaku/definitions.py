"""The only place that joins assets, sensors, resources and jobs."""

import dagster as dg

from utawaku.assets import MODULES
from utawaku.jobs.crawl import crawl_job
from utawaku.jobs.ingest import ingest_stream, reconcile_channel, take_in_source
from utawaku.jobs.maintenance import keep_house
from utawaku.jobs.models import refresh_models
from utawaku.jobs.playlists import make_playlists
from utawaku.jobs.stems import separate_pieces, separate_songs
from utawaku.jobs.submissions import publish_submissions
from utawaku.jobs.taste import score_taste_job, train_taste_job
from utawaku.orchestration.resources import LibraryResource
from utawaku.sensors.batches import ask_for_training, tell_of_batches
from utawaku.sensors.channels import look_at_channels
from utawaku.sensors.crawling import daily_crawl
from utawaku.sensors.models import notice_new_models
from utawaku.sensors.names import retry_names
from utawaku.sensors.requests import drain_requests
from utawaku.sensors.run_failure_notices import tell_of_failures
from utawaku.sensors.schedules import nightly
from utawaku.sensors.stems import separate_good_songs
from utawaku.sensors.submissions import publish_due
from utawaku.sensors.taste import score_new_songs
from utawaku.sensors.watch_folder import watch_folder


@dg.definitions
def defs() -> dg.Definitions:
    """Everything that Dagster knows of utawaku."""
    return dg.Definitions(
        assets=dg.load_assets_from_modules(MODULES),
        jobs=[
            ingest_stream,
            take_in_source,
            reconcile_channel,
            keep_house,
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
            look_at_channels,
            notice_new_models,
            retry_names,
            watch_folder,
            tell_of_failures,
            ask_for_training,
            tell_of_batches,
            publish_due,
            separate_good_songs,
            score_new_songs,
        ],
        schedules=[nightly, daily_crawl],
        resources={"library": LibraryResource()},
        executor=dg.in_process_executor,
    )
