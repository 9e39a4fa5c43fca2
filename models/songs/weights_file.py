"""Reading of files that song cutting has learnt: weights of its networks, curves of doubt."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.lib.npyio import NpzFile

from utawaku.library.errors import WeightsCorruptError, WeightsMissingError

SHIPPED = "Install the package again"
"""Next step for a file that came with the package."""
_UNREADABLE = (
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    OSError,
    EOFError,
    BadZipFile,
    zlib.error,
)


@contextmanager
def reading_weights(path: Path, next_step: str = SHIPPED) -> Iterator[None]:
    """Say of what fails while a file is read that it is not as it should be.

    `next_step` says what the user can do about it.

    Raises:
        WeightsMissingError: no such file.
        WeightsCorruptError: it cannot be read, or holds something else.
    """
    if not path.is_file():
        raise WeightsMissingError(
            "this file of song cutting is not there", subject=str(path), next_step=next_step
        )
    try:
        yield
    except _UNREADABLE as error:
        raise WeightsCorruptError(
            "this file of song cutting cannot be read", subject=str(path), next_step=next_step
        ) from error


@contextmanager
def opened_weights(path: Path, next_step: str = SHIPPED) -> Iterator[NpzFile]:
    """Open an `.npz`; what fails while it is read says that the weights are not as they should be.

    Raises as `reading_weights` does.
    """
    with reading_weights(path, next_step), np.load(path, allow_pickle=False) as stored:
        yield stored
