"""Fixtures for tests of engines."""

from pathlib import Path

import pytest

# YouTube, for files that have no site of their own.
from tests.servers.youtube_fixtures import downloader as downloader
from tests.servers.youtube_fixtures import emulated as emulated
from tests.servers.youtube_fixtures import site as site
from utawaku.library.errors import WeightsMissingError
from utawaku.models import registry


@pytest.fixture(scope="session")
def weights_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The segmenter's weights, fetched once a run from the package index."""
    folder = tmp_path_factory.mktemp("weights")
    try:
        for name in ("sm", "smn"):
            registry.pull(name, folder)
    except WeightsMissingError as error:
        pytest.skip(str(error))
    return folder
