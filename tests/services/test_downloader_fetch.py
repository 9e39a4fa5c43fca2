"""Fetching recordings: yt-dlp's real code against a local site."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.servers.media_site import Fault, MediaSite
from tests.servers.youtube_site import Video, youtube
from tests.services.downloader_media import PNG, audio_bytes
from utawaku.library.config import DownloadSettings
from utawaku.library.errors import (
    DiskFullError,
    DownloadCancelledError,
    DownloadError,
    NetworkError,
    RateLimitedError,
    StalledError,
    StreamGoneError,
    UnsupportedSiteError,
)
from utawaku.models.chat import read_chat
from utawaku.services.downloader import Downloader, StreamInfo, Tuning
from utawaku.services.downloader.download_spacing import FetchTimesInFile
from utawaku.services.downloader.extras import Extras
from utawaku.services.downloader.partial_download import STAGE_NAME
from utawaku.services.downloader.session import Session

WAV = audio_bytes(duration_s=12.0)
QUICK = Tuning(
    retries=4, extractor_retries=1, retry_wait_s=0.01, max_retry_wait_s=0.05,
    socket_timeout_s=2.0, throttled_bytes_per_s=0,
)  # fmt: skip
HURRIED = DownloadSettings(sleep_s=(0.0, 0.0), sleep_requests_s=0.0)


@pytest.fixture
def site() -> Iterator[MediaSite]:
    with MediaSite() as running:
        yield running


@pytest.fixture
def downloader() -> Downloader:
    return Downloader(HURRIED, tuning=QUICK)


def staged(folder: Path) -> list[str]:
    """Names of the partial media in a stream's folder."""
    return sorted(path.name for path in (folder / STAGE_NAME).glob("media*"))


def test_a_whole_recording_arrives_byte_for_byte(
    site: MediaSite, downloader: Downloader, tmp_path: Path
) -> None:
    site.add("/live.wav", WAV, "audio/wav")
    reports: list[tuple[float, str]] = []
    fetched = downloader.fetch(
        site.url("/live.wav"), tmp_path / "s", progress=lambda f, m: reports.append((f, m))
    )
    assert fetched.path == tmp_path / "s" / "recording.wav"
    assert fetched.path.read_bytes() == WAV
    assert fetched.duration_s == pytest.approx(12.0)
    assert not (tmp_path / "s" / STAGE_NAME).exists()
    fractions = [fraction for fraction, _ in reports]
    assert fractions[-1] == 1.0
    assert fractions == sorted(fractions)
    assert any("MB" in message for _, message in reports)


def test_a_cut_connection_is_resumed_by_range(
    site: MediaSite, downloader: Downloader, tmp_path: Path
) -> None:
    site.add("/live.wav", WAV, "audio/wav", faults=[Fault(), Fault(cut_after=700_000)])
    fetched = downloader.fetch(site.url("/live.wav"), tmp_path / "s")
    assert fetched.path.read_bytes() == WAV
    ranges = [seen.range for seen in site.gets("/live.wav")]
    resumed = [asked for asked in ranges if asked.startswith("bytes=") and asked != "bytes=0-"]
    assert resumed, ranges
    assert 0 < int(resumed[-1][6:].rstrip("-")) <= 700_000


def test_a_killed_process_leaves_a_part_that_another_process_continues(
    site: MediaSite, downloader: Downloader, tmp_path: Path
) -> None:
    resource = site.add("/live.wav", WAV, "audio/wav", always=Fault(bytes_per_s=400_000))
    folder = tmp_path / "s"
    script = textwrap.dedent(
        f"""
        from pathlib import Path
        from utawaku.library.config import DownloadSettings
        from utawaku.services.downloader import Downloader, Tuning
        settings = DownloadSettings(sleep_s=(0.0, 0.0), sleep_requests_s=0.0)
        Downloader(settings, tuning=Tuning(throttled_bytes_per_s=0)).fetch(
            {site.url("/live.wav")!r}, Path({str(folder)!r}))
        """
    )
    process = subprocess.Popen([sys.executable, "-c", script], cwd=Path(__file__).parents[2])
    part = folder / STAGE_NAME / "media0.wav.part"
    deadline = time.monotonic() + 120  # a busy machine takes long to load yt-dlp
    while not (part.exists() and part.stat().st_size > 200_000) and time.monotonic() < deadline:
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    n_kept = part.stat().st_size
    assert n_kept > 200_000
    assert not list(folder.glob("recording.*"))

    resource.always = None
    n_before = len(site.gets("/live.wav"))
    fetched = downloader.fetch(site.url("/live.wav"), folder)
    assert fetched.path.read_bytes() == WAV
    ranges = [seen.range for seen in site.gets("/live.wav")[n_before:]]
    assert f"bytes={n_kept}-" in ranges


