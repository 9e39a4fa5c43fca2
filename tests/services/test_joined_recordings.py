"""Taking in MP4 files whose joined parts differ in format."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.media.joining import EVENING, NOT_FOR_TS, OTHER_FORMAT, PART_S, joined_mp4
from tests.media.two_tracks import tone_of, write_two_tracks
from tests.servers.media_site import MediaSite
from utawaku.library.config import DownloadSettings
from utawaku.media.decode import load
from utawaku.media.tracks import sound_tracks
from utawaku.services.downloader import Downloader, take_file
from utawaku.services.downloader.container import remux


@pytest.fixture
def site() -> Iterator[MediaSite]:
    with MediaSite() as running:
        yield running


def test_a_joined_recording_is_taken_in_as_its_rewritten_self(tmp_path: Path) -> None:
    path = joined_mp4(tmp_path / "evening.mp4", EVENING, OTHER_FORMAT)
    taken = take_file(path, tmp_path / "stream")
    again = take_file(path, tmp_path / "stream")
    assert taken.path == again.path == tmp_path / "stream" / "recording.ts"
    assert taken.duration_s == pytest.approx(2 * PART_S, abs=0.15)
    assert any("2 parts of different formats" in warning for warning in taken.warnings)
    assert path.exists()


def test_a_joined_recording_that_cannot_be_rewritten_is_kept_with_a_warning(tmp_path: Path) -> None:
    path = joined_mp4(tmp_path / "evening.mp4", NOT_FOR_TS, OTHER_FORMAT)
    taken = take_file(path, tmp_path / "stream")
    assert taken.path == path
    assert any("MPEG-TS cannot hold" in warning for warning in taken.warnings)
    assert not (tmp_path / "stream" / "recording.ts").exists()


def test_a_download_of_joined_parts_is_rewritten_too(site: MediaSite, tmp_path: Path) -> None:
    path = joined_mp4(tmp_path / "evening.mp4", EVENING, OTHER_FORMAT)
    site.add("/live.mp4", path.read_bytes(), "video/mp4")
    downloader = Downloader(DownloadSettings(sleep_s=(0.0, 0.0), sleep_requests_s=0.0))
    fetched = downloader.fetch(site.url("/live.mp4"), tmp_path / "stream")
    assert fetched.path == tmp_path / "stream" / "recording.ts"
    assert fetched.duration_s == pytest.approx(2 * PART_S, abs=0.15)
    assert any("2 parts of different formats" in warning for warning in fetched.warnings)


def test_all_sound_tracks_go_into_another_container_flagged_as_they_were(tmp_path: Path) -> None:
    film = write_two_tracks(tmp_path / "film.mkv", 2, default=1, picture=False)
    remux([film], tmp_path / "film.m4a")
    told = [(one.language, one.is_default) for one in sound_tracks(tmp_path / "film.m4a")]
    assert told == [("eng", False), ("jpn", True)]
    assert tone_of(load(tmp_path / "film.m4a")[0]) == 440
