"""Inputs of each artefact of a stream, and the data version that follows from them.

The catalogue keeps with every artefact its own data version and those of what it was made from, as
Dagster does with a materialization. An artefact is stale when one of these is not the present one,
so both name the same artefacts. What follows a stale one becomes stale once that is made again.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from utawaku.library.artefacts import UPSTREAM
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.workflows.model_versions import models_of

INPUTS = "inputs"
DATA_VERSION = "data_version"


def inputs_of(
    asset: str, stream_id: str, catalogue: Catalogue, settings: Settings
) -> dict[str, str]:
    """Data versions, as they are now, of what an artefact of a stream is made from."""
    states = catalogue.assets.of(stream_id)
    inputs = {
        name: str(states[name].metadata.get(DATA_VERSION, "")) if name in states else ""
        for name in UPSTREAM.get(asset, ())
    }
    return inputs | {model.asset: model.version(settings) for model in models_of([asset])}


def data_version_of(
    asset: str, engine_version: str, inputs: Mapping[str, str], decided_by: Any
) -> str:
    """Data version of an artefact: the same for the same inputs, engine and settings.

    Args:
        asset: its name.
        engine_version: version of our code.
        inputs: see `inputs_of`.
        decided_by: what else decides the outcome, as JSON can hold it.
    """
    told = json.dumps([asset, engine_version, dict(inputs), decided_by], sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()[:32]
