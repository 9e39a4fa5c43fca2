"""Notices new models, and tells how many streams an older one made."""

from collections.abc import Mapping

import dagster as dg

from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.paths import default_config_path
from utawaku.library.staleness import Present, keep_present, stale_streams
from utawaku.orchestration.changed_rules import note_changed_rules, tell_outdated
from utawaku.orchestration.model_versions import report_versions
from utawaku.orchestration.present_checks import report_present_checks
from utawaku.orchestration.present_versions import present_versions
from utawaku.orchestration.quiet_ticks import wait_for_change
from utawaku.orchestration.resources import LibraryResource
from utawaku.workflows.model_versions import MISSING, MODELS, not_fetched

INTERVAL_S = 30
COMPARES_S = 15.0
"""Time for changed rules in one tick, which has 60 s; the next one goes on."""
NOTICED = "models.noticed"


@dg.sensor(
    description="Tells Dagster and the screen the present versions of models and how "
    "many streams are stale for them. Makes nothing again: that is your decision.",
    target=None,
    minimum_interval_seconds=INTERVAL_S,
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def notice_new_models(
    context: dg.SensorEvaluationContext, library: LibraryResource
) -> dg.SkipReason:
    """Tell Dagster and the screen the versions of the models as the settings want them now.

    Nothing is made again by itself: with thousands of streams that is the user's decision, and one
    `utawaku rematerialize` away.
    """
    settings = library.settings
    present = present_versions(settings)
    keep_present(library.catalogue, settings, present)
    note_changed_rules(library.catalogue, settings, within_s=COMPARES_S)
    tell_outdated(context.instance, library.catalogue)
    told = report_versions(context.instance, settings, MODELS.values())
    _notice_changes(present, library.catalogue, settings)
    report_present_checks(context.instance, library.catalogue, settings)
    if not told:
        files = (default_config_path(), settings.weights_dir)
        wait_for_change(context, library.catalogue, settings, files)
        return dg.SkipReason("every model is of the version that Dagster knows")
    return dg.SkipReason(f"new versions: {', '.join(sorted(told))}")


def _notice_changes(present: Present, catalogue: Catalogue, settings: Settings) -> None:
    """Leave a notice where models were replaced and streams are stale for it."""
    now = {name: model.version(settings) for name, model in MODELS.items()}
    before: Mapping[str, str] = catalogue.memories.recall(NOTICED, {})
    changed = [name for name, version in now.items() if version not in (MISSING, before.get(name))]
    if not changed:
        return
    catalogue.memories.keep(NOTICED, {**before, **{name: now[name] for name in changed}})
    replaced = [name for name in changed if before.get(name)]
    stale = stale_streams(catalogue, present) if replaced else []
    if not stale:
        return
    told = (
        f"{', '.join(MODELS[name].makes)}: {_change(before[name], now[name])}" for name in replaced
    )
    artefacts = [made for name in replaced for made in MODELS[name].makes]
    fetch = [command for command in not_fetched(settings, artefacts).values() if command]
    first = f"Fetch the model with `{'`, `'.join(fetch)}`; then " if fetch else ""
    catalogue.notices.add(
        "info",
        f"{len(stale)} streams were made with an older model or engine",
        body="; ".join(told),
        next_step=f"{first}`utawaku rematerialize` makes just those again; your edits stay",
    )


def _change(before: str, now: str) -> str:
    """The change of a model's version, in words: another model, or other settings of the same."""
    weights, _, rules = now.partition("+")
    if weights == before.partition("+")[0]:
        return (
            f"{weights[:12]} with other settings"
            if rules
            else f"{weights[:12]} with default settings"
        )
    return f"{before[:12]} became {now[:12]}"
