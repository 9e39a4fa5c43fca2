"""The only place that joins assets, sensors, resources and jobs."""

import dagster as dg

from utawaku.assets import (
    embeddings,
    highlights,
    labels,
    library_files,
    models,
    pieces,
    recordings,
    segments,
    songs,
    stems,
    submissions,
    taste,
)
from utawaku.jobs.ingest import ingest_stream, reconcile_channel, take_in_source
from utawaku.jobs.playlists import make_playlists
from utawaku.orchestration.resources import LibraryResource
from utawaku.sensors.batches import ask_for_training, tell_of_batches
from utawaku.sensors.channels import look_at_channels
from utawaku.sensors.crawling import crawl_job, daily_crawl
from utawaku.sensors.models import notice_new_models, refresh_models
from utawaku.sensors.names import retry_names
from utawaku.sensors.requests import drain_requests
from utawaku.sensors.run_failure_notices import tell_of_failures
from utawaku.sensors.schedules import keep_house, nightly
from utawaku.sensors.stems import separate_good_songs, separate_pieces, separate_songs
from utawaku.sensors.submissions import publish_due, publish_submissions
from utawaku.sensors.taste import score_new_songs, score_taste_job, train_taste_job
from utawaku.sensors.watch_folder import watch_folder


@dg.definitions
def defs() -> dg.Definitions:
    """Everything that Dagster knows of utawaku."""
    return dg.Definitions(
        assets=dg.load_assets_from_modules(
            [
                recordings,
                models,
                segments,
                songs,
                labels,
                library_files,
                highlights,
                stems,
                pieces,
                submissions,
                embeddings,
                taste,
            ]
        ),
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
