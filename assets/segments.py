"""Speech, music and silence of a stream, and the curves they were decided on."""

import os
from pathlib import Path
from typing import Any

import dagster as dg

from utawaku.assets.models import segmenter_weights
from utawaku.assets.recordings import recording_file, recordings
from utawaku.library.config import Settings
from utawaku.library.records import Segment
from utawaku.models.segmenter import ENGINE_VERSION
from utawaku.models.songs import segment_and_listen
from utawaku.orchestration.materialization import work_on
from utawaku.orchestration.partitions import stream_partitions
from utawaku.orchestration.resources import LibraryResource
from utawaku.workflows.pcm_sharing import keep_sound

ANALYSIS_NAME = "analysis.npz"


def analysis_file(stream_id: str, settings: Settings) -> Path:
    """Where the segmentation of a stream with its curves is kept."""
    return settings.stream_dir(stream_id) / ANALYSIS_NAME


def made_with(settings: Settings) -> dict[str, Any]:
    """What decides the outcome, to tell whether it has to be made anew."""
    wanted = settings.segments
    return {
        "engine": wanted.engine,
        "mode": wanted.mode,
        "energy_ratio": wanted.energy_ratio,
        "version": ENGINE_VERSION,
    }


def segments_tile(segments: tuple[Segment, ...], duration_s: float) -> bool:
    """Whether segments cover [0, duration] without gap or overlap."""
    if not segments:
        return duration_s == 0.0
    stops = [0.0, *(segment.stop_s for segment in segments)]
    contiguous = all(
        abs(segment.start_s - stop_s) < 1e-6 and segment.stop_s > segment.start_s
        for segment, stop_s in zip(segments, stops[:-1], strict=True)
    )
    return contiguous and abs(stops[-1] - duration_s) < 1e-6


@dg.asset(
    partitions_def=stream_partitions,
    deps=[recordings, segmenter_weights],
    group_name="streams",
    code_version=ENGINE_VERSION,
    pool="cpu",
    kinds={"onnx"},
    check_specs=[dg.AssetCheckSpec("segments_tile_the_recording", asset="segments")],
)
def segments(context: dg.AssetExecutionContext, library: LibraryResource) -> dg.MaterializeResult:
    """Contiguous segments (speech, music, noEnergy, noise) of the whole recording."""
    settings, catalogue = library.settings, library.catalogue
    stream = catalogue.streams.get(context.partition_key)
    with work_on(library, context, "segments") as work:
        recording = recording_file(stream, settings)
        segmenter = library.segmenter(work.progress)
        started = os.times()
        with keep_sound(recording, stream, settings) as spool:
            result = segment_and_listen(segmenter, recording, work.progress, observers=(spool.add,))
        cost = os.times()
        settings.stream_dir(stream.id).mkdir(parents=True, exist_ok=True)
        result.save(analysis_file(stream.id, settings))
        catalogue.streams.replace_segments(stream.id, result.segments)
        wall_s = cost.elapsed - started.elapsed
        metadata: dict[str, Any] = {
            "n_segments": len(result.segments),
            "duration_s": result.duration_s,
            "speech_s": result.seconds_of("speech"),
            "music_s": result.seconds_of("music"),
            "silence_s": result.seconds_of("noEnergy"),
            "truncated": result.truncated,
            "wall_s": wall_s,
            "times_real_time": result.duration_s / wall_s if wall_s > 0 else 0.0,
            "model_version": result.model_version,
            "made_with": made_with(settings),
        }
        work.done(
            engine=result.engine,
            engine_version=ENGINE_VERSION,
            model_version=result.model_version,
            metadata=metadata,
        )
    return dg.MaterializeResult(
        metadata=metadata,
        data_version=dg.DataVersion(work.data_version),
        check_results=[
            dg.AssetCheckResult(
                check_name="segments_tile_the_recording",
                passed=segments_tile(result.segments, result.duration_s),
            )
        ],
    )