def test_a_kill_while_the_pieces_are_put_into_place_is_mended_by_the_next_run(
    site: MediaSite, downloader: Downloader, tmp_path: Path
) -> None:
    site.add("/live.wav", WAV, "audio/wav")
    url, folder = site.url("/live.wav"), tmp_path / "s"
    script = textwrap.dedent(
        f"""
        import os, signal, sys
        from pathlib import Path
        import yt_dlp
        from utawaku.library.config import DownloadSettings
        from utawaku.services.downloader import Downloader

        def die(event, arguments):
            if event == "os.rename" and str(arguments[1]).endswith("/s/recording.wav"):
                os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(die)
        settings = DownloadSettings(sleep_s=(0.0, 0.0), sleep_requests_s=0.0)
        Downloader(settings).fetch({url!r}, Path({str(folder)!r}))
        """
    )
    root = Path(__file__).parents[2]
    dead = subprocess.run([sys.executable, "-c", script], cwd=root, check=False, timeout=60)
    assert dead.returncode == -signal.SIGKILL
    assert not list(folder.glob("recording.*"))
    n_media = len(site.gets("/live.wav"))
    fetched = downloader.fetch(url, folder)
    assert fetched.path.read_bytes() == WAV
    # One request is the look at the address; what was complete is not fetched again.
    assert len(site.gets("/live.wav")) == n_media + 1
    assert {path.name for path in folder.iterdir()} == {"recording.wav", "info.json"}


def test_a_finished_recording_is_not_fetched_again(
    site: MediaSite, downloader: Downloader, tmp_path: Path
) -> None:
    site.add("/live.wav", WAV, "audio/wav")
    first = downloader.fetch(site.url("/live.wav"), tmp_path / "s")
    n_requests = len(site.seen)
    again = downloader.fetch(site.url("/live.wav"), tmp_path / "s")
    assert (first.from_cache, again.from_cache) == (False, True)
    assert again == first.__class__(**{**_fields(first), "from_cache": True})
    assert len(site.seen) == n_requests
    forced = downloader.fetch(site.url("/live.wav"), tmp_path / "s", force=True)
    assert not forced.from_cache
    assert len(site.seen) > n_requests


def test_the_folder_of_another_stream_is_not_taken_for_this_one(
    site: MediaSite, downloader: Downloader, tmp_path: Path
) -> None:
    site.add("/a.wav", WAV, "audio/wav")
    site.add("/b.wav", audio_bytes(duration_s=2.0, seed=1), "audio/wav")
    downloader.fetch(site.url("/a.wav"), tmp_path / "s")
    other = downloader.fetch(site.url("/b.wav"), tmp_path / "s")
    assert not other.from_cache
    assert other.duration_s == pytest.approx(2.0)
    assert len(list((tmp_path / "s").glob("recording.*"))) == 1


def test_a_part_of_a_file_that_changed_meanwhile_is_thrown_away(
    site: MediaSite, downloader: Downloader, tmp_path: Path
) -> None:
    cut = [Fault(), *[Fault(cut_after=300_000)] * 30]
    old = site.add("/live.wav", WAV, "audio/wav", faults=cut)
    old.last_modified = "Wed, 01 Jul 2026 10:00:00 GMT"
    with pytest.raises(NetworkError):
        downloader.fetch(site.url("/live.wav"), tmp_path / "s")
    assert staged(tmp_path / "s") == ["media0.wav.part"]
    other = audio_bytes(duration_s=12.0, seed=7)
    new = site.add("/live.wav", other, "audio/wav")
    new.last_modified = "Thu, 02 Jul 2026 10:00:00 GMT"
    assert downloader.fetch(site.url("/live.wav"), tmp_path / "s").path.read_bytes() == other


