"""Old runs are deleted; those that made what is there stay."""

import time

import dagster as dg

from tests.fixtures.pipeline import Pipeline
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.records import Stream
from utawaku.orchestration.model_versions import recorded_versions
from utawaku.orchestration.old_runs import forget_old_runs


def test_old_runs_go_and_failed_ones_stay_longer(catalogue: Catalogue, settings: Settings) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        for status in ("SUCCESS", "FAILURE", "STARTED"):
            instance.add_run(dg.DagsterRun(job_name=status, status=dg.DagsterRunStatus(status)))
        in_20_days = time.time() + 20 * 86_400
        assert forget_old_runs(instance, catalogue, settings, time.time()) == 0
        assert forget_old_runs(instance, catalogue, settings, in_20_days) == 1
        assert {run.job_name for run in instance.get_runs()} == {"FAILURE", "STARTED"}


def test_runs_stay_that_made_what_is_there_now(
    catalogue: Catalogue, settings: Settings, pipeline: Pipeline
) -> None:
    """Dagster forgets with a run what it made, and would show a whole library as never made."""
    catalogue.streams.save(Stream("a", "/a"))
    models = dg.RunRequest(asset_selection=[dg.AssetKey("song_scorer")])
    before = pipeline.carry_out(models, job="refresh_models").run_id
    present = pipeline.carry_out(models, job="refresh_models").run_id
    runs = [dg.DagsterRun(job_name="x", status=dg.DagsterRunStatus.SUCCESS) for _ in range(3)]
    for run in runs:
        pipeline.instance.add_run(run)
    catalogue.assets.started("a", "segments", run_id=runs[0].run_id)
    in_20_days = time.time() + 20 * 86_400
    assert forget_old_runs(pipeline.instance, catalogue, settings, in_20_days) == 3
    left = {run.run_id for run in pipeline.instance.get_runs()}
    assert left == {present, runs[0].run_id}
    assert before not in left
    assert recorded_versions(pipeline.instance)["song_scorer"]
