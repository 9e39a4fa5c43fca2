"""Requests: one run each, and afterwards done, given up, or waiting with a reason."""

import threading
import time
from dataclasses import replace
from pathlib import Path

import dagster as dg
import pytest

from tests.fixtures.leases import other_process, put_lease
from tests.fixtures.pipeline import QUICK, Pipeline
from tests.servers.media_site import MediaSite
from tests.servers.youtube_site import CHANNEL_ID, Video, YoutubeSite
from tests.services.downloader_media import audio_bytes
from tests.stored_requests import store_row
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings, load_settings
from utawaku.library.records import Channel, ChannelEntry, Request, Stream
from utawaku.library.requests import Ingest, IngestStream, RecheckLength, Recut, Train
from utawaku.library.schema import requests
from utawaku.library.store.leases import SURE_S, UNSEEN_S
from utawaku.library.subscriptions import ChannelRules
from utawaku.orchestration.orphaned_runs import close_orphaned_runs
from utawaku.orchestration.present_checks import NAME as PRESENT
from utawaku.orchestration.run_outcomes import Trouble, retry_or_fail, settle
from utawaku.orchestration.run_tags import (
    BATCH_TAG,
    DOWNLOAD_TAG,
    FETCH_AGAIN_TAG,
    LOST_TAG,
    TAKE_INCOMPLETE_TAG,
)
from utawaku.sensors.drain_requests import WAITS_S, drain_requests
from utawaku.services import rate_limits
from utawaku.services.downloader import Downloader
from utawaku.workflows.subscriptions import follow

URL = "https://www.youtube.com/watch?v=stream00001"
POST_LIVE = {"isLiveContent": True, "isPostLiveDvr": True}


def one(catalogue: Catalogue, kind: str) -> Request:
    (request,) = [r for r in catalogue.requests.recent() if r.kind == kind]
    return request


def as_if_asked(catalogue: Catalogue, request: Request, hours_ago: float) -> None:
    """Let a request be that old, and its wait be over."""
    with catalogue.write() as connection:
        connection.execute(
            requests.update()
            .where(requests.c.id == request.id)
            .values(created_at=time.time() - hours_ago * 3600, not_before=None)
        )


def served(pipeline: Pipeline) -> None:
    (run,) = pipeline.drain()
    pipeline.carry_out(run)


@pytest.fixture
def web_stream(catalogue: Catalogue) -> Stream:
    return catalogue.streams.save(Stream("youtube-a", URL, "歌枠", site="youtube"))


def test_a_request_becomes_one_run_of_what_is_due(
    catalogue: Catalogue, pipeline: Pipeline, web_stream: Stream
) -> None:
    catalogue.requests.file(IngestStream(stream_id=web_stream.id))
    (run,) = pipeline.drain()
    assert run.partition_key == web_stream.id
    assert run.asset_selection is not None
    assert dg.AssetKey("recordings") in run.asset_selection
    checked = {key.name for key in run.asset_check_keys or ()}
    assert "segments_tile_the_recording" in checked
    assert PRESENT not in checked
    assert run.tags[DOWNLOAD_TAG] == "youtube"
    assert pipeline.instance.has_dynamic_partition("stream", web_stream.id)
    catalogue.requests.file(IngestStream(stream_id=web_stream.id))
    assert pipeline.drain() == []  # never two runs on one stream


def test_a_file_of_this_machine_is_looked_into_within_the_tick(
    catalogue: Catalogue, pipeline: Pipeline, tmp_path: Path
) -> None:
    sound, text = tmp_path / "evening.wav", tmp_path / "notes.wav"
    sound.write_bytes(audio_bytes("wav", "pcm_s16le", duration_s=3.0))
    text.write_text("no sound")
    asked = [catalogue.requests.file(Ingest(source=str(path))) for path in (sound, text)]
    (run,) = pipeline.drain()
    assert run.partition_key == one(catalogue, "ingest_stream").target
    assert catalogue.streams.get(run.partition_key).url == str(sound)
    states = [catalogue.requests.get(request.id) for request in asked]
    assert (states[0].state, states[0].message) == ("done", "1 stream(s): evening")
    assert (states[1].state, "notes.wav" in states[1].message) == ("failed", True)


