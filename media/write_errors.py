"""Errors of writing media: a full disk is called so, and nothing else is."""

import errno
from pathlib import Path

from utawaku.library.errors import DiskFullError, EncodeError, UtawakuError

_FULL = (errno.ENOSPC, errno.EDQUOT)


def is_disk_full(error: Exception) -> bool:
    """Return whether there was no space left for what was written."""
    return getattr(error, "errno", None) in _FULL


def write_error(problem: str, error: Exception, target: Path, next_step: str) -> UtawakuError:
    """Return the error of ours for what FFmpeg or the file system refused while writing.

    Args:
        problem: what could not be done, e.g. "the video could not be written".
        error: what was raised; its `errno` tells a full disk from anything else.
        target: the file that was written.
        next_step: what to do where the disk is not full.
    """
    if is_disk_full(error):
        return DiskFullError(
            "no space left on the disk",
            subject=str(target),
            next_step="Free some space; the same command continues",
        )
    return EncodeError(f"{problem} ({error})", subject=str(target), next_step=next_step)
