"""The library knows its own songs: a local index of how recordings sound."""

from utawaku.models.fingerprint.chroma import ChromaSequence, chroma_of
from utawaku.models.fingerprint.constellation import Constellation, find_constellation
from utawaku.models.fingerprint.cover_version import CoverMatch, find_covers
from utawaku.models.fingerprint.identify import (
    Fingerprint,
    Sighting,
    candidates_of,
    fingerprint,
    guess_covers,
    identify,
    sight,
)
from utawaku.models.fingerprint.index import FingerprintIndex, IndexSize, Reference
from utawaku.models.fingerprint.match import Alignment
from utawaku.models.fingerprint.search import ReferenceMatch, find_matches
from utawaku.models.fingerprint.shared_index import SharedIndex

__all__ = [
    "Alignment",
    "ChromaSequence",
    "Constellation",
    "CoverMatch",
    "Fingerprint",
    "FingerprintIndex",
    "IndexSize",
    "Reference",
    "ReferenceMatch",
    "SharedIndex",
    "Sighting",
    "candidates_of",
    "chroma_of",
    "find_constellation",
    "find_covers",
    "find_matches",
    "fingerprint",
    "guess_covers",
    "identify",
    "sight",
]
