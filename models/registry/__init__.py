"""Model weights as artefacts: where they come from, under which licence, in which version.

To add weights, add one module to `models/registry/entries` with a tuple ``ENTRIES``.
"""

from utawaku.models.registry.entry import RawFile, Source, Weights, WeightsStatus
from utawaku.models.registry.sources import (
    HttpsFile,
    PackagedFile,
    WheelFile,
    sha256_of,
    version_of,
)
from utawaku.models.registry.store import (
    default_names,
    entry,
    expected_version,
    fetch_raw,
    is_here,
    path,
    pull,
    status,
    table,
    version,
)

__all__ = [
    "HttpsFile",
    "PackagedFile",
    "RawFile",
    "Source",
    "Weights",
    "WeightsStatus",
    "WheelFile",
    "default_names",
    "entry",
    "expected_version",
    "fetch_raw",
    "is_here",
    "path",
    "pull",
    "sha256_of",
    "status",
    "table",
    "version",
    "version_of",
]
