"""The upload queue as an asset, and the sensor that starts it."""

import time
from pathlib import Path

import dagster as dg
import pytest

from utawaku.assets.submissions import submissions
from utawaku.jobs.submissions import publish_submissions
from utawaku.library.catalogue import Catalogue
from utawaku.library.publish.records import Part, Submission
from utawaku.library.requests import Upload
from utawaku.orchestration.resources import make_resources
from utawaku.sensors.drain_requests import drain_requests
from utawaku.sensors.publish_due import publish_due


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "published"
    monkeypatch.setenv("UTAWAKU_PUBLISH__FOLDER", str(folder))
    return folder


def queued(catalogue: Catalogue, tmp_path: Path, title: str, target: str = "folder") -> Submission:
    video = tmp_path / f"{title}.mp4"
    video.write_bytes(title.encode() * 1000)
    planned = Submission(
        id=0,
        target=target,
        account=target,
        title=title,
        parts=(Part(0, f"s-{title}", "01 曲", str(video)),),
    )
    kept = catalogue.submissions.add(planned)
    return catalogue.submissions.move(kept.id, "queued")


def materialize() -> dg.ExecuteInProcessResult:
    return dg.materialize([submissions], resources=make_resources(), raise_on_error=False)


def tick(instance: dg.DagsterInstance) -> dg.RunRequest | dg.SkipReason:
    with dg.build_sensor_context(instance=instance, resources=make_resources()) as context:
        answer = publish_due(context)
    assert isinstance(answer, dg.RunRequest | dg.SkipReason)
    return answer


def test_a_run_publishes_everything_that_is_due(
    catalogue: Catalogue, folder: Path, tmp_path: Path
) -> None:
    first, second = (queued(catalogue, tmp_path, title) for title in ("one", "two"))
    result = materialize()
    assert result.success
    (done,) = result.asset_materializations_for_node("submissions")
    assert done.metadata["n_published_now"].value == 2
    assert [e.passed for e in result.get_asset_check_evaluations()] == [True]
    for submission in (first, second):
        assert catalogue.submissions.get(submission.id).state == "published"
        assert (folder / submission.title / "submission.json").is_file()
    again = materialize()
    assert again.success
    (nothing,) = again.asset_materializations_for_node("submissions")
    assert nothing.metadata["n_due"].value == 0


def test_published_submissions_are_linked_and_their_titles_open_nothing(
    catalogue: Catalogue, folder: Path, tmp_path: Path
) -> None:
    known = queued(catalogue, tmp_path, "[x](evil) | 歌", target="bilibili")
    catalogue.submissions.move(known.id, "held")
    catalogue.submissions.adopt(known.id, "BV1xx411c7mD")
    made = queued(catalogue, tmp_path, "one")
    (told,) = materialize().asset_materializations_for_node("submissions")
    address = "https://www.bilibili.com/video/BV1xx411c7mD"
    assert told.metadata[f"submission {known.id}"] == dg.MetadataValue.url(address)
    assert told.metadata[f"submission {made.id}"] == dg.MetadataValue.path(str(folder / "one"))
    listing = str(told.metadata["latest"].value)
    assert f"| [BV1xx411c7mD]({address}) |" in listing
    assert r"| \[x\]\(evil\) \| 歌 |" in listing


def test_a_target_that_is_not_set_up_does_not_stop_the_others(
    catalogue: Catalogue, folder: Path, tmp_path: Path
) -> None:
    queued(catalogue, tmp_path, "share", target="webdav")
    other = queued(catalogue, tmp_path, "disk")
    assert materialize().success
    assert catalogue.submissions.get(other.id).state == "published"
    assert "webdav" in catalogue.notices.recent()[0].title


def test_the_sensor_asks_for_one_run_while_something_is_due(
    catalogue: Catalogue, folder: Path, tmp_path: Path
) -> None:
    with dg.instance_for_test() as instance:
        assert isinstance(tick(instance), dg.SkipReason)
        submission = queued(catalogue, tmp_path, "one")
        assert isinstance(tick(instance), dg.RunRequest)
        catalogue.submissions.change(submission.id, not_before=time.time() + 600)
        assert isinstance(tick(instance), dg.SkipReason)
        catalogue.submissions.change(submission.id, not_before=None)
        catalogue.submissions.hold("folder", "folder", "captcha", "look")
        assert isinstance(tick(instance), dg.SkipReason)
        catalogue.submissions.release("folder", "folder")
        instance.create_run_for_job(
            dg.Definitions(
                assets=[submissions],
                jobs=[publish_submissions],
                resources=make_resources(),
            ).resolve_job_def("publish_submissions"),
            status=dg.DagsterRunStatus.STARTED,
        )
        assert isinstance(tick(instance), dg.SkipReason)


def test_a_request_of_the_screen_starts_the_queue_at_once(
    catalogue: Catalogue, folder: Path, tmp_path: Path
) -> None:
    submission = queued(catalogue, tmp_path, "one")
    catalogue.requests.file(Upload(submission_id=submission.id))
    with (
        dg.instance_for_test() as instance,
        dg.build_sensor_context(instance=instance, resources=make_resources()) as context,
    ):
        (run,) = list(drain_requests(context))
    assert isinstance(run, dg.RunRequest)
    assert run.job_name == "publish_submissions"
