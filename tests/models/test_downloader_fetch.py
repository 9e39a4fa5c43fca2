"""Fetching recordings: yt-dlp's real code against a local site."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from library.config import DownloadSettings
from models.downloader import Downloader, Tuning
from models.downloader.stage import STAGE_NAME
from tests.models.downloader_media import audio_bytes
from tests.servers.media_site import Fault, MediaSite

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
