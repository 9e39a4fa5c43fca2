"""The registry's entry of one set of weights."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from utawaku.library.progress import Progress

Converter = Callable[[Path, Path], None]
"""Reads the fetched file (first path) and writes the file that engines load (second path).

May raise `WeightsCorruptError`. Must write the same bytes for the same input.
"""


class Source(Protocol):
    """Somewhere a raw weights file comes from."""

    @property
    def described(self) -> str:
        """Return where this is, in one line for a person."""
        ...

    @property
    def placeable(self) -> str:
        """Name of the file which, put by hand into the weights folder, is used instead."""
        ...

    def fetch(
        self, target: Path, placed_in: Path, progress: Progress, *, brief: bool = False
    ) -> None:
        """Write the raw file to `target`; look in `placed_in` for a file placed by hand first.

        With `brief` it asks once and waits `BRIEF_S` for an answer: something else can stand in.

        Raises:
            WeightsMissingError: it cannot be had; WeightsCorruptError: what came is damaged.
        """
        ...


@dataclass(frozen=True)
class RawFile:
    """A published file that holds the weights."""

    source: Source
    sha256: str
    """Digest of the file that `source` delivers."""
    n_bytes: int
    convert: Converter | None = None
    """None where engines load the file itself."""


@dataclass(frozen=True)
class Weights:
    """One entry of the table."""

    name: str
    """Short name, as in `utawaku models pull NAME`."""
    purpose: str
    licence: str
    source: Source
    raw_sha256: str
    """Digest of the raw file that `source` delivers."""
    raw_bytes: int
    file_name: str
    """Name of the converted file in the weights folder."""
    convert: Converter | None = None
    """None where engines load the raw file itself."""
    others: tuple[RawFile, ...] = ()
    """Other files that hold the same weights, for when `source` cannot be reached."""
    converter_version: int = 1
    """Raise it to have every machine convert again, and change `sha256` with it."""
    sha256: str = ""
    """Digest of the converted file; empty where this release does not know it."""
    default: bool = False
    """Fetched by `utawaku models pull` without a name."""

    @property
    def raw_files(self) -> tuple[RawFile, ...]:
        """Every published file that holds the weights, in the order in which they are tried."""
        first = RawFile(self.source, self.raw_sha256, self.raw_bytes, self.convert)
        return (first, *self.others)

    @property
    def described(self) -> str:
        """All sources, in one line for a person."""
        return ", or ".join(raw.source.described for raw in self.raw_files)

    @property
    def expected_version(self) -> str:
        """Version that they have once they are fetched, as far as it is known before."""
        if self.sha256:
            return self.sha256
        if self.convert is None:
            return self.raw_sha256
        return f"{self.raw_sha256}/{self.converter_version}"


@dataclass(frozen=True)
class WeightsStatus:
    """The state of an entry on this machine; plain values, fit for JSON."""

    name: str
    purpose: str
    present: bool
    n_bytes: int
    """Size here, or of the raw file where it is not here."""
    licence: str
    source: str
    path: str
    version: str
    """sha256 of the converted file; empty where it is not here."""
    default: bool
