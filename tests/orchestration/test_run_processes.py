"""Runs of the command line on the Dagster UI."""

import dagster as dg

from tests.fixtures.pipeline import Pipeline
from utawaku.jobs.models import refresh_models


def test_a_run_of_the_command_line_belongs_to_its_job_and_can_be_run_again(
    pipeline: Pipeline,
) -> None:
    wanted = dg.RunRequest(asset_selection=[dg.AssetKey("song_scorer")])
    made = pipeline.carry_out(wanted, job=refresh_models.name)
    run = pipeline.instance.get_run_by_id(made.run_id)
    assert run is not None
    assert run.status == dg.DagsterRunStatus.SUCCESS
    origin = run.remote_job_origin
    assert origin is not None
    assert origin.job_name == "refresh_models"
    assert origin.location_name == "utawaku"
    # By this tag the UI finds the runs of a job, and draws its timeline.
    label = {".dagster/repository": "__repository__@utawaku"}
    found = pipeline.instance.get_runs(dg.RunsFilter(job_name="refresh_models", tags=label))
    assert [one.run_id for one in found] == [made.run_id]
