"""Asks again for names that could not be had at the time."""

import time

import dagster as dg

from utawaku.library.requests import Label
from utawaku.orchestration.resources import LibraryResource

INTERVAL_S = 600
BATCH = 5
"""Streams asked about in one tick: five questions a minute is all that Shazam takes."""


@dg.sensor(
    description="Files label requests for streams whose songs were put off and may be "
    "asked about now.",
    target=None,
    minimum_interval_seconds=INTERVAL_S,
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def retry_labels(context: dg.SensorEvaluationContext, library: LibraryResource) -> dg.SkipReason:
    """File a `label` request for streams whose songs were put off and may be asked about now."""
    catalogue = library.catalogue
    due = catalogue.assets.put_off("labels", until=time.time(), limit=BATCH)
    for stream_id in due:
        catalogue.requests.file(Label(song_or_stream_id=stream_id), by="sensor retry_labels")
    return dg.SkipReason(f"asked again for names in {len(due)} stream(s)")
