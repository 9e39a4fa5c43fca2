"""`utawaku separate`: vocals and accompaniment of files, and of songs of the library."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from commands.console import add_row, bar, clock, err, out, print_error, print_json, table
from library.errors import NotFoundError, UtawakuError
from library.progress import Progress

if TYPE_CHECKING:
    from library.config import Settings
    from models.separator import Separator


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: utawaku separate 'singer:mio taste>0.9' --engine builtin")(
        separate
    )


def separate(
    target: Annotated[
        str, typer.Argument(help="A media file, a query for songs, or a folder of pieces to join.")
    ],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Folder for the stems of a file; default: here."),
    ] = None,
    engine: Annotated[
        str | None,
        typer.Option(help="builtin, spleeter or spleeter-reference; default: the setting."),
    ] = None,
    subtitles: Annotated[
        Path | None,
        typer.Option(help=".srt or .vtt: a pair of stems for each line, and for each gap."),
    ] = None,
    shift: Annotated[float, typer.Option(help="Move the subtitles by so many seconds.")] = 0.0,
    start: Annotated[float, typer.Option(help="First second of the file to take.")] = 0.0,
    stop: Annotated[float | None, typer.Option(help="Second of the file to stop at.")] = None,
    remix: Annotated[
        Path | None,
        typer.Option(help="A changed vocal: lay it over the file's accompaniment instead."),
    ] = None,
    remix_gain_db: Annotated[float, typer.Option(help="Gain of the changed vocal.")] = 0.0,
    remix_shift: Annotated[
        float, typer.Option(help="Move the changed vocal by so many seconds.")
    ] = 0.0,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Take vocals and accompaniment apart, as FLAC of the same length; together they are the mix.

    A file's stems are written to --output; the songs that a query finds get theirs in the
    library. With --subtitles the pieces, joined in order, are the whole again: give the folder of
    pieces as the target. A file 0007.changed.wav in it takes the place of the vocals of piece 7.
    """
    from library.config import load_settings

    settings = load_settings()
    path = Path(target).expanduser()
    folder = output or Path.cwd()
    if subtitles is not None and remix is not None:
        raise typer.BadParameter(
            "takes a whole song; change a piece and join them instead", param_hint="--remix"
        )
    changed = _Changed(remix, remix_gain_db, remix_shift)
    if path.is_dir():
        results = [_join(path, folder, changed)]
    elif path.is_file():
        span = _Span(start, stop, subtitles, shift)
        results = [_separate_file(path, folder, engine, settings, span, changed)]
    else:
        results = _separate_songs(target, engine, settings)
    if json:
        print_json({"separated": results})
    else:
        listing = table("what", ("length", "right"), ("files", "whole"))
        for result in results:
            shown = result.get("error") or "\n".join(result["files"])
            add_row(listing, [result["what"], clock(result.get("duration_s", 0.0)), shown])
        out.print(listing)
    if any("error" in result for result in results):
        raise typer.Exit(1)


@dataclass(frozen=True)
class _Span:
    """What to take of a file, and how to cut it up."""

    start_s: float
    stop_s: float | None
    subtitles: Path | None
    shift_s: float


@dataclass(frozen=True)
class _Changed:
    """A vocal to lay over the accompaniment."""

    vocals: Path | None
    gain_db: float
    shift_s: float


def _join(pieces: Path, folder: Path, changed: _Changed) -> dict[str, Any]:
    from models.separator.joining import join_pieces

    folder.mkdir(parents=True, exist_ok=True)
    name = pieces.absolute().name.removesuffix(" pieces")
    with _bar() as show:
        done = join_pieces(pieces, folder, name=name, vocals_gain_db=changed.gain_db, progress=show)
    return {
        "what": pieces.name,
        "duration_s": done.n_samples / done.sample_rate_hz,
        "n_changed": done.n_changed,
        "turned_down_db": done.turned_down_db,
        "files": [str(path) for path in (done.vocals, done.accompaniment, done.mix)],
    }


def _engine(name: str | None, settings: "Settings") -> "Separator":
    from models.separator import make_separator

    wanted = settings.stems
    if (name or wanted.engine) == "spleeter-reference":
        from assets.reference_separator import ReferenceSpleeter

        return ReferenceSpleeter(settings)
    with err.status("loading the network"):
        return make_separator(
            name or wanted.engine,
            settings.weights_dir,
            threads=wanted.threads,
            extension="average",
        )


def _separate_file(
    path: Path,
    folder: Path,
    engine: str | None,
    settings: "Settings",
    span: _Span,
    changed: _Changed,
) -> dict[str, Any]:
    from models.audio import probe
    from models.separator.files import (
        MANIFEST,
        remix,
        separate_file,
        separate_pieces,
    )
    from models.setlist.subtitles import read_subtitles, shift_text, slice_text

    cues = None
    if span.subtitles is not None:
        stop_s = span.stop_s if span.stop_s is not None else probe(path).duration_s
        shifted = shift_text(read_subtitles(span.subtitles), span.shift_s)
        cues = slice_text(shifted, span.start_s, stop_s)
    separator = _engine(engine, settings)
    folder.mkdir(parents=True, exist_ok=True)
    with _bar(separator) as show:
        if cues is not None:
            place = folder / f"{path.stem} pieces"
            pieces = separate_pieces(
                separator, path, cues, place,
                start_s=span.start_s, stop_s=span.stop_s, progress=show,
            )  # fmt: skip
            rate = probe(place / "0001.vocals.flac").sample_rate_hz
            return {
                "what": path.name,
                "duration_s": pieces[-1].stop / rate,
                "n_pieces": len(pieces),
                "files": [str(place / MANIFEST)],
            }
        done = separate_file(
            separator, path, folder, start_s=span.start_s, stop_s=span.stop_s, progress=show
        )
        files = [done.vocals, done.accompaniment]
        if changed.vocals is not None:
            files.append(folder / f"{path.stem}.remix.flac")
            remix(
                changed.vocals, done.accompaniment, files[-1],
                vocals_gain_db=changed.gain_db, vocals_shift_s=changed.shift_s, progress=show,
            )  # fmt: skip
    return {
        "what": path.name,
        "duration_s": done.n_samples / done.sample_rate_hz,
        "files": [str(file) for file in files],
    }


def _separate_songs(query: str, engine: str | None, settings: "Settings") -> list[dict[str, Any]]:
    from assets.stems import separate_song
    from library.catalogue import Catalogue

    catalogue = Catalogue.open(settings)
    try:
        songs = catalogue.browser.songs(catalogue.browser.search(query).numbers)
        if not songs:
            raise NotFoundError(
                "neither a file nor a query that finds songs",
                subject=query,
                next_step="`utawaku songs` lists what there is",
            )
        separator = _engine(engine, settings)
        results: list[dict[str, Any]] = []
        for song in songs:
            row: dict[str, Any] = {"what": song.title or song.id, "duration_s": song.duration_s}
            results.append(row)
            try:
                with _bar(separator) as show:
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


@contextmanager
def _bar(separator: "Separator | None" = None) -> Iterator[Progress]:
    """A progress bar on the terminal while the block runs."""
    from assets.reference_separator import ReferenceSpleeter

    with bar("separating") as show:
        yield separator.report_to(show) if isinstance(separator, ReferenceSpleeter) else show
