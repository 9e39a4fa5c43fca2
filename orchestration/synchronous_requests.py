"""Requests that need neither network nor a run: served within the tick."""

import time

from utawaku.library.errors import NotFoundError, SetlistError, UtawakuError
from utawaku.library.records import Request, Setlist
from utawaku.library.subscriptions import ChannelRules
from utawaku.models.setlist import parse_setlist
from utawaku.orchestration.resources import LibraryResource
from utawaku.workflows.subscriptions import follow, unfollow


def serve_at_once(library: LibraryResource) -> None:
    """Serve waiting requests to follow, to stop following, and to lay a setlist over a stream."""
    catalogue = library.catalogue
    for kind, serve in (("follow", _follow), ("unfollow", _unfollow), ("setlist", _setlist)):
        for request in catalogue.requests.waiting(kind, now=time.time()):
            if not catalogue.requests.claim(request.id):
                continue
            try:
                message = serve(request, library)
            except UtawakuError as error:
                catalogue.requests.fail(request.id, str(error))
            else:
                catalogue.requests.finish(request.id, message=message)


def _follow(request: Request, library: LibraryResource) -> str:
    # The first look, a minute later, tells its name, or that nothing is there.
    rules = ChannelRules.read(dict(request.arguments), subject=request.target)
    follow(request.target, rules, library.catalogue, library.downloader(), look=False)
    return "followed; the first look comes next"


def _unfollow(request: Request, library: LibraryResource) -> str:
    catalogue = library.catalogue
    channel = catalogue.channels.by_url(request.target) or catalogue.channels.find(request.target)
    if channel is None:
        raise NotFoundError("no such channel", subject=request.target)
    n_cancelled = unfollow(channel, catalogue)
    return f"no longer followed; {n_cancelled} waiting request(s) cancelled"


def _setlist(request: Request, library: LibraryResource) -> str:
    catalogue = library.catalogue
    stream = catalogue.streams.get(request.target)
    lines = parse_setlist(str(request.arguments.get("text", "")))
    n_songs = sum(line.is_song for line in lines)
    if not n_songs:
        raise SetlistError(
            "no line has a time and a title",
            subject=stream.title or stream.id,
            next_step="Write lines like 1:02:03 Title / Artist",
        )
    catalogue.setlists.set_users(stream.id, Setlist(tuple(lines), "user", 1.0))
    catalogue.requests.file("ingest_stream", stream.id)
    return f"{n_songs} song(s) listed; the stream is cut and named by them"
