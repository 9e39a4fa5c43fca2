"""Vocals and accompaniment of songs: on demand, and for songs that are good enough."""

from pathlib import Path
from typing import Any

import dagster as dg
from pydantic import Field

from utawaku.assets.library_files import holds_span, library_files
from utawaku.assets.models import separator_weights
from utawaku.assets.recordings import recording_file
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.errors import EngineError, UtawakuError
from utawaku.library.progress import Progress, part, silent
from utawaku.library.records import Song, Stream
from utawaku.library.store.stems import SongStems
from utawaku.media.probe import probe
from utawaku.models.separator import Separator, separate_file
from utawaku.models.separator.checking import Samples, fault_of
from utawaku.models.separator.files import open_mix
from utawaku.orchestration.materialization import work_on
from utawaku.orchestration.partitions import stream_partitions
from utawaku.orchestration.reference_separator import ReferenceSpleeter, reporting_to, through_pipes
from utawaku.orchestration.resources import LibraryResource

CODE_VERSION = "1"
FOLDER = "stems"


class StemsConfig(dg.Config):
    """Which songs to take apart; without names, all of the stream that are good enough."""

    song_ids: list[str] = Field(default_factory=list)


def stems_folder(stream_id: str, settings: Settings) -> Path:
    """Where stems of a stream lie: its songs' files, and a folder for each set of pieces."""
    return settings.stream_dir(stream_id) / FOLDER


def stems_name(song: Song, engine: str) -> str:
    """Name of a song's stems without their endings: it stays when the song is moved or renamed."""
    return f"{song.id.rpartition('@')[2]}.{engine}"


def is_good_enough(song: Song, settings: Settings) -> bool:
    """Whether a song is separated without being asked for."""
    wanted = settings.stems
    by_taste = wanted.min_taste is not None and (song.taste or 0.0) >= wanted.min_taste
    by_grade = (
        wanted.min_grade is not None and song.grade is not None and song.grade >= wanted.min_grade
    )
    return by_taste or by_grade


def wanted_songs(
    stream: Stream, catalogue: Catalogue, settings: Settings, song_ids: list[str]
) -> list[Song]:
    """Songs of the stream that are asked for, or, without names, that are good enough.

    One that was asked for and is gone is left out.
    """
    kept = catalogue.songs.of_stream(stream.id)
    if song_ids:
        return [song for song in kept if song.id in song_ids]
    return [song for song in kept if is_good_enough(song, settings)]


def source_of(song: Song, stream: Stream, settings: Settings) -> tuple[Path, float, float | None]:
    """File that holds the song, and the span in it.

    Raises:
        MediaError: neither the song's file nor the recording is there.
    """
    own = settings.library_root / song.file_path
    if holds_span(song) and own.is_file():
        return own, 0.0, None
    return recording_file(stream, settings), song.start_s, song.stop_s


def is_made(found: SongStems | None, separator: Separator, song: Song, settings: Settings) -> bool:
    """Whether the song's stems are there, of its present length, by the engine as it is now."""
    if found is None or found.model_version != _version(separator):
        return False
    paths = [settings.library_root / path for path in (found.vocals_path, found.accompaniment_path)]
    if not all(path.is_file() for path in paths):
        return False
    return abs(probe(paths[0]).duration_s - song.duration_s) <= 0.1


def separate_song(
    separator: Separator,
    song: Song,
    stream: Stream,
    catalogue: Catalogue,
    settings: Settings,
    progress: Progress = silent,
) -> SongStems:
    """Write and record the stems of one song.

    Raises:
        UtawakuError: the song's audio cannot be used.
    """
    source, start_s, stop_s = source_of(song, stream, settings)
    done = separate_file(
        separator,
        source,
        stems_folder(stream.id, settings),
        name=stems_name(song, separator.name),
        start_s=start_s,
        stop_s=stop_s,
        progress=progress,
    )
    made = SongStems(
        song.id,
        separator.name,
        done.vocals.relative_to(settings.library_root).as_posix(),
        done.accompaniment.relative_to(settings.library_root).as_posix(),
        _version(separator),
    )
    catalogue.stems.put(made)
    return made


