"""Orders at the wire: results, failures, sound, cancel, restart."""

import re
import zipfile
from io import BytesIO
from pathlib import Path

import aiohttp
import pytest

from tests.servers.webhook import Webhook
from tests.web.conftest import Served, start, write_song
from utawaku.library.config import Settings
from utawaku.media.cut import cut_audio
from utawaku.media.probe import probe


async def uploaded(served: Served, *files: Path) -> list[str]:
    refs = []
    for file in files:
        status, told = await served.upload((file.name, file.read_bytes()))
        assert status == 200, told
        refs += [f"upload:{one}" for one in told["uploads"]]
    return refs


def sound_file(served: Served, ref: str) -> Path:
    return served.settings.web_dir / "uploads" / ref.partition(":")[2] / "sound"


async def test_one_song_that_fails_is_named_and_the_others_have_highlights_to_hear(
    told: tuple[Served, Webhook], tmp_path: Path
) -> None:
    served, webhook = told
    plain = write_song(tmp_path / "plain.wav", loud_from_s=20, seconds=40)
    cut_audio(plain, 0, 5, tmp_path / "coded.flac", codec="flac", with_loudness=False)
    bad = write_song(tmp_path / "bad.wav")
    good, coded, broken = await uploaded(served, plain, tmp_path / "coded.flac", bad)
    sound_file(served, broken).write_bytes(b"\0" * 5_000)  # the disk went bad meanwhile
    job = await served.order("highlights", [good, broken, coded, "upload:0123456789abcdef"])
    assert (await served.until(job, "done", "failed"))["state"] == "done"
    _, page = await served.get(f"/jobs/{job}")
    assert page.count('class="highlight"') == 2
    (start_s, stop_s), coded_span = re.findall(r"<b>0:(\d\d) to 0:(\d\d)</b>", page)
    assert int(stop_s) - int(start_s) == 30
    assert coded_span == ("00", "05")
    assert "bad: " in page
    assert "is no longer here" in page
    assert str(served.settings.web_dir) not in page
    # The original is served as it is, the other one encoded; both by the part.
    upload_id = good.partition(":")[2]
    whole = plain.read_bytes()
    url = f"{served.address}/sound/upload/{upload_id}"
    async with served.session.get(url, headers={"Range": "bytes=100-199"}) as answer:
        assert (answer.status, answer.content_type) == (206, "audio/wav")
        assert answer.headers["Content-Range"] == f"bytes 100-199/{len(whole)}"
        assert await answer.read() == whole[100:200]
    async with served.session.get(f"{served.address}/jobs/{job}/files/001.m4a") as answer:
        assert answer.status == 404
    async with served.session.get(f"{served.address}/jobs/{job}/files/002.m4a") as answer:
        assert (answer.status, answer.content_type) == (200, "audio/mp4")
        (tmp_path / "heard.m4a").write_bytes(await answer.read())
    assert probe(tmp_path / "heard.m4a").duration_s == pytest.approx(5, abs=0.1)
    for name in ("job.json", "..%2F..%2F..%2Fconfig.toml", "%2Fetc%2Fpasswd"):
        assert (await served.get(f"/jobs/{job}/files/{name}"))[0] == 404
    assert (await served.get(f"/sound/upload/{coded.partition(':')[2]}"))[0] == 415
    (notice,) = webhook.received
    assert notice["type"] == "warning"
    assert "2 songs" in notice["body"]
    assert "bad: " in notice["body"]
    assert served.catalogue.notices.recent()[0].body == notice["body"]


async def test_a_job_that_is_cancelled_ends_at_once_and_the_next_one_goes_on(
    served: Served, tmp_path: Path
) -> None:
    (song,) = await uploaded(served, write_song(tmp_path / "a.wav", seconds=2))
    first = await served.order("highlights", [song])
    second = await served.order("highlights", [song])
    third = await served.order("highlights", ["upload:0123456789abcdef"])
    await served.until(first, "running")
    for job in (first, second):
        status, told = await served.post(f"/jobs/{job}/cancel")
        assert (status, told["state"]) == (200, "cancelled")
    assert (await served.until(third, "done", "failed"))["state"] == "failed"
    assert (await served.state(first))["state"] == "cancelled"
    assert (await served.state(second))["state"] == "cancelled"
    status, told = await served.post(f"/jobs/{third}/cancel")
    assert told["state"] == "failed"
    assert (await served.post("/jobs/..%2Fx/cancel"))[0] == 404


