"""Speech, music and silence of a stream, and the curves they were decided on."""

import os
from dataclasses import replace
from typing import Any

import dagster as dg

from utawaku.library.processes import keep_freed_memory
from utawaku.models.segmenter import ENGINE_VERSION
from utawaku.models.songs import segment_and_listen
from utawaku.orchestration.bindings import Binding, bind
from utawaku.orchestration.materialization import track
from utawaku.orchestration.partitions import stream_check, stream_partitions
from utawaku.orchestration.resources import LibraryResource, SegmenterResource
from utawaku.workflows.pcm_sharing import keep_loudness, keep_sound
from utawaku.workflows.recordings import recording_file
from utawaku.workflows.segments import (
    analysis_file,
    breaks_between,
    made_with,
    segments_tile,
)
from utawaku.workflows.timelines import carry_times

BINDING = bind(
    Binding(
        "segments",
        ENGINE_VERSION,
        made_with=lambda _stream, _catalogue, settings: made_with(settings),
        is_incomplete=lambda stream, _catalogue, settings: (
            not analysis_file(stream.id, settings).is_file()
        ),
    )
)


@dg.asset(
    partitions_def=stream_partitions,
    deps=BINDING.deps,
    group_name="streams",
    code_version=BINDING.code_version,
    pool="cpu",
    kinds={"onnx"},
    check_specs=[
        stream_check(
            "segments_tile_the_recording",
            asset="segments",
            description="No gap, no overlap. It blocks: songs are found by segments.",
            blocking=True,
        )
    ],
)
def segments(
    context: dg.AssetExecutionContext, library: LibraryResource, segmenter: SegmenterResource
) -> dg.MaterializeResult:
    """Contiguous segments (speech, music, noEnergy, noise) of the whole recording."""
    settings, catalogue = library.settings, library.catalogue
    stream = catalogue.streams.get(context.partition_key)
    with track(library, context, "segments") as work:
        recording = recording_file(stream, settings)
        engine = segmenter.engine(work.progress)
        keep_freed_memory()
        started = os.times()
        with (
            keep_sound(recording, stream, settings) as spool,
            keep_loudness(recording, stream, settings) as own,
        ):
            result = segment_and_listen(
                engine, recording, work.progress, observers=(spool.add,), own=own
            )
        cost = os.times()
        settings.stream_dir(stream.id).mkdir(parents=True, exist_ok=True)
        result.save(analysis_file(stream.id, settings))
        carry_times(stream.id, result.timeline, catalogue)
        catalogue.streams.replace_segments(stream.id, result.segments)
        # Headers guess and lie; from here on its length is what was read.
        catalogue.streams.save(replace(stream, duration_s=result.duration_s))
        for warning in result.timeline.warnings():
            catalogue.notices.add(
                "warning",
                "the recording is damaged",
                body=warning,
                next_step="Its songs are cut all the same; fetch or copy it again if you can",
                stream_id=stream.id,
            )
        wall_s = cost.elapsed - started.elapsed
        metadata: dict[str, Any] = {
            "n_segments": len(result.segments),
            "duration_s": result.duration_s,
            "speech_s": result.seconds_of("speech"),
            "music_s": result.seconds_of("music"),
            "silence_s": result.seconds_of("noEnergy"),
            "truncated": result.truncated,
            "timeline": result.timeline.as_metadata(),
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
    return work.result(
        metadata,
        check_results=[
            dg.AssetCheckResult(
                check_name="segments_tile_the_recording",
                passed=segments_tile(result.segments, result.duration_s),
                metadata={
                    "gaps or overlaps at seconds": breaks_between(result.segments),
                    "duration_s": result.duration_s,
                },
            )
        ],
    )
