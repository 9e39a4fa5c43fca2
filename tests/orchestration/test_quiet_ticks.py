"""Ticks that wait: for what they wait, and where they do not."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
import pytest

from tests.fixtures.pipeline import everything, local_resources
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.heartbeat import beat, stop_beating
from utawaku.library.requests import Train
from utawaku.orchestration import quiet_ticks
from utawaku.orchestration.quiet_ticks import wait_for_change
from utawaku.orchestration.run_leases import command_lease
from utawaku.orchestration.tick_limits import N_WORKERS
from utawaku.sensors.drain_requests import WAITS_S, drain_requests
from utawaku.sensors.watch_folder import watch_folder

SOON_S = 20.0
"""Far less than `LONGEST_S`, and enough for a busy machine."""


@contextmanager
def context_of(n_workers: int, *, is_first: bool = False) -> Iterator[dg.SensorEvaluationContext]:
    sensors = {"use_threads": True, "num_workers": n_workers}
    with (
        dg.DagsterInstance.local_temp(overrides={"sensors": sensors}) as instance,
        dg.SensorEvaluationContext(
            instance_ref=None,
            last_tick_completion_time=None if is_first else time.time(),
            last_run_key=None,
            cursor=None,
            repository_name=None,
            instance=instance,
            resources=local_resources(),
            definitions=everything(),
        ) as context,
        dg.partition_loading_context(dynamic_partitions_store=instance),
    ):
        yield context


@pytest.fixture
def context(settings: Settings) -> Iterator[dg.SensorEvaluationContext]:
    """Of a tick under a `up` that lives."""
    beat(settings)
    with context_of(N_WORKERS) as made:
        yield made


def waited_s(
    change: Callable[[], object],
    context: dg.SensorEvaluationContext,
    catalogue: Catalogue,
    settings: Settings,
    files: tuple[Path, ...] = (),
) -> float:
    """Seconds that a tick waits during which something changes after a second."""
    changing = threading.Timer(1.0, change)
    changing.start()
    began = time.monotonic()
    assert wait_for_change(context, catalogue, settings, files)
    changing.join()
    return time.monotonic() - began


def test_a_tick_waits_until_another_process_writes(
    context: dg.SensorEvaluationContext, catalogue: Catalogue, settings: Settings
) -> None:
    def file() -> None:
        catalogue.requests.file(Train(model="taste"))

    assert 1.0 <= waited_s(file, context, catalogue, settings) < SOON_S


def test_a_tick_waits_until_a_file_comes_or_changes(
    context: dg.SensorEvaluationContext, catalogue: Catalogue, settings: Settings, tmp_path: Path
) -> None:
    folder = tmp_path / "watched"
    folder.mkdir()
    file, watched = folder / "a.opus", (folder, tmp_path / "config.toml")
    assert 1.0 <= waited_s(file.touch, context, catalogue, settings, watched) < SOON_S
    assert 1.0 <= waited_s(watched[1].touch, context, catalogue, settings, watched) < SOON_S


def test_a_tick_ends_when_the_pipeline_is_about_to_end(
    context: dg.SensorEvaluationContext, catalogue: Catalogue, settings: Settings
) -> None:
    ended_s = waited_s(lambda: stop_beating(settings), context, catalogue, settings)
    assert 1.0 <= ended_s < SOON_S
    assert not wait_for_change(context, catalogue, settings), "and none waits any more"


def test_a_tick_ends_by_itself_and_at_what_it_is_given(
    context: dg.SensorEvaluationContext,
    catalogue: Catalogue,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert wait_for_change(context, catalogue, settings, until=lambda: True)
    monkeypatch.setattr(quiet_ticks, "LONGEST_S", 1.0)
    began = time.monotonic()
    assert wait_for_change(context, catalogue, settings)
    assert 1.0 <= time.monotonic() - began < SOON_S


def test_the_first_tick_and_one_among_few_threads_do_not_wait(
    catalogue: Catalogue, settings: Settings
) -> None:
    beat(settings)
    with context_of(N_WORKERS, is_first=True) as first:
        assert not wait_for_change(first, catalogue, settings)
    with context_of(N_WORKERS - 1) as among_few:
        assert not wait_for_change(among_few, catalogue, settings)


def test_a_tick_of_the_requests_waits_longer_while_nothing_goes_on(
    context: dg.SensorEvaluationContext, catalogue: Catalogue
) -> None:
    filing = threading.Timer(WAITS_S + 2, catalogue.requests.file, [Train(model="taste")])
    filing.start()
    (run,) = drain_requests.evaluate_tick(context).run_requests or ()
    filing.join()
    assert run.job_name == "train_taste"


def test_a_tick_of_the_requests_comes_back_soon_while_work_goes_on(
    context: dg.SensorEvaluationContext, catalogue: Catalogue, settings: Settings
) -> None:
    began = time.monotonic()
    with command_lease(catalogue, "a-stream"):
        assert not drain_requests.evaluate_tick(context).run_requests
    assert time.monotonic() - began < SOON_S


def test_a_tick_of_the_watched_folder_ends_when_a_file_comes(
    catalogue: Catalogue,
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = tmp_path / "watched"
    (folder / "deep").mkdir(parents=True)
    monkeypatch.setenv("UTAWAKU_WATCH__FOLDER", str(folder))
    beat(settings)
    coming = threading.Timer(2.0, (folder / "deep" / "a.opus").write_bytes, [b"x"])
    coming.start()
    began = time.monotonic()
    with context_of(N_WORKERS) as context:
        watch_folder.evaluate_tick(context)
    coming.join()
    assert 2.0 <= time.monotonic() - began < SOON_S


def test_each_sensor_can_wait_at_once() -> None:
    from utawaku.definitions import defs

    assert len(list(defs().sensors or ())) < N_WORKERS
