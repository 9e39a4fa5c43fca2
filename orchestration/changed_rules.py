"""Artefacts that other rules would make otherwise: the settings `cut.*`, and rules of channels.

Models and engines are compared by a query (`library.staleness`). What a stream's own rules decide
is kept with the artefact as `made_with`, and compared here, whenever settings or rules have
changed. An artefact that differs is marked in the catalogue, where the query finds it, and Dagster
is told.
"""

import hashlib
import json
import time
from collections.abc import Sequence
from typing import Any

import dagster as dg
from dagster._core.definitions.data_version import (
    CODE_VERSION_TAG,
    DATA_VERSION_IS_USER_PROVIDED_TAG,
    DATA_VERSION_TAG,
    NULL_EVENT_POINTER,
    extract_data_version_from_entry,
    get_input_data_version_tag,
    get_input_event_pointer_tag,
)

from utawaku.library.artefacts import ARTEFACTS
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.records import AssetState, Stream
from utawaku.library.staleness import OUTDATED, rules_mark
from utawaku.orchestration.bindings import binding_of
from utawaku.orchestration.drain_lease import mark_of
from utawaku.orchestration.versions import DATA_VERSION, INPUTS
from utawaku.workflows.subscriptions import settings_for

_COMPARED = "artefacts.compared_with_rules"
_COMPARING = "artefacts.comparing_with_rules"
_TOLD = "artefacts.told_as_outdated"
OTHER_RULES = "made by other rules"
AT_ONCE = 200
"""Streams told to Dagster in one tick; each is an event on the disk."""


def differs(
    name: str, state: AssetState, stream: Stream, catalogue: Catalogue, own: Settings
) -> bool:
    """Return whether an artefact was made by other rules than those that hold for its stream.

    `own` are the settings with the rules of the stream's channel.
    """
    wanted = binding_of(name).made_with(stream, catalogue, own)
    return wanted is not None and state.metadata.get("made_with") != wanted


def note_changed_rules(
    catalogue: Catalogue,
    settings: Settings,
    *,
    within_s: float | None = None,
    at_once: int = 500,
) -> int:
    """Mark what other rules made, where settings or rules have changed since the last time.

    After `within_s` seconds it leaves off, and the next call goes on from there; `at_once` streams
    are read together. Returns how many artefacts are marked now that were not, or no more.
    """
    mark = hashlib.sha256(
        json.dumps(
            [rules_mark(settings), [[one.id, dict(one.rules)] for one in catalogue.channels.all()]],
            sort_keys=True,
        ).encode()
    ).hexdigest()
    if catalogue.memories.recall(_COMPARED, "") == mark:
        return 0
    begun = catalogue.memories.recall(_COMPARING, {})
    after = str(begun["after"]) if begun.get("mark") == mark else ""
    left = sorted(stream_id for stream_id in catalogue.streams.ids() if stream_id > after)
    began, n_changed = time.monotonic(), 0
    for at in range(0, len(left), at_once):
        some = left[at : at + at_once]
        n_changed += _compare(some, catalogue, settings)
        is_late = within_s is not None and time.monotonic() - began >= within_s
        if is_late and some[-1] != left[-1]:
            catalogue.memories.keep(_COMPARING, {"mark": mark, "after": some[-1]})
            return n_changed
    catalogue.memories.keep(_COMPARED, mark)
    return n_changed


def _compare(stream_ids: Sequence[str], catalogue: Catalogue, settings: Settings) -> int:
    """Mark what other rules made of these streams; returns how many marks changed."""
    n_changed = 0
    states = catalogue.assets.of_streams(stream_ids)
    for stream in catalogue.streams.of_ids(states):
        compared = [
            (name, state)
            for name, state in states[stream.id].items()
            if name in ARTEFACTS
            and state.is_made
            and "made_with" in state.metadata
            # A mark for another reason holds until it is made again.
            and state.metadata.get(OUTDATED, "") in ("", OTHER_RULES)
        ]
        own = settings_for(stream, catalogue, settings) if compared else settings
        for name, state in compared:
            why = OTHER_RULES if differs(name, state, stream, catalogue, own) else ""
            if str(state.metadata.get(OUTDATED, "")) != why:
                n_changed += catalogue.assets.outdate(stream.id, name, why)
    return n_changed


def tell_outdated(instance: dg.DagsterInstance, catalogue: Catalogue) -> int:
    """Tell Dagster which artefacts are marked, and which no more; returns how many were told.

    Dagster knows no other way to make one stream's artefact stale than another version of the code
    in its record. The data version stays, so nothing that follows becomes stale by it.
    """
    marked = {(one.stream_id, one.asset): one for one in catalogue.assets.outdated()}
    name = f"{_TOLD}{mark_of(instance)}"  # each instance has records of its own
    told = {tuple(pair) for pair in catalogue.memories.recall(name, [])}
    changed = sorted(told.symmetric_difference(marked))[:AT_ONCE]
    for stream_id, asset in changed:
        state = catalogue.assets.of(stream_id).get(asset)
        # What was made again has no mark at all, and its run has told Dagster.
        if state is not None and state.is_made and OUTDATED in state.metadata:
            instance.report_runless_asset_event(_record_of(instance, state))
    if changed:
        now = sorted(told.symmetric_difference(changed))
        catalogue.memories.keep(name, [list(pair) for pair in now])
    return len(changed)


def _pointer(instance: dg.DagsterInstance, name: str, stream_id: str, version: str) -> str:
    """The number of the record of an input, before which the artefact was made from `version`.

    Dagster compares what came after it with what was there before; of models it compares versions.
    """
    if name not in ARTEFACTS:
        return NULL_EVENT_POINTER
    key = dg.AssetKey(name)
    asked = dg.AssetRecordsFilter(asset_key=key, asset_partitions=[stream_id])
    records = instance.fetch_materializations(asked, limit=1).records
    if not records:
        return NULL_EVENT_POINTER
    (latest,) = records
    now = extract_data_version_from_entry(latest.event_log_entry)
    is_same = now is not None and now.value == version
    return str(latest.storage_id if is_same else latest.storage_id - 1)


def _record_of(instance: dg.DagsterInstance, state: AssetState) -> dg.AssetMaterialization:
    """The record of an artefact as the catalogue has it."""
    why = str(state.metadata.get(OUTDATED, ""))
    inputs: dict[str, Any] = dict(state.metadata.get(INPUTS, {}))
    return dg.AssetMaterialization(
        state.asset,
        partition=state.stream_id,
        description=why or "made by the rules that hold",
        tags={
            DATA_VERSION_TAG: str(state.metadata.get(DATA_VERSION, "")) or "none",
            DATA_VERSION_IS_USER_PROVIDED_TAG: "true",
            CODE_VERSION_TAG: f"{state.engine_version} {why}".strip() or "none",
            **{get_input_data_version_tag(dg.AssetKey(name)): str(version)
               for name, version in inputs.items()},
            # An input without a pointer counts as a new one.
            **{get_input_event_pointer_tag(dg.AssetKey(name)): _pointer(
                   instance, name, state.stream_id, str(version)
               )
               for name, version in inputs.items()},
        },
    )  # fmt: skip
