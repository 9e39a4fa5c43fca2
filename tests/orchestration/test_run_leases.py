"""One run or command works on a stream at a time."""

import threading
import time

import dagster as dg
import pytest
from sqlalchemy.exc import OperationalError

from tests.fixtures.leases import other_process, put_lease, release
from tests.fixtures.pipeline import Pipeline
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.records import Stream
from utawaku.library.store.leases import EXPECTED, EXPECTED_WITHIN_S
from utawaku.orchestration.orphaned_runs import close_orphaned_runs
from utawaku.orchestration.run_leases import command_lease

RUN = dg.RunRequest(partition_key="a", asset_selection=[dg.AssetKey("pieces")])
IMPATIENT = {"resources": {"library": {"config": {"wait_for_stream_s": 0.0}}}}


@pytest.fixture(autouse=True)
def stream(catalogue: Catalogue, pipeline: Pipeline) -> Stream:
    pipeline.instance.add_dynamic_partitions("stream", ["a"])
    return catalogue.streams.save(Stream("a", "/a.opus", "歌枠"))


def test_a_run_waits_until_nobody_else_works_on_its_stream(
    pipeline: Pipeline, catalogue: Catalogue
) -> None:
    released_at: list[float] = []

    def has_begun() -> bool:
        try:
            return bool(pipeline.instance.get_runs(dg.RunsFilter(job_name="separate_pieces")))
        except OperationalError:  # runs lie in memory here, where a reader meets the writer
            return False

    def release_soon() -> None:
        while not has_begun():
            time.sleep(0.05)
        released_at.append(time.time())
        release(catalogue, "another run")

    with other_process(catalogue, "a"):
        releasing = threading.Thread(target=release_soon)
        releasing.start()
        assert pipeline.carry_out(RUN, job="separate_pieces").success
        releasing.join()
    assert (catalogue.assets.of("a")["pieces"].started_at or 0.0) > released_at[0]
    assert not catalogue.leases.is_held("a")


def test_a_run_that_may_not_wait_says_who_is_in_its_way(
    pipeline: Pipeline, catalogue: Catalogue
) -> None:
    with other_process(catalogue, "a"):
        made = pipeline.carry_out(
            RUN.with_replaced_attrs(run_config=IMPATIENT), job="separate_pieces", raises=False
        )
    assert not made.success
    assert catalogue.assets.of("a") == {}


def test_a_command_that_holds_the_stream_runs_its_own_run(
    pipeline: Pipeline, catalogue: Catalogue
) -> None:
    with command_lease(catalogue, "a"):
        run = RUN.with_replaced_attrs(run_config=IMPATIENT)
        assert pipeline.carry_out(run, job="separate_pieces").success
        assert catalogue.leases.is_held("a")  # it is the command's until its end
    assert not catalogue.leases.is_held("a")


def test_a_run_of_a_stream_that_is_gone_leaves_no_folder(
    pipeline: Pipeline, settings: Settings
) -> None:
    pipeline.instance.add_dynamic_partitions("stream", ["stray"])
    stray = RUN.with_replaced_attrs(partition_key="stray")
    assert not pipeline.carry_out(stray, job="separate_pieces", raises=False).success
    assert not settings.stream_dir("stray").exists()


def test_a_run_that_never_took_a_lease_is_closed_after_a_while(
    pipeline: Pipeline, catalogue: Catalogue
) -> None:
    instance = pipeline.instance
    run = instance.add_run(dg.DagsterRun(job_name="x", status=dg.DagsterRunStatus.STARTED))
    assert close_orphaned_runs(instance, catalogue) == []
    ((expected,), _) = catalogue.leases.listed()
    assert (expected.id, expected.kind) == (run.run_id, EXPECTED)
    none = {"kind": EXPECTED, "host": "", "place": "", "process": ""}
    put_lease(catalogue, run.run_id, unseen_s=EXPECTED_WITHIN_S + 1, **none)
    assert close_orphaned_runs(instance, catalogue) == [run.run_id]
    assert catalogue.leases.listed()[0] == []


def test_a_run_that_was_to_be_cancelled_is_cancelled_when_its_worker_is_gone(
    pipeline: Pipeline, catalogue: Catalogue
) -> None:
    instance = pipeline.instance
    run = instance.add_run(dg.DagsterRun(job_name="x", status=dg.DagsterRunStatus.CANCELING))
    with other_process(catalogue, "a", run.run_id) as process:
        process.kill()  # as Celery ends the process of a run that is cancelled
        process.wait()
        assert close_orphaned_runs(instance, catalogue) == [run.run_id]
    ended = instance.get_run_by_id(run.run_id)
    assert ended is not None
    assert ended.status == dg.DagsterRunStatus.CANCELED
