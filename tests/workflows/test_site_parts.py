"""The parts of one video on a site as one stream on one timeline."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.servers.bilibili_videos import BilibiliSite, BilibiliVideo, bilibili
from tests.services.downloader_media import audio_bytes
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import DownloadSettings, Settings
from utawaku.library.errors import UsageError
from utawaku.library.progress import Progress, silent
from utawaku.library.records import Stream
from utawaku.media.decode import load
from utawaku.media.joined import read_parts
from utawaku.services.downloader import Downloader, FetchedRecording, Tuning
from utawaku.workflows.ingest import resolve_streams
from utawaku.workflows.maintenance import Dropped, keep_within_budget
from utawaku.workflows.recordings import addresses_of_parts, described, own_files
from utawaku.workflows.setlists import chat_of
from utawaku.workflows.site_parts import fetch_parts
from utawaku.workflows.song_tags import address_of

BVID = "BV1xx411c7mD"
URL = f"https://www.bilibili.com/video/{BVID}"
QUICK = Tuning(
    retries=0, extractor_retries=0, retry_wait_s=0.01, socket_timeout_s=5.0,
    check_certificates=False, max_comment_requests=1,
)  # fmt: skip
LENGTHS_S = (6, 4)


@pytest.fixture
def evening(tmp_path: Path) -> Iterator[tuple[BilibiliSite, Downloader]]:
    """A video in two parts, each with danmaku of its own."""
    with bilibili(tmp_path / "authority") as (site, proxy):
        site.videos[BVID] = BilibiliVideo(
            BVID,
            parts=["上半", "下半"],
            part_media=[
                audio_bytes("mp4", "aac", duration_s=length, seed=number)
                for number, length in enumerate(LENGTHS_S)
            ],
            part_durations_s=list(LENGTHS_S),
            part_danmaku=[[(1.0, "first")], [(2.0, "second")]],
        )
        settings = DownloadSettings(proxy=proxy, sleep_s=(0.0, 0.0), sleep_requests_s=0.0)
        yield site, Downloader(settings, tuning=QUICK)


def fetch_whole(stream: Stream, downloader: Downloader, folder: Path) -> FetchedRecording:
    def fetch(address: str, where: Path, progress: Progress) -> FetchedRecording:
        return downloader.fetch(address, where, progress=progress)

    return fetch_parts(stream, folder, lambda: downloader.resolve(stream.url), fetch, silent)


def test_parts_are_one_stream_whose_links_lead_to_part_and_second(
    evening: tuple[BilibiliSite, Downloader], catalogue: Catalogue, settings: Settings
) -> None:
    site, downloader = evening
    (stream,) = resolve_streams(URL, catalogue, downloader, as_one=True)
    assert (stream.url, stream.as_one, stream.title) == (URL, True, "【歌切】晚上唱歌")
    folder = settings.stream_dir(stream.id)
    fetched = fetch_whole(stream, downloader, folder)
    assert fetched.duration_s == pytest.approx(sum(LENGTHS_S), abs=0.1)
    assert (fetched.info.title, fetched.info.stream_id) == (stream.title, stream.id)
    first, second = read_parts(fetched.path)
    assert (first.url, second.url) == (f"{URL}?p=1", f"{URL}?p=2")
    assert np.array_equal(load(fetched.path, start_s=second.start_s)[0], load(second.path)[0])
    # Danmaku of the second part lies behind the first one.
    messages = [(one.offset_s, one.text) for one in chat_of(stream, settings)]
    assert messages == [(1.0, "first"), (pytest.approx(second.start_s + 2.0), "second")]
    parts = [(float(start_s), str(url)) for start_s, url in addresses_of_parts(fetched.path)]
    assert address_of(stream, 1.5, parts) == f"{URL}?p=1&t=1"
    assert address_of(stream, second.start_s + 3.2, parts) == f"{URL}?p=2&t=3"
    # What is there is not asked for again.
    n_asked = len(site.seen)
    assert fetch_whole(stream, downloader, folder).from_cache
    assert len(site.seen) == n_asked


def test_the_files_of_all_parts_go_to_make_room_and_the_list_stays_for_the_links(
    evening: tuple[BilibiliSite, Downloader], catalogue: Catalogue, settings: Settings
) -> None:
    _, downloader = evening
    (stream,) = resolve_streams(URL, catalogue, downloader, as_one=True)
    fetched = fetch_whole(stream, downloader, settings.stream_dir(stream.id))
    stream = catalogue.streams.save(described(stream, fetched, settings))
    files = own_files(stream, settings)
    assert len(files) == 2
    n_bytes = sum(file.stat().st_size for file in files)
    changes = {"delete_recordings": True, "recordings_gb": 0.0}
    maintenance = settings.maintenance.model_copy(update=changes)
    tight = settings.model_copy(update={"maintenance": maintenance})
    assert keep_within_budget(catalogue, tight, lambda *_: ()) == Dropped(1, n_bytes)
    assert not any(file.exists() for file in files)
    assert catalogue.streams.get(stream.id).dropped_at is not None


def test_only_a_video_in_parts_can_be_one(
    evening: tuple[BilibiliSite, Downloader], catalogue: Catalogue
) -> None:
    site, downloader = evening
    site.videos["BV1xx411c7mE"] = BilibiliVideo("BV1xx411c7mE")
    with pytest.raises(UsageError) as caught:
        resolve_streams(
            "https://www.bilibili.com/video/BV1xx411c7mE", catalogue, downloader, as_one=True
        )
    assert caught.value.next_step
    assert catalogue.streams.all() == []
