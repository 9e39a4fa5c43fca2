"""Makes anew what older models made: only that, in bounded batches, and on after a break.

Nothing is remembered of how far it has come. What is stale is a query over the catalogue, and each
stream that is made anew leaves it, so a restart goes on where it was.
"""

from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.records import Request
from utawaku.orchestration.bindings import binding_of
from utawaku.orchestration.staleness import stale_streams

AT_ONCE = 8
"""Streams of one request that are asked for at the same time."""


def advance_rematerializations(catalogue: Catalogue, settings: Settings) -> None:
    """Bring every `rematerialize` request one batch further."""
    for request in catalogue.requests.waiting("rematerialize"):
        catalogue.requests.claim(request.id)
    for request in catalogue.requests.running():
        if request.kind == "rematerialize":
            _advance(request, catalogue, settings)


def _advance(request: Request, catalogue: Catalogue, settings: Settings) -> None:
    asset = "" if request.target in ("", "all") else request.target
    stale = [
        one
        for one in stale_streams(catalogue, settings, asset)
        if binding_of(one.asset).requests_again(one.stream_id, catalogue, settings)
    ]
    tag = {"rematerialize": request.id}
    open_children = [
        child
        for kind in ("ingest_stream", "separate", "pieces")
        for child in catalogue.requests.open_with(kind, tag)
    ]
    if not stale and not open_children:
        catalogue.requests.finish(request.id, message="everything is of the present version")
        return
    total = max(int(request.arguments.get("n_streams", 0)), len(stale))
    if total != request.arguments.get("n_streams"):
        catalogue.requests.set_arguments(request.id, {**request.arguments, "n_streams": total})
    busy = {child.target.partition("@")[0] for child in open_children}
    room = max(0, AT_ONCE - len(busy))
    wanted = [one for one in stale if one.stream_id not in busy][:room]
    for one in wanted:
        for kind, target, arguments in binding_of(one.asset).requests_again(
            one.stream_id, catalogue, settings
        ):
            catalogue.requests.file(kind, target, {**arguments, **tag})
    done = total - len(stale)
    catalogue.requests.progressed(
        request.id, done / total if total else 1.0, f"{done} of {total} streams"
    )
