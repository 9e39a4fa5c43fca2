"""Makes anew what older models made: only that, in bounded batches, and on after a break.

Nothing is remembered of how far it has come. What is stale is a query over the catalogue, and each
stream that is made anew leaves it, so a restart goes on where it was.
"""

from assets.staleness import stale_streams
from library.catalogue import Catalogue
from library.config import Settings
from library.records import Request

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
    stale = stale_streams(catalogue, settings, asset)
    tag = {"rematerialize": request.id}
    open_children = catalogue.requests.open_with("ingest_stream", tag)
    if not stale and not open_children:
        catalogue.requests.finish(request.id, message="everything is of the present version")
        return
    total = max(int(request.arguments.get("n_streams", 0)), len(stale))
    if total != request.arguments.get("n_streams"):
        catalogue.requests.set_arguments(request.id, {**request.arguments, "n_streams": total})
    busy = {child.target for child in open_children}
    room = max(0, AT_ONCE - len(open_children))
    wanted = [one for one in stale if one.stream_id not in busy][:room]
    for one in wanted:
        catalogue.requests.file("ingest_stream", one.stream_id, {"again": [one.asset], **tag})
    done = total - len(stale)
    catalogue.requests.progressed(
        request.id, done / total if total else 1.0, f"{done} of {total} streams"
    )
