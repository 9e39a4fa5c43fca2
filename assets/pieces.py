"""Vocals and accompaniment of a whole recording, in pieces between the lines of subtitles."""

from collections.abc import Mapping
from typing import Any

import dagster as dg
from pydantic import Field

from utawaku.library.errors import EngineError, UtawakuError
from utawaku.library.progress import part
from utawaku.library.requests import SeparatePieces
from utawaku.models.separator.piece_names import BY_NUMBER
from utawaku.models.separator.pieces import SeparatedPieces, separate_pieces
from utawaku.models.separator.plan import Cut, read_plan
from utawaku.models.separator.reference import ReferenceSpleeter, reporting_to
from utawaku.orchestration.bindings import Binding, bind
from utawaku.orchestration.materialization import track
from utawaku.orchestration.partitions import stream_check, stream_partitions
from utawaku.orchestration.reference_separator import separator_of
from utawaku.orchestration.resources import LibraryResource, SeparatorResource
from utawaku.workflows.pieces import CODE_VERSION, PiecesOptions, asked_for, known_pieces
from utawaku.workflows.recordings import recording_file


class PiecesConfig(dg.Config):
    """Run configuration of `pieces`: the fields of `workflows.pieces.PiecesOptions`."""

    subtitles: str = Field(
        default="",
        description="A file of subtitles, or the name of one in the stream's folder; empty brings "
        "all that was cut before up to date.",
    )
    shift_s: float = Field(default=0.0, description="Seconds added to the times of the lines.")
    start_s: float = Field(default=0.0, description="Where the cut begins, in seconds.")
    stop_s: float | None = Field(
        default=None, description="Where the cut ends, in seconds; the end if left out."
    )
    file_format: str = Field(default="flac", description="flac or wav.")
    names: str = Field(
        default=BY_NUMBER,
        description="Names of pieces: a template of number, start, stop, words, hash.",
    )
    sounds: bool = Field(default=False, description="Also the sound of each piece itself.")


BINDING = bind(
    Binding(
        "pieces",
        CODE_VERSION,
        requests=lambda stream_id, _catalogue, settings: (
            [SeparatePieces(stream_id=stream_id)] if known_pieces(stream_id, settings) else []
        ),
    )
)


@dg.asset(
    partitions_def=stream_partitions,
    deps=BINDING.deps,
    group_name="on_demand",
    code_version=BINDING.code_version,
    pool="cpu",
    kinds={"onnx", "file"},
    check_specs=[
        stream_check(
            "pieces_are_as_long_as_their_place",
            asset="pieces",
            description="Each piece is as long as its place in the recording.",
        ),
        stream_check(
            "pieces_add_up_to_their_mix",
            asset="pieces",
            description="Vocals and accompaniment of each piece add up to its mix.",
        ),
        stream_check(
            "pieces_join_to_their_recording",
            asset="pieces",
            description="Joined, the pieces are the recording: none is missing or unreadable.",
        ),
    ],
)
def pieces(
    context: dg.AssetExecutionContext,
    config: PiecesConfig,
    library: LibraryResource,
    separator: SeparatorResource,
) -> dg.MaterializeResult:
    """Stems of a recording cut at subtitles, with every gap kept: joined, they are the recording.

    Pieces that are there, of the right length and by the present engine, are not made again. One
    that cannot be separated is reported and does not stop the others.
    """
    settings, catalogue = library.settings, library.catalogue
    stream = catalogue.streams.get(context.partition_key)
    done: dict[str, SeparatedPieces] = {}
    failed: dict[str, str] = {}
    with track(library, context, "pieces") as work:
        wanted, known = PiecesOptions(**config.model_dump()), known_pieces(stream.id, settings)
        if wanted == PiecesOptions() and not known:
            # Nobody asked for pieces: "Materialize all" on the Dagster UI has nothing to do here.
            context.log.info("%s: no pieces were asked for", stream.id)
            nothing = {"folders": {}, "n_pieces": 0, "n_made": 0, "n_failed": 0}
            work.done(engine="", engine_version=CODE_VERSION, metadata=nothing)
            return work.result(nothing, _checks({}))
        recording = recording_file(stream, settings)
        asked = asked_for(wanted, stream.id, settings)
        folders = [*asked, *(f for f in known if f not in asked)]
        engine = separator_of(context, separator, part(work.progress, 0.0, 0.02))
        for number, folder in enumerate(folders):
            share = part(work.progress, number / len(folders), (number + 1) / len(folders))
            try:
                done[folder.name] = separate_pieces(
                    engine,
                    recording,
                    asked.get(folder) or read_plan(folder).cut,
                    folder,
                    progress=reporting_to(engine, share),
                )
            except UtawakuError as error:
                if folder in asked:
                    raise
                failed[folder.name] = str(error)
        failed |= {
            f"{name}/{number:04}": why
            for name, made in done.items()
            for number, why in made.failed.items()
        }
        n_pieces = sum(len(made.plan.pieces) for made in done.values())
        if failed and len(failed) >= n_pieces:
            raise EngineError("no piece could be separated: " + "; ".join(failed.values())[:500])
        if failed:
            catalogue.notices.add(
                "warning",
                f"{len(failed)} piece(s) could not be separated",
                body="; ".join(f"{name}: {why}" for name, why in failed.items())[:2000],
                next_step="The others are done; asking again makes only what is missing",
                stream_id=stream.id,
            )
        metadata: dict[str, Any] = {
            "folders": {
                str(folder): _told(done[folder.name], asked.get(folder))
                for folder in folders
                if folder.name in done
            },
            "n_pieces": n_pieces,
            "n_made": sum(made.n_made for made in done.values()),
            "n_failed": len(failed),
            "failed": failed,
            "engine": engine.name,
        }
        if isinstance(engine, ReferenceSpleeter):
            metadata |= {f"reference {name}": value for name, value in engine.costs.items()}
        work.done(
            engine=engine.name,
            engine_version=CODE_VERSION,
            model_version=engine.model_version,
            metadata=metadata,
            content={
                name: [made.plan.start_s, *(piece.stop for piece in made.plan.pieces)]
                for name, made in done.items()
            },
        )
    return work.result(
        metadata,
        check_results=_checks(done),
    )


def _checks(done: Mapping[str, SeparatedPieces]) -> list[dg.AssetCheckResult]:
    return [
        _check("pieces_are_as_long_as_their_place", done, "length"),
        _check("pieces_add_up_to_their_mix", done, "sum"),
        _check("pieces_join_to_their_recording", done, "missing", "unreadable", "length"),
    ]


def _told(made: SeparatedPieces, asked: Cut | None) -> dict[str, Any]:
    plan = made.plan
    told: dict[str, Any] = {
        "start_s": plan.start_s,
        "duration_s": plan.n_samples / plan.sample_rate_hz,
        "n_samples": plan.n_samples,
        "n_pieces": len(plan.pieces),
        "n_made": made.n_made,
    }
    if asked is not None:
        told["n_lines_left_out"] = made.n_lines_left_out(asked)
    return told


def _check(name: str, done: Mapping[str, SeparatedPieces], *faults: str) -> dg.AssetCheckResult:
    wrong = [
        f"{folder}/{number:04}"
        for folder, made in done.items()
        for number, fault in made.faults.items()
        if fault in faults
    ]
    return dg.AssetCheckResult(check_name=name, passed=not wrong, metadata={"pieces": wrong})