def test_an_unfinished_archive_waits_then_is_taken_then_looked_at_again(
    site: YoutubeSite, catalogue: Catalogue, pipeline: Pipeline
) -> None:
    site.videos["stream00001"] = Video("stream00001", live=POST_LIVE, media={"140": b"x"})
    catalogue.requests.file(Ingest(source=URL))
    served(pipeline)
    waiting = one(catalogue, "ingest")
    assert (waiting.state, waiting.attempts) == ("queued", 1)
    assert "not over (post_live)" in waiting.message
    assert waiting.not_before is not None
    assert 1500 < waiting.not_before - time.time() < 2000
    assert pipeline.drain() == []
    as_if_asked(catalogue, waiting, hours_ago=25)
    served(pipeline)  # waited a day by now: what is there will do
    assert one(catalogue, "ingest").arguments["take_incomplete"] is True
    as_if_asked(catalogue, waiting, hours_ago=26)
    served(pipeline)
    assert one(catalogue, "ingest").state == "done"
    (run,) = pipeline.drain()
    assert run.tags[TAKE_INCOMPLETE_TAG] == "yes"
    stream = catalogue.streams.get(one(catalogue, "ingest_stream").target)
    # As after the download of an incomplete recording:
    catalogue.streams.save(replace(stream, duration_s=12.0))
    catalogue.requests.finish(one(catalogue, "ingest_stream").id)
    catalogue.requests.file(RecheckLength(stream_id=stream.id))
    site.videos["stream00001"] = Video("stream00001", duration_s=3600, media={"140": b"x"})
    served(pipeline)
    assert "longer by now" in one(catalogue, "recheck_length").message
    (again,) = pipeline.drain()
    assert again.tags[FETCH_AGAIN_TAG] == "yes"


def test_a_private_stream_waits_for_days_and_is_taken_when_it_is_public(
    site: YoutubeSite, catalogue: Catalogue, pipeline: Pipeline
) -> None:
    private = Video("stream00001", status="LOGIN_REQUIRED", reason="This is a private video.")
    site.videos["stream00001"] = private
    catalogue.requests.file(Ingest(source=URL))
    served(pipeline)
    waiting = one(catalogue, "ingest")
    assert waiting.state == "queued"
    assert "private" in waiting.message
    assert (waiting.not_before or 0) - time.time() > 80_000
    site.videos["stream00001"] = Video("stream00001", media={"140": b"x"})
    as_if_asked(catalogue, waiting, hours_ago=24)
    served(pipeline)
    assert one(catalogue, "ingest").state == "done"
    assert one(catalogue, "ingest_stream").state == "queued"


def test_rules_are_asked_once_more_when_the_page_itself_was_looked_at(
    site: YoutubeSite, catalogue: Catalogue, pipeline: Pipeline
) -> None:
    site.streams = [Video("stream00001", "歌枠", 4000)]
    site.videos["stream00001"] = Video("stream00001", "歌枠", 60, media={"140": b"x"})
    channel = follow(
        f"https://www.youtube.com/channel/{CHANNEL_ID}/streams",
        ChannelRules(min_duration_s=600),
        catalogue,
        Downloader(load_settings().download, tuning=QUICK),
    )
    pipeline.look()
    served(pipeline)
    assert one(catalogue, "ingest").message == "left out: shorter than 600 s"
    (entry,) = catalogue.channels.entries(channel.id)
    assert (entry.state, entry.reason) == ("skipped", "looked at: shorter than 600 s")
    catalogue.channels.put_off(channel.id, 0.0)
    pipeline.look()
    assert pipeline.drain() == []  # the listing has not changed, so nor has the answer


