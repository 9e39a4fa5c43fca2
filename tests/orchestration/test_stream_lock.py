"""One run or command works on a stream at a time."""

import threading
import time

import dagster as dg
import pytest
from filelock import FileLock

from tests.fixtures.pipeline import Pipeline
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.records import Stream
from utawaku.orchestration.stream_lock import is_locked, lock_file, stream_lock

RUN = dg.RunRequest(partition_key="a", asset_selection=[dg.AssetKey("pieces")])
IMPATIENT = {"resources": {"library": {"config": {"wait_for_stream_s": 0.0}}}}


@pytest.fixture(autouse=True)
def stream(catalogue: Catalogue, pipeline: Pipeline) -> Stream:
    pipeline.instance.add_dynamic_partitions("stream", ["a"])
    return catalogue.streams.save(Stream("a", "/a.opus", "歌枠"))


def test_a_run_waits_until_nobody_else_works_on_its_stream(
    pipeline: Pipeline, settings: Settings, catalogue: Catalogue
) -> None:
    other = FileLock(stream_lock(settings, "a").lock_file, thread_local=False)
    other.acquire()
    assert is_locked(settings, "a")
    released_at: list[float] = []

    def release() -> None:
        while not pipeline.instance.get_runs(dg.RunsFilter(job_name="separate_pieces")):
            time.sleep(0.05)
        released_at.append(time.time())
        other.release()

    releasing = threading.Thread(target=release)
    releasing.start()
    assert pipeline.carry_out(RUN, job="separate_pieces").success
    releasing.join()
    assert (catalogue.assets.of("a")["pieces"].started_at or 0.0) > released_at[0]
    assert not is_locked(settings, "a")


def test_a_run_that_may_not_wait_says_who_is_in_its_way(
    pipeline: Pipeline, settings: Settings, catalogue: Catalogue
) -> None:
    with FileLock(stream_lock(settings, "a").lock_file):
        made = pipeline.carry_out(
            RUN.with_replaced_attrs(run_config=IMPATIENT), job="separate_pieces", raises=False
        )
    assert not made.success
    assert catalogue.assets.of("a") == {}


def test_a_command_that_holds_the_stream_runs_its_own_run(
    pipeline: Pipeline, settings: Settings
) -> None:
    with stream_lock(settings, "a").acquire(timeout=0):
        run = RUN.with_replaced_attrs(run_config=IMPATIENT)
        assert pipeline.carry_out(run, job="separate_pieces").success
        assert is_locked(settings, "a")  # it is the command's until its end
    assert not is_locked(settings, "a")


def test_a_run_of_a_stream_that_is_gone_leaves_no_folder(
    pipeline: Pipeline, settings: Settings
) -> None:
    pipeline.instance.add_dynamic_partitions("stream", ["stray"])
    stray = RUN.with_replaced_attrs(partition_key="stray")
    assert not pipeline.carry_out(stray, job="separate_pieces", raises=False).success
    assert not lock_file(settings, "stray").parent.exists()
