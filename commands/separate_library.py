"""Songs and streams of the library, separated by `utawaku separate`."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from utawaku.commands.console import bar, err, print_error
from utawaku.library.errors import NotFoundError, UsageError, UtawakuError
from utawaku.library.language import tr, translated
from utawaku.library.progress import Progress

if TYPE_CHECKING:
    from utawaku.library.catalogue import Catalogue
    from utawaku.library.config import Settings
    from utawaku.library.records import Song, Stream
    from utawaku.models.separator import Separator
    from utawaku.models.separator.preview import PiecesPreview


def engine_of(name: str | None, settings: "Settings") -> "Separator":
    """The engine of this name, or of the settings, ready to work."""
    from utawaku.models.separator import make_separator
    from utawaku.models.separator.engines import fetch_preferred

    wanted = settings.stems
    if (name or wanted.engine) == "spleeter-reference":
        from utawaku.models.separator.reference import ReferenceSpleeter

        return ReferenceSpleeter(settings)
    with bar(tr("fetching Spleeter")) as show:
        why = fetch_preferred(name or wanted.engine, settings.weights_dir, show)
    if why:
        told = tr(
            "Uses the built-in separator: {why}. Spleeter is tried again after an hour, or by "
            "`utawaku models pull spleeter-2stems`.",
            why=translated(why),
        )
        err.print(told, style="dim", markup=False)
    with err.status(tr("loading the network")):
        return make_separator(
            name or wanted.engine,
            settings.weights_dir,
            threads=wanted.threads,
            extension="average",
            custom=wanted.weights,
            plugin=wanted.plugin,
        )


@contextmanager
def shown_bar(separator: "Separator | None" = None) -> Iterator[Progress]:
    """A progress bar on the terminal while the block runs."""
    from utawaku.models.separator.reference import reporting_to

    with bar("separating") as show:
        yield show if separator is None else reporting_to(separator, show)


def stream_meant(target: str, settings: "Settings", *, alone: bool) -> "Stream | None":
    """The stream with this id, if there is one.

    With `alone` also the one of which a query finds songs.

    Raises:
        NotFoundError, UsageError: `alone`, and the query finds none or several.
    """
    from utawaku.library.catalogue import Catalogue

    catalogue = Catalogue.open(settings)
    try:
        stream = catalogue.streams.find(target)
        if stream is not None or not alone:
            return stream
        ids = list(dict.fromkeys(song.stream_id for song in _found(target, catalogue)))
        if len(ids) > 1:
            raise UsageError(
                f"it finds songs of {len(ids)} streams, and subtitles belong to one",
                subject=target,
                next_step=f"Give the id of one: {', '.join(ids[:5])}",
            )
        return catalogue.streams.get(ids[0])
    finally:
        catalogue.close()


def separate_stream(
    stream: "Stream", settings: "Settings", config: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Make the asset `pieces` of a stream here; a row for each of its folders of pieces.

    Args:
        stream: what is cut.
        settings: of this user.
        config: fields of `utawaku.workflows.pieces.PiecesOptions`.

    Raises:
        UtawakuError: it could not be made.
    """
    from utawaku.commands.pipeline import Pipeline
    from utawaku.jobs.stems import separate_pieces
    from utawaku.models.separator.plan import MANIFEST
    from utawaku.workflows.pieces import PiecesOptions, asked_for
    from utawaku.workflows.recordings import recording_file

    # What is wrong with the question is told before anything is on record as failed.
    asked_for(PiecesOptions(**config), stream.id, settings)
    recording_file(stream, settings)
    with Pipeline.open() as pipeline:
        state = pipeline.make(stream, "pieces", separate_pieces.name, config)
    told = state.metadata
    rows = []
    for folder, row in told["folders"].items():
        name = Path(folder).name
        failed = {key: why for key, why in told["failed"].items() if key.startswith(f"{name}/")}
        rows.append({"what": name, **row, "failed": failed, "files": [str(Path(folder, MANIFEST))]})
        if failed:
            rows[-1]["error"] = "; ".join(f"{key}: {why}" for key, why in failed.items())
    for name, why in told["failed"].items():
        if "/" not in name:
            rows.append({"what": name, "error": why})
    return rows


def preview_stream(
    stream: "Stream", settings: "Settings", config: Mapping[str, Any]
) -> "PiecesPreview":
    """The pieces that a stream's recording would be cut into; see `separate_stream`.

    Raises:
        UtawakuError: there is nothing to cut, or nothing to cut at.
    """
    from utawaku.models.separator.preview import preview_pieces
    from utawaku.workflows.pieces import PiecesOptions, asked_for
    from utawaku.workflows.recordings import recording_file

    recording = recording_file(stream, settings)
    ((folder, cut),) = asked_for(PiecesOptions(**config), stream.id, settings).items()
    return preview_pieces(recording, cut, folder)


def separate_songs(query: str, engine: str | None, settings: "Settings") -> list[dict[str, Any]]:
    """Write and record the stems of the songs that a query finds; a row for each.

    Raises:
        NotFoundError: it finds none.
    """
    from utawaku.library.catalogue import Catalogue
    from utawaku.workflows.stems import separate_song

    catalogue = Catalogue.open(settings)
    try:
        songs = _found(query, catalogue)
        separator = engine_of(engine, settings)
        results: list[dict[str, Any]] = []
        for song in songs:
            row: dict[str, Any] = {"what": song.title or song.id, "duration_s": song.duration_s}
            results.append(row)
            try:
                with shown_bar(separator) as show:
                    stream = catalogue.streams.get(song.stream_id)
                    made = separate_song(separator, song, stream, catalogue, settings, show)
                paths = (made.vocals_path, made.accompaniment_path)
                row["files"] = [str(settings.library_root / file) for file in paths]
            except UtawakuError as error:
                print_error(error)
                row["error"] = str(error)
        return results
    finally:
        catalogue.close()


def _found(query: str, catalogue: "Catalogue") -> "list[Song]":
    songs = catalogue.browser.songs(catalogue.browser.search(query).numbers)
    if not songs:
        raise NotFoundError(
            "neither a file, a stream, nor a query that finds songs",
            subject=query,
            next_step="`utawaku songs` lists what there is",
        )
    return songs