def test_a_server_without_ranges_is_fetched_from_the_start_again(
    site: MediaSite, downloader: Downloader, tmp_path: Path
) -> None:
    site.add(
        "/live.wav", WAV, "audio/wav", ranges=False, faults=[Fault(), Fault(cut_after=500_000)]
    )
    assert downloader.fetch(site.url("/live.wav"), tmp_path / "s").path.read_bytes() == WAV


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (404, StreamGoneError),
        (410, StreamGoneError),
        (403, DownloadError),
        (429, RateLimitedError),
        (503, NetworkError),
        (401, DownloadError),
    ],
)
def test_a_refusing_page_raises_a_typed_error(
    site: MediaSite, downloader: Downloader, status: int, error: type[DownloadError]
) -> None:
    site.add("/x", "", "text/html", always=Fault(status=status, headers={"Retry-After": "77"}))
    with pytest.raises(error) as raised:
        downloader.resolve(site.url("/x?id=3"))
    assert type(raised.value) is error or status == 401
    assert site.url("/x?id=3") in str(raised.value)
    assert raised.value.next_step
    if isinstance(raised.value, RateLimitedError):
        assert raised.value.retry_after_s == 77


def test_a_429_on_the_media_tells_when_to_come_back_and_keeps_the_part(
    site: MediaSite, downloader: Downloader, tmp_path: Path
) -> None:
    limited = Fault(status=429, headers={"Retry-After": "120"})
    site.add("/live.wav", WAV, "audio/wav", faults=[Fault(), Fault(cut_after=300_000)], always=None)
    site.resources["/live.wav"].faults += [limited] * 10
    with pytest.raises(RateLimitedError) as raised:
        downloader.fetch(site.url("/live.wav"), tmp_path / "s")
    assert raised.value.retry_after_s == 120
    assert "120 s" in str(raised.value)
    assert staged(tmp_path / "s") == ["media0.wav.part"]


def test_media_that_is_forbidden_once_is_asked_for_with_a_fresh_address(
    site: MediaSite, downloader: Downloader, tmp_path: Path
) -> None:
    site.add("/live.wav", WAV, "audio/wav", faults=[Fault(), Fault(status=403)])
    assert downloader.fetch(site.url("/live.wav"), tmp_path / "s").path.read_bytes() == WAV


def test_a_web_page_in_place_of_media_is_told_and_not_kept(
    site: MediaSite, downloader: Downloader, tmp_path: Path
) -> None:
    page = b"<!DOCTYPE html><title>blocked</title>" * 100
    site.add("/live.wav", WAV, "audio/wav", faults=[Fault(), *[Fault(instead=page)] * 9])
    with pytest.raises(NetworkError, match="web page"):
        downloader.fetch(site.url("/live.wav"), tmp_path / "s")
    assert staged(tmp_path / "s") == []
    assert not list((tmp_path / "s").glob("recording.*"))


def test_a_server_that_always_breaks_off_is_a_network_error_with_the_part_kept(
    site: MediaSite, downloader: Downloader, tmp_path: Path
) -> None:
    site.add("/live.wav", WAV, "audio/wav", faults=[Fault()], always=Fault(cut_after=50_000))
    with pytest.raises(NetworkError, match="resumed"):
        downloader.fetch(site.url("/live.wav"), tmp_path / "s")
    assert staged(tmp_path / "s") == ["media0.wav.part"]
    site.resources["/live.wav"].always = None
    assert downloader.fetch(site.url("/live.wav"), tmp_path / "s").path.read_bytes() == WAV


