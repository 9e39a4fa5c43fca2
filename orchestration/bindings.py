"""Bindings: the code behind each artefact, registered by the modules of `assets/`.

The plain specs are in `library.artefacts`; importing `utawaku.assets` registers a binding for each.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import dagster as dg

from utawaku.library.artefacts import ARTEFACTS
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.records import Stream
from utawaku.library.requests import IngestStream, Separate, SeparatePieces

Remaking = IngestStream | Separate | SeparatePieces
"""Kinds of request that make an artefact of a stream again."""


def _nothing_else(_stream: Stream, _catalogue: Catalogue, _settings: Settings) -> None:
    """Decide by inputs and code version alone."""


def _complete(_stream: Stream, _catalogue: Catalogue, _settings: Settings) -> bool:
    """Take it for complete: it has no files of its own."""
    return False


@dataclass(frozen=True)
class Binding:
    """The code behind one artefact."""

    name: str
    """A name in `library.artefacts.ARTEFACTS`."""
    code_version: str
    """Changes when the same inputs give another outcome."""
    made_with: Callable[[Stream, Catalogue, Settings], Mapping[str, Any] | None] = _nothing_else
    """Settings and other input versions that decide the outcome, as `metadata["made_with"]` holds
    them; None for none."""
    is_incomplete: Callable[[Stream, Catalogue, Settings], bool] = _complete
    """True where something of a finished artefact is gone or was never made."""
    requests: Callable[[str, Catalogue, Settings], Sequence[Remaking]] | None = None
    """Requests that make a stale one of a stream (its id) again, none where nothing is to be made;
    None for an artefact of the chain, which one run of its stream makes."""

    def requests_again(
        self, stream_id: str, catalogue: Catalogue, settings: Settings
    ) -> Sequence[Remaking]:
        """Requests that make a stale one of a stream again; none where nothing is to be made."""
        if self.requests is None:
            return [IngestStream(stream_id=stream_id, again=(self.name,))]
        return self.requests(stream_id, catalogue, settings)

    @property
    def deps(self) -> list[dg.AssetKey]:
        """Keys of the assets that it is made from, its model among them."""
        spec = ARTEFACTS[self.name]
        names = [*spec.upstream, *([spec.model] if spec.model else [])]
        return [dg.AssetKey(name) for name in names]


_BINDINGS: dict[str, Binding] = {}


def bind(binding: Binding) -> Binding:
    """Register the binding of an artefact and return it.

    Raises:
        ValueError: there is no such artefact, or it is bound already.
    """
    if binding.name not in ARTEFACTS:
        raise ValueError(f"{binding.name!r} is not in library.artefacts.ARTEFACTS")
    if binding.name in _BINDINGS:
        raise ValueError(f"{binding.name!r} is bound twice")
    _BINDINGS[binding.name] = binding
    return binding


def binding_of(name: str) -> Binding:
    """The binding of an artefact.

    Raises:
        LookupError: no module of `assets/` that was imported binds it.
    """
    if name not in _BINDINGS:
        raise LookupError(f"no binding of {name!r}: does assets/{name}.py exist and bind it?")
    return _BINDINGS[name]


def bound_names() -> Sequence[str]:
    """Names of all artefacts that are bound."""
    return tuple(_BINDINGS)
