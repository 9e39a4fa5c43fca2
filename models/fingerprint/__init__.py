"""The library knows its own songs: a local index of how recordings sound."""

from models.fingerprint.chroma import ChromaSequence, chroma_of
from models.fingerprint.constellation import Constellation, find_constellation
from models.fingerprint.cover import CoverMatch, find_covers
from models.fingerprint.identify import (
    Fingerprint,
    Sighting,
    candidates_of,
    fingerprint,
    guess_covers,
    identify,
    sight,
)
from models.fingerprint.index import FingerprintIndex, IndexSize, Reference
from models.fingerprint.match import Alignment
from models.fingerprint.search import ReferenceMatch, find_matches

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
