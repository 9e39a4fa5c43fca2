"""Vocals and accompaniment of a whole recording, in pieces between the lines of subtitles."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dagster as dg
from pydantic import Field

from utawaku.assets.models import separator_weights
from utawaku.assets.recordings import recording_file, recordings
from utawaku.assets.stems import separator_of, stems_folder
from utawaku.library.config import Settings
from utawaku.library.errors import EngineError, NotFoundError, UsageError, UtawakuError
from utawaku.library.files import safe_component
from utawaku.library.progress import part
from utawaku.models.separator.pieces import SeparatedPieces, separate_pieces
from utawaku.models.separator.plan import MANIFEST, Cut, cut_at_subtitles, read_plan
from utawaku.orchestration.materialization import work_on
from utawaku.orchestration.partitions import stream_partitions
from utawaku.orchestration.reference_separator import ReferenceSpleeter, reporting_to
from utawaku.orchestration.resources import LibraryResource

CODE_VERSION = "1"
ENDING = " pieces"
"""Of the names of folders of pieces."""
_SUBTITLES = ("*.srt", "*.vtt")


class PiecesConfig(dg.Config):
    """Subtitles to cut a recording at; without them, all that was cut before is brought up to date.

    Times are seconds of the recording.
    """

    subtitles: str = ""
    """A .srt or .vtt file, or the name of one in the stream's folder."""
    shift_s: float = 0.0
    """Added to the times of the lines."""
    start_s: float = 0.0
    stop_s: float | None = Field(default=None)


def pieces_folder(stream_id: str, subtitles: Path, cut: Cut, settings: Settings) -> Path:
    """Where the pieces lie that a span of a recording is cut into at a file of subtitles.

    The name stays when the lines are moved or mended; another span has another folder.
    """
    span = ""
    if cut.start_s or cut.stop_s is not None:
        stop = "" if cut.stop_s is None else f"{cut.stop_s * 1000:.0f}"
        span = f" {cut.start_s * 1000:.0f}-{stop}"
    name = safe_component(subtitles.stem, max_bytes=200) + span + ENDING
    return stems_folder(stream_id, settings) / name


def known_pieces(stream_id: str, settings: Settings) -> list[Path]:
    """Folders of pieces that a stream has."""
    manifests = stems_folder(stream_id, settings).glob(f"*/{MANIFEST}")
    return sorted(manifest.parent for manifest in manifests)


def find_subtitles(name: str, stream_id: str, settings: Settings) -> Path:
    """The file that the user means, wherever it is or by its name in the stream's folder.

    Raises:
        NotFoundError: there is none; says which ones the stream has.
    """
    given = Path(name).expanduser()
    if given.is_file():
        return given
    folder = settings.stream_dir(stream_id)
    own = {path.name: path for pattern in _SUBTITLES for path in folder.glob(pattern)}
    if name in own:
        return own[name]
    listed = ", ".join(sorted(own)) or "none"
    raise NotFoundError(
        "there are no such subtitles" if name else "no subtitles were given, now or before",
        subject=name or stream_id,
        next_step=f"Name a .srt or .vtt file; in the stream's own folder: {listed}",
    )


@dg.asset(
    partitions_def=stream_partitions,
    deps=[recordings, separator_weights],
    group_name="streams",
    code_version=CODE_VERSION,
    pool="cpu",
    kinds={"onnx", "file"},
    check_specs=[
        dg.AssetCheckSpec("pieces_are_as_long_as_their_place", asset="pieces"),
        dg.AssetCheckSpec("pieces_add_up_to_their_mix", asset="pieces"),
        dg.AssetCheckSpec("pieces_join_to_their_recording", asset="pieces"),
    ],
)
def pieces(
    context: dg.AssetExecutionContext, config: PiecesConfig, library: LibraryResource
) -> dg.MaterializeResult:
    """Stems of a recording cut at subtitles, with every gap kept: joined, they are the recording.

    Pieces that are there, of the right length and by the present engine, are not made again. One
    that cannot be separated is reported and does not stop the others.
    """
    settings, catalogue = library.settings, library.catalogue
    stream = catalogue.streams.get(context.partition_key)
    done: dict[str, SeparatedPieces] = {}
    failed: dict[str, str] = {}
    with work_on(library, context, "pieces") as work:
        recording = recording_file(stream, settings)
        asked = asked_for(config, stream.id, settings)
        folders = [*asked, *(f for f in known_pieces(stream.id, settings) if f not in asked)]
        separator = separator_of(context, library, part(work.progress, 0.0, 0.02))
        for number, folder in enumerate(folders):
            share = part(work.progress, number / len(folders), (number + 1) / len(folders))
            try:
                done[folder.name] = separate_pieces(
                    separator,
                    recording,
                    asked.get(folder) or read_plan(folder).cut,
                    folder,
                    progress=reporting_to(separator, share),
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
            "engine": separator.name,
        }
        if isinstance(separator, ReferenceSpleeter):
            metadata |= {f"reference {name}": value for name, value in separator.costs.items()}
        work.done(
            engine=separator.name,
            engine_version=CODE_VERSION,
            model_version=separator.model_version,
            metadata=metadata,
            content={
                name: [made.plan.start_s, *(piece.stop for piece in made.plan.pieces)]
                for name, made in done.items()
            },
        )
    return dg.MaterializeResult(
        metadata=metadata,
        data_version=dg.DataVersion(work.data_version),
        check_results=[
            _check("pieces_are_as_long_as_their_place", done, "length"),
            _check("pieces_add_up_to_their_mix", done, "sum"),
            _check("pieces_join_to_their_recording", done, "missing", "unreadable", "length"),
        ],
    )


def asked_for(config: PiecesConfig, stream_id: str, settings: Settings) -> dict[Path, Cut]:
    """The cut that the run is asked for and where its pieces belong; none where nothing is new.

    Raises:
        NotFoundError, SetlistError, UsageError: there is nothing to go by.
    """
    if not config.subtitles and known_pieces(stream_id, settings):
        if (config.shift_s, config.start_s, config.stop_s) != (0.0, 0.0, None):
            raise UsageError(
                "shift, start and stop go with subtitles",
                subject=stream_id,
                next_step="Name the subtitles again",
            )
        return {}
    subtitles = find_subtitles(config.subtitles, stream_id, settings)
    cut = cut_at_subtitles(
        subtitles, shift_s=config.shift_s, start_s=config.start_s, stop_s=config.stop_s
    )
    return {pieces_folder(stream_id, subtitles, cut, settings): cut}


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