async def test_an_order_goes_on_after_a_restart(settings: Settings, tmp_path: Path) -> None:
    served = await start(settings)
    songs = await uploaded(served, write_song(tmp_path / "a.wav"), write_song(tmp_path / "b.wav"))
    job = await served.order("highlights", songs)
    await served.until(job, "running")
    await served.stop()
    served = await start(settings)
    try:
        assert (await served.state(job))["state"] in ("queued", "running")
        assert (await served.until(job, "done", "failed"))["state"] == "done"
        _, page = await served.get()
        assert page.count('class="highlight"') == 2
        assert page.count('type="checkbox"') == 2
    finally:
        await served.stop()


async def test_wrong_orders_are_told(served: Served, tmp_path: Path) -> None:
    orders: list[tuple[list[tuple[str, str]], str]] = [
        ([("kind", "highlights")], "Choose songs first"),
        ([("kind", "rm -rf"), ("song", "upload:x")], "Order highlights or a playlist"),
        ([("kind", "playlist"), ("song", "x"), ("crossfade", "nan")], "A crossfade takes"),
        ([("kind", "playlist"), ("song", "x"), ("format", "../x")], "no such order or format"),
        ([("kind", "playlist"), *(("song", str(n)) for n in range(201))], "Choose 200 songs"),
    ]
    for form, problem in orders:
        status, told = await served.post("/jobs", form)
        assert (status, problem in told["problems"][0]) == (400, True), told
    _, told = await served.get("/jobs")
    assert told == '{"jobs": []}'
    status, told = await served.post("/jobs", {"kind": "x" * 1_500_000})
    assert status == 413


async def test_without_the_cookie_or_from_another_page_nothing_is_done(served: Served) -> None:
    root = served.address.removesuffix("/highlights")
    port = root.rpartition(":")[2]
    cookie = dict.fromkeys(["Cookie"], f"utawaku_{port}=a-secret-of-this-test")
    strangers = [
        {},
        {"Cookie": f"utawaku_{port}=wrong", "Origin": root},
        cookie | {"Origin": "http://evil.example"},
        cookie | {"Origin": "null"},
        cookie | {"Origin": "http://127.0.0.1:1"},
        cookie | {"Origin": root, "Host": f"evil.example:{port}"},
        cookie,  # a page that does not say which one it is
    ]
    posts = ("/uploads", "/jobs", "/feedback", "/jobs/x/cancel", "/uploads/x/remove")
    async with aiohttp.ClientSession() as session:
        for headers in strangers:
            for path in posts:
                async with session.post(served.address + path, headers=headers) as answer:
                    assert answer.status == 403, (headers, path)
        for path in ("", "/jobs", "/songs?q=", "/sound/library/x", "/static/highlights.js"):
            async with session.get(served.address + path) as answer:
                assert answer.status == 403, path
        bearer = {"Authorization": "Bearer a-secret-of-this-test"}
        async with session.post(f"{served.address}/jobs", headers=bearer) as answer:
            assert answer.status == 400
    async with served.session.get(served.address) as answer:
        policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


@pytest.mark.slow
async def test_a_playlist_is_heard_and_taken_along(served: Served, tmp_path: Path) -> None:
    files = [
        write_song(tmp_path / f"{bpm}.wav", bpm=bpm, loud_from_s=10, seconds=45)
        for bpm in (140, 90)
    ]
    songs = await uploaded(served, *files)
    job = await served.order("playlist", songs, format="mp3", crossfade="2")
    assert (await served.until(job, "done", "failed"))["state"] == "done"
    async with served.session.get(f"{served.address}/jobs/{job}/files/playlist.mp3") as answer:
        assert (answer.status, answer.content_type) == (200, "audio/mpeg")
        (tmp_path / "mix.mp3").write_bytes(await answer.read())
    mix = probe(tmp_path / "mix.mp3")
    assert [chapter.title for chapter in mix.chapters] == ["90", "140"]
    assert mix.duration_s == pytest.approx(58, abs=0.6)
    async with served.session.get(f"{served.address}/jobs/{job}/files/playlist.zip") as answer:
        assert answer.headers["Content-Disposition"].startswith("attachment")
        with zipfile.ZipFile(BytesIO(await answer.read())) as archive:
            archive.extractall(tmp_path / "taken")
    lines = (tmp_path / "taken" / "playlist.m3u8").read_text("utf-8").splitlines()
    clips = [tmp_path / "taken" / line for line in lines if not line.startswith("#")]
    assert [probe(clip).duration_s for clip in clips] == pytest.approx([30, 30])
