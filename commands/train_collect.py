"""`utawaku train collect`: songs of the library as training data of highlight models."""

from pathlib import Path
from typing import Annotated

import typer

from utawaku.commands.console import bar, out, print_json, print_left_out
from utawaku.library.errors import NotFoundError, UsageError
from utawaku.library.language import tr


def collect(
    folder: Annotated[Path, typer.Argument(help="Folder to write into.")],
    query: Annotated[
        str,
        typer.Argument(
            metavar="QUERY|URL|FILE",
            help="A search (see `utawaku songs --help`), the address of a chart or playlist, or a "
            ".txt or .m3u8 of addresses; default: all songs of the library.",
        ),
    ] = "",
    evidence: Annotated[
        list[str] | None,
        typer.Option(
            help="Whose curves: heatmap (what viewers replayed), plays (your own), lyrics (lines "
            "that come back), chat; may be repeated. Default: heatmap."
        ),
    ] = None,
    limit: Annotated[
        int, typer.Option(min=1, help="Songs taken of a chart or playlist at most.")
    ] = 200,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Write songs and their curves of interest as a folder that `train highlight` learns from.

    What viewers of YouTube replayed comes with a stream or an upload, and is the song's curve.
    Songs of a chart are fetched into the folder, not into the library, within the quota of the day
    (download.daily_quota); the same command goes on the next day.
    """
    from utawaku.library.catalogue import Catalogue
    from utawaku.library.config import load_settings
    from utawaku.services.downloader import Downloader, fetch_times
    from utawaku.workflows.collected_lists import collect_lists, is_list
    from utawaku.workflows.training_songs import EVIDENCE, collect_songs

    wanted = evidence or ["heatmap"]
    for name in wanted:
        if name not in EVIDENCE:
            raise UsageError(
                "there is no such evidence", subject=name, next_step=f"One of {', '.join(EVIDENCE)}"
            )
    settings = load_settings()
    catalogue = Catalogue.open(settings)
    try:
        with bar("collecting") as show:
            if is_list(query):
                downloader = Downloader(settings.download, times=fetch_times(settings, catalogue))
                found = collect_lists(
                    query, folder, catalogue, settings, downloader, limit=limit, progress=show
                )
            else:
                songs = catalogue.browser.songs(catalogue.browser.search(query).numbers)
                found = collect_songs(songs, folder, wanted, catalogue, settings, show)
    finally:
        catalogue.close()
    if json:
        print_json({"songs": found.songs, "left_out": [list(pair) for pair in found.left_out]})
    else:
        print_left_out(found.left_out)
        out.print(tr("{n_songs} songs", n_songs=len(found.songs)))
    if not found.songs:
        raise NotFoundError(
            "no song has such a curve",
            subject=", ".join(wanted),
            next_step="Ingest streams or uploads whose pages show what is replayed, or give "
            "another --evidence",
        )
