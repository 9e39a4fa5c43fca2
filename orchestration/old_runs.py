"""Old runs: deleted when nothing depends on their events any more."""

import dagster as dg

from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings

DAY_S = 86_400.0


_DELETED_AT_ONCE = 500


def forget_old_runs(
    instance: dg.DagsterInstance, catalogue: Catalogue, settings: Settings, now: float
) -> int:
    """Delete finished runs that are older than the settings allow; returns how many.

    With a run go its events. Those that made what is there now stay: without them Dagster would
    take the artefact for one that was never made. So what stays grows with the library, not with
    time.
    """
    import datetime as dt

    kept = catalogue.assets.runs() | _makers(instance)
    ages = {
        dg.DagsterRunStatus.SUCCESS: settings.maintenance.keep_runs_days,
        dg.DagsterRunStatus.CANCELED: settings.maintenance.keep_runs_days,
        dg.DagsterRunStatus.FAILURE: settings.maintenance.keep_failed_runs_days,
    }
    n_deleted = 0
    for status, days in ages.items():
        before = dt.datetime.fromtimestamp(now - days * DAY_S, dt.UTC)
        old = instance.get_run_ids(dg.RunsFilter(statuses=[status], updated_before=before))
        going = [run_id for run_id in old if run_id not in kept]
        for run_id in going[-_DELETED_AT_ONCE:]:  # the oldest come last
            instance.delete_run(run_id)
            n_deleted += 1
    return n_deleted


def _makers(instance: dg.DagsterInstance) -> set[str]:
    """Runs that made the present version of an asset that is no stream's, such as a model."""
    made = instance.get_latest_materialization_events(instance.all_asset_keys())
    return {event.run_id for event in made.values() if event is not None}
