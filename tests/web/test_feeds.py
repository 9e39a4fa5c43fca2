"""Podcast feeds of searches, read by a real parser of feeds over HTTP."""

import asyncio
import base64
import io
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import aiohttp
import feedparser
import pytest
from aiohttp import web
from PIL import Image

from benchmarks.fake_catalogue import fill
from tests.models.song_files import sound, write
from tests.ports import free_port
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.errors import QueryError
from utawaku.library.records import Song
from utawaku.library.tags import SongTags, write_tags
from utawaku.library.web_guard import FEED_ROOT, HOST
from utawaku.tui.serve import guarded_server
from utawaku.web.feeds import feed_address, feed_application, feed_guard

PORT_TOKEN = "a-secret-of-this-test"


@dataclass
class Feeds:
    """Served feeds of a library with two songs that have files."""

    origin: str
    token: str
    catalogue: Catalogue
    songs: list[Song]
    files: list[Path]

    def address(self, search: str = "is:cut") -> str:
        return feed_address(self.catalogue, self.token, search, origin=self.origin)


@pytest.fixture
async def feeds(settings: Settings) -> AsyncIterator[Feeds]:
    catalogue = Catalogue.open(settings)
    fill(catalogue, 10)
    picture = io.BytesIO()
    Image.new("RGB", (40, 40), "red").save(picture, "JPEG")
    songs, files = [], []
    for number, (suffix, encoder) in enumerate((("opus", "libopus"), ("mp3", "libmp3lame"))):
        song = catalogue.songs.select()[number]
        path = settings.songs_dir / f"夜 & <{number}>.{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path, sound(2.0, 48_000), 48_000, encoder)
        write_tags(path, SongTags(title="a"), picture.getvalue())
        relative = path.relative_to(settings.library_root).as_posix()
        catalogue.songs.set_file(song.id, {"file_path": relative})
        catalogue.edits.rename({song.id: {"title": f"夜 <駆> & {number}", "artist": "YOASOBI"}})
        stream = catalogue.streams.get(song.stream_id)
        catalogue.streams.save(replace(stream, thumbnail_path=f"Streams/{stream.id}/thumb.jpg"))
        songs.append(catalogue.songs.get(song.id))
        files.append(path)
    port = free_port()
    guard = feed_guard(settings)
    pages = {FEED_ROOT: feed_application(settings, catalogue)}
    server = guarded_server(["true"], port, PORT_TOKEN, pages, [guard])
    runner = web.AppRunner(await server._make_app())
    await runner.setup()
    await web.TCPSite(runner, HOST, port).start()
    yield Feeds(f"http://{HOST}:{port}", guard.token, catalogue, songs, files)
    await runner.cleanup()
    catalogue.close()


async def parsed(address: str, **options: Any) -> Any:
    found = await asyncio.to_thread(feedparser.parse, address, **options)
    assert not found.bozo, found.get("bozo_exception")
    return found


async def test_a_player_of_podcasts_finds_everything_it_shows(feeds: Feeds) -> None:
    found = await parsed(feeds.address())
    assert found.status == 200
    assert found.feed.title == "is:cut"
    assert found.feed.image.href.startswith(f"{feeds.origin}/feeds/{feeds.token}/artwork/")
    assert found.feed.links[-1].rel == "self"
    entries = {entry.id: entry for entry in found.entries}
    assert set(entries) == {song.id for song in feeds.songs}
    for song, path in zip(feeds.songs, feeds.files, strict=True):
        entry = entries[song.id]
        assert entry.title == f"{song.title} - {song.artist}"
        assert entry.author == song.singer
        (enclosure,) = entry.enclosures
        assert int(enclosure.length) == path.stat().st_size
        assert enclosure.type == ("audio/ogg" if path.suffix == ".opus" else "audio/mpeg")
        minutes, seconds = divmod(round(song.duration_s), 60)
        assert entry.itunes_duration == f"0:{minutes:02}:{seconds:02}"
        assert entry.link == f"{song.stream_url}#t={int(song.start_s)}"
        assert date(*entry.published_parsed[:3]).isoformat() == song.uploaded_on
        assert entry.image.href.endswith(".jpg")


async def test_its_sound_comes_whole_and_in_ranges_and_its_artwork(feeds: Feeds) -> None:
    entry = (await parsed(feeds.address())).entries[0]
    song_number = [song.id for song in feeds.songs].index(entry.id)
    content = feeds.files[song_number].read_bytes()
    async with aiohttp.ClientSession() as session:
        url = entry.enclosures[0].href
        async with session.head(url) as told:
            assert told.status == 200
            assert int(told.headers["Content-Length"]) == len(content)
            assert told.headers["Accept-Ranges"] == "bytes"
        async with session.get(url, headers={"Range": "bytes=100-299"}) as told:
            assert told.status == 206
            assert told.headers["Content-Range"] == f"bytes 100-299/{len(content)}"
            assert await told.read() == content[100:300]
        async with session.get(url) as told:
            assert await told.read() == content
        async with session.get(entry.image.href) as told:
            assert told.content_type == "image/jpeg"
            assert Image.open(io.BytesIO(await told.read())).size == (40, 40)


