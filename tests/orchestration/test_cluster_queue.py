"""Runs that Redis has handed out, and that never arrived."""

import dagster as dg
import pytest

from tests.fixtures.pipeline import Pipeline
from tests.fixtures.redis_server import redis_url as redis_url
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import load_settings
from utawaku.library.store.leases import EXPECTED
from utawaku.orchestration.cluster import CELERY
from utawaku.orchestration.cluster_queue import TASK_TAG, runs_on_their_way
from utawaku.orchestration.orphaned_runs import close_orphaned_runs


def test_a_run_that_waits_in_no_queue_is_to_have_a_lease_soon(
    pipeline: Pipeline,
    catalogue: Catalogue,
    redis_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_app = pytest.importorskip("dagster_celery.make_app").make_app
    app = make_app({"broker": redis_url, "backend": redis_url, "config_source": CELERY})
    tasks = [
        app.send_task("execute_job", queue=queue, priority=priority).id
        for queue, priority in (("dagster", 0), ("dagster", 6), ("gpu", 3))
    ]
    instance, starting = pipeline.instance, dg.DagsterRunStatus.STARTING
    for task in (*tasks, "lost"):
        instance.add_run(
            dg.DagsterRun(job_name="x", run_id=task, status=starting, tags={TASK_TAG: task})
        )
    assert runs_on_their_way(instance, load_settings()) == []  # one machine
    monkeypatch.setenv("UTAWAKU_CLUSTER__REDIS_URL", redis_url)
    settings = load_settings()
    assert runs_on_their_way(instance, settings) == ["lost"]
    assert close_orphaned_runs(instance, catalogue, ["lost"]) == []
    assert [(row.id, row.kind) for row in catalogue.leases.listed()[0]] == [("lost", EXPECTED)]
    monkeypatch.setenv("UTAWAKU_CLUSTER__REDIS_URL", "redis://127.0.0.1:9/0")
    assert runs_on_their_way(instance, load_settings()) == []  # nobody can say
