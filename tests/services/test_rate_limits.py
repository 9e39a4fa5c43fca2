"""A site that refuses or stalls is on cooldown for a while, and nobody else waits for it."""

import time
from pathlib import Path

import pytest

from tests.servers.media_site import Fault, MediaSite
from tests.services.downloader_media import audio_bytes
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import DownloadSettings
from utawaku.library.errors import StalledError
from utawaku.library.retry_policies import next_try
from utawaku.services.downloader import Downloader, Tuning
from utawaku.services.rate_limits import LONGEST_STALLED_REST_S, asking, wait_before_request

STALLS = Tuning(retries=100, retry_wait_s=0.01, socket_timeout_s=0.3, stalled_s=1.0)


def test_a_site_that_stalls_rests_and_the_others_have_their_turn(
    catalogue: Catalogue, tmp_path: Path
) -> None:
    settings = DownloadSettings(sleep_s=(0.0, 0.0), sleep_requests_s=0.0)
    downloader = Downloader(settings, tuning=STALLS)
    now = time.time()
    with MediaSite() as site:
        url = site.url("/live.wav")
        content = audio_bytes(duration_s=2.0)
        site.add("/live.wav", content, "audio/wav", faults=[Fault()], always=Fault(stall_s=600))
        with pytest.raises(StalledError), asking(url, catalogue):
            downloader.fetch(url, tmp_path / "s")
        wait_reason = wait_before_request(site.url("/another.wav"), catalogue, now)
        assert wait_reason is not None
        assert "on cooldown until" in wait_reason.reason
        assert "next to no data" in wait_reason.reason
        assert wait_before_request(url.replace("127.0.0.1", "localhost"), catalogue, now) is None
        (told,) = catalogue.notices.recent()
        assert told.title.startswith("127.0.0.1 is on cooldown until")


def test_a_network_that_was_away_all_night_is_used_within_the_hour(catalogue: Catalogue) -> None:
    stalled = StalledError("next to no data came")
    for _ in range(12):
        with pytest.raises(StalledError), asking("https://example.org/a", catalogue):
            raise stalled
        (rest,) = catalogue.sites.rests()
        assert rest.until - rest.since <= LONGEST_STALLED_REST_S
        with catalogue.write() as connection:  # it is over
            connection.exec_driver_sql("UPDATE site_rests SET since = since - until, until = 1")
    assert rest.refusals == 12
    assert next_try("StalledError", attempts=11) == next_try("NetworkError", attempts=11)
    assert next_try("StalledError", attempts=11) is not None
