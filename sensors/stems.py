"""Takes songs apart, those asked for and those that turn out to be good, and whole recordings."""

from collections.abc import Iterator

import dagster as dg

from utawaku.assets.models import separator_weights
from utawaku.assets.pieces import PiecesConfig, pieces
from utawaku.assets.stems import stems
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.records import Request
from utawaku.orchestration.resources import LibraryResource

INTERVAL_S = 300
AT_ONCE = 20
"""Songs asked for in one look; separation is the costly step."""

separate_songs = dg.define_asset_job(
    "separate_songs",
    selection=dg.AssetSelection.assets(stems, separator_weights),
    executor_def=dg.in_process_executor,
    description="Vocals and accompaniment of songs of one stream.",
)

separate_pieces = dg.define_asset_job(
    "separate_pieces",
    selection=dg.AssetSelection.assets(pieces, separator_weights),
    executor_def=dg.in_process_executor,
    description="Vocals and accompaniment of one recording, cut at subtitles.",
)


def run_of(request: Request, catalogue: Catalogue, run_key: str) -> dg.RunRequest:
    """The run that serves a `separate` request, whose target is a song.

    Raises:
        NotFoundError: no such song.
    """
    song = catalogue.songs.get(request.target)
    return dg.RunRequest(
        run_key,
        job_name=separate_songs.name,
        partition_key=song.stream_id,
        run_config={"ops": {"stems": {"config": {"song_ids": [song.id]}}}},
        tags={"utawaku/request": str(request.id)},
    )


def pieces_run_of(request: Request, run_key: str) -> dg.RunRequest:
    """The run that serves a `pieces` request: its target is a stream, its arguments the config."""
    known = PiecesConfig.model_fields
    config = {name: value for name, value in request.arguments.items() if name in known}
    return dg.RunRequest(
        run_key,
        job_name=separate_pieces.name,
        partition_key=request.target,
        run_config={"ops": {"pieces": {"config": config}}},
        tags={"utawaku/request": str(request.id)},
    )


def ask_for_good_songs(catalogue: Catalogue, settings: Settings) -> list[str]:
    """File a request for each song above the thresholds that has no stems and was not asked for.

    A song whose separation failed or was cancelled is not asked for again.
    """
    wanted = settings.stems
    found = catalogue.stems.wanting(
        wanted.engine, min_taste=wanted.min_taste, min_grade=wanted.min_grade
    )
    asked = {
        request.target for request in catalogue.requests.recent(limit=10_000)
        if request.kind == "separate"
    }  # fmt: skip
    new = [song_id for song_id in found if song_id not in asked][:AT_ONCE]
    for song_id in new:
        catalogue.requests.file("separate", song_id)
    return new


@dg.sensor(
    minimum_interval_seconds=INTERVAL_S,
    default_status=dg.DefaultSensorStatus.RUNNING,
    # It files requests, and `drain_requests` starts the runs.
    job=separate_songs,
)
def separate_good_songs(
    context: dg.SensorEvaluationContext, library: LibraryResource
) -> Iterator[dg.SkipReason]:
    """Ask for the stems of songs that score or were graded above the settings' thresholds."""
    new = ask_for_good_songs(library.catalogue, library.settings)
    yield dg.SkipReason(f"asked for the stems of {len(new)} song(s)")
