"""Delete without loss: what goes into a library's `.trash/` can come back to where it was.

Each trashed thing has a folder `.trash/<time>-<random>/` with the thing itself and `trashed.json`
beside it. The record is written first, so there is never a thing whose origin is unknown.
"""

import json
import secrets
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath

from utawaku.library.errors import LibraryFileError, NotFoundError
from utawaku.library.files.atomic import atomic_path, move

TRASH_FOLDER = ".trash"
_RECORD = "trashed.json"


@dataclass(frozen=True)
class TrashEntry:
    """One thing in the trash."""

    path: Path
    """The place where it lies now, inside `.trash/`."""
    original: PurePosixPath
    """The place where it was, relative to the library's root."""
    trashed_at: datetime
    """The time in UTC."""


def trash(path: Path, root: Path) -> Path:
    """Move a file or folder of the library at `root` into its trash; return where it lies now.

    Raises NotFoundError where `path` does not exist, LibraryFileError where it is not inside
    `root` or is the trash itself.
    """
    original = _relative(path, root)
    if not path.exists() and not path.is_symlink():
        raise NotFoundError("there is nothing to delete", subject=str(path))
    now = datetime.now(UTC)
    folder = root / TRASH_FOLDER / f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"
    folder.mkdir(parents=True)
    record = {"original": original.as_posix(), "trashed_at": now.isoformat()}
    with atomic_path(folder / _RECORD) as temporary:
        temporary.write_text(json.dumps(record, ensure_ascii=False), encoding="utf-8")
    # A thing that is itself called trashed.json gets a number from `move`, and stays apart.
    return move(path, folder / path.name)


def _relative(path: Path, root: Path) -> PurePosixPath:
    base = root.resolve()
    # Resolve the folder, not the last part: a symbolic link is trashed, not what it points to.
    resolved = path.parent.resolve() / path.name
    if path.name in ("", "..") or resolved == base or not resolved.is_relative_to(base):
        raise LibraryFileError("is not inside the library", subject=str(path))
    relative = resolved.relative_to(base)
    if relative.parts[0] == TRASH_FOLDER:
        raise LibraryFileError("lies in the trash already", subject=str(path))
    return PurePosixPath(relative.as_posix())


def list_trash(root: Path) -> list[TrashEntry]:
    """Return what the trash of the library at `root` holds, latest first."""
    entries: list[TrashEntry] = []
    for record in sorted((root / TRASH_FOLDER).glob(f"*/{_RECORD}"), reverse=True):
        things = [p for p in record.parent.iterdir() if p != record and not _is_temporary(p)]
        entries.extend(_read_entry(record, thing) for thing in things)
    return entries


def _is_temporary(path: Path) -> bool:
    return path.name.startswith(".utawaku-")


def _read_entry(record: Path, thing: Path) -> TrashEntry:
    try:
        data = json.loads(record.read_text(encoding="utf-8"))
        original = PurePosixPath(data["original"])
        trashed_at = datetime.fromisoformat(data["trashed_at"])
    except (ValueError, KeyError, TypeError) as error:
        raise LibraryFileError(
            "does not say where the deleted file was",
            subject=str(record),
            next_step=f"Move {thing} back by hand",
        ) from error
    if original.is_absolute() or ".." in original.parts or not original.parts:
        raise LibraryFileError("names a place outside the library", subject=str(record))
    return TrashEntry(thing, original, trashed_at)


def restore(trashed: Path, root: Path) -> Path:
    """Put what `trash` returned back where it was; return where it went.

    A name taken since gets a number. Raises NotFoundError where it is not in the trash,
    LibraryFileError where its record is damaged.
    """
    record = trashed.parent / _RECORD
    in_trash = trashed.parent.parent.resolve() == (root / TRASH_FOLDER).resolve()
    if not in_trash or not record.exists() or not trashed.exists():
        raise NotFoundError("is not in the trash", subject=str(trashed))
    entry = _read_entry(record, trashed)
    target = root.joinpath(*entry.original.parts)
    if not target.parent.resolve().is_relative_to(root.resolve()):
        raise LibraryFileError("came from a folder that now leads elsewhere", subject=str(trashed))
    restored = move(trashed, target)
    shutil.rmtree(trashed.parent)
    return restored


def empty_trash(root: Path, *, older_than_days: float = 0.0) -> int:
    """Delete for ever what was trashed longer ago than that; return how many things went."""
    limit = datetime.now(UTC) - timedelta(days=older_than_days)
    old = [entry for entry in list_trash(root) if entry.trashed_at <= limit]
    for entry in old:
        shutil.rmtree(entry.path.parent)
    return len(old)
