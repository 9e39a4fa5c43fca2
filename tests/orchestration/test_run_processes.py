"""Runs on the Dagster UI: where they belong, who asked for them, which process has them."""

import os

import dagster as dg
import pytest

from tests.fixtures.leases import other_process
from tests.fixtures.pipeline import Pipeline, everything
from utawaku.jobs.models import refresh_models
from utawaku.jobs.stems import separate_pieces
from utawaku.library.catalogue import Catalogue
from utawaku.library.place import here
from utawaku.library.records import Stream
from utawaku.orchestration.orphaned_runs import orphaned_runs
from utawaku.orchestration.run_processes import mark_of_process
from utawaku.orchestration.run_tags import (
    ASKED_BY_TAG,
    ASKED_FOR_TAG,
    HOST_TAG,
    PID_TAG,
    TITLE_TAG,
)


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


@pytest.mark.parametrize(
    ("tags", "asked_by"),
    [
        ({}, "Dagster UI"),
        ({"dagster/backfill": "abc"}, "Dagster UI, backfill abc"),
        ({"dagster/sensor_name": "score_new_songs"}, "sensor score_new_songs"),
        ({"dagster/schedule_name": "daily_crawl"}, "schedule daily_crawl"),
        ({ASKED_BY_TAG: "screen", "dagster/sensor_name": "drain_requests"}, "screen"),
        (
            {ASKED_BY_TAG: "command", "dagster/parent_run_id": "0123456789"},
            "Dagster UI, again after 01234567",
        ),
    ],
)
def test_every_run_says_who_asked_and_for_what(
    pipeline: Pipeline, tags: dict[str, str], asked_by: str
) -> None:
    wanted = dg.RunRequest(asset_selection=[dg.AssetKey("song_scorer")], tags=tags)
    made = pipeline.carry_out(wanted, job=refresh_models.name)
    run = pipeline.instance.get_run_by_id(made.run_id)
    assert run is not None
    assert run.tags[ASKED_BY_TAG] == asked_by
    assert run.tags[ASKED_FOR_TAG]


def test_a_run_that_the_ui_launched_names_the_title_of_its_stream(
    pipeline: Pipeline, catalogue: Catalogue
) -> None:
    catalogue.streams.save(Stream("a", "/a.opus", "歌枠", site="file"))
    pipeline.instance.add_dynamic_partitions("stream", ["a"])
    wanted = dg.RunRequest(partition_key="a", asset_selection=[dg.AssetKey("pieces")])
    made = pipeline.carry_out(wanted, job=separate_pieces.name)
    run = pipeline.instance.get_run_by_id(made.run_id)
    assert run is not None
    assert (run.tags[TITLE_TAG], run.tags[ASKED_BY_TAG]) == ("歌枠", "Dagster UI")


def test_a_run_that_repeats_another_does_not_belong_to_the_process_of_that_one(
    pipeline: Pipeline, catalogue: Catalogue
) -> None:
    own, _repeated = (
        pipeline.instance.add_run(
            dg.DagsterRun(
                job_name="x",
                run_id=run_id,
                status=dg.DagsterRunStatus.STARTED,
                tags={PID_TAG: "4194305-1.never first"},
            )
        )
        for run_id in ("first", "second")
    )
    with other_process(catalogue, lease_id="first") as process:
        assert orphaned_runs(pipeline.instance, catalogue) == []
        process.kill()
        process.wait()
        found = [run.run_id for run in orphaned_runs(pipeline.instance, catalogue)]
    assert found == [own.run_id]
    assert mark_of_process("first").startswith(f"{os.getpid()}-")


def test_a_run_names_the_host_that_works_on_it(pipeline: Pipeline) -> None:
    wanted = dg.RunRequest(asset_selection=[dg.AssetKey("song_scorer")])
    made = pipeline.carry_out(wanted, job=refresh_models.name)
    run = pipeline.instance.get_run_by_id(made.run_id)
    assert run is not None
    assert run.tags[HOST_TAG] == here().host


def test_a_run_of_part_of_a_job_is_that_part_when_it_is_run_again(pipeline: Pipeline) -> None:
    key = dg.AssetKey("song_scorer")
    part = everything().resolve_job_def(refresh_models.name).get_subset(asset_selection={key})
    made = part.execute_in_process(instance=pipeline.instance)
    run = pipeline.instance.get_run_by_id(made.run_id)
    assert run is not None
    assert run.asset_selection == {key}
    checks = {one.name for one in run.asset_check_selection or ()}
    assert "weights_are_here" in checks
