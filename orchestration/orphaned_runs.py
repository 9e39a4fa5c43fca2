"""Runs whose worker is gone: they are closed, and what they held is given back.

A killed process leaves its run `STARTED` for ever, and the next run would wait for its pool slot.
Leases (`library.store.leases`) say who is gone, on one machine and on several.
"""

from collections.abc import Sequence

import dagster as dg

from utawaku.library.catalogue import Catalogue
from utawaku.library.store.leases import RECEIVED_WITHIN_S
from utawaku.orchestration.run_tags import LOST_TAG

GONE = "its process is gone; the next run continues"
_GOING = [dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]


def orphaned_runs(instance: dg.DagsterInstance, catalogue: Catalogue) -> list[dg.DagsterRun]:
    """Runs that count as going on though who worked on them is gone, or not heard of for long."""
    found = (instance.get_run_by_id(lease.id) for lease in catalogue.leases.gone())
    return [run for run in found if run is not None and not run.is_finished]


def close_orphaned_runs(
    instance: dg.DagsterInstance, catalogue: Catalogue, on_their_way: Sequence[str] = ()
) -> list[str]:
    """Mark runs whose worker is gone as failed or cancelled, free pool slots; returns their ids.

    Their workers are locked out of the catalogue first, should they come back. `on_their_way` are
    runs that have not begun, and are to have a lease soon, too.
    """
    going = instance.get_runs(dg.RunsFilter(statuses=_GOING))
    # One that has no lease yet takes it soon, or never.
    catalogue.leases.expect([run.run_id for run in going])
    catalogue.leases.expect(on_their_way, RECEIVED_WITHIN_S)
    ended = catalogue.leases.end_gone()
    elsewhere = {one.id: one.host for one in ended if one.place != catalogue.leases.place.key}
    found = (instance.get_run_by_id(lease.id) for lease in ended)
    dead = [run for run in found if run is not None and not run.is_finished]
    for run in dead:
        if run.status == dg.DagsterRunStatus.CANCELING:
            instance.report_run_canceled(run)  # somebody asked for it: it is not tried again
        else:
            if run.run_id in elsewhere:
                instance.add_run_tags(run.run_id, {LOST_TAG: elsewhere[run.run_id] or "unknown"})
            instance.report_run_failed(run, GONE)
    catalogue.leases.forget([lease.id for lease in ended])
    free_slots_of_finished(instance)
    return [run.run_id for run in dead]


def free_slots_of_finished(instance: dg.DagsterInstance) -> list[str]:
    """Give back pool slots that runs hold which have ended; returns the runs' ids."""
    storage = instance.event_log_storage
    freed = []
    for run_id in storage.get_concurrency_run_ids():
        run = instance.get_run_by_id(run_id)
        if run is None or run.is_finished:
            storage.free_concurrency_slots_for_run(run_id)
            freed.append(run_id)
    return freed
