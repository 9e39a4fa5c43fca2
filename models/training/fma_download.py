"""FMA's archives fetched and unpacked; what was stopped goes on.

Addresses and checksums are those of https://github.com/mdeff/fma.
"""

import hashlib
import shutil
import time
import urllib.error
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path, PurePosixPath
from typing import Literal, get_args

from utawaku.library.errors import DiskFullError, MediaError, NetworkError
from utawaku.library.files import atomic_path
from utawaku.library.progress import Progress, part, silent
from utawaku.models.registry.transfer import go_on

FmaSet = Literal["small", "medium", "large", "full"]
SETS: tuple[FmaSet, ...] = get_args(FmaSet)
SITE = "https://os.unil.cloud.switch.ch/fma"
_TRIES = 8
_BLOCK = 1 << 20
_ROOM = 1 << 30
"""Bytes that stay free on the disk."""


@dataclass(frozen=True)
class Archive:
    """One zip file of the site."""

    name: str
    sha1: str
    gigabytes: float
    """About; its songs take as much again."""


METADATA = Archive("fma_metadata.zip", "f0df49ffe5f2a6008d7dc83c6915b31835dfe733", 0.4)
ARCHIVES: Mapping[FmaSet, Archive] = {
    "small": Archive("fma_small.zip", "ade154f733639d52e35e32f5593efe5be76c6d70", 7.7),
    "medium": Archive("fma_medium.zip", "c67b69ea232021025fca9231fc1c7c1a063ab50b", 24.0),
    "large": Archive("fma_large.zip", "497109f4dd721066b5ce5e5f250ec604dc78939e", 100.3),
    "full": Archive("fma_full.zip", "0f0ace23fbe9ba30ecb7e95f763e435ea802b8ab", 944.0),
}


def fetch_archive(
    archive: Archive,
    folder: Path,
    *,
    site: str = SITE,
    keep: bool = False,
    pause_s: float = 2.0,
    progress: Progress = silent,
) -> int:
    """Fetch an archive into `folder`, check and unpack it; returns how many files it holds.

    A transfer and an unpacking that were stopped go on. An archive that was unpacked is not fetched
    again.

    Args:
        site: address of the folder on the web.
        keep: leave the zip file there.
        pause_s: wait after a transfer that broke off; it grows.

    Raises:
        NetworkError: the site does not answer, or sends another file.
        DiskFullError: there is no room for it.
        MediaError: the archive is damaged, or would write outside of the folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    marker = folder / f".{archive.name}.unpacked"
    if marker.is_file() and marker.read_text("utf-8").partition(" ")[0] == archive.sha1:
        return int(marker.read_text("utf-8").partition(" ")[2])
    zipped = folder / archive.name
    if not zipped.is_file():
        partial = folder / f"{archive.name}.part"
        _transfer(f"{site}/{archive.name}", partial, pause_s, part(progress, 0.0, 0.7))
        progress(0.7, f"checking {archive.name}")
        if _sha1(partial) != archive.sha1:
            partial.unlink()
            raise NetworkError(
                "what was fetched is not the published file (its sha1 differs)",
                subject=f"{site}/{archive.name}",
                next_step="Try again later",
            )
        partial.replace(zipped)
    n_files = _unpack(zipped, folder, part(progress, 0.75, 1.0))
    with atomic_path(marker) as temporary:
        temporary.write_text(f"{archive.sha1} {n_files}", "utf-8")
    if not keep:
        zipped.unlink()
    return n_files


def _transfer(url: str, partial: Path, pause_s: float, progress: Progress) -> None:
    def told(have: int, n_bytes: int) -> None:
        progress(have / max(n_bytes, 1), f"{have / 1e9:.2f} of {n_bytes / 1e9:.2f} GB")

    def admit(n_bytes: int) -> None:
        if shutil.disk_usage(partial.parent).free < 2 * n_bytes + _ROOM:
            raise _no_room(partial.parent)

    why = ""
    for n_try in range(_TRIES):
        if n_try:
            time.sleep(pause_s * n_try)
        before = partial.stat().st_size if partial.is_file() else 0
        try:
            if go_on(url, partial, told, admit):
                return
            why = "it broke off"
        except urllib.error.HTTPError as error:
            if error.code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and before:
                return  # all of it is here: its checksum decides
            why = f"the site says {error.code}"
        except OSError as error:
            if error.errno is not None and shutil.disk_usage(partial.parent).free < _BLOCK:
                raise _no_room(partial.parent) from error
            why = str(error)
    raise NetworkError(
        f"could not be fetched ({why})",
        subject=url,
        next_step="The same command goes on where it stopped",
    )


def _no_room(folder: Path) -> DiskFullError:
    return DiskFullError(
        "there is no room for the archive and its songs",
        subject=str(folder),
        next_step="Free space, give another folder, or take a smaller set",
    )


def _unpack(zipped: Path, folder: Path, progress: Progress) -> int:
    try:
        with zipfile.ZipFile(zipped) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            for number, member in enumerate(members):
                name = PurePosixPath(member.filename)
                if name.is_absolute() or ".." in name.parts or "\\" in member.filename:
                    raise MediaError(
                        f"the archive would write to {member.filename!r}", subject=str(zipped)
                    )
                target = folder / name
                if not (target.is_file() and target.stat().st_size == member.file_size):
                    target.parent.mkdir(parents=True, exist_ok=True)
                    with (
                        archive.open(member) as source,
                        atomic_path(target) as temporary,
                        temporary.open("wb") as out,
                    ):
                        shutil.copyfileobj(source, out, _BLOCK)  # checks its CRC at the end
                progress((number + 1) / len(members), f"unpacked {number + 1} of {len(members)}")
            return len(members)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise MediaError(
            f"the archive cannot be unpacked ({error})",
            subject=str(zipped),
            next_step="Delete it; the same command fetches it again",
        ) from error


def _sha1(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.sha1(usedforsecurity=False)).hexdigest()
