"""Fixtures around the emulated Bilibili; a test file takes in those that it wants."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.bilibili import HOSTS
from tests.servers.certificates import Authority, make_authority
from tests.servers.connect_proxy import ConnectProxy
from tests.services.publishing import Workers, World, make_world, proxy_environment, start_proxy


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """The authority that signs the site's certificate."""
    return make_authority(tmp_path_factory.mktemp("ca"), HOSTS)


@pytest.fixture(scope="module")
def proxy() -> Iterator[ConnectProxy]:
    """The proxy before the site."""
    proxy = start_proxy()
    yield proxy
    proxy.stop()


@pytest.fixture(scope="module")
def workers(
    proxy: ConnectProxy, authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Workers]:
    """Processes that upload through the proxy."""
    workers = Workers(proxy_environment(proxy, authority), tmp_path_factory.mktemp("workers"))
    yield workers
    workers.close()


@pytest.fixture
def world(
    tmp_path: Path, authority: Authority, proxy: ConnectProxy, workers: Workers
) -> Iterator[World]:
    """The site with one account, and what uploads to it."""
    world = make_world(tmp_path / "home", authority, proxy, workers)
    yield world
    world.catalogue.close()
    world.site.stop()
    world.assert_no_secret_was_written()
