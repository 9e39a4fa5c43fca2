"""Facts of every asset for the Dagster UI: owner, tags, where its code and its command are."""

from collections.abc import Iterable, Sequence
from types import ModuleType
from typing import Any

import dagster as dg

from utawaku.library.artefacts import ARTEFACTS
from utawaku.orchestration.automation import FOLLOWERS, FOLLOWS
from utawaku.workflows.model_versions import MODELS

OWNER = "team:utawaku"
MADE_TAG = "utawaku/made"


def described_assets(modules: Iterable[ModuleType]) -> Sequence[dg.AssetsDefinition]:
    """The assets of these modules, with the facts that follow from their specs."""
    found = dg.load_assets_from_modules(modules)
    assets = [one for one in found if isinstance(one, dg.AssetsDefinition)]
    return list(dg.map_asset_specs(_with_facts, assets))


def _with_facts(spec: dg.AssetSpec) -> dg.AssetSpec:
    name = spec.key.to_user_string()
    made, facts = "of_all_streams", {}
    if name in ARTEFACTS:
        made = "on_demand" if ARTEFACTS[name].on_demand else "for_every_stream"
        facts = _facts_of_artefact(name)
    elif name in MODELS:
        made = "with_utawaku"
        facts = {"makes": ", ".join(MODELS[name].makes)}
    described = spec.merge_attributes(owners=[OWNER], tags={MADE_TAG: made}, metadata=facts)
    if name in FOLLOWERS:
        return described.replace_attributes(automation_condition=FOLLOWS)
    return described


def _facts_of_artefact(name: str) -> dict[str, Any]:
    artefact = ARTEFACTS[name]
    return {
        "in the catalogue": artefact.description,
        "command": artefact.made_by,
        "model": artefact.model or "none",
    }
