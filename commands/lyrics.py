"""`utawaku lyrics`: the words of a song."""

from typing import Annotated

import typer

from utawaku.commands.console import out, print_event
from utawaku.commands.time_option import time_option


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: utawaku lyrics youtube-dQw4w9WgXcQ@61000")(lyrics)


def lyrics(
    song_id: Annotated[str, typer.Argument(help="Song id.")],
    again: Annotated[bool, typer.Option("--again", help="Ask LRCLIB though there are some.")] = (
        False
    ),
    shift_s: Annotated[
        float,
        time_option(
            "--shift", "--shift-s", help_text="How much later they come; negative is earlier. Kept."
        ),
    ] = 0.0,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show the lyrics of a song; find them at LRCLIB where that is switched on (sources.lrclib).

    What is found is written to a .lrc file beside the song and to its tags.
    """
    from utawaku.library.catalogue import Catalogue
    from utawaku.library.config import load_settings
    from utawaku.library.lrc import write_lrc
    from utawaku.library.lyrics_files import keep_lyrics
    from utawaku.workflows.lyrics import file_of, find_lyrics

    settings = load_settings()
    catalogue = Catalogue.open(settings)
    try:
        song = catalogue.songs.get(song_id)
        found, source = find_lyrics(song, catalogue, settings, again=again)
        if shift_s:
            found = found.shifted(shift_s)
            keep_lyrics(song, file_of(song, settings), found)
    finally:
        catalogue.close()
    if json:
        print_event("lyrics", source=source, synced=found.is_synced, text=write_lrc(found))
        return
    out.print(write_lrc(found), markup=False, end="")
