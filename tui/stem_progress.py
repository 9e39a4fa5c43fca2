"""Progress of the stems or pieces that a request asks for."""

from typing import TYPE_CHECKING

from utawaku.library.records import Request
from utawaku.library.requests import Separate, SeparatePieces

if TYPE_CHECKING:
    from utawaku.library.catalogue import Catalogue

_ARTEFACTS = {Separate.kind: "stems", SeparatePieces.kind: "pieces"}


def stem_progress(request: Request, catalogue: "Catalogue") -> tuple[float, str] | None:
    """Return the share done and the present step; None where the request asks for no stems.

    A request stands for a run, and the run reports for the artefact that it makes.
    """
    artefact = _ARTEFACTS.get(request.kind)
    if artefact is None:
        return None
    stream_id = request.target.rpartition("@")[0] or request.target
    state = catalogue.assets.of(stream_id).get(artefact)
    if state is None:
        return request.progress, ""
    if state.state != "running":
        # The run still winds up: what it made is there.
        is_made = (
            state.state == "done" and (state.finished_at or 0) >= (request.started_at or 0) > 0
        )
        return 1.0 if is_made else request.progress, ""
    return max(request.progress, state.progress), state.message
