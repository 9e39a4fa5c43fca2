"""The only place that joins assets, sensors, resources and jobs."""

import dagster as dg

from assets import library_files, recordings, segments, songs, submissions
from assets.resources import LibraryResource
from sensors.jobs import ingest_stream, take_in_source
from sensors.requests import drain_requests
from sensors.submissions import publish_due, publish_submissions


@dg.definitions
def defs() -> dg.Definitions:
    """Everything that Dagster knows of utawaku."""
    return dg.Definitions(
        assets=dg.load_assets_from_modules(
            [recordings, segments, songs, library_files, submissions]
        ),
        jobs=[ingest_stream, take_in_source, publish_submissions],
        sensors=[drain_requests, publish_due],
        resources={"library": LibraryResource()},
        executor=dg.in_process_executor,
    )
