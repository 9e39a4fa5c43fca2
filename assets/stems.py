"""Vocals and accompaniment of songs: on demand, and for songs that are good enough."""

from typing import Any

import dagster as dg
from pydantic import Field

from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.errors import EngineError, UtawakuError
from utawaku.library.progress import part
from utawaku.library.requests import Separate
from utawaku.models.separator.reference import ReferenceSpleeter, reporting_to
from utawaku.orchestration.bindings import Binding, bind
from utawaku.orchestration.materialization import track
from utawaku.orchestration.partitions import stream_check, stream_partitions
from utawaku.orchestration.reference_separator import separator_of
from utawaku.orchestration.resources import LibraryResource, SeparatorResource
from utawaku.workflows.stems import CODE_VERSION, fault_in, is_made, separate_song, wanted_songs


class StemsConfig(dg.Config):
    """The songs to separate; without names, all of the stream that are good enough."""

    song_ids: list[str] = Field(
        default_factory=list,
        description="Ids of the songs to separate; empty for all that are good enough by stems.*.",
    )


def _separate_again(stream_id: str, catalogue: Catalogue, settings: Settings) -> list[Separate]:
    """Ask for the songs that have stems, by whatever engine: nobody asked for the others'."""
    return [Separate(song_id=song_id) for song_id in catalogue.stems.separated(stream_id)]


BINDING = bind(Binding("stems", CODE_VERSION, requests=_separate_again))


@dg.asset(
    partitions_def=stream_partitions,
    deps=BINDING.deps,
    group_name="on_demand",
    code_version=BINDING.code_version,
    pool="cpu",
    kinds={"onnx", "file"},
    check_specs=[
        stream_check(
            "stems_are_as_long_as_their_songs",
            asset="stems",
            description="Both stems of each song are there, readable and as long as the song.",
        ),
        stream_check(
            "stems_add_up_to_their_mix",
            asset="stems",
            description="Vocals and accompaniment of each song add up to its mix.",
        ),
    ],
)
def stems(
    context: dg.AssetExecutionContext,
    config: StemsConfig,
    library: LibraryResource,
    separator: SeparatorResource,
) -> dg.MaterializeResult:
    """Vocals and accompaniment of the songs asked for, or of those good enough; never of all.

    A song that cannot be separated is reported and does not stop the others.
    """
    settings, catalogue = library.settings, library.catalogue
    stream = catalogue.streams.get(context.partition_key)
    faults: dict[str, str] = {}
    failed: dict[str, str] = {}
    costs: dict[str, float] = {}
    with track(library, context, "stems") as work:
        wanted = wanted_songs(stream, catalogue, settings, config.song_ids)
        for song_id in set(config.song_ids) - {song.id for song in wanted}:
            failed[song_id] = "there is no such song any more"
        if not wanted and not config.song_ids:
            # "Materialize all" on the Dagster UI: nobody asked, and no song is good enough.
            context.log.info("%s: no stems were asked for, and no song is good enough", stream.id)
            nothing = {"n_wanted": 0, "n_made": 0, "n_failed": 0}
            work.done(engine="", engine_version=CODE_VERSION, metadata=nothing)
            return work.result(
                nothing,
                [
                    _check("stems_are_as_long_as_their_songs", {}),
                    _check("stems_add_up_to_their_mix", {}),
                ],
            )
        engine = separator_of(context, separator, part(work.progress, 0.0, 0.02))
        known = catalogue.stems.of_stream(stream.id, engine.name)
        n_made = 0
        for number, song in enumerate(wanted):
            share = part(work.progress, number / len(wanted), (number + 1) / len(wanted))
            share(0.0, f"separating {number + 1} of {len(wanted)}")
            try:
                made = known.get(song.id)
                fault = "missing"
                if made is not None and is_made(made, engine, song, settings):
                    fault = fault_in(made, song, stream, settings)
                if made is None or fault:  # also where the song was cut from another track since
                    heard = reporting_to(engine, share)
                    made = separate_song(engine, song, stream, catalogue, settings, heard)
                    n_made += 1
                    fault = fault_in(made, song, stream, settings)
                faults[song.id] = fault
            except UtawakuError as error:
                failed[song.id] = str(error)
        if isinstance(engine, ReferenceSpleeter):
            costs = {f"reference {name}": value for name, value in engine.costs.items()}
        if failed and len(failed) >= len(set(config.song_ids) or wanted):
            raise EngineError("no song could be separated: " + "; ".join(failed.values())[:500])
        if failed:
            catalogue.notices.add(
                "warning",
                f"{len(failed)} song(s) could not be separated",
                body="; ".join(f"{song_id}: {why}" for song_id, why in failed.items())[:2000],
                next_step="The other songs of the stream are done",
                stream_id=stream.id,
            )
        metadata: dict[str, Any] = {
            "n_wanted": len(wanted),
            "n_made": n_made,
            "n_failed": len(failed),
            "failed": failed,
            "engine": engine.name,
            "song_s": sum(song.duration_s for song in wanted),
            **costs,
        }
        work.done(
            engine=engine.name,
            engine_version=CODE_VERSION,
            model_version=engine.model_version,
            metadata=metadata,
        )
    return work.result(
        metadata,
        check_results=[
            _check("stems_are_as_long_as_their_songs", faults, "missing", "unreadable", "length"),
            _check("stems_add_up_to_their_mix", faults, "sum"),
        ],
    )


def _check(name: str, faults: dict[str, str], *wrong: str) -> dg.AssetCheckResult:
    songs = [song_id for song_id, fault in faults.items() if fault in wrong]
    return dg.AssetCheckResult(check_name=name, passed=not songs, metadata={"songs": songs})
