"""Declarative automation: what follows an artefact that was made again is made again, too.

A run of one asset from the Dagster UI leaves what is made from it stale; a request brings it along
by itself. Whether another model makes thousands of streams again stays the user's decision, so
models start nothing. Something that was never made is asked for by requests alone.
"""

import dagster as dg

from utawaku.library.artefacts import ARTEFACTS
from utawaku.workflows.model_versions import MODELS

TASTE_SCORES = "taste_scores"
FOLLOWERS = (
    *(name for name, one in ARTEFACTS.items() if one.upstream and not one.on_demand),
    TASTE_SCORES,
)
"""Assets that follow by themselves. What is made on demand is costly, and waits to be asked for."""

_models = dg.AssetSelection.assets(*MODELS)
_made_again = (
    # In the same run as what follows, that follows in that run.
    dg.AutomationCondition.data_version_changed()
    & ~dg.AutomationCondition.executed_with_root_target()
) | dg.AutomationCondition.will_be_requested()
_guard_failed = dg.AutomationCondition.any_checks_match(
    dg.AutomationCondition.check_failed(), blocking_only=True
)

FOLLOWS: dg.AutomationCondition[dg.AssetKey] = (
    dg.AutomationCondition.any_deps_match(_made_again)
    .ignore(_models)
    .since(dg.AutomationCondition.newly_requested() | dg.AutomationCondition.newly_updated())
    & ~dg.AutomationCondition.missing()
    & ~dg.AutomationCondition.in_progress()
    & ~dg.AutomationCondition.any_deps_missing().ignore(_models)
    & ~dg.AutomationCondition.any_deps_in_progress().ignore(_models)
    & ~dg.AutomationCondition.any_deps_match(_guard_failed).ignore(_models)
).with_label("what it is made from was made again, with another outcome")
