"""The services of `up`: what forks them, and who starts the web page."""

import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.ports import free_port
from utawaku.commands.pipeline_services import Pages, Services, services_of_up
from utawaku.library.config import Settings
from utawaku.library.web_guard import HOST
from utawaku.orchestration import dagster_settings


@pytest.fixture
def made(settings: Settings, tmp_path: Path) -> Iterator[Services]:
    services = services_of_up(settings, tmp_path, tmp_path, Pages(free_port()))
    yield services
    if services.web.on_demand is not None:
        services.web.on_demand.close()


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """A release of Dagster that nothing was tried with."""
    monkeypatch.setattr(dagster_settings, "is_tried_with", lambda: False)


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dagster_settings, "can_fork", lambda: True)


@pytest.mark.usefixtures("here")
def test_the_fork_server_comes_first_and_forks_the_others(made: Services, tmp_path: Path) -> None:
    assert [one.name for one in made.all] == ["fork server", "code server", "daemon", "web page"]
    assert made.fork_server is not None
    forks = made.fork_server.command[-1]
    assert {one.fork_server for one in (made.code, made.daemon, made.web)} == {forks}
    assert made.code.needs == Path(forks)


@pytest.mark.usefixtures("elsewhere")
def test_with_another_release_each_service_is_a_python_of_its_own(made: Services) -> None:
    assert [one.name for one in made.all] == ["code server", "daemon", "web page"]
    assert {one.fork_server for one in made.all} == {""}
    assert made.code.needs is None


def test_the_web_page_waits_for_a_visitor_unless_another_program_has_its_port(
    settings: Settings, tmp_path: Path
) -> None:
    with closing(socket.create_server((HOST, 0))) as taken:
        port = taken.getsockname()[1]
        web = services_of_up(settings, tmp_path, tmp_path, Pages(port)).web
        assert (web.on_demand, "--on-demand" in web.command) == (None, False)
    web = services_of_up(settings, tmp_path, tmp_path, Pages(port, read_only=True)).web
    assert web.on_demand is not None
    with closing(web.on_demand):
        assert web.on_demand.getsockname() == (HOST, port)
        assert web.command[-2:] == ["--read-only", "--on-demand"]
