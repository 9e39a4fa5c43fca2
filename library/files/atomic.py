"""Writing and moving files so that no crash, and no second writer, leaves half of one."""

import errno
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from utawaku.library.errors import LibraryFileError, NotFoundError
from utawaku.library.files.paths import numbered
from utawaku.library.place import here

_TEMPORARY = re.compile(r"^\.utawaku-(\d+)(?:\.([0-9a-f]{8}))?-[0-9a-f]{8}\.part(\..*)?$")
_MAX_NUMBER = 9999
_NO_HARD_LINKS = {
    errno.EPERM,
    errno.EACCES,
    errno.ENOSYS,
    errno.EOPNOTSUPP,
    errno.ENOTSUP,
    errno.EMLINK,
    errno.EINVAL,
    errno.EXDEV,
}


def temporary_path(target: Path) -> Path:
    """Return a fresh hidden name beside `target`, with its suffix, that says which process owns it,
    and where that runs.

    The name is short whatever the target's length is: it must fit where the target fits.
    """
    name = f".utawaku-{os.getpid()}.{here().digest}-{secrets.token_hex(4)}.part"
    return target.with_name(name + (target.suffix if len(target.suffix) <= 8 else ""))


@contextmanager
def atomic_path(target: Path, *, mode: int | None = None) -> Iterator[Path]:
    """Give a temporary path beside `target`; when the block ends well it becomes `target`.

    The file is flushed to the disk and renamed over `target` in one step, so readers see the old
    file or the new one. When the block raises (Ctrl-C too) the temporary file goes and `target` is
    untouched. `mode` sets the permission bits (0o600 for secrets); without it an existing target's
    bits are kept. The temporary file exists, empty, when the block begins. Raises OSError.
    """
    if not target.name or target.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(target))
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = temporary_path(target)
    first_mode = 0o666 if mode is None else mode
    try:
        os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, first_mode))
    except OSError as error:
        error.filename = str(target)  # nobody knows the name of the temporary file
        raise
    try:
        yield temporary
        if mode is not None:
            temporary.chmod(mode)
        else:
            with suppress(FileNotFoundError):
                temporary.chmod(target.stat().st_mode & 0o7777)
        _flush(temporary)
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _flush_folder(target.parent)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _flush_folder(folder: Path) -> None:
    if os.name == "nt":  # Windows cannot open a folder to flush it
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # some network file systems refuse; the rename itself stands
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def is_temporary(name: str) -> bool:
    """Return whether a file has a name of `temporary_path`, of any process."""
    return _TEMPORARY.match(name) is not None


def remove_stale_temporaries(
    root: Path,
    *,
    older_than_s: float = 86_400.0,
    only_here: bool = False,
    of_others: bool = False,
) -> list[Path]:
    """Delete temporary files under `root` whose process is gone, or that are older than that.

    A kill -9 leaves them; call it when a run starts. Nobody here can look for a process of another
    machine or container: its files go by their age, or with `of_others` at once, for one who alone
    may write there. `only_here` leaves the folders below `root` alone. Returns what was deleted.
    """
    removed = []
    for folder, folders, names in os.walk(root):
        if only_here:
            folders.clear()
        for name in names:
            match = _TEMPORARY.match(name)
            if not match:
                continue
            path = Path(folder, name)
            with suppress(FileNotFoundError):
                age_s = time.time() - path.stat().st_mtime
                is_other = match[2] not in (None, here().digest)
                is_gone = of_others if is_other else not _is_running(int(match[1]))
                if age_s > older_than_s or is_gone:
                    path.unlink()
                    removed.append(path)
    return removed


def _is_running(pid: int) -> bool:
    if os.name == "nt":  # os.kill(pid, 0) would end the process there; go by age alone
        return True
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def move(source: Path, target: Path) -> Path:
    """Move a file or folder to `target`, or to `target (2)`, `(3)`... where that name is taken.

    Never overwrites, also not when two processes move to the same name at once. Across file
    systems the copy is complete and flushed before the name appears and before the source goes.
    Returns where it went; moving a file onto itself does nothing. Raises NotFoundError where the
    source is missing, LibraryFileError where no name is free, OSError.
    """
    if not os.path.lexists(source):
        raise NotFoundError("there is nothing to move", subject=str(source))
    if target.exists() and source.samefile(target):
        if source.name != target.name and not _lists_both(source, target):
            source.rename(target)  # only the case changes, on a file system that ignores case
            return target
        return source if source.name != target.name else target
    target.parent.mkdir(parents=True, exist_ok=True)
    if (
        source.is_dir()
        and not source.is_symlink()
        and target.parent.resolve().is_relative_to(source.resolve())
    ):
        raise LibraryFileError("a folder cannot be moved into itself", subject=str(source))
    same_device = source.lstat().st_dev == target.parent.stat().st_dev
    if same_device:
        return _place(source, target)
    temporary = temporary_path(target)
    try:
        _copy(source, temporary)
        placed = _place(temporary, target)
    except BaseException:
        _remove(temporary)
        raise
    _remove(source)
    return placed


def _lists_both(source: Path, target: Path) -> bool:
    """Return whether the two names are two entries (hard links) and not one entry read in two
    cases.
    """
    names = {path.name for path in target.parent.iterdir()}
    return source.parent != target.parent or (source.name in names and target.name in names)


def _copy(source: Path, temporary: Path) -> None:
    if source.is_dir() and not source.is_symlink():
        shutil.copytree(source, temporary, symlinks=True)
        for folder, _, names in os.walk(temporary):
            for name in names:
                if not Path(folder, name).is_symlink():
                    _flush(Path(folder, name))
        return
    shutil.copy2(source, temporary, follow_symlinks=False)
    if not source.is_symlink():
        _flush(temporary)
        if temporary.stat().st_size != source.stat().st_size:
            raise LibraryFileError(
                "changed while it was copied",
                subject=str(source),
                next_step="Wait until nothing writes to it and try again",
            )


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _place(source: Path, target: Path) -> Path:
    """Rename within one file system to the first free numbered name."""
    is_folder = source.is_dir() and not source.is_symlink()
    for number in range(1, _MAX_NUMBER + 1):
        candidate = numbered(target, number)
        try:
            if is_folder:
                _place_folder(source, candidate)
            else:
                _place_file(source, candidate)
        except FileExistsError:
            continue
        _flush_folder(candidate.parent)
        return candidate
    raise LibraryFileError(
        f"{_MAX_NUMBER} files have this name already",
        subject=str(target),
        next_step="Tidy the folder or change the path template",
    )


def _place_file(source: Path, candidate: Path) -> None:
    if not source.is_symlink():
        try:
            # A hard link is the one rename that refuses to overwrite on every POSIX system.
            os.link(source, candidate)
        except OSError as error:
            if error.errno not in _NO_HARD_LINKS:
                raise
        else:
            source.unlink()
            return
    # exFAT, SMB and the like: take the name first, which is exclusive, then rename over it.
    os.close(os.open(candidate, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    try:
        source.replace(candidate)
    except BaseException:
        candidate.unlink(missing_ok=True)
        raise


def _place_folder(source: Path, candidate: Path) -> None:
    candidate.mkdir()  # exclusive; POSIX then renames over an empty folder in one step
    try:
        if os.name == "nt":
            candidate.rmdir()
        source.rename(candidate)
    except BaseException:
        with suppress(OSError):
            candidate.rmdir()
        raise
