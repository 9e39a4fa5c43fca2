"""`utawaku backing`: karaoke backings of songs as files of their own."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from utawaku.commands.console import add_row, print_error, print_json, print_table, table
from utawaku.commands.device import DeviceOption
from utawaku.library.errors import ExitCode, NotFoundError, UtawakuError

if TYPE_CHECKING:
    from utawaku.library.catalogue import Catalogue
    from utawaku.library.config import Settings
    from utawaku.library.records import Song
    from utawaku.models.separator import Separator
    from utawaku.workflows.backings import Stem

Format = Literal["flac", "opus", "m4a", "mp3"]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: utawaku backing 'grade:like' -o ~/Karaoke --format m4a")(backing)


def backing(
    query: Annotated[str, typer.Argument(help="Which songs; see `utawaku songs --help`.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder for the files; default: here.")
    ] = Path(),
    file_format: Annotated[
        Format, typer.Option("--format", help="FLAC loses nothing; the others are smaller.")
    ] = "flac",
    vocals: Annotated[
        bool, typer.Option("--vocals", help='Also the voice alone, "(vocals)".')
    ] = False,
    device: DeviceOption = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Write songs without their voice, with the song's tags, "(instrumental)" and the cover.

    Songs that have no stems, or were cut since, are separated first, by the engine of the settings.
    """
    from utawaku.library.catalogue import Catalogue
    from utawaku.library.config import load_settings

    settings = load_settings()
    catalogue = Catalogue.open(settings)
    try:
        songs = catalogue.browser.songs(catalogue.browser.search(query).numbers)
        if not songs:
            raise NotFoundError(
                "the query finds no song",
                subject=query,
                next_step="`utawaku songs` lists what there is",
            )
        stems: list[Stem] = ["accompaniment", "vocals"] if vocals else ["accompaniment"]
        folder = output.expanduser()
        rows = _written(songs, catalogue, settings, folder, file_format, stems)
    finally:
        catalogue.close()
    if json:
        print_json({"backings": rows})
    else:
        listing = table("song", ("file", "whole"))
        for row in rows:
            add_row(listing, [row["song"], row.get("error") or "\n".join(row["files"])])
        print_table(listing)
    if any("error" in row for row in rows):
        raise typer.Exit(ExitCode.FAILED)


def _written(
    songs: "list[Song]",
    catalogue: "Catalogue",
    settings: "Settings",
    folder: Path,
    file_format: Format,
    stems: "Sequence[Stem]",
) -> list[dict[str, Any]]:
    """Write the backings one after another; one that fails does not stop the others."""
    from utawaku.commands.separate_library import engine_of, shown_bar
    from utawaku.workflows.backings import write_backing
    from utawaku.workflows.stems import present_stems, separate_song

    separator: Separator | None = None
    rows: list[dict[str, Any]] = []
    for song in songs:
        row: dict[str, Any] = {"id": song.id, "song": song.title or song.id}
        rows.append(row)
        try:
            if present_stems(song, catalogue, settings) is None:
                separator = separator or engine_of(None, settings)
                stream = catalogue.streams.get(song.stream_id)
                with shown_bar(separator) as show:
                    separate_song(separator, song, stream, catalogue, settings, show)
            files = [
                str(write_backing(song, catalogue, settings, folder, file_format, stem=stem))
                for stem in stems
            ]
            row["file"], row["files"] = files[0], files
        except UtawakuError as error:
            print_error(error)
            row["error"] = str(error)
    return rows
