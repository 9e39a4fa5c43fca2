"""Requests to the pipeline: one frozen dataclass per kind, and how they are stored.

`catalogue.requests.file` takes one, and the pipeline maps its type to what serves it, so a wrong
name or argument does not pass the type checker.
"""

from utawaku.library.requests.base import (
    CANDIDATE,
    COMMAND,
    SCREEN,
    SUBSCRIPTION,
    RequestKind,
)
from utawaku.library.requests.kinds import (
    ALL,
    Follow,
    Ingest,
    IngestStream,
    Label,
    LaySetlist,
    MakePlaylist,
    RecheckLength,
    Recut,
    Rematerialize,
    RematerializeStream,
    Retag,
    Separate,
    SeparatePieces,
    Train,
    Unfollow,
    Upload,
)
from utawaku.library.requests.reading import (
    FORMER_KINDS,
    KINDS,
    AnyRequest,
    kind_names,
    read_request,
    read_row,
)

__all__ = [
    "ALL",
    "CANDIDATE",
    "COMMAND",
    "FORMER_KINDS",
    "KINDS",
    "SCREEN",
    "SUBSCRIPTION",
    "AnyRequest",
    "Follow",
    "Ingest",
    "IngestStream",
    "Label",
    "LaySetlist",
    "MakePlaylist",
    "RecheckLength",
    "Recut",
    "Rematerialize",
    "RematerializeStream",
    "RequestKind",
    "Retag",
    "Separate",
    "SeparatePieces",
    "Train",
    "Unfollow",
    "Upload",
    "kind_names",
    "read_request",
    "read_row",
]
