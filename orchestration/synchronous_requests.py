"""Requests that need neither network nor a run: served within the tick."""

import time
from collections.abc import Callable
from typing import TypeVar

from utawaku.library.errors import NotFoundError, SetlistError, UtawakuError
from utawaku.library.records import Setlist
from utawaku.library.requests import (
    Follow,
    IngestStream,
    LaySetlist,
    RematerializeStream,
    RequestKind,
    Unfollow,
    read_request,
)
from utawaku.orchestration.rematerialize import rematerialize_stream
from utawaku.orchestration.resources import DownloaderResource
from utawaku.workflows.recordings import part_starts_s
from utawaku.workflows.setlists import read_users_list
from utawaku.workflows.subscriptions import follow, unfollow

Kind = TypeVar("Kind", bound=RequestKind)


def serve_synchronous_requests(downloader: DownloaderResource) -> None:
    """Serve waiting requests to follow, to unfollow, to lay a setlist over a stream, and to make
    artefacts of a stream again."""
    _serve(Follow, _follow, downloader)
    _serve(Unfollow, _unfollow, downloader)
    _serve(LaySetlist, _lay_setlist, downloader)
    _serve(RematerializeStream, _rematerialize_stream, downloader)


def _serve(
    kind: type[Kind],
    serve: Callable[[Kind, DownloaderResource, str], str],
    downloader: DownloaderResource,
) -> None:
    requests = downloader.library.catalogue.requests
    for request in requests.waiting(kind, now=time.time()):
        if not requests.claim(request.id):
            continue
        try:
            wanted = read_request(request)
            assert isinstance(wanted, kind), "rows were chosen by their kind"
            message = serve(wanted, downloader, request.asked_by)
        except UtawakuError as error:
            requests.fail(request.id, str(error))
        else:
            requests.finish(request.id, message=message)


def _follow(wanted: Follow, downloader: DownloaderResource, _asked_by: str) -> str:
    # The first poll, a minute later, tells its name, or that nothing is there.
    follow(wanted.url, wanted.rules, downloader.library.catalogue, downloader.client(), look=False)
    return "followed; the first look comes next"


def _unfollow(wanted: Unfollow, downloader: DownloaderResource, _asked_by: str) -> str:
    catalogue = downloader.library.catalogue
    channel = catalogue.channels.by_url(wanted.channel) or catalogue.channels.find(wanted.channel)
    if channel is None:
        raise NotFoundError("no such channel", subject=wanted.channel)
    n_cancelled = unfollow(channel, catalogue)
    return f"no longer followed; {n_cancelled} waiting request(s) cancelled"


def _lay_setlist(wanted: LaySetlist, downloader: DownloaderResource, asked_by: str) -> str:
    catalogue = downloader.library.catalogue
    stream = catalogue.streams.get(wanted.stream_id)
    try:
        lines = read_users_list(
            wanted.text,
            catalogue.songs.of_stream(stream.id),
            known_artists=catalogue.songs.artists(),
            part_starts_s=part_starts_s(stream, downloader.library.settings),
        )
    except SetlistError as error:
        raise SetlistError(
            error.problem, subject=stream.title or stream.id, next_step=error.next_step
        ) from error
    n_songs = sum(line.is_song for line in lines)
    catalogue.setlists.set_users(stream.id, Setlist(tuple(lines), "user", 1.0))
    catalogue.requests.file(IngestStream(stream_id=stream.id, again=("songs",)), by=asked_by)
    return f"{n_songs} song(s) listed; the stream is cut and named by them"


def _rematerialize_stream(
    wanted: RematerializeStream, downloader: DownloaderResource, asked_by: str
) -> str:
    library = downloader.library
    n_filed = rematerialize_stream(wanted, library.catalogue, library.settings, asked_by)
    return f"{n_filed} request(s) filed"
