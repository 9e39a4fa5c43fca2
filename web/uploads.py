"""Uploaded files, kept for a day: each in a folder of its own under a name of ours."""

import json
import shutil
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import BinaryIO

from utawaku.library.errors import NotFoundError, UtawakuError
from utawaku.library.files import atomic_path
from utawaku.library.text import clean_line
from utawaku.library.web_settings import MB, WebSettings
from utawaku.web.inspection import Inspection
from utawaku.web.names import is_id, new_id

_SOUND, _RECORD = "sound", "upload.json"
MAX_NAME = 200


class UploadTooLargeError(UtawakuError):
    """An upload that exceeds a limit of `WebSettings`."""


@dataclass(frozen=True)
class Upload:
    """One uploaded file."""

    id: str
    name: str
    """As the browser called it, made fit to show."""
    size: int
    """In bytes."""
    added_at: float
    title: str
    """From its tags, else its name."""
    artist: str
    duration_s: float
    content_type: str
    """Type as which a browser plays it; empty where it does not."""


class Arrival:
    """A file that is being uploaded. Its room is reserved until it is kept or dropped."""

    def __init__(self, owner: "Uploads", folder: Path, name: str) -> None:
        self._owner = owner
        self._folder = folder
        self.name = name
        self.size = 0
        folder.mkdir(parents=True)
        self._file: BinaryIO = self.path.open("wb")

    @property
    def path(self) -> Path:
        """Place of its bytes."""
        return self._folder / _SOUND

    def write(self, piece: bytes) -> None:
        """Take the next bytes.

        Raises:
            UploadTooLargeError: there is no room for them.
            OSError: they cannot be written.
        """
        self.size += len(piece)
        self._owner.check_room(self)
        self._file.write(piece)

    def close(self) -> None:
        """Take no more bytes."""
        self._file.close()

    def keep(self, found: Inspection, now: float) -> Upload:
        """Make it one of the uploads."""
        self.close()
        upload = Upload(
            id=self._folder.name,
            name=self.name,
            size=self.size,
            added_at=now,
            title=found.title or Path(self.name).stem,
            artist=found.artist,
            duration_s=found.duration_s,
            content_type=found.content_type,
        )
        with atomic_path(self._folder / _RECORD) as temporary:
            temporary.write_text(json.dumps(asdict(upload), ensure_ascii=False), "utf-8")
        self._owner.settle(self, upload)
        return upload

    def drop(self) -> None:
        """Remove it."""
        self.close()
        self._owner.settle(self)
        shutil.rmtree(self._folder, ignore_errors=True)


class Uploads:
    """The uploads in a folder."""

    def __init__(self, folder: Path, limits: WebSettings) -> None:
        self._folder = folder
        self._limits = limits
        self.arrivals: set[Arrival] = set()
        """Those that are not whole yet."""
        self._sizes = {one.id: one.size for one in self.all()}
        """In bytes, by id: the disk is not asked for each piece that comes."""

    def all(self) -> list[Upload]:
        """Return the uploads, the oldest first."""
        found = [self._read(path) for path in self._folder.glob(f"*/{_RECORD}")]
        return sorted((one for one in found if one), key=lambda one: (one.added_at, one.id))

    def get(self, upload_id: str) -> Upload:
        """Return an upload.

        Raises:
            NotFoundError: there is none of this id (any more).
        """
        found = self._read(self._folder / upload_id / _RECORD) if is_id(upload_id) else None
        if found is None:
            raise NotFoundError(
                "is no longer here", subject="the uploaded file", next_step="Upload it again"
            )
        return found

    def sound_of(self, upload: Upload) -> Path:
        """Return the file itself."""
        return self._folder / upload.id / _SOUND

    def begin(self, name: str) -> Arrival:
        """Open a place for a file; its name may hold anything.

        Raises:
            UploadTooLargeError: there are as many files as are allowed.
            OSError: the place cannot be made.
        """
        if len(self._sizes) + len(self.arrivals) >= self._limits.max_files:
            raise UploadTooLargeError(
                f"there are {self._limits.max_files} files already",
                subject=shown_name(name),
                next_step="Remove some of them first",
            )
        arrival = Arrival(self, self._folder / new_id(), shown_name(name))
        self.arrivals.add(arrival)
        return arrival

    def check_room(self, arrival: Arrival) -> None:
        """See whether a file that grows is still within the limits.

        Raises:
            UploadTooLargeError: it is not.
        """
        if arrival.size > self._limits.max_file_mb * MB:
            raise UploadTooLargeError(
                f"is larger than {self._limits.max_file_mb:,} MB",
                subject=arrival.name,
                next_step="Upload a smaller file",
            )
        kept = sum(self._sizes.values()) + sum(one.size for one in self.arrivals)
        if kept > self._limits.max_total_mb * MB:
            raise UploadTooLargeError(
                f"there is no room: all files together may take {self._limits.max_total_mb:,} MB",
                subject=arrival.name,
                next_step="Remove some of them first",
            )

    def settle(self, arrival: Arrival, upload: Upload | None = None) -> None:
        """Count a file as kept, or no more."""
        self.arrivals.discard(arrival)
        if upload is not None:
            self._sizes[upload.id] = upload.size

    def remove(self, upload_id: str) -> None:
        """Remove an upload.

        Raises:
            NotFoundError: see `get`.
        """
        self._remove(self._folder / self.get(upload_id).id)

    def expire(self, now: float, *, busy: frozenset[str] = frozenset()) -> None:
        """Remove what is older than `keep_hours`, and what a server left half uploaded.

        Args:
            now: seconds since the epoch.
            busy: ids of uploads that are worked on: they stay.
        """
        arriving = {arrival.path.parent for arrival in self.arrivals}
        for folder in self._folder.glob("*"):
            upload = self._read(folder / _RECORD)
            if folder in arriving or folder.name in busy:
                continue
            # A clock that was ahead when it came does not keep it for ever.
            if upload is None or not 0 <= now - upload.added_at < self._limits.keep_hours * 3600:
                self._remove(folder)

    def _remove(self, folder: Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        self._sizes.pop(folder.name, None)

    def _read(self, path: Path) -> Upload | None:
        try:
            values = json.loads(path.read_text("utf-8"))
            return Upload(**{field.name: values[field.name] for field in fields(Upload)})
        except (OSError, ValueError, KeyError, TypeError):
            return None  # removed meanwhile, or never whole


def shown_name(name: str) -> str:
    """Return a file name of a browser in one short line, without the folders before it."""
    return clean_line(name.replace("\\", "/").rpartition("/")[2])[:MAX_NAME] or "a file"
