"""Pending artefacts of a stream.

An artefact is due when it was never finished, when the last attempt broke off, when it is stale
(`library.staleness`), when the settings of its stream have changed, or when its files are gone.
"""

from collections.abc import Sequence

from utawaku.library.artefacts import CHAIN, with_followers
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.records import AssetState, Stream
from utawaku.library.staleness import INPUTS_ONLY, stale_artefacts
from utawaku.orchestration.bindings import binding_of
from utawaku.orchestration.changed_rules import differs
from utawaku.orchestration.present_versions import present_versions
from utawaku.workflows.subscriptions import settings_for


def pending_assets(
    stream: Stream,
    catalogue: Catalogue,
    settings: Settings,
    *,
    again: Sequence[str] = (),
    models: bool = False,
) -> list[str]:
    """Names out of `CHAIN`, in order, that are due or named in `again`, with what follows them.

    With `models`, what another engine or model made counts, too: somebody asked for the stream.
    Without, only what is of older input or of other settings: an edit of a song must not wait for
    a whole new cut, and whether thousands of streams are made again is the user's decision
    (`rematerialize`).

    Of a stream whose recording was dropped to make room nothing is due by itself: everything else
    needs the recording, and its songs are cut. Asking for `recordings` again brings it back.
    """
    if stream.dropped_at is not None and "recordings" not in again:
        return [name for name in CHAIN if name in again]
    present = present_versions(settings) if models else INPUTS_ONLY
    own = {one.asset for one in stale_artefacts(catalogue, present, stream_id=stream.id)}
    settings = settings_for(stream, catalogue, settings)
    states = catalogue.assets.of(stream.id)
    own |= {
        name
        for name in CHAIN
        if name in again
        or (state := states.get(name)) is None
        or state.state != "done"
        or _is_outdated(name, state, stream, catalogue, settings)
    }
    due = with_followers(own)
    return [name for name in CHAIN if name in due]


def _is_outdated(
    name: str, state: AssetState, stream: Stream, catalogue: Catalogue, settings: Settings
) -> bool:
    if differs(name, state, stream, catalogue, settings):
        return True
    return binding_of(name).is_incomplete(stream, catalogue, settings)
