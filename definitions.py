"""The only place that joins assets, sensors, resources and jobs."""

import dagster as dg

from assets import labels, library_files, recordings, segments, songs, stems, submissions
from assets.resources import LibraryResource
from sensors.jobs import ingest_stream, take_in_source
from sensors.requests import drain_requests
from sensors.stems import separate_good_songs, separate_songs
from sensors.submissions import publish_due, publish_submissions


@dg.definitions
def defs() -> dg.Definitions:
    """Everything that Dagster knows of utawaku."""
    return dg.Definitions(
        assets=dg.load_assets_from_modules(
            [recordings, segments, songs, labels, library_files, stems, submissions]
        ),
        jobs=[ingest_stream, take_in_source, publish_submissions, separate_songs],
        sensors=[drain_requests, publish_due, separate_good_songs],
        resources={"library": LibraryResource()},
        executor=dg.in_process_executor,
    )
