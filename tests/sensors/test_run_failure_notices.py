"""Failures of runs become notices."""

import dagster as dg

from utawaku.library.catalogue import Catalogue
from utawaku.library.records import Stream
from utawaku.sensors.run_failure_notices import note_failure


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
