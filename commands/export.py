"""`utawaku export`: write songs and segments in the formats of other programs."""

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from utawaku.commands.console import err
from utawaku.library.errors import NotFoundError, UsageError
from utawaku.library.language import msg, tr
from utawaku.library.sites import full_address

if TYPE_CHECKING:
    from utawaku.library.catalogue import Catalogue
    from utawaku.library.config import Settings
    from utawaku.library.records import Song, Stream

_MPV_HINT = msg(
    "mpv looks for the recording beside the sheet only; other players follow its folder"
)
FORMATS = (
    "list, comment, comment-ends, csv, cue, audacity, ina-csv, segmented-tsv, rttm, mmif, holodex, "
    "m3u8, json"
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: utawaku export file-0123456789abcdef --as cue -o evening.cue")(
        export
    )


def export(
    target: Annotated[
        str,
        typer.Argument(help="Stream id, address or file of a stream; for m3u8 also a query."),
    ],
    form: Annotated[str, typer.Option("--as", help=f"One of {FORMATS}.")] = "list",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write; default: print.")
    ] = None,
) -> None:
    """Write a stream's songs or segments for other programs.

    list (HH:MM:SS), comment (a setlist to paste), comment-ends (with the songs' ends), csv, cue,
    audacity (labels), ina-csv (as inaSpeechSegmenter), segmented-tsv, rttm, mmif (time frames),
    holodex, m3u8 (playlist), json.
    """
    from utawaku.library.catalogue import Catalogue
    from utawaku.library.config import load_settings
    from utawaku.library.exports import EXPORTS, PlaylistEntry, cue_sheet, export_stream, m3u8
    from utawaku.library.files import atomic_path

    if form not in (*EXPORTS, "m3u8"):
        raise UsageError(
            "there is no such export format", subject=form, next_step=f"Choose one of {FORMATS}"
        )
    settings = load_settings()
    hint = ""
    catalogue = Catalogue.open(settings)
    stream = _find_stream(target, catalogue, may_be_query=form == "m3u8")
    if form == "m3u8":
        songs = catalogue.songs.of_stream(stream.id) if stream else _search(target, catalogue)
        base = output.absolute().parent if output else None
        located = [_located(song, settings, base) for song in songs if song.file_path]
        text = m3u8(
            [PlaylistEntry.of(song) for song in located], title=stream.title if stream else target
        )
    else:
        assert stream is not None
        songs = catalogue.songs.of_stream(stream.id)
        if form == "cue":
            base = output.absolute().parent if output else None
            files = _recording_files(stream, settings, base)
            text = cue_sheet(stream, songs, files=files)
            hint = _MPV_HINT if base and any("/" in name for name, _ in files) else ""
        else:
            text = export_stream(form, stream, catalogue.streams.segments(stream.id), songs)
    catalogue.close()
    if output is None:
        typer.echo(text, nl=False)
        return
    if output.name and not output.suffix and form in EXPORTS:
        output = output.with_name(output.name + EXPORTS[form].suffix)
    output.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(output) as temporary:
        temporary.write_text(text, "utf-8")
    err.print(tr("wrote {output}", output=output), markup=False, soft_wrap=True)
    if hint:
        err.print(tr(hint), markup=False, soft_wrap=True)


def _find_stream(target: str, catalogue: "Catalogue", *, may_be_query: bool) -> "Stream | None":
    path = Path(target).expanduser()
    found = (
        catalogue.streams.find(target)
        or catalogue.streams.by_url(full_address(target))
        or (catalogue.streams.by_url(str(path.absolute())) if path.exists() else None)
    )
    if found or may_be_query:
        return found
    return catalogue.streams.get(target)


def _search(query: str, catalogue: "Catalogue") -> "list[Song]":
    from utawaku.library.store.browse import Browser

    browser = Browser(catalogue, catalogue.engine)
    found = browser.songs(browser.search(query).numbers)
    browser.close()
    return found


def _located(song: "Song", settings: "Settings", base: Path | None) -> "Song":
    """The song with its path as the playlist has to name it: seen from `base`, or absolute."""
    return replace(song, file_path=_seen_from(base, settings.library_root / song.file_path))


def _recording_files(
    stream: "Stream", settings: "Settings", base: Path | None
) -> list[tuple[str, float]]:
    """Files of the recording as a sheet in `base` has to name them, and where each begins (s)."""
    from utawaku.media.joined import is_joined, read_parts

    if not stream.recording_path:
        raise NotFoundError(
            "has no recording that a CUE sheet could name",
            subject=stream.title or stream.id,
            next_step=f"`utawaku ingest --again recordings {stream.id}` fetches it again",
        )
    path = settings.library_root / stream.recording_path
    if is_joined(path):
        return [(_seen_from(base, part.path), part.start_s) for part in read_parts(path)]
    return [(_seen_from(base, path), 0.0)]


def _seen_from(base: Path | None, path: Path) -> str:
    """`path` relative to the folder `base`; absolute without one, and on another drive."""
    if base is None:
        return str(path)
    try:
        return Path(os.path.relpath(path, base)).as_posix()
    except ValueError:
        return str(path)