def test_one_address_that_is_gone_for_good_does_not_stop_the_others(
    site: YoutubeSite, catalogue: Catalogue, pipeline: Pipeline, tmp_path: Path
) -> None:
    site.videos["stream00001"] = Video("stream00001", media={"140": b"x"})
    bad = tmp_path / "note.mp3"
    bad.write_text("no sound at all")
    catalogue.requests.file(Ingest(source=str(bad)))
    catalogue.requests.file(Ingest(source=URL))
    served(pipeline)  # both in one run: starting one costs more than the question
    by_target = {r.target: r for r in catalogue.requests.recent() if r.kind == "ingest"}
    assert by_target[URL].state == "done"
    assert by_target[str(bad)].state == "failed"
    assert catalogue.notices.recent()[0].title.startswith("Given up: ingest of")


def test_the_daily_budget_quiet_hours_and_a_full_disk_make_downloads_wait_with_a_reason(
    catalogue: Catalogue,
    pipeline: Pipeline,
    web_stream: Stream,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    request = catalogue.requests.file(IngestStream(stream_id=web_stream.id))
    monkeypatch.setenv("UTAWAKU_DOWNLOAD__DAILY_BUDGET", "2")
    for minutes_ago in (600, 30):
        catalogue.sites.note("youtube", "download", at=time.time() - minutes_ago * 60)
    assert pipeline.drain() == []
    waiting = catalogue.requests.get(request.id)
    assert "budget of youtube (2)" in waiting.message
    assert waiting.not_before == pytest.approx(time.time() + 14 * 3600, abs=60)
    monkeypatch.setenv("UTAWAKU_DOWNLOAD__DAILY_BUDGET", "3")
    monkeypatch.setenv("UTAWAKU_SUBSCRIPTIONS__QUIET_HOURS", "00:00-23:59")
    catalogue.requests.wake()
    assert pipeline.drain() == []
    assert catalogue.requests.get(request.id).message == "quiet hours until 23:59"
    monkeypatch.setenv("UTAWAKU_SUBSCRIPTIONS__QUIET_HOURS", "")
    monkeypatch.setenv("UTAWAKU_MAINTENANCE__MIN_FREE_GB", "99999999")
    catalogue.requests.wake()
    assert pipeline.drain() == []
    assert "GB free" in catalogue.requests.get(request.id).message
    monkeypatch.setenv("UTAWAKU_MAINTENANCE__MIN_FREE_GB", "0")
    catalogue.requests.wake()
    assert len(pipeline.drain()) == 1


def test_at_most_two_downloads_are_open_and_the_users_own_wishes_overtake(
    catalogue: Catalogue, pipeline: Pipeline, settings: Settings
) -> None:
    for number in range(5):
        stream = Stream(f"youtube-{number}", f"{URL}{number}", site="youtube")
        catalogue.requests.file(IngestStream(stream_id=catalogue.streams.save(stream).id))
    mine = catalogue.streams.save(Stream("file-1", "/evening.opus", site="file"))
    catalogue.requests.file(Recut(stream_id=mine.id))
    started = [run.partition_key for run in pipeline.drain()]
    assert started == ["file-1", "youtube-0", "youtube-1"]


def test_an_unknown_wish_is_refused_with_words(catalogue: Catalogue, pipeline: Pipeline) -> None:
    request = store_row(catalogue, "dance", "x")
    assert pipeline.drain() == []
    assert "cannot do 'dance'" in catalogue.requests.get(request.id).message


def failed_run(
    pipeline: Pipeline, catalogue: Catalogue, request: Request, **state: object
) -> dg.DagsterRun:
    """A run of the request that ended in failure, with what it left in the catalogue."""
    (asked,) = pipeline.drain()
    run = pipeline.instance.add_run(
        dg.DagsterRun(
            job_name="ingest_stream", status=dg.DagsterRunStatus.STARTED, tags=dict(asked.tags)
        )
    )
    catalogue.assets.started(request.target, "recordings", run_id=run.run_id)
    if state:
        catalogue.assets.failed(request.target, "recordings", **state)  # type: ignore[arg-type]
    return run


def test_a_failed_run_puts_its_request_back_by_what_went_wrong(
    catalogue: Catalogue, pipeline: Pipeline, web_stream: Stream, settings: Settings
) -> None:
    request = catalogue.requests.file(IngestStream(stream_id=web_stream.id))
    run = failed_run(
        pipeline, catalogue, request, message="broke", error="NetworkError", retry_after_s=None
    )
    pipeline.instance.report_run_failed(run)
    settle(pipeline.instance, catalogue, settings)
    back = catalogue.requests.get(request.id)
    assert (back.state, back.message, back.attempts) == ("queued", "broke", 1)
    assert (back.not_before or 0) > time.time() + 50
    settle(pipeline.instance, catalogue, settings)
    assert catalogue.requests.get(request.id).attempts == 1  # a failure counts once
    catalogue.requests.wake()
    (again,) = pipeline.drain()
    assert again.run_key is not None
    assert again.run_key.startswith(f"request-{request.id}-1-")


@pytest.mark.parametrize(
    ("told", "error"),
    [
        ("opus could not be written ([Errno 28] No space left on device)", "EncodeError"),
        ("sqlite:///catalogue.db: database or disk is full", "CatalogueError"),
    ],
)
def test_a_full_disk_is_waited_out_in_whatever_words_it_is_told(
    catalogue: Catalogue,
    pipeline: Pipeline,
    web_stream: Stream,
    settings: Settings,
    told: str,
    error: str,
) -> None:
    request = catalogue.requests.file(IngestStream(stream_id=web_stream.id))
    run = failed_run(pipeline, catalogue, request, message=told, error=error)
    pipeline.instance.report_run_failed(run)
    settle(pipeline.instance, catalogue, settings)
    waiting = catalogue.requests.get(request.id)
    assert waiting.state == "queued"
    assert (waiting.not_before or 0) > time.time() + 800


def test_nothing_is_begun_on_a_full_disk_and_no_try_is_used_up(
    catalogue: Catalogue, pipeline: Pipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "evening.wav"
    file.write_bytes(b"RIFF")
    stream = catalogue.streams.save(Stream("file-a", str(file), site="file"))
    requests = [
        catalogue.requests.file(IngestStream(stream_id=stream.id)),
        catalogue.requests.file(Ingest(source=URL)),
        catalogue.requests.file(Train(model="taste")),
    ]
    monkeypatch.setattr(rate_limits, "ROOM_TO_WORK_BYTES", 1 << 62)
    assert pipeline.drain() == []
    for request in requests:
        waiting = catalogue.requests.get(request.id)
        assert (waiting.state, waiting.attempts) == ("queued", 0)
        assert waiting.message.startswith("no room to work: only ")
        assert (waiting.not_before or 0) <= time.time() + 60
    monkeypatch.setattr(rate_limits, "ROOM_TO_WORK_BYTES", 0)
    catalogue.requests.wake()
    assert len(pipeline.drain()) == 3


def test_what_cannot_get_better_is_given_up_with_a_notice(
    catalogue: Catalogue, web_stream: Stream, settings: Settings
) -> None:
    request = catalogue.requests.file(IngestStream(stream_id=web_stream.id))
    catalogue.requests.claim(request.id, run_id="x")
    back = retry_or_fail(request, Trouble("GeoBlockedError", "not here"), catalogue, settings)
    assert not back
    assert catalogue.requests.get(request.id).state == "failed"
    assert catalogue.notices.recent()[0].body == "not here"


def test_a_killed_run_is_closed_gives_its_slot_back_and_is_tried_again(
    catalogue: Catalogue, pipeline: Pipeline, web_stream: Stream, settings: Settings
) -> None:
    request = catalogue.requests.file(IngestStream(stream_id=web_stream.id))
    run = failed_run(pipeline, catalogue, request)
    storage = pipeline.instance.event_log_storage
    storage.set_concurrency_slots("download", 1)
    assert storage.claim_concurrency_slot("download", run.run_id, "recordings").is_claimed
    with other_process(catalogue, web_stream.id, run.run_id) as process:
        assert close_orphaned_runs(pipeline.instance, catalogue) == []  # alive: left alone
        process.kill()
        process.wait()
        assert pipeline.drain() == []
    ended = pipeline.instance.get_run_by_id(run.run_id)
    assert ended is not None
    assert ended.status == dg.DagsterRunStatus.FAILURE
    assert storage.claim_concurrency_slot("download", "another", "recordings").is_claimed
    state = catalogue.assets.of(web_stream.id)["recordings"]
    assert (state.state, state.trouble["error"]) == ("failed", "killed")
    back = catalogue.requests.get(request.id)
    assert (back.state, back.attempts) == ("queued", 1)
    catalogue.requests.wake()
    assert len(pipeline.drain()) == 1


def test_a_run_that_another_machine_works_on_is_not_taken_for_dead(
    pipeline: Pipeline, catalogue: Catalogue
) -> None:
    run = pipeline.instance.add_run(dg.DagsterRun(job_name="x", status=dg.DagsterRunStatus.STARTED))
    put_lease(catalogue, run.run_id)
    assert close_orphaned_runs(pipeline.instance, catalogue) == []


def test_a_run_whose_machine_is_not_heard_of_any_more_is_tried_again(
    pipeline: Pipeline, catalogue: Catalogue, web_stream: Stream
) -> None:
    request = catalogue.requests.file(IngestStream(stream_id=web_stream.id))
    run = failed_run(pipeline, catalogue, request)
    silent = {"stream_id": web_stream.id, "unseen_s": 2 * UNSEEN_S}
    put_lease(catalogue, run.run_id, **silent)
    pipeline.drain()  # a first look: the database may have been away
    assert catalogue.requests.get(request.id).state == "running"
    suspected_at = catalogue.leases.listed()[1] - SURE_S - 1
    put_lease(catalogue, run.run_id, suspected_at=suspected_at, **silent)
    (again,) = pipeline.drain()  # noticed, closed and asked for again by one look
    assert again.partition_key == web_stream.id
    ended = pipeline.instance.get_run_by_id(run.run_id)
    assert ended is not None
    assert (ended.status, ended.tags[LOST_TAG]) == (dg.DagsterRunStatus.FAILURE, "stage")
    back = catalogue.requests.get(request.id)
    assert (back.state, back.attempts) == ("running", 1)
    assert catalogue.leases.listed()[0] == []


def test_a_cancelled_run_cancels_its_request(
    catalogue: Catalogue, pipeline: Pipeline, web_stream: Stream, settings: Settings
) -> None:
    request = catalogue.requests.file(IngestStream(stream_id=web_stream.id))
    (asked,) = pipeline.drain()
    pipeline.instance.add_run(
        dg.DagsterRun(
            job_name="ingest_stream",
            status=dg.DagsterRunStatus.CANCELED,
            tags={BATCH_TAG: asked.tags[BATCH_TAG]},
        )
    )
    settle(pipeline.instance, catalogue, settings)
    assert catalogue.requests.get(request.id).state == "cancelled"


def test_a_stream_that_a_command_works_on_is_left_to_it(
    catalogue: Catalogue, pipeline: Pipeline, web_stream: Stream, settings: Settings
) -> None:
    request = catalogue.requests.file(IngestStream(stream_id=web_stream.id))
    with other_process(catalogue, web_stream.id):
        assert pipeline.drain() == []
        assert "another utawaku" in catalogue.requests.get(request.id).message
    catalogue.requests.wake()
    assert len(pipeline.drain()) == 1


def test_a_dropped_recording_makes_nothing_due_until_it_is_asked_for(
    catalogue: Catalogue, pipeline: Pipeline, web_stream: Stream
) -> None:
    catalogue.streams.save(replace(web_stream, dropped_at=time.time()))
    request = catalogue.requests.file(IngestStream(stream_id=web_stream.id))
    assert pipeline.drain() == []
    assert catalogue.requests.get(request.id).message == "already done"
    catalogue.requests.file(IngestStream(stream_id=web_stream.id, again=("recordings",)))
    (run,) = pipeline.drain()
    assert run.tags[FETCH_AGAIN_TAG] == "yes"


def test_a_site_that_refuses_one_of_many_lookups_is_not_asked_for_the_rest(
    catalogue: Catalogue, pipeline: Pipeline, site: YoutubeSite
) -> None:
    wanted = [f"https://www.youtube.com/watch?v=stream0000{number}" for number in range(1, 6)]
    for url in wanted:
        site.videos[url[-11:]] = Video(url[-11:], media={"140": b"x"})
        catalogue.requests.file(Ingest(source=url))
    # As another run finds out between the tick and the start of this one.
    (run,) = pipeline.drain()
    catalogue.sites.refuse("youtube", "the site asks to slow down", base_s=3600)
    site.seen.clear()
    pipeline.carry_out(run)
    assert site.seen == []
    waiting = catalogue.requests.waiting(Ingest)
    assert len(waiting) == 5
    for request in waiting:
        assert "youtube is on cooldown until" in request.message
        assert (request.not_before or 0) > time.time() + 3500
    catalogue.sites.welcome("youtube")
    catalogue.requests.wake()
    served(pipeline)
    assert catalogue.streams.count() == 5


def test_a_later_look_uses_the_cookies_of_the_streams_channel(
    catalogue: Catalogue, pipeline: Pipeline, tmp_path: Path
) -> None:
    cookies = tmp_path / "members.txt"
    cookies.write_text(
        "# Netscape HTTP Cookie File\n127.0.0.1\tFALSE\t/\tFALSE\t2147483647\tmember\tyes\n"
    )
    cookies.chmod(0o600)
    with MediaSite() as members:
        members.add("/evening.wav", audio_bytes("wav", "pcm_s16le", duration_s=3.0), "audio/wav")
        url = members.url("/evening.wav")
        catalogue.streams.save(Stream("generic-a", url, site="127.0.0.1", duration_s=3.0))
        channel = Channel("127.0.0.1:x", members.url("/feed"), rules={"cookies_file": str(cookies)})
        catalogue.channels.save(channel)
        entry = ChannelEntry(channel.id, "generic-a", url)
        catalogue.channels.record_look(channel, [entry], ask={})
        catalogue.requests.file(RecheckLength(stream_id="generic-a"))
        served(pipeline)
        assert one(catalogue, "recheck_length").message == "as long as its page says"
        assert {seen.cookie for seen in members.seen} == {"member=yes"}


def test_a_request_that_is_filed_while_a_tick_waits_begins_with_it(
    pipeline: Pipeline, catalogue: Catalogue
) -> None:
    filing = threading.Timer(1.0, catalogue.requests.file, [Train(model="taste")])
    filing.start()
    began = time.monotonic()
    (run,) = pipeline.waiting_tick(drain_requests)
    filing.join()
    assert run.job_name == "train_taste"
    assert time.monotonic() - began < 60, "a tick has a minute"
    catalogue.requests.finish(one(catalogue, "train").id)
    began = time.monotonic()
    assert pipeline.waiting_tick(drain_requests) == []
    assert time.monotonic() - began >= WAITS_S
    began = time.monotonic()
    catalogue.requests.file(IngestStream(stream_id="gone"))
    assert pipeline.drain() == []  # of the first after a start nothing is known
    assert catalogue.requests.newest() == one(catalogue, "ingest_stream").id
