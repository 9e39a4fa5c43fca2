"""Resuming: the rest of a file is taken only where it belongs to what is here."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.media_site import Fault, MediaSite, Resource
from tests.services.downloader_media import audio_bytes
from utawaku.library.config import DownloadSettings
from utawaku.library.errors import MediaMissingError, NetworkError
from utawaku.library.retry_policies import DAY_S, next_try
from utawaku.services.downloader import Downloader, Tuning
from utawaku.services.downloader.partial_download import STAGE_NAME

WAV = audio_bytes(duration_s=12.0)
OTHER = audio_bytes(duration_s=12.0, seed=7)
LONGER = audio_bytes(duration_s=14.0, seed=7)
BROKEN = [Fault(), *[Fault(cut_after=300_000)] * 30]
"""The look at the address is answered; then every connection breaks."""
QUICK = Tuning(
    retries=1, refreshes=0, retry_wait_s=0.01, max_retry_wait_s=0.02, socket_timeout_s=2.0,
    throttled_bytes_per_s=0,
)  # fmt: skip


@pytest.fixture
def site() -> Iterator[MediaSite]:
    with MediaSite() as running:
        yield running


@pytest.fixture
def downloader() -> Downloader:
    return Downloader(DownloadSettings(sleep_s=(0.0, 0.0), sleep_requests_s=0.0), tuning=QUICK)


def part_of(
    site: MediaSite, downloader: Downloader, folder: Path, content: bytes = WAV, etag: str = '"one"'
) -> Path:
    """Leave a partial download, as a connection that broke too often does."""
    site.add("/live.wav", content, "audio/wav", faults=[*BROKEN], etag=etag)
    with pytest.raises(NetworkError):
        downloader.fetch(site.url("/live.wav"), folder)
    part = folder / STAGE_NAME / "media0.wav.part"
    assert 0 < part.stat().st_size < len(content)
    return part


def fetched(site: MediaSite, downloader: Downloader, folder: Path) -> bytes:
    return downloader.fetch(site.url("/live.wav"), folder).path.read_bytes()


@pytest.mark.parametrize(
    ("etag", "asked"), [('"one"', '"one"'), ('W/"one"', "")], ids=["strong", "weak"]
)
def test_the_same_file_is_continued_and_asked_for_by_its_etag(
    site: MediaSite, downloader: Downloader, tmp_path: Path, etag: str, asked: str
) -> None:
    n_kept = part_of(site, downloader, tmp_path / "s", etag=etag).stat().st_size
    site.add("/live.wav", WAV, "audio/wav", etag=etag)
    assert fetched(site, downloader, tmp_path / "s") == WAV
    last = site.gets("/live.wav")[-1]
    assert (last.range, last.if_range) == (f"bytes={n_kept}-", asked)


@pytest.mark.parametrize(
    "now",
    [
        Resource(OTHER, "audio/wav", etag='"two"'),
        Resource(OTHER, "audio/wav", etag='"two"', heeds_if_range=False),
        Resource(LONGER, "audio/wav", etag='"one"'),
        Resource(LONGER, "audio/wav"),
    ],
    ids=["the site heeds If-Range", "the site ignores it", "another length", "no ETag any more"],
)
def test_another_file_in_its_place_is_fetched_from_its_start(
    site: MediaSite, downloader: Downloader, tmp_path: Path, now: Resource
) -> None:
    part_of(site, downloader, tmp_path / "s")
    site.resources["/live.wav"] = now
    assert fetched(site, downloader, tmp_path / "s") == now.content


def test_a_file_that_never_stays_the_same_is_given_up(
    site: MediaSite, downloader: Downloader, tmp_path: Path
) -> None:
    part_of(site, downloader, tmp_path / "s")
    turns = [0]

    def another_each_time() -> bytes:
        turns[0] += 1
        return audio_bytes(duration_s=12.0 + turns[0], seed=turns[0])

    site.resources["/live.wav"] = Resource(
        another_each_time, "audio/wav", always=Fault(cut_after=300_000)
    )
    with pytest.raises(NetworkError):
        fetched(site, downloader, tmp_path / "s")


@pytest.mark.parametrize("says_length", [True, False], ids=["length told", "length not told"])
@pytest.mark.parametrize("whole", [True, False])
def test_a_416_neither_sticks_nor_costs_a_part_that_is_whole(
    site: MediaSite, downloader: Downloader, tmp_path: Path, whole: bool, says_length: bool
) -> None:
    part = part_of(site, downloader, tmp_path / "s")
    if whole:
        part.write_bytes(WAV)
    headers = {"Content-Range": f"bytes */{len(WAV)}"} if says_length else {}
    refused = Fault(status=416, headers=headers)
    site.add("/live.wav", WAV, "audio/wav", faults=[Fault(), refused], etag='"one"')
    n_before = len(site.gets("/live.wav"))
    assert fetched(site, downloader, tmp_path / "s") == WAV
    ranges = [one.range for one in site.gets("/live.wav")[n_before + 1 :]]
    assert len(ranges) == (1 if whole and says_length else 2)
    assert ranges[1:] == [""] * (len(ranges) - 1)


@pytest.mark.parametrize("status", [404, 410])
def test_media_that_are_missing_while_their_page_is_fine_are_asked_for_again_for_days(
    site: MediaSite, downloader: Downloader, tmp_path: Path, status: int
) -> None:
    site.add("/live.wav", WAV, "audio/wav", faults=[Fault(), *[Fault(status=status)] * 9])
    with pytest.raises(MediaMissingError, match="page is there") as raised:
        fetched(site, downloader, tmp_path / "s")
    assert raised.value.next_step
    waits = []
    while retry := next_try(type(raised.value).__name__, attempts=len(waits)):
        waits.append(retry.wait_s)
    assert sum(waits) > 7 * DAY_S
    assert max(waits) <= DAY_S
    site.resources["/live.wav"].faults.clear()
    assert fetched(site, downloader, tmp_path / "s") == WAV