async def test_a_feed_that_is_unchanged_is_not_sent_again(feeds: Feeds) -> None:
    first = await parsed(feeds.address())
    again = await asyncio.to_thread(feedparser.parse, feeds.address(), etag=first.etag)
    assert again.status == 304
    feeds.catalogue.edits.rename({feeds.songs[0].id: {"title": "another"}})
    changed = await parsed(feeds.address(), etag=first.etag)
    assert changed.status == 200
    assert {entry.id for entry in changed.entries} == {entry.id for entry in first.entries}


async def test_a_saved_search_keeps_its_address_when_it_changes(feeds: Feeds) -> None:
    feeds.catalogue.saved_queries.save("best", f"id:{feeds.songs[0].id}")
    address = feeds.address("best")
    assert "saved=best" in address
    assert [e.id for e in (await parsed(address)).entries] == [feeds.songs[0].id]
    feeds.catalogue.saved_queries.save("best", f"id:{feeds.songs[1].id}")
    assert [e.id for e in (await parsed(address)).entries] == [feeds.songs[1].id]
    with pytest.raises(QueryError):
        feeds.address("grade:splendid")


async def test_who_does_not_show_the_token_gets_nothing_and_is_asked_for_it(feeds: Feeds) -> None:
    password = base64.b64encode(f"anybody:{feeds.token}".encode()).decode()
    wrong = base64.b64encode(b"anybody:wrong").decode()
    song = f"sound/{feeds.songs[0].id}.opus"
    async with aiohttp.ClientSession() as session:

        async def status(path: str, method: str = "GET", **headers: str) -> int:
            async with session.request(method, feeds.origin + path, headers=headers) as told:
                if told.status == 401:
                    assert told.headers["WWW-Authenticate"].startswith("Basic ")
                return told.status

        for path in ("songs.xml", song, f"artwork/{feeds.songs[0].id}.jpg"):
            assert await status(f"/feeds/{path}") == 401
            assert await status(f"/feeds/{path}", Authorization=f"Basic {wrong}") == 401
            assert await status(f"/feeds/{path}", Authorization="Basic !") == 401
            assert await status(f"/feeds/{path}", Authorization=f"Basic {password}") == 200
            assert await status(f"/feeds/wrong/{path}") == 403
            assert await status(f"/feeds/{feeds.token}/{path}") == 200
            assert await status(f"/feeds/{feeds.token}/{path}", "POST") == 403
            assert await status(f"/feeds/{feeds.token}/{path}", Host="evil.example") == 403
            elsewhere = {"Origin": "http://evil.example"}
            assert await status(f"/feeds/{feeds.token}/{path}", **elsewhere) == 403
        # It opens feeds and nothing else.
        assert await status("/", Authorization=f"Basic {password}") == 403
        assert await status(f"/?token={feeds.token}") == 403
        assert await status("/feeds/songs.xml", Authorization=f"Bearer {PORT_TOKEN}") == 200


async def test_addresses_of_a_feed_by_password_hold_no_token(feeds: Feeds) -> None:
    address = feeds.origin.replace("//", f"//anybody:{feeds.token}@") + "/feeds/songs.xml?q=is:cut"
    found = await parsed(address)
    urls = [entry.enclosures[0].href for entry in found.entries]
    assert len(urls) == 2
    assert not any(feeds.token in url for url in urls)


async def test_names_that_lead_elsewhere_and_songs_that_are_gone_are_not_found(
    feeds: Feeds, settings: Settings
) -> None:
    base = f"{feeds.origin}/feeds/{feeds.token}"
    (settings.library_root / "secret.opus").write_bytes(b"secret")
    feeds.catalogue.songs.set_file(feeds.songs[0].id, {"file_path": "../config.opus"})
    async with aiohttp.ClientSession() as session:
        for name in ("nobody@1.opus", "..%2Fsecret.opus", f"{feeds.songs[0].id}.opus"):
            async with session.get(f"{base}/sound/{name}") as told:
                assert told.status == 404, name
        async with session.get(f"{base}/songs.xml?q=grade:splendid") as told:
            assert told.status == 400
        async with session.get(f"{base}/songs.xml?saved=nobody") as told:
            assert told.status == 404
    found = await parsed(feeds.address())
    assert [entry.id for entry in found.entries] == [feeds.songs[1].id]
