"""Fixtures around the emulated YouTube; a folder's conftest takes in those that it wants."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.servers.youtube_site import YoutubeSite, youtube
from utawaku.library.config import DownloadSettings
from utawaku.services.downloader import Downloader, Tuning

QUICK = Tuning(
    retries=0, extractor_retries=0, retry_wait_s=0.01, socket_timeout_s=5.0,
    check_certificates=False,
)  # fmt: skip
"""No patience with a site on this machine, whose certificate nobody signed."""


@pytest.fixture(scope="session")
def emulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[YoutubeSite, str]]:
    """The site, started once, and the address of the proxy before it."""
    folder = tmp_path_factory.mktemp("authority")
    with youtube(folder) as (running, proxy):
        running.ca_file = folder / "ca.pem"
        yield running, proxy


@pytest.fixture
def site(emulated: tuple[YoutubeSite, str]) -> YoutubeSite:
    """The site with nothing on it."""
    emulated[0].clear()
    return emulated[0]


@pytest.fixture
def downloader(emulated: tuple[YoutubeSite, str]) -> Downloader:
    """The real client, which reaches the site through the proxy."""
    settings = DownloadSettings(proxy=emulated[1], sleep_s=(0.0, 0.0), sleep_requests_s=0.0)
    return Downloader(settings, tuning=QUICK)


@pytest.fixture
def youtube_of_commands(
    site: YoutubeSite, emulated: tuple[YoutubeSite, str], monkeypatch: pytest.MonkeyPatch
) -> YoutubeSite:
    """The site with nothing on it, which commands in this process reach through the proxy.

    They are as impatient with it as `QUICK`, but check its certificate.
    """
    quick = replace(QUICK, check_certificates=True)
    for module in ("downloader.fetch", "crawler.address"):
        monkeypatch.setattr(f"utawaku.services.{module}.Tuning", lambda: quick)
    monkeypatch.setenv("UTAWAKU_DOWNLOAD__PROXY", emulated[1])
    monkeypatch.setenv("UTAWAKU_DOWNLOAD__SLEEP_S", "[0.0, 0.0]")
    monkeypatch.setenv("UTAWAKU_DOWNLOAD__SLEEP_REQUESTS_S", "0")
    monkeypatch.setattr("certifi.where", lambda: str(site.ca_file))
    return site
