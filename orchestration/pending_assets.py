"""Pending artefacts of a stream.

An artefact is due when it was never finished, when what it was made of has changed (settings,
engine version, something upstream), or when its files are gone.
"""

from collections.abc import Mapping, Sequence

from utawaku.library.artefacts import CHAIN, UPSTREAM, with_followers
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.records import AssetState, Stream
from utawaku.orchestration.bindings import binding_of
from utawaku.orchestration.versions import DATA_VERSION, INPUTS
from utawaku.workflows.subscriptions import settings_for


def pending_assets(
    stream: Stream, catalogue: Catalogue, settings: Settings, *, again: Sequence[str] = ()
) -> list[str]:
    """Names out of `CHAIN`, in order, that are due or named in `again`, with what follows them.

    Of a stream whose recording was dropped to make room nothing is due by itself: everything else
    needs the recording, and its songs are cut. Asking for `recordings` again brings it back.
    """
    if stream.dropped_at is not None and "recordings" not in again:
        return [name for name in CHAIN if name in again]
    settings = settings_for(stream, catalogue, settings)
    states = catalogue.assets.of(stream.id)
    own = {
        name
        for name in CHAIN
        if name in again
        or (state := states.get(name)) is None
        or state.state != "done"
        or _is_of_older_input(state, states)
        or _is_outdated(name, state, stream, catalogue, settings)
    }
    due = with_followers(own)
    return [name for name in CHAIN if name in due]


def _is_of_older_input(state: AssetState, states: Mapping[str, AssetState]) -> bool:
    """Return whether what the artefact was made from was made again since; a break in between
    leaves it so.

    A changed model alone does not count: whether thousands of streams are made again is the user's
    decision (`utawaku.orchestration.staleness`).
    """
    inputs = state.metadata.get(INPUTS, {})
    return any(
        name in inputs and inputs[name] != states[name].metadata.get(DATA_VERSION, inputs[name])
        for name in UPSTREAM[state.asset]
        if name in states
    )


def _is_outdated(
    name: str, state: AssetState, stream: Stream, catalogue: Catalogue, settings: Settings
) -> bool:
    binding = binding_of(name)
    wanted = binding.made_with(stream, catalogue, settings)
    if wanted is not None and state.metadata.get("made_with") != wanted:
        return True
    return binding.is_incomplete(stream, catalogue, settings)
