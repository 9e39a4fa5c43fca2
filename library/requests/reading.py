"""Reading stored requests, those of earlier versions included."""

from collections.abc import Mapping
from typing import Any, get_args

from utawaku.library.artefacts import ARTEFACTS
from utawaku.library.errors import RequestError
from utawaku.library.records import Request
from utawaku.library.requests.base import RequestKind
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

AnyRequest = (
    Ingest
    | IngestStream
    | Recut
    | RecheckLength
    | Retag
    | Label
    | Separate
    | SeparatePieces
    | Train
    | Upload
    | MakePlaylist
    | Follow
    | Unfollow
    | LaySetlist
    | Rematerialize
    | RematerializeStream
)
"""Every kind of request there is."""

KINDS: Mapping[str, type[AnyRequest]] = {cls.kind: cls for cls in get_args(AnyRequest)}
FORMER_KINDS = {"look_again": RecheckLength.kind}
"""Kinds of rows that earlier versions wrote -> the kind that serves them now."""


def kind_names(cls: type[RequestKind]) -> tuple[str, ...]:
    """Kinds of the rows that a class serves: its own, and former ones."""
    former = (old for old, new in FORMER_KINDS.items() if new == cls.kind)
    return (cls.kind, *former)


def read_request(request: Request) -> AnyRequest:
    """Build what a stored request asks for.

    Raises:
        RequestError: this version does not know its kind or its arguments.
        ConfigError, PlaylistError: the rules or the options in it cannot be right.
    """
    return read_row(request.kind, request.target, request.arguments)


def read_row(kind: str, target: str, arguments: Mapping[str, Any]) -> AnyRequest:
    """Build what the columns of a row ask for; see `read_request`."""
    if kind == Rematerialize.kind:
        former = _former_rematerialize(target, arguments)
        if former is not None:
            return former
    cls = KINDS.get(FORMER_KINDS.get(kind, kind))
    if cls is None:
        raise RequestError(
            f"this version cannot do {kind!r}",
            subject=target,
            next_step="Update utawaku, or cancel the request",
        )
    return cls.read(target, arguments)


def _former_rematerialize(target: str, arguments: Mapping[str, Any]) -> AnyRequest | None:
    """Read what the screen of version 0.1 filed: a stream or `stale`, with `assets`.

    Returns None for a row of today's form.
    """
    assets = arguments.get("assets")
    if target == "stale":
        name = str(assets[0]) if isinstance(assets, list) and assets else ALL
        return Rematerialize.read(name, {})
    if target == "":
        return Rematerialize.read(ALL, arguments)
    if target == ALL or target in ARTEFACTS:
        return None
    return RematerializeStream.read(target, {"assets": assets or ()})
