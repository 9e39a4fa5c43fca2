"""The nightly round, failures and grades."""

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import dagster as dg
import pytest

from tests.fixtures.pipeline import Pipeline
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings, load_settings
from utawaku.library.records import SongSpan, Stream
from utawaku.orchestration.model_versions import recorded_versions
from utawaku.orchestration.old_runs import forget_old_runs
from utawaku.orchestration.partitions import partitions_in_step
from utawaku.orchestration.pending_assets import due_assets
from utawaku.sensors.batches import ask_if_enough, tell_if_quiet
from utawaku.sensors.run_failure_notices import note_failure
from utawaku.workflows.maintenance import back_up, keep_within_budget


def test_backups_can_be_opened_and_are_rotated(catalogue: Catalogue, settings: Settings) -> None:
    catalogue.streams.save(Stream("file-1", "/x.opus"))
    now = time.time()
    for number in range(settings.keep.backups + 3):
        last = back_up(catalogue, settings, now + number)
    assert last is not None
    (settings.data_dir / "backups" / "catalogue-schema0000-x.db").touch()  # not ours to rotate
    copies = sorted(last.parent.glob("catalogue-2*.db"))
    assert len(copies) == settings.keep.backups
    opened = Catalogue.open_url(f"sqlite:///{last}")
    assert opened.streams.ids() == {"file-1"}
    opened.close()


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


def test_partitions_and_catalogue_are_brought_into_step(catalogue: Catalogue) -> None:
    catalogue.streams.save(Stream("a", "/a"))
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions("stream", ["b"])
        assert partitions_in_step(instance, catalogue, fix=False) == (["a"], ["b"])
        assert partitions_in_step(instance, catalogue, fix=True) == (["a"], ["b"])
        assert partitions_in_step(instance, catalogue, fix=False) == ([], [])


def test_recordings_go_only_when_allowed_and_everything_is_made_of_them(
    catalogue: Catalogue, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def held(name: str, **more: object) -> tuple[Stream, Path]:
        path = settings.streams_dir / name / "recording.m4a"
        path.parent.mkdir(parents=True)
        path.write_bytes(bytes(1000))
        stored = path.relative_to(settings.library_root).as_posix()
        stream = Stream(name, f"https://youtu.be/{name}", site="youtube", recording_path=stored)
        return catalogue.streams.save(replace(stream, **more)), path

    _, unfinished = held("unfinished")
    assert keep_within_budget(catalogue, settings, due_assets).n_recordings == 0
    monkeypatch.setenv("UTAWAKU_KEEP__DROP_RECORDINGS", "true")
    monkeypatch.setenv("UTAWAKU_KEEP__RECORDINGS_GB", "0.000000001")
    assert keep_within_budget(catalogue, load_settings(), due_assets).n_recordings == 0
    assert unfinished.exists()


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


def graded(catalogue: Catalogue, n: int) -> None:
    for _ in range(n):
        catalogue.grades.give("a@1000", grade=1)


def test_training_is_asked_for_after_every_so_many_grades(
    catalogue: Catalogue, settings: Settings
) -> None:
    catalogue.streams.save(Stream("a", "/a"))
    catalogue.songs.reconcile("a", [SongSpan(0, 1, 60, "smart", 1)], made_by="x")
    graded(catalogue, settings.keep.retrain_after - 1)
    assert ask_if_enough(catalogue, settings) == settings.keep.retrain_after - 1
    assert catalogue.requests.waiting("train") == []
    graded(catalogue, 1)
    assert ask_if_enough(catalogue, settings) == 0
    assert ask_if_enough(catalogue, settings) == 0
    assert len(catalogue.requests.waiting("train")) == 1
    graded(catalogue, 1)
    assert ask_if_enough(catalogue, settings) == 1


@pytest.fixture
def webhook(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, str]]]:
    taken: list[dict[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            taken.append(json.loads(self.rfile.read(length)))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("UTAWAKU_NOTICES__WEBHOOK", f"http://127.0.0.1:{server.server_port}/notify")
    yield taken
    server.shutdown()
    server.server_close()


def test_a_finished_batch_is_told_once_when_all_is_quiet(
    catalogue: Catalogue, webhook: list[dict[str, str]]
) -> None:
    settings = load_settings()
    catalogue.streams.save(Stream("a", "/a"))
    catalogue.assets.done("a", "library_files", engine="e", engine_version="1")
    later = time.time() + 3600
    assert tell_if_quiet(catalogue, settings, time.time()) == ""  # just finished: more may come
    assert tell_if_quiet(catalogue, settings, later) == "1 stream(s) finished, 0 given up"
    assert webhook == []  # the first time would count the whole library
    time.sleep(0.01)
    catalogue.assets.done("a", "library_files", engine="e", engine_version="1")
    assert tell_if_quiet(catalogue, settings, later)
    assert tell_if_quiet(catalogue, settings, later) == ""
    assert [one["type"] for one in webhook] == ["success"]
    assert set(webhook[0]) == {"title", "body", "type", "tag"}
