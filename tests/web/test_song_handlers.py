"""Songs of the library on the page: found, chosen, heard."""

import re
from pathlib import Path

from tests.web.conftest import Served, write_song
from utawaku.library.records import SongSpan, Stream


def library_of(served: Served) -> list[str]:
    """Three songs, of which the last has no file; returns their ids."""
    catalogue = served.catalogue
    catalogue.streams.save(Stream("file-1", "/tmp/1.wav", title="歌枠"))
    spans = [
        SongSpan(i, i * 300.0, i * 300.0 + 4, "smart", 0.9, title=f"<i>歌{i}</i>", artist="Mio")
        for i in range(3)
    ]
    catalogue.songs.reconcile("file-1", spans, made_by="test")
    songs = catalogue.songs.of_stream("file-1")
    for song in songs[:2]:
        name = f"Songs/{song.position}.wav"
        write_song(Path(served.settings.library_root, name))
        span = {"file_start_s": song.start_s, "file_stop_s": song.stop_s}
        catalogue.songs.set_file(song.id, {"file_path": name, **span})
    return [song.id for song in songs]


async def test_songs_are_found_and_those_chosen_before_stay(served: Served) -> None:
    ids = library_of(served)
    _, found = await served.get("/songs?q=sort:title")
    refs = re.findall(r'value="(library:[^"]+)"', found)
    assert refs == [f"library:{one}" for one in ids[:2]]
    assert "&lt;i&gt;歌0" in found
    # As a browser without scripts asks.
    _, page = await served.get(f"?q=title:歌1&song=library:{ids[0]}")
    shown = re.findall(r'value="(library:[^"]+)"( checked)?', page)
    assert shown == [(refs[0], " checked"), (refs[1], "")]
    status, told = await served.get("/songs?q=length:%3Eabc")
    assert (status, "length" in told) == (400, True)
    _, page = await served.get("?q=length:%3Eabc")
    assert 'class="problem"' in page


async def test_a_song_of_the_library_is_heard_and_nothing_beside_it(served: Served) -> None:
    ids = library_of(served)
    own = served.settings.library_root / "Songs" / "0.wav"
    url = f"{served.address}/sound/library/{ids[0]}"
    async with served.session.get(url, headers={"Range": "bytes=-10"}) as answer:
        assert (answer.status, answer.content_type) == (206, "audio/wav")
        assert await answer.read() == own.read_bytes()[-10:]
    async with served.session.get(url, headers={"Range": "bytes=99999999-"}) as answer:
        assert answer.status == 416
    with_file = {"file_start_s": 0.0, "file_stop_s": 1.0}
    served.catalogue.songs.set_file(ids[2], {"file_path": "../../secret.wav", **with_file})
    (served.settings.library_root.parent / "secret.wav").write_bytes(b"secret")
    for song in (*ids[2:], "nobody", "..%2F..%2Fdata"):
        assert (await served.get(f"/sound/library/{song}"))[0] == 404
    assert (await served.get("/sound/etc/passwd"))[0] == 404
    assert (await served.get("/static/../pages.py"))[0] == 404
