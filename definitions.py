"""The only place that joins assets, sensors, resources and jobs."""

import dagster as dg

from assets import (
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
from assets.resources import LibraryResource
from sensors.batches import ask_for_training, tell_of_batches
from sensors.channels import look_at_channels
from sensors.crawling import crawl_job, daily_crawl
from sensors.failures import tell_of_failures
from sensors.jobs import ingest_stream, reconcile_channel, take_in_source
from sensors.models import notice_new_models, refresh_models
from sensors.names import retry_names
from sensors.playlists import make_playlists
from sensors.requests import drain_requests
from sensors.schedules import keep_house, nightly
from sensors.stems import separate_good_songs, separate_pieces, separate_songs
from sensors.submissions import publish_due, publish_submissions
from sensors.taste import score_new_songs, score_taste_job, train_taste_job
from sensors.watch_folder import watch_folder


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
