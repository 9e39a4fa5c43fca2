"""The page itself, the search in the library, and the sound of songs."""

import asyncio
from collections.abc import Sequence

from aiohttp import web

from utawaku.library.errors import UtawakuError
from utawaku.library.exports.podcast import SOUND_TYPES
from utawaku.library.language import translated
from utawaku.web.jobs import MAX_SONGS
from utawaku.web.pages import render, whole_page
from utawaku.web.service import SERVICE
from utawaku.web.songs import LIBRARY, UPLOAD, ChosenSong, SongSource

THANKS = {
    "kept": "Thank you. Your words are kept.",
    "passed-on": "Thank you. Your words are kept and were passed on.",
    "not-passed-on": "Thank you. Your words are kept here; they could not be passed on.",
}


async def show_page(request: web.Request) -> web.StreamResponse:
    """Return the page, with what a plain search form asks for."""
    service = request.app[SERVICE]
    query = request.query.get("q")
    chosen = request.query.getall("song", [])
    found: list[ChosenSong] = []
    problems = []
    if query is not None:
        try:
            found = await asyncio.to_thread(_found_and_chosen, service.songs, query, chosen)
        except UtawakuError as error:
            problems.append(str(error))
    return whole_page(
        service,
        found=found,
        query=query,
        chosen=chosen,
        problems=problems,
        thanks=THANKS.get(request.query.get("said", ""), ""),
    )


def _found_and_chosen(songs: SongSource, query: str, chosen: Sequence[str]) -> list[ChosenSong]:
    """Songs of the library that were chosen before, then those that the search finds."""
    before = [songs.resolve(ref) for ref in chosen[:MAX_SONGS] if ref.startswith(f"{LIBRARY}:")]
    known = {song.ref for song in before}
    return before + [song for song in songs.search(query) if song.ref not in known]


async def search(request: web.Request) -> web.StreamResponse:
    """Return the songs that a search finds, as a part of the page."""
    songs = request.app[SERVICE].songs
    try:
        found = await asyncio.to_thread(songs.search, request.query.get("q", ""))
    except UtawakuError as error:
        return web.json_response({"problems": [translated(str(error))]}, status=400)
    chosen = set(request.query.getall("song", []))
    return render("found.html", found=found, query=request.query.get("q", ""), chosen=chosen)


async def sound(request: web.Request) -> web.StreamResponse:
    """Return the file of a song, or the bytes of it that are asked for."""
    service = request.app[SERVICE]
    kind, name = request.match_info["kind"], request.match_info["name"]
    try:
        song = await asyncio.to_thread(service.songs.resolve, f"{kind}:{name}")
    except UtawakuError as error:
        raise web.HTTPNotFound(text=str(error)) from error
    content_type = ""
    if kind == UPLOAD:
        content_type = service.uploads.get(name).content_type
    elif kind == LIBRARY:
        content_type = SOUND_TYPES.get(song.path.suffix.lower(), "")
    if not content_type:
        raise web.HTTPUnsupportedMediaType(text="Get its highlight first: it has to be encoded.")
    if not song.path.is_file():
        raise web.HTTPNotFound(text="its file is not there")
    return web.FileResponse(song.path, headers={"Content-Type": content_type})
