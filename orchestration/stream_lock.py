"""The lock of a stream: one run or command works on it at a time, in whatever process.

Each run takes it when it begins (`orchestration.resources`), and a command that makes artefacts in
its own process takes it before its run does. Within one process it can be taken again.
"""

from pathlib import Path

from filelock import BaseFileLock, FileLock, Timeout

from utawaku.library.config import Settings

NAME = ".lock"


def lock_file(settings: Settings, stream_id: str) -> Path:
    """The file that is locked, in the stream's folder."""
    return settings.stream_dir(stream_id) / NAME


def stream_lock(settings: Settings, stream_id: str) -> BaseFileLock:
    """The lock of a stream, which is the same object for the whole process. It makes the folder.

    Raises:
        OSError: the folder cannot be written to.
    """
    path = lock_file(settings, stream_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    return FileLock(path, is_singleton=True, thread_local=False)


def is_locked(settings: Settings, stream_id: str) -> bool:
    """Return whether somebody works on a stream."""
    path = lock_file(settings, stream_id)
    if not path.exists():
        return False
    try:
        with FileLock(path, timeout=0):
            return False
    except Timeout:
        return True
