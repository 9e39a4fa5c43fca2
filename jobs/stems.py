"""Jobs that separate songs and whole recordings."""

import dagster as dg

from utawaku.assets.pieces import pieces
from utawaku.assets.stems import stems
from utawaku.library.artefacts import ARTEFACTS
from utawaku.library.records import Song
from utawaku.library.requests import SeparatePieces
from utawaku.orchestration.present_checks import without_present_checks

separate_songs = dg.define_asset_job(
    "separate_songs",
    selection=without_present_checks(dg.AssetSelection.assets(stems, ARTEFACTS["stems"].model)),
    executor_def=dg.in_process_executor,
    description="Vocals and accompaniment of songs of one stream.",
)


separate_pieces = dg.define_asset_job(
    "separate_pieces",
    selection=without_present_checks(dg.AssetSelection.assets(pieces, ARTEFACTS["pieces"].model)),
    executor_def=dg.in_process_executor,
    description="Vocals and accompaniment of one recording, cut at subtitles.",
)


def stems_run(song: Song) -> dg.RunRequest:
    """The run that makes the stems of a song."""
    return dg.RunRequest(
        job_name=separate_songs.name,
        partition_key=song.stream_id,
        run_config={"ops": {"stems": {"config": {"song_ids": [song.id]}}}},
    )


def pieces_run(wanted: SeparatePieces) -> dg.RunRequest:
    """The run that makes the pieces of a recording."""
    config = {
        "subtitles": wanted.subtitles,
        "shift_s": wanted.shift_s,
        "start_s": wanted.start_s,
        "stop_s": wanted.stop_s,
        "file_format": wanted.file_format,
        "names": wanted.names,
        "sounds": wanted.sounds,
    }
    return dg.RunRequest(
        job_name=separate_pieces.name,
        partition_key=wanted.stream_id,
        run_config={"ops": {"pieces": {"config": config}}},
    )