def _version(separator: Separator) -> str:
    return f"{separator.version}+{separator.model_version}"


def separator_of(
    context: dg.AssetExecutionContext, library: LibraryResource, progress: Progress
) -> Separator:
    """The engine that the settings want, as a run drives it; fetches its weights on first use."""
    settings = library.settings
    if settings.stems.engine == ReferenceSpleeter.name:
        return ReferenceSpleeter(settings, run=through_pipes(context))
    return library.separator(progress)


def fault_in(made: SongStems, song: Song, stream: Stream, settings: Settings) -> str:
    """What is wrong with stems read back from disk, `checking.fault_of`; empty when nothing."""
    mix = Samples(open_mix(*source_of(song, stream, settings)))
    stems = [settings.library_root / path for path in (made.vocals_path, made.accompaniment_path)]
    fault, _ = fault_of(mix, stems)
    return fault


@dg.asset(
    partitions_def=stream_partitions,
    deps=[library_files, separator_weights],
    group_name="streams",
    code_version=CODE_VERSION,
    pool="cpu",
    kinds={"onnx", "file"},
    check_specs=[
        dg.AssetCheckSpec("stems_are_as_long_as_their_songs", asset="stems"),
        dg.AssetCheckSpec("stems_add_up_to_their_mix", asset="stems"),
    ],
)
def stems(
    context: dg.AssetExecutionContext, config: StemsConfig, library: LibraryResource
) -> dg.MaterializeResult:
    """Vocals and accompaniment of the songs asked for, or of those good enough; never of all.

    A song that cannot be separated is reported and does not stop the others.
    """
    settings, catalogue = library.settings, library.catalogue
    stream = catalogue.streams.get(context.partition_key)
    faults: dict[str, str] = {}
    failed: dict[str, str] = {}
    costs: dict[str, float] = {}
    with work_on(library, context, "stems") as work:
        wanted = wanted_songs(stream, catalogue, settings, config.song_ids)
        for song_id in set(config.song_ids) - {song.id for song in wanted}:
            failed[song_id] = "there is no such song any more"
        separator = separator_of(context, library, part(work.progress, 0.0, 0.02))
        known = catalogue.stems.of_stream(stream.id, separator.name)
        n_made = 0
        for number, song in enumerate(wanted):
            share = part(work.progress, number / len(wanted), (number + 1) / len(wanted))
            share(0.0, f"separating {number + 1} of {len(wanted)}")
            try:
                made = known.get(song.id)
                if made is None or not is_made(made, separator, song, settings):
                    heard = reporting_to(separator, share)
                    made = separate_song(separator, song, stream, catalogue, settings, heard)
                    n_made += 1
                faults[song.id] = fault_in(made, song, stream, settings)
            except UtawakuError as error:
                failed[song.id] = str(error)
        if isinstance(separator, ReferenceSpleeter):
            costs = {f"reference {name}": value for name, value in separator.costs.items()}
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
            "engine": separator.name,
            "song_s": sum(song.duration_s for song in wanted),
            **costs,
        }
        work.done(
            engine=separator.name,
            engine_version=CODE_VERSION,
            model_version=separator.model_version,
            metadata=metadata,
        )
    return dg.MaterializeResult(
        metadata=metadata,
        data_version=dg.DataVersion(work.data_version),
        check_results=[
            _check("stems_are_as_long_as_their_songs", faults, "missing", "unreadable", "length"),
            _check("stems_add_up_to_their_mix", faults, "sum"),
        ],
    )


def _check(name: str, faults: dict[str, str], *wrong: str) -> dg.AssetCheckResult:
    songs = [song_id for song_id, fault in faults.items() if fault in wrong]
    return dg.AssetCheckResult(check_name=name, passed=not songs, metadata={"songs": songs})
