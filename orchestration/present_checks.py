"""Checks that tell on Dagster's graph how many streams another model or engine made.

Dagster shows staleness for one partition at a time, and none of it on the graph; and it calls what
is made of more than 100 partitions fresh, whatever became of them.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import dagster as dg
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecord

from utawaku.library.artefacts import ARTEFACTS
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.staleness import stale_artefacts
from utawaku.orchestration.present_versions import present_versions
from utawaku.orchestration.resources import LibraryResource
from utawaku.workflows.model_versions import not_fetched
from utawaku.workflows.taste import retrain_due

NAME = "made_by_the_present_model"
SHOWN = 20
"""Streams named in the metadata of a check; the count is of all."""
TASTE = "taste_scores"
_CHECKED = (*ARTEFACTS, TASTE)


def evaluations(
    catalogue: Catalogue, settings: Settings, names: Iterable[str] = _CHECKED
) -> dict[str, dict[str, Any]]:
    """Metadata of the check of each artefact: how many are stale, and which."""
    present = present_versions(settings)
    found: dict[str, dict[str, Any]] = {}
    for name in names:
        if name == TASTE:
            due = retrain_due(catalogue, settings)
            found[name] = {"n_stale": due.n_stale, "songs without a present score": due.n_stale}
            continue
        stale = [one.stream_id for one in stale_artefacts(catalogue, present, name)]
        found[name] = {"n_stale": len(stale)}
        if stale:
            titles = catalogue.streams.titles(set(stale[:SHOWN]))
            found[name] |= {
                "streams": [f"{key} {titles.get(key, '')}".strip() for key in stale[:SHOWN]],
                "next step": _next_step(name, settings),
            }
    return found


def present_model_checks() -> list[dg.AssetChecksDefinition]:
    """One check for each artefact, and one for the taste scores."""
    return [_check_of(name) for name in _CHECKED]


def without_present_checks(selection: dg.AssetSelection) -> dg.AssetSelection:
    """A job's selection without these checks: they are about all streams, a run about one."""
    return selection - dg.AssetSelection.checks(*check_keys())


def check_keys() -> Sequence[dg.AssetCheckKey]:
    """Keys of these checks."""
    return [dg.AssetCheckKey(dg.AssetKey(name), NAME) for name in _CHECKED]


def report_present_checks(
    instance: dg.DagsterInstance, catalogue: Catalogue, settings: Settings
) -> list[str]:
    """Tell Dagster the outcome of each check that has another one now; returns the assets."""
    storage = instance.event_log_storage
    latest = storage.get_latest_asset_check_execution_by_key(list(check_keys()))
    told = []
    for name, metadata in evaluations(catalogue, settings).items():
        record = latest.get(dg.AssetCheckKey(dg.AssetKey(name), NAME))
        if _told_last(record) == metadata:
            continue
        instance.report_runless_asset_event(
            dg.AssetCheckEvaluation(
                asset_key=dg.AssetKey(name),
                check_name=NAME,
                passed=not metadata["n_stale"],
                severity=dg.AssetCheckSeverity.WARN,
                metadata=metadata,
            )
        )
        told.append(name)
    return told


def _told_last(record: AssetCheckExecutionRecord | None) -> dict[str, Any] | None:
    """Return the metadata of the last evaluation, None where there is none.

    The last record can be of a run that was to evaluate the check and was killed.
    """
    event = record.event.dagster_event if record is not None and record.event else None
    if event is None or event.event_type is not dg.DagsterEventType.ASSET_CHECK_EVALUATION:
        return None
    known = event.asset_check_evaluation_data.metadata
    return {key: value.value for key, value in known.items()}


def _next_step(name: str, settings: Settings) -> str:
    fetch = [command for command in not_fetched(settings, [name]).values() if command]
    return "; ".join([*fetch, f"utawaku rematerialize {name}"])


def _check_of(name: str) -> dg.AssetChecksDefinition:
    of = "Every score is" if name == TASTE else f"The {name} of every stream are"

    @dg.asset_check(
        asset=name,
        name=NAME,
        description=f"{of} made by the present model, engine and rules; the metadata counts and "
        "names the stale ones.",
    )
    def check(library: LibraryResource) -> dg.AssetCheckResult:
        metadata = evaluations(library.catalogue, library.settings, [name])[name]
        return dg.AssetCheckResult(
            passed=not metadata["n_stale"],
            severity=dg.AssetCheckSeverity.WARN,
            metadata=metadata,
        )

    return check
