"""Feeds of searches for players of podcasts, as one aiohttp application at `FEED_ROOT`.

`/feeds/TOKEN/songs.xml?q=SEARCH` (or `?saved=NAME`) is a feed; the sound and the artwork that it
names lie below the same token. Without the token in the path HTTP Basic is asked for.
"""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode

from aiohttp import web

from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.errors import NotFoundError, QueryError, TagError
from utawaku.library.exports.podcast import SOUND_TYPES, Episode, podcast_feed
from utawaku.library.records import Song
from utawaku.library.tags import read_cover
from utawaku.library.web_guard import FEED_PLACES, FEED_ROOT, PathGuard, lasting_token
from utawaku.workflows.song_tags import address_of, addresses_in
from utawaku.workflows.stream_labels import cover_file

TOKEN_FILE = "feed-token"
"""In the folder of the data; delete it to make the addresses that players have worthless."""
MAX_ITEMS = 500
"""Players of podcasts read the whole feed each time."""
HEADERS = {"X-Content-Type-Options": "nosniff", "Cache-Control": "private, no-cache"}
_XML = "application/rss+xml"


def feed_guard(settings: Settings) -> PathGuard:
    """The guard of the feeds; its token lasts, as players keep the address."""
    token = lasting_token(settings.data_dir / TOKEN_FILE)
    return PathGuard(FEED_ROOT, FEED_PLACES, ("GET", "HEAD"), token)


def feed_address(catalogue: Catalogue, token: str, search: str, *, origin: str) -> str:
    """Return the address of the feed of a saved search, or of a search, or of all songs.

    Raises:
        QueryError: the search cannot be understood.
    """
    if search in catalogue.saved_queries.all():
        asked = {"saved": search}
    else:
        catalogue.browser.search(search)
        asked = {"q": search} if search else {}
    words = f"?{urlencode(asked)}" if asked else ""
    return f"{origin}{FEED_ROOT}/{token}/songs.xml{words}"


@dataclass(frozen=True)
class _Feeds:
    settings: Settings
    catalogue: Catalogue

    def feed(self, query: str, saved: str, base: str, feed_url: str) -> bytes:
        """The XML of a feed whose sound lies below the address `base`.

        Raises:
            NotFoundError: there is no such saved search.
            QueryError: the search cannot be understood.
        """
        if saved:
            searches = self.catalogue.saved_queries.all()
            if saved not in searches:
                raise NotFoundError("there is no such saved search", subject=saved)
            query = searches[saved]
        browser = self.catalogue.browser
        found = browser.songs(browser.search(query).numbers)
        episodes: list[Episode] = []
        address = self._page_urls()
        for song in found:
            path = self.file_of(song)
            if path is not None and len(episodes) < MAX_ITEMS:
                episodes.append(self._episode(song, path, base, address))
        title = saved or query or "utawaku"
        return podcast_feed(
            episodes, title=title, description=f"Songs: {query}".rstrip(": "), feed_url=feed_url
        )

    def _page_urls(self) -> Callable[[Song], str]:
        """Return what gives the address of a song in its stream; each stream is read once."""
        known = {}

        def url_of(song: Song) -> str:
            if song.stream_id not in known:
                stream = self.catalogue.streams.get(song.stream_id)
                known[song.stream_id] = stream, addresses_in(stream, self.catalogue)
            stream, parts = known[song.stream_id]
            return address_of(stream, song.start_s, parts) or ""

        return url_of

    def _episode(self, song: Song, path: Path, base: str, url_of: Callable[[Song], str]) -> Episode:
        has_artwork = cover_file(song, self.settings).is_file() or bool(
            self.catalogue.streams.get(song.stream_id).thumbnail_path
        )
        name = quote(song.id, safe="")
        return Episode(
            song,
            sound_url=f"{base}/sound/{name}{path.suffix}",
            n_bytes=path.stat().st_size,
            content_type=SOUND_TYPES[path.suffix.lower()],
            artwork_url=f"{base}/artwork/{name}.jpg" if has_artwork else "",
            page_url=url_of(song),
        )

    def file_of(self, song: Song) -> Path | None:
        """The song's file where it is one that players of podcasts may play."""
        root = self.settings.library_root
        path = Path(root, song.file_path)
        inside = song.file_path and ".." not in path.parts and path.is_relative_to(root)
        if not inside or path.suffix.lower() not in SOUND_TYPES or not path.is_file():
            return None
        return path

    def named(self, name: str) -> Path:
        """The file of a song by the name that the feed gave it.

        Raises:
            NotFoundError: there is no such song, or it has no file.
        """
        found = self.catalogue.browser.songs_by_id([name.rpartition(".")[0]])
        path = self.file_of(found[0]) if found else None
        if path is None:
            raise NotFoundError("there is no such song", subject=name)
        return path

    def artwork(self, name: str) -> bytes:
        """The artwork inside a song's file, a JPEG; empty where there is none.

        Raises:
            NotFoundError: there is no such song.
        """
        try:
            return read_cover(self.named(name))
        except TagError:
            return b""


_FEEDS: web.AppKey[_Feeds] = web.AppKey("feeds", _Feeds)


def feed_application(settings: Settings, catalogue: Catalogue) -> web.Application:
    """Return the feeds, to be mounted at `FEED_ROOT` behind the guard of `feed_guard`."""
    app = web.Application()
    app[_FEEDS] = _Feeds(settings, catalogue)
    feed, sound, artwork = FEED_PLACES
    for token in ("", "/{token}"):
        app.router.add_get(f"{token}/{feed}", _feed)
        app.router.add_get(f"{token}/{sound}/{{name}}", _sound)
        app.router.add_get(f"{token}/{artwork}/{{name}}", _artwork)
    return app


async def _feed(request: web.Request) -> web.StreamResponse:
    """Return the feed of a search; 304 where the player has it already."""
    token = request.match_info.get("token", "")
    base = f"http://{request.host}{FEED_ROOT}" + (f"/{token}" if token else "")
    query, saved = request.query.get("q", ""), request.query.get("saved", "")
    feed_url = f"http://{request.host}{request.rel_url}"
    try:
        body = await asyncio.to_thread(request.app[_FEEDS].feed, query, saved, base, feed_url)
    except QueryError as error:
        raise web.HTTPBadRequest(text=str(error)) from error
    except NotFoundError as error:
        raise web.HTTPNotFound(text=str(error)) from error
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {**HEADERS, "ETag": tag}
    if tag in request.headers.get("If-None-Match", ""):
        return web.Response(status=304, headers=headers)
    return web.Response(body=body, content_type=_XML, charset="utf-8", headers=headers)


async def _sound(request: web.Request) -> web.StreamResponse:
    """Return the file of a song, or the bytes of it that are asked for."""
    try:
        path = await asyncio.to_thread(request.app[_FEEDS].named, request.match_info["name"])
    except NotFoundError as error:
        raise web.HTTPNotFound(text=str(error)) from error
    content_type = SOUND_TYPES[path.suffix.lower()]
    return web.FileResponse(path, headers={**HEADERS, "Content-Type": content_type})


async def _artwork(request: web.Request) -> web.StreamResponse:
    """Return the artwork of a song."""
    try:
        picture = await asyncio.to_thread(request.app[_FEEDS].artwork, request.match_info["name"])
    except NotFoundError as error:
        raise web.HTTPNotFound(text=str(error)) from error
    if not picture:
        raise web.HTTPNotFound(text="it has no artwork")
    return web.Response(body=picture, content_type="image/jpeg", headers=HEADERS)
