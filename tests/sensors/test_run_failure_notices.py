"""Failures of runs become notices."""

import dagster as dg
import pytest
from dagster._core.remote_origin import (
    InProcessCodeLocationOrigin,
    RemoteJobOrigin,
    RemoteRepositoryOrigin,
)
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin

from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.errors import ConfigError
from utawaku.library.paths import default_config_path
from utawaku.library.records import Stream
from utawaku.sensors.run_failure_notices import AT_ONCE, note_failure, run_failure_notices

OF_THE_PIPELINE = RemoteJobOrigin(
    RemoteRepositoryOrigin(InProcessCodeLocationOrigin(LoadableTargetOrigin()), "__repository__"),
    "ingest_stream",
)


@pytest.fixture
def instance() -> "dg.DagsterInstance":
    with dg.DagsterInstance.ephemeral() as made:
        yield made


def fail(instance: dg.DagsterInstance, message: str, *, of_a_command: bool = False) -> None:
    """A run that failed, as the daemon keeps it."""
    run = instance.create_run_for_job(
        dg.job(name="ingest_stream")(lambda: None),
        remote_job_origin=None if of_a_command else OF_THE_PIPELINE,
    )
    instance.report_run_failed(run, message)


def tick(instance: dg.DagsterInstance, cursor: str | None = None) -> str | None:
    """One evaluation; returns the cursor that it leaves."""
    with dg.build_sensor_context(instance=instance, cursor=cursor) as context:
        run_failure_notices(context)
        return context.cursor


def told(catalogue: Catalogue) -> list[str]:
    return sorted(notice.body for notice in catalogue.notices.recent())


def test_failures_before_the_first_tick_are_told_once(
    catalogue: Catalogue, instance: dg.DagsterInstance
) -> None:
    for reason in ("no room", "segfault"):
        fail(instance, reason)
    fail(instance, "a command tells its user itself", of_a_command=True)
    cursor = tick(instance)
    assert told(catalogue) == ["ingest_stream: no room", "ingest_stream: segfault"]
    catalogue.notices.mark_read()
    fail(instance, "killed")
    cursor = tick(instance, cursor)
    assert tick(instance, cursor) == cursor
    (newest,) = catalogue.notices.recent(unread_only=True)
    assert newest.body == "ingest_stream: killed"


def test_more_failures_than_one_tick_tells_come_in_the_next(
    catalogue: Catalogue, instance: dg.DagsterInstance
) -> None:
    for number in range(AT_ONCE + 3):
        fail(instance, f"reason {number}")
    cursor = tick(instance)
    assert len(told(catalogue)) == AT_ONCE
    tick(instance, cursor)
    assert len(told(catalogue)) == AT_ONCE + 3


def test_a_failure_that_cannot_be_told_raises_its_own_error_and_is_told_later(
    catalogue: Catalogue, settings: Settings, instance: dg.DagsterInstance
) -> None:
    fail(instance, "no room")
    config = default_config_path()
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text("this is no TOML", "utf-8")
    with pytest.raises(ConfigError):
        tick(instance)
    config.unlink()
    tick(instance)
    assert told(catalogue) == ["ingest_stream: no room"]


def test_a_cursor_of_dagsters_own_sensor_is_read(
    catalogue: Catalogue, instance: dg.DagsterInstance
) -> None:
    fail(instance, "old")
    known = instance.fetch_run_status_changes(dg.DagsterEventType.RUN_FAILURE, limit=1).records[0]
    old = (
        f'{{"__class__": "RunStatusSensorCursor", "record_id": {known.storage_id}, '
        '"record_timestamp": null, "update_timestamp": null}'
    )
    fail(instance, "new")
    tick(instance, old)
    assert told(catalogue) == ["ingest_stream: new"]


def test_a_failed_run_that_nobody_asked_for_leaves_a_notice(catalogue: Catalogue) -> None:
    catalogue.streams.save(Stream("a", "/a", "歌枠"))
    run = dg.DagsterRun(job_name="ingest_stream", tags={"dagster/partition": "a"})
    catalogue.assets.started("a", "segments", run_id=run.run_id)
    title, body = note_failure(run, "segfault", catalogue)
    assert (title, "歌枠" in body) == ("segments failed", True)
    assert catalogue.assets.of("a")["segments"].state == "failed"
    (notice,) = catalogue.notices.recent()
    assert (notice.level, notice.stream_id) == ("error", "a")
    assert notice.next_step


def test_a_run_that_the_dagster_ui_made_up_is_named_by_its_assets(catalogue: Catalogue) -> None:
    run = dg.DagsterRun(
        job_name="__ASSET_JOB",
        asset_selection=frozenset({dg.AssetKey("segments")}),
        tags={"dagster/partition": "typed by hand"},
    )
    title, body = note_failure(run, "NotFoundError", catalogue)
    assert title == "segments failed"
    assert body == "typed by hand: there is no such stream; its partition is removed"
