"""The stage: a hidden folder inside the stream's folder where a download grows.

Partial files stay there for the next run, whichever process that is. When all is complete, each
piece is renamed into the stream's folder, the recording last: a `recording.*` is always whole, and
where it stands everything else stands too.
"""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from utawaku.library.errors import DownloadError
from utawaku.services.downloader.result import write_json

STAGE_NAME = ".fetching"
_STATE = "state.json"
_LOCK = "lock"


class Stage:
    """The stage of one stream, held by one process at a time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / STAGE_NAME

    @contextmanager
    def held(self, subject: str) -> Iterator["Stage"]:
        """Hold the stage; the operating system lets go of it when the process dies.

        A stage without media goes in the end; what a failed download left stays, to resume from.
        Raises DownloadError if another process holds it.
        """
        lock = self._locked()
        if lock is None:
            raise DownloadError(
                "another process is fetching this stream already",
                subject=subject,
                next_step="Wait for it, or end it first",
            )
        try:
            yield self
        finally:
            with suppress(OSError):  # not empty; or Windows, where an open file cannot go
                if {entry.name for entry in self.path.iterdir()} <= {_LOCK, _STATE}:
                    (self.path / _STATE).unlink(missing_ok=True)
                    (self.path / _LOCK).unlink()
                    self.path.rmdir()
            lock.close()

    def _locked(self) -> IO[bytes] | None:
        """Open and lock the lock file; None if another process holds it.

        A lock on a file that its last holder has just removed is worth nothing: try again.
        """
        while True:
            self.path.mkdir(parents=True, exist_ok=True)
            try:
                lock = (self.path / _LOCK).open("a+b")
            except FileNotFoundError:
                continue
            if not _lock(lock.fileno()):
                lock.close()
                return None
            with suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(lock.fileno()), (self.path / _LOCK).stat()):
                    return lock
            lock.close()

    def media(self, plan: dict[str, Any]) -> list[Path]:
        """Return where the media of each planned format grows.

        Partial files of another plan (other formats, another size) are thrown away: bytes of two
        encodings must never end up in one file.
        """
        if self._state().get("plan") != json.loads(json.dumps(plan)):
            self.clear_media()
            write_json(self.path / _STATE, {"plan": plan})
        return [
            self.path / f"media{index}.{one['ext']}" for index, one in enumerate(plan["formats"])
        ]

    def validators(self, path: Path) -> Any:
        """Return what the site told of a media file when its first byte came; None if not known."""
        known = self._state().get("validators")
        return known.get(path.name) if isinstance(known, dict) else None

    def keep_validators(self, path: Path, validators: dict[str, Any]) -> None:
        """Remember what the site tells of a media file, for the process that resumes it."""
        state = self._state()
        known = state.get("validators")
        others = known if isinstance(known, dict) else {}
        write_json(self.path / _STATE, {**state, "validators": {**others, path.name: validators}})

    def clear_media(self) -> None:
        """Throw away partial and complete media, and the plan that they belong to."""
        for path in self.path.iterdir():
            if path.name != _LOCK and path.is_file():
                path.unlink()

    def publish(self, names: dict[str, str], recording: Path) -> Path:
        """Rename staged files (`names`: staged name -> final name), then the recording, into place.

        An older recording of another extension goes, so that exactly one stands there.
        """
        for staged, final in names.items():
            (self.path / staged).replace(self.folder / final)
        target = self.folder / f"recording{recording.suffix}"
        recording.replace(target)
        for other in self.folder.glob("recording.*"):
            if other != target:
                other.unlink()
        self.clear_media()
        return target

    def _state(self) -> dict[str, Any]:
        with suppress(OSError, ValueError):
            stored = json.loads((self.path / _STATE).read_text(encoding="utf-8"))
            if isinstance(stored, dict):
                return stored
        return {}


def _lock(descriptor: int) -> bool:
    """Take an exclusive lock that ends with the process; False if another holds it."""
    if sys.platform == "win32":
        import msvcrt

        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
    else:  # noqa: RET505 - what a type checker reads for the platform that it is told
        import fcntl

        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
