"""Jobs that separate songs and whole recordings."""

import dagster as dg

from utawaku.assets.pieces import PiecesConfig, pieces
from utawaku.assets.stems import stems
from utawaku.library.artefacts import ARTEFACTS
from utawaku.library.catalogue import Catalogue
from utawaku.library.records import Request

separate_songs = dg.define_asset_job(
    "separate_songs",
    selection=dg.AssetSelection.assets(stems, ARTEFACTS["stems"].model),
    executor_def=dg.in_process_executor,
    description="Vocals and accompaniment of songs of one stream.",
)


separate_pieces = dg.define_asset_job(
    "separate_pieces",
    selection=dg.AssetSelection.assets(pieces, ARTEFACTS["pieces"].model),
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
