"""What the sensors start."""

import dagster as dg

from assets.intake import add_partitions, take_in
from assets.library_files import library_files
from assets.recordings import recordings
from assets.resources import LibraryResource
from assets.segments import segments
from assets.songs import songs_asset
from library.errors import UtawakuError

INGEST_ASSETS = (recordings, segments, songs_asset, library_files)
"""The chain from an address to tagged songs, in order."""

ingest_stream = dg.define_asset_job(
    "ingest_stream",
    selection=dg.AssetSelection.assets(*INGEST_ASSETS),
    # One process a stream: ten trivial steps take 2 s instead of 17 s.
    executor_def=dg.in_process_executor,
    description="Take one stream from its address to tagged songs on disk.",
)


class TakeInConfig(dg.Config):
    """Which request to serve."""

    request_id: int


@dg.op
def take_in_request(
    context: dg.OpExecutionContext, config: TakeInConfig, library: LibraryResource
) -> None:
    """Find the streams behind a request's address, and ask for each to be ingested."""
    catalogue = library.catalogue
    request = catalogue.requests.get(config.request_id)
    try:
        streams = take_in(request.target, catalogue, library.downloader())
    except UtawakuError as error:
        catalogue.requests.fail(request.id, str(error))
        catalogue.notices.add(
            "error",
            "Could not be taken in",
            body=f"{request.target}: {error.problem}",
            next_step=error.next_step,
        )
        raise dg.Failure(description=str(error), allow_retries=False) from error
    add_partitions(context.instance, [stream.id for stream in streams])
    for stream in streams:
        catalogue.requests.file("ingest_stream", stream.id)
    names = ", ".join(stream.title or stream.id for stream in streams)
    catalogue.requests.finish(request.id, message=f"{len(streams)} stream(s): {names}"[:500])


@dg.job(executor_def=dg.in_process_executor)
def take_in_source() -> None:
    """Look up an address (network) outside of the sensor, which has only 60 s."""
    take_in_request()
