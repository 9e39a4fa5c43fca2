"""Makes stale artefacts again: only those, in bounded batches, and on after a break.

Nothing is remembered of how far it has come. The stale set is a query over the catalogue, and each
stream that is brought up to date leaves it, so a restart goes on where it was.
"""

from collections.abc import Sequence
from dataclasses import replace

from utawaku.library.artefacts import ARTEFACTS, CHAIN
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.errors import RequestError
from utawaku.library.records import Request
from utawaku.library.requests import (
    ALL,
    IngestStream,
    Rematerialize,
    RematerializeStream,
    Separate,
    SeparatePieces,
    read_request,
)
from utawaku.library.staleness import stale_streams
from utawaku.orchestration.bindings import binding_of
from utawaku.orchestration.present_versions import present_versions

AT_ONCE = 8
"""Streams of one request that are asked for at the same time."""


def advance_rematerializations(catalogue: Catalogue, settings: Settings) -> None:
    """Bring every `Rematerialize` request one batch further."""
    for request in catalogue.requests.waiting(Rematerialize):
        catalogue.requests.claim(request.id)
    for request in catalogue.requests.running():
        if request.kind != Rematerialize.kind:
            continue
        try:
            wanted = read_request(request)
        except RequestError as error:
            catalogue.requests.fail(request.id, str(error))
            continue
        if isinstance(wanted, Rematerialize):
            _advance(request, wanted, catalogue, settings)
        elif isinstance(wanted, RematerializeStream):  # as version 0.1 filed it
            n_filed = rematerialize_stream(wanted, catalogue, settings, request.asked_by)
            catalogue.requests.finish(request.id, message=f"{n_filed} request(s) filed")


def rematerialize_stream(
    wanted: RematerializeStream, catalogue: Catalogue, settings: Settings, asked_by: str
) -> int:
    """File what makes artefacts of a stream again; returns how many requests.

    Raises:
        NotFoundError: there is no such stream.
    """
    catalogue.streams.get(wanted.stream_id)
    names = wanted.assets or tuple(name for name in CHAIN if ARTEFACTS[name].upstream)
    again = tuple(name for name in names if not ARTEFACTS[name].on_demand)
    filed = [IngestStream(stream_id=wanted.stream_id, again=again)] if again else []
    n_filed = len([catalogue.requests.file(one, by=asked_by) for one in filed])
    for name in names:
        if ARTEFACTS[name].on_demand:
            requests = binding_of(name).requests_again(wanted.stream_id, catalogue, settings)
            n_filed += len([catalogue.requests.file(one, by=asked_by) for one in requests])
    return n_filed


def _advance(
    request: Request, wanted: Rematerialize, catalogue: Catalogue, settings: Settings
) -> None:
    asset = "" if wanted.asset == ALL else wanted.asset
    stale = [
        one
        for one in stale_streams(catalogue, present_versions(settings), asset)
        if binding_of(one.asset).requests_again(one.stream_id, catalogue, settings)
    ]
    open_children = _open_children(request, catalogue)
    if not stale and not open_children:
        catalogue.requests.finish(request.id, message="everything is of the present version")
        return
    total = max(wanted.n_streams, len(stale))
    if total != wanted.n_streams:
        catalogue.requests.replace(request.id, replace(wanted, n_streams=total))
    busy = {child.target.partition("@")[0] for child in open_children}
    room = max(0, AT_ONCE - len(busy))
    for one in [one for one in stale if one.stream_id not in busy][:room]:
        for child in binding_of(one.asset).requests_again(one.stream_id, catalogue, settings):
            part = replace(child, rematerialize=request.id)
            catalogue.requests.file(part, by=request.asked_by)
    done = total - len(stale)
    catalogue.requests.progressed(
        request.id, done / total if total else 1.0, f"{done} of {total} streams"
    )


def _open_children(request: Request, catalogue: Catalogue) -> Sequence[Request]:
    """Open requests that are part of a `Rematerialize`."""
    requests = catalogue.requests
    found: list[tuple[Request, IngestStream | Separate | SeparatePieces]] = [
        *requests.open_of(IngestStream),
        *requests.open_of(Separate),
        *requests.open_of(SeparatePieces),
    ]
    return [row for row, child in found if child.rematerialize == request.id]
