"""Reading of the song networks' weights, which come with the package."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.lib.npyio import NpzFile

from utawaku.library.errors import WeightsCorruptError, WeightsMissingError


@contextmanager
def opened_weights(path: Path) -> Iterator[NpzFile]:
    """Open an `.npz`; what fails while it is read says that the weights are not as they should be.

    Raises:
        WeightsMissingError: no such file.
        WeightsCorruptError: it cannot be read, or holds something else.
    """
    next_step = "Install the package again"
    if not path.is_file():
        raise WeightsMissingError(
            "the song network's weights are not there", subject=str(path), next_step=next_step
        )
    try:
        with np.load(path, allow_pickle=False) as stored:
            yield stored
    except (ValueError, KeyError, OSError, EOFError, BadZipFile) as error:
        raise WeightsCorruptError(
            "the song network's weights cannot be read", subject=str(path), next_step=next_step
        ) from error
