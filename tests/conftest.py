"""Fixtures that every area shares."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from library.catalogue import Catalogue
from library.config import Settings, load_settings


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keep tests away from the user's own settings, catalogue and library."""
    monkeypatch.setenv("UTAWAKU_HOME", str(tmp_path_factory.mktemp("home")))


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings with everything below a temporary folder."""
    monkeypatch.setenv("UTAWAKU_HOME", str(tmp_path / "utawaku"))
    return load_settings()


@pytest.fixture
def catalogue(settings: Settings) -> Iterator[Catalogue]:
    """A new, empty catalogue."""
    opened = Catalogue.open(settings)
    yield opened
    opened.close()
