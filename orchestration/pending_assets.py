"""Which artefacts of a stream are still to be made.

An artefact is due when it was never finished, when what it was made of has changed (settings,
engine version, something upstream), or when its files are gone.
"""

from collections.abc import Mapping, Sequence

from utawaku.assets import (
    embeddings,
    highlights,
    labels,
    library_files,
    recordings,
    segments,
    songs,
)
from utawaku.library.artefacts import CHAIN
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.records import AssetState, Stream
from utawaku.orchestration.versions import DATA_VERSION, INPUTS, UPSTREAM, with_followers
from utawaku.workflows.setlists import best_setlist
from utawaku.workflows.subscriptions import settings_for

__all__ = ["CHAIN", "due_assets"]


def due_assets(
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
    """Whether what the artefact was made from was made anew since; a break in between leaves it so.

    A changed model alone does not count: whether thousands of streams are made anew is the user's
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
    made_with = state.metadata.get("made_with")
    if name == "recordings":
        return not recordings.has_recording(stream, settings)
    if name == "segments":
        analysis = segments.analysis_file(stream.id, settings)
        return made_with != segments.made_with(settings) or not analysis.is_file()
    if name == "songs":
        rules = songs.rules_of(stream, catalogue, settings)
        return made_with != songs.made_with(rules, best_setlist(stream, catalogue, settings))
    if name == "labels":
        return made_with != labels.made_with(settings)
    if name == "highlights":
        return made_with != highlights.made_with(settings)
    if name == "embeddings":
        return made_with != embeddings.made_with()
    return made_with != library_files.made_with(settings) or library_files.any_due(
        stream, catalogue, settings
    )
