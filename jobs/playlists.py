"""Joins songs into one file on request."""

import time
from pathlib import Path

import dagster as dg
from pydantic import Field

from utawaku.library.errors import UtawakuError
from utawaku.library.progress import Progress
from utawaku.library.records import Request
from utawaku.library.requests import MakePlaylist
from utawaku.library.time_format import clock
from utawaku.models.playlist import make_playlist
from utawaku.orchestration.resources import LibraryResource
from utawaku.orchestration.run_outcomes import Trouble, retry_or_fail

REPORT_EVERY_S = 1.0


class _CancelledError(Exception):
    """The request was cancelled while it was worked on."""


class PlaylistConfig(dg.Config):
    """The request to serve."""

    request_id: int = Field(description="Number of the request in the catalogue.")


@dg.op(pool="cpu")
def join_songs(
    context: dg.OpExecutionContext, config: PlaylistConfig, library: LibraryResource
) -> None:
    """Write the file, and tell the request how far it has come and where the file lies."""
    catalogue = library.catalogue
    request = catalogue.requests.get(config.request_id)
    if request.state != "running":
        return  # cancelled meanwhile
    try:
        message = _joined(request, library)
    except _CancelledError:
        context.log.info("request %d was cancelled", request.id)
    except UtawakuError as error:
        context.log.warning("%s", error)
        retry_or_fail(request, Trouble.of(error), catalogue, library.settings)
    else:
        if catalogue.requests.finish(request.id, message=message):
            name = str(request.arguments.get("name", ""))
            catalogue.notices.add(
                "info", f"Playlist made: {name}"[:300], body=f"{request.target}\n{message}"
            )


def _joined(request: Request, library: LibraryResource) -> str:
    """Make it; returns what became of it.

    Raises:
        UtawakuError: it cannot be made. _CancelledError: nobody wants it any more.
    """
    options = MakePlaylist.read(request.target, request.arguments).options
    catalogue = library.catalogue
    songs = catalogue.browser.songs_by_id(options.song_ids)
    n_gone = len(options.song_ids) - len(songs)
    made = make_playlist(
        songs,
        library.settings.library_root,
        Path(options.file),
        highlights=options.highlights,
        order=options.order,
        crossfade_s=options.crossfade_s,
        progress=_teller(request, library),
    )
    parts = [f"{len(made.mix.chapters)} songs, {clock(made.mix.duration_s)}"]
    n_left_out = n_gone + len(made.left_out)
    if n_left_out:
        parts.append(f"{n_left_out} left out: they have no file that plays")
    if made.notes:
        parts.append("; ".join(f"{title}: {why}" for title, why in made.notes[:5]))
    return "; ".join(parts)


def _teller(request: Request, library: LibraryResource) -> Progress:
    told_at = 0.0

    def tell(done: float, message: str) -> None:
        nonlocal told_at
        if time.monotonic() - told_at < REPORT_EVERY_S:
            return
        told_at = time.monotonic()
        requests = library.catalogue.requests
        if requests.get(request.id).state != "running":
            raise _CancelledError
        requests.progressed(request.id, done, message[:200])

    return tell


@dg.job(executor_def=dg.in_process_executor)
def make_playlists() -> None:
    """One playlist a run."""
    join_songs()


def run_of(request: Request) -> dg.RunRequest:
    """The run that serves a `MakePlaylist` request."""
    config = {"ops": {"join_songs": {"config": {"request_id": request.id}}}}
    return dg.RunRequest(job_name=make_playlists.name, run_config=config)