def test_a_tail_that_is_silently_missing_is_noticed(
    site: MediaSite, downloader: Downloader, tmp_path: Path
) -> None:
    # No length announced, connection closed in the middle: nothing on the wire tells.
    ogg = audio_bytes("matroska", "libopus", duration_s=20.0, rate_hz=48_000)
    site.add(
        "/live.mka", ogg, "audio/x-matroska", says_length=False, ranges=False,
        always=Fault(cut_after=len(ogg) // 2),
    )  # fmt: skip
    with pytest.raises(NetworkError, match="breaks off"):
        downloader.fetch(site.url("/live.mka"), tmp_path / "s")
    assert staged(tmp_path / "s") == []


def test_a_stalled_connection_times_out_and_resumes(site: MediaSite, tmp_path: Path) -> None:
    quick = Tuning(retries=2, retry_wait_s=0.01, socket_timeout_s=0.4, throttled_bytes_per_s=0)
    site.add("/live.wav", WAV, "audio/wav", faults=[Fault(), Fault(stall_s=1.0)])
    fetched = Downloader(HURRIED, tuning=quick).fetch(site.url("/live.wav"), tmp_path / "s")
    assert fetched.path.read_bytes() == WAV


IMPATIENT = Tuning(
    retries=1000, refreshes=0, retry_wait_s=0.01, max_retry_wait_s=0.05, socket_timeout_s=0.5,
    throttled_bytes_per_s=0, stalled_s=3.0, stalled_bytes=50_000,
)  # fmt: skip
"""A thousand tries that are silent for half a second each."""


@pytest.mark.parametrize(
    "stalling",
    [
        Fault(stall_s=600.0),
        Fault(bytes_per_s=20, at_once=1),
        Fault(cut_after=0),
        Fault(status=503),
    ],
    ids=["says nothing", "trickles", "hangs up", "is overloaded"],
)
def test_a_site_that_stalls_for_ever_is_given_up_in_bounded_time(
    site: MediaSite, tmp_path: Path, stalling: Fault
) -> None:
    faults = [Fault(), Fault(cut_after=200_000)]
    site.add("/live.wav", WAV, "audio/wav", faults=faults, always=stalling)
    begun = time.monotonic()
    with pytest.raises(StalledError, match="next to no data came for 3 s") as raised:
        Downloader(HURRIED, tuning=IMPATIENT).fetch(site.url("/live.wav"), tmp_path / "s")
    assert time.monotonic() - begun < 60  # the tries alone would take minutes
    assert site.url("/live.wav") in str(raised.value)
    # The slot is free, and the next time goes on where this one stopped.
    n_kept = (tmp_path / "s" / STAGE_NAME / "media0.wav.part").stat().st_size
    site.resources["/live.wav"].always = None
    fetched = Downloader(HURRIED, tuning=IMPATIENT).fetch(site.url("/live.wav"), tmp_path / "s")
    assert fetched.path.read_bytes() == WAV
    assert site.gets("/live.wav")[-1].range == f"bytes={n_kept}-"
    assert n_kept > 100_000


def test_a_page_that_trickles_for_ever_is_given_up(site: MediaSite) -> None:
    page = "<html>" + " " * 50_000
    site.add("/x", page, "text/html", always=Fault(bytes_per_s=20, at_once=1))
    with pytest.raises(StalledError):
        Downloader(HURRIED, tuning=IMPATIENT).resolve(site.url("/x"))


def test_a_site_that_stalls_and_goes_on_is_waited_for(site: MediaSite, tmp_path: Path) -> None:
    """More silence in all than is borne at once: what flows in between counts."""
    stalls = [Fault(stall_s=1.5, stall_after=300_000)] * 5
    site.add("/live.wav", WAV, "audio/wav", faults=[Fault(), *stalls])
    patient = replace(IMPATIENT, stalled_s=6.0)
    fetched = Downloader(HURRIED, tuning=patient).fetch(site.url("/live.wav"), tmp_path / "s")
    assert fetched.path.read_bytes() == WAV
    assert len([seen for seen in site.gets("/live.wav") if seen.range]) >= 3


def test_a_throttled_download_asks_the_page_again_and_then_accepts_any_speed(
    site: MediaSite, tmp_path: Path
) -> None:
    eager = Tuning(retries=1, refreshes=1, throttled_bytes_per_s=10_000_000)
    short = audio_bytes(duration_s=8.0)
    site.add("/live.wav", short, "audio/wav", always=Fault(bytes_per_s=300_000))
    fetched = Downloader(HURRIED, tuning=eager).fetch(site.url("/live.wav"), tmp_path / "s")
    assert fetched.path.read_bytes() == short
    assert any(seen.range.startswith("bytes=") for seen in site.gets("/live.wav"))


def test_a_cancelled_download_stops_soon_and_continues_later(
    site: MediaSite, downloader: Downloader, tmp_path: Path
) -> None:
    resource = site.add("/live.wav", WAV, "audio/wav", always=Fault(bytes_per_s=600_000))
    stop = threading.Event()
    reports: list[float] = []

    def progress(fraction: float, _message: str) -> None:
        reports.append(fraction)
        if fraction > 0.1:
            stop.set()

    with pytest.raises(DownloadCancelledError, match="continue"):
        downloader.fetch(
            site.url("/live.wav"), tmp_path / "s", progress=progress, cancelled=stop.is_set
        )
    part = tmp_path / "s" / STAGE_NAME / "media0.wav.part"
    assert 0 < part.stat().st_size < len(WAV)
    resource.always = None
    assert downloader.fetch(site.url("/live.wav"), tmp_path / "s").path.read_bytes() == WAV


def test_a_polite_pause_lies_between_downloads_also_across_instances(
    site: MediaSite, tmp_path: Path
) -> None:
    site.add("/live.wav", audio_bytes(duration_s=1.0), "audio/wav")
    slow = DownloadSettings(sleep_s=(4.0, 4.0), sleep_requests_s=0.0)
    said: list[str] = []
    for name in ("a", "b"):
        Downloader(slow, tuning=QUICK, times=FetchTimesInFile(tmp_path / "pace.json")).fetch(
            site.url("/live.wav"), tmp_path / name, progress=lambda _f, m: said.append(m)
        )
    media = [seen.at for seen in site.gets("/live.wav")][1::2]  # after the look at the address
    assert media[1] - media[0] >= 4.0
    assert any(message.startswith("waiting ") for message in said)


def test_two_processes_do_not_fetch_one_stream_at_once(
    site: MediaSite, downloader: Downloader, tmp_path: Path
) -> None:
    resource = site.add("/live.wav", WAV, "audio/wav", always=Fault(bytes_per_s=1_500_000))
    url, folder = site.url("/live.wav"), tmp_path / "s"
    first = threading.Thread(target=downloader.fetch, args=(url, folder))
    first.start()
    while not staged(folder):
        time.sleep(0.01)
    with pytest.raises(DownloadError, match="another process"):
        Downloader(HURRIED, tuning=QUICK).fetch(url, folder)
    resource.always = None
    first.join(20)
    assert next(folder.glob("recording.*")).read_bytes() == WAV


@pytest.mark.parametrize(
    "url",
    ["not an address", "ftp://127.0.0.1/x.wav", "file:///etc/passwd", "", "javascript:alert(1)"],
)
def test_what_is_no_web_address_is_refused_with_a_next_step(
    downloader: Downloader, url: str
) -> None:
    with pytest.raises(DownloadError) as raised:
        downloader.resolve(url)
    assert raised.value.next_step


def test_a_page_without_media_is_an_unsupported_site(
    site: MediaSite, downloader: Downloader
) -> None:
    site.add("/page", "<html><title>nothing</title></html>", "text/html")
    with pytest.raises(UnsupportedSiteError, match="/page"):
        downloader.resolve(site.url("/page"))


def test_a_dead_host_is_a_network_error(downloader: Downloader) -> None:
    with pytest.raises(NetworkError, match=r"127\.0\.0\.1:9"):
        downloader.resolve("http://127.0.0.1:9/x.wav")


JSON_LD = """<html><head><title>page</title><script type="application/ld+json">{
 "@context": "https://schema.org", "@type": "VideoObject", "name": %s, "description": %s,
 "thumbnailUrl": "%s", "uploadDate": "2026-07-01T20:00:00+09:00", "duration": "%s",
 "contentUrl": "%s", "author": {"@type": "Person", "name": "A. Singer"}}</script></head></html>"""


def add_page(
    site: MediaSite, path: str, *, title: str = "歌枠", duration: str = "PT12S", media: str = ""
) -> str:
    """A page with one stream as search engines read it."""
    thumbnail = site.url("/thumb.jpg?sig=SECRETPIC")
    media = media or site.url("/media.wav?token=SECRET&id=5")
    site.add(
        path,
        JSON_LD % (json.dumps(title), json.dumps("line 1\nline 2"), thumbnail, duration, media),
        "text/html; charset=utf-8",
    )
    return site.url(path)


def test_a_page_gives_title_date_length_thumbnail_and_no_secret_stays_on_disk(
    site: MediaSite, downloader: Downloader, tmp_path: Path
) -> None:
    site.add("/media.wav", WAV, "audio/wav")
    site.add("/thumb.jpg", PNG, "image/jpeg")
    url = add_page(site, "/watch/1") + "?session=SECRETPAGE"
    fetched = downloader.fetch(url, tmp_path / "s")
    assert fetched.info.title == "歌枠"
    assert fetched.info.uploaded_on == "2026-07-01"
    assert fetched.expected_duration_s == 12.0
    assert fetched.path.read_bytes() == WAV
    assert fetched.thumbnail_path is not None
    assert fetched.thumbnail_path.name == "thumbnail.png"  # by its content, not its address
    for path in (tmp_path / "s").rglob("*"):
        if path.is_file() and path.suffix != ".wav":
            assert b"SECRET" not in path.read_bytes(), path
    read_back = StreamInfo.from_info(json.loads(fetched.info_path.read_text(encoding="utf-8")))
    assert read_back == fetched.info
    assert fetched.info.url == site.url("/watch/1?session=REDACTED")
    assert downloader.resolve(url).url == url  # what a later fetch must ask for
    assert read_back.stream_id == downloader.resolve(url).stream_id


HOSTILE = [
    "../../../../tmp/x",
    "a\x00b\x1b]0;owned\x07\x1b[31mred",
    "\u202egnp.exe",
    "歌" * 300,
    "CON",
    "%(id)s %(title)s $HOME ~/x",
    "",
    "\ud83d lone",
]


@pytest.mark.parametrize("title", HOSTILE)
def test_a_hostile_title_reaches_neither_file_names_nor_the_terminal(
    site: MediaSite, downloader: Downloader, tmp_path: Path, title: str
) -> None:
    short = audio_bytes(duration_s=1.0)
    site.add("/media.wav", short, "audio/wav")
    url = add_page(site, "/watch/1", title=title, duration="PT1S")
    folder = tmp_path / "100% $HOME {x}" / "s"
    fetched = downloader.fetch(url, folder)
    names = {path.name for path in folder.iterdir()}
    assert names <= {"recording.wav", "info.json", "thumbnail.jpg"}
    assert not set("\x00\x1b\x07\u202e") & set(fetched.info.title)
    assert len(fetched.info.title.encode()) <= 2000
    assert fetched.path.read_bytes() == short


def test_a_recording_shorter_than_its_page_is_kept_with_a_warning(
    site: MediaSite, downloader: Downloader, tmp_path: Path
) -> None:
    site.add("/media.wav", WAV, "audio/wav")
    url = add_page(site, "/watch/1", duration="PT2H")
    fetched = downloader.fetch(url, tmp_path / "s")
    assert fetched.shortfall_s == pytest.approx(7188, abs=1)
    assert any("12 s of the 7200 s" in warning for warning in fetched.warnings)


def test_a_list_is_resolved_into_its_entries_and_refused_as_one_stream(
    site: MediaSite, downloader: Downloader, tmp_path: Path
) -> None:
    items = "".join(
        f"<item><title>Stream {n} &amp; more</title><link>{site.url(f'/watch/{n}')}</link></item>"
        for n in range(5)
    )
    site.add(
        "/feed.xml",
        f'<?xml version="1.0"?><rss version="2.0"><channel><title>Feed</title>{items}'
        "</channel></rss>",
        "application/rss+xml",
    )
    listed = downloader.resolve(site.url("/feed.xml"), max_entries=3)
    assert listed.is_playlist
    assert [entry.url for entry in listed.entries] == [site.url(f"/watch/{n}") for n in range(3)]
    assert listed.entries[0].title == "Stream 0 & more"
    with pytest.raises(DownloadError, match="list of"):
        downloader.fetch(site.url("/feed.xml"), tmp_path / "s")


def test_hls_pieces_become_one_seekable_file_without_ffmpeg(
    site: MediaSite, downloader: Downloader, tmp_path: Path
) -> None:
    lines = ["#EXTM3U", "#EXT-X-VERSION:3", "#EXT-X-TARGETDURATION:6", "#EXT-X-PLAYLIST-TYPE:VOD"]
    whole = audio_bytes("mpegts", "aac", duration_s=12.0)
    third = len(whole) // 188 // 3 * 188
    for number, start in enumerate((0, third, 2 * third)):
        stop = len(whole) if number == 2 else start + third
        faults = [Fault(status=503)] if number == 1 else []
        site.add(f"/hls/{number}.ts", whole[start:stop], "video/mp2t", faults=faults)
        lines += ["#EXTINF:4.0,", f"{number}.ts"]
    site.add("/hls/index.m3u8", "\n".join([*lines, "#EXT-X-ENDLIST"]), "application/x-mpegURL")
    fetched = downloader.fetch(site.url("/hls/index.m3u8"), tmp_path / "s")
    assert fetched.path.name == "recording.m4a"
    assert fetched.duration_s == pytest.approx(12.0, abs=0.1)


def test_hls_pieces_whose_clock_starts_again_are_as_long_as_they_play(
    site: MediaSite, downloader: Downloader, tmp_path: Path
) -> None:
    lines = ["#EXTM3U", "#EXT-X-VERSION:3", "#EXT-X-TARGETDURATION:9", "#EXT-X-PLAYLIST-TYPE:VOD"]
    for number, length_s in enumerate((9.0, 3.0)):
        piece = audio_bytes("mpegts", "aac", duration_s=length_s, seed=number)
        site.add(f"/hls/{number}.ts", piece, "video/mp2t")
        lines += ["#EXT-X-DISCONTINUITY"] * number + [f"#EXTINF:{length_s},", f"{number}.ts"]
    site.add("/hls/index.m3u8", "\n".join([*lines, "#EXT-X-ENDLIST"]), "application/x-mpegURL")
    fetched = downloader.fetch(site.url("/hls/index.m3u8"), tmp_path / "s")
    assert fetched.path.name == "recording.ts"
    assert fetched.duration_s == pytest.approx(12.0, abs=0.2)
    assert any("its clock jumps by -" in warning for warning in fetched.warnings)
    # Another look at the folder tells the same, without the site.
    again = downloader.fetch(site.url("/hls/index.m3u8"), tmp_path / "s")
    assert (again.from_cache, again.duration_s) == (True, fetched.duration_s)


def test_an_hls_stream_with_a_missing_piece_is_no_recording(
    site: MediaSite, downloader: Downloader, tmp_path: Path
) -> None:
    piece = audio_bytes("mpegts", "aac", duration_s=2.0)
    site.add("/hls/0.ts", piece, "video/mp2t")
    site.add(
        "/hls/index.m3u8",
        "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n0.ts\n#EXTINF:2,\n1.ts\n#EXT-X-ENDLIST",
        "application/x-mpegURL",
    )
    with pytest.raises(DownloadError):
        downloader.fetch(site.url("/hls/index.m3u8"), tmp_path / "s")
    assert not list((tmp_path / "s").glob("recording.*"))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_disk_that_fills_up_in_the_middle_is_told_as_that(
    site: MediaSite, downloader: Downloader, tmp_path: Path
) -> None:
    site.add("/live.wav", WAV, "audio/wav", faults=[Fault(), *[Fault(cut_after=9_000)] * 5])
    with pytest.raises(NetworkError):
        downloader.fetch(site.url("/live.wav"), tmp_path / "s")
    part = tmp_path / "s" / STAGE_NAME / "media0.wav.part"
    part.unlink()
    part.symlink_to("/dev/full")
    with pytest.raises(DiskFullError, match="no space left"):
        downloader.fetch(site.url("/live.wav"), tmp_path / "s")
    part.unlink()
    assert downloader.fetch(site.url("/live.wav"), tmp_path / "s").path.read_bytes() == WAV


def test_a_recording_larger_than_the_disk_is_refused_before_it_starts(
    site: MediaSite, tmp_path: Path
) -> None:
    with youtube(tmp_path / "authority") as (tube, proxy):
        tube.videos["abcdefghijk"] = Video("abcdefghijk", media={"140": b"x" * 1000})
        tube.claimed_bytes = 1 << 60
        settings = DownloadSettings(proxy=proxy, sleep_s=(0.0, 0.0), sleep_requests_s=0.0)
        tuning = Tuning(extractor_retries=0, check_certificates=False)
        with pytest.raises(DiskFullError):
            Downloader(settings, tuning=tuning).fetch(
                "https://www.youtube.com/watch?v=abcdefghijk", tmp_path / "s"
            )
        assert not [seen for seen in tube.seen if seen.path == "/videoplayback"]
    assert not (tmp_path / "s" / STAGE_NAME).exists()


def test_cookies_are_sent_and_rotated_ones_are_kept_privately(
    site: MediaSite, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cookies = tmp_path / "cookies.txt"
    cookies.write_text(
        "# Netscape HTTP Cookie File\n127.0.0.1\tFALSE\t/\tFALSE\t2147483647\tlogin\tSECRET1\n"
    )
    cookies.chmod(0o600)
    rotated = Fault(headers={"Set-Cookie": "login=SECRET2; Path=/; Max-Age=1000000"})
    site.add("/live.wav", WAV, "audio/wav", faults=[rotated])
    settings = DownloadSettings(sleep_s=(0.0, 0.0), sleep_requests_s=0.0, cookies_file=cookies)
    with caplog.at_level("DEBUG"):
        Downloader(settings, tuning=QUICK).fetch(site.url("/live.wav"), tmp_path / "s")
    assert site.gets("/live.wav")[0].cookie == "login=SECRET1"
    assert site.gets("/live.wav")[-1].cookie == "login=SECRET2"
    assert "SECRET2" in cookies.read_text()
    assert "SECRET1" not in cookies.read_text()
    assert cookies.stat().st_mode & 0o777 == 0o600
    assert "SECRET" not in caplog.text
    for path in (tmp_path / "s").iterdir():
        assert b"SECRET" not in path.read_bytes(), path


def _fields(record: object) -> dict[str, object]:
    return {name: getattr(record, name) for name in record.__slots__}  # type: ignore[attr-defined]


def test_comments_that_niconico_shows_over_the_picture_are_the_chat(tmp_path: Path) -> None:
    told = json.dumps([{"vposMs": 62_500, "body": "海と猫", "userId": "a"}])
    tracks = {"ja": [{"ext": "vtt"}], "comments": [{"ext": "json", "data": told}]}
    with Session(HURRIED, QUICK) as session:
        extras = Extras(session, QUICK, tmp_path, "https://www.nicovideo.jp/watch/sm9")
        extras.live_chat({"subtitles": tracks})
    assert (extras.names, extras.warnings) == ({"live_chat": "live_chat.json"}, [])
    (said,) = read_chat(tmp_path / "live_chat.json")
    assert (said.offset_s, said.text) == (62.5, "海と猫")
