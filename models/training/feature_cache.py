"""A cache of features of recordings, valid until the file changes."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from utawaku.library.files import atomic_path


def kept_features(
    path: Path,
    cache: Path,
    compute: Callable[[Path], np.ndarray],
    *,
    fits: Callable[[np.ndarray], bool],
    variant: str = "",
) -> np.ndarray:
    """Return what `compute` makes of the file at `path`, out of `cache` where it is there and fits.

    Shape and dtype are those that `compute` returns.

    Args:
        variant: tells apart what is computed with other settings.

    Raises:
        OSError: the file is gone.
        whatever `compute` raises.
    """
    seen = path.stat()
    key = f"{path.absolute()} {seen.st_size} {seen.st_mtime_ns} {variant}".rstrip()
    file = cache / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.npy"
    kept = _read(file)
    if kept is not None and fits(kept):
        return kept
    made = compute(path)
    with atomic_path(file) as temporary, temporary.open("wb") as out:
        np.save(out, made)
    return made


def _read(file: Path) -> np.ndarray | None:
    try:
        kept: np.ndarray = np.load(file, allow_pickle=False)
    except (OSError, ValueError, EOFError, BadZipFile):
        return None  # not there, or cut short
    return kept
