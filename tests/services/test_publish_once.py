"""Nothing is published twice and nothing is stuck: clocks, backups, and what left this machine.

Against the emulated site, as in `test_publish_bilibili`.
"""

import asyncio
import shutil
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.services.publish_fixtures import authority as authority  # a fixture, as the next ones
from tests.services.publish_fixtures import proxy as proxy
from tests.services.publish_fixtures import workers as workers
from tests.services.publish_fixtures import world as world
from tests.services.publishing import World
from utawaku.library.catalogue import Catalogue
from utawaku.library.publish.quota import UNLIMITED
from utawaku.library.publish.records import Part, Submission
from utawaku.services.publish.bilibili.client import CountedBytes
from utawaku.services.publish.folder import FolderUploader
from utawaku.services.publish.queue import Queue

HOUR_S = 3600.0


# What left this machine -----------------------------------------------------------------------


def test_a_part_that_was_refused_before_a_byte_left_costs_nothing(world: World) -> None:
    submission = world.submission(1)
    world.site.fail("preupload", "500", times=3)
    world.run(submission, retries={"part_attempts": 3})
    kept = world.get(submission)
    assert (kept.state, kept.parts[0].state) == ("failed", "failed")
    assert kept.parts[0].bytes_sent == 0
    assert [event.size_bytes for event in _events(world)] == [0, 0, 0]
    world.catalogue.submissions.move(submission.id, "queued")
    world.run(submission)
    world.assert_all_published_once([submission])
    part = world.get(submission).parts[0]
    assert part.bytes_sent == part.size_bytes == _events(world)[-1].size_bytes


def test_a_part_that_a_kill_cut_short_three_times_is_sent_in_the_end(world: World) -> None:
    submission = world.submission(1)
    for _ in range(3):
        fault = world.site.fail("preupload", "hang")
        driver = world.workers.take(doomed=True)
        driver.send({"home": str(world.home), "submissions": [submission.id]})
        assert fault.reached.wait(60)
        driver.kill()
        world.site.heal()
    assert world.get(submission).parts[0].bytes_sent == 0
    world.run(submission)
    world.assert_all_published_once([submission])


def test_a_part_that_cost_too_much_is_sent_when_a_person_says_so(world: World) -> None:
    submission = world.submission(1)
    fault = world.site.fail("complete", "html", times=999)
    world.run(submission, retries={"part_attempts": 99, "part_bytes": 3.0})
    part = world.get(submission).parts[0]
    assert part.bytes_sent == 3 * part.size_bytes
    world.run(submission)
    assert world.get(submission).state == "failed", "without a person nothing is sent again"
    world.site.heal()
    assert fault.reached.is_set()
    world.catalogue.submissions.move(submission.id, "queued")
    world.run(submission)
    world.assert_all_published_once([submission])


def _events(world: World) -> list[Any]:
    found = world.catalogue.submissions.events("bilibili", "uta", 0.0)
    return [event for event in found if event.kind == "part"]


async def test_bytes_that_the_client_sends_again_by_itself_are_counted_again() -> None:
    """aiohttp repeats a PUT silently when a kept connection turns out to be closed."""
    received: list[int] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            length = int(head.lower().partition("content-length: ")[2].split("\r\n")[0])
            await reader.readexactly(length)
            received.append(length)
            if len(received) == 2:  # the second on the kept connection: closed without an answer
                writer.close()
                return
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            await writer.drain()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    counted: list[int] = []
    body = b"x" * 300_000
    async with server, aiohttp.ClientSession() as session:
        for _ in range(2):
            async with session.put(
                f"http://127.0.0.1:{port}/", data=CountedBytes(body, counted.append)
            ) as answer:
                assert answer.status == 200
        server.close()
    assert received == [300_000] * 3, "two requests of ours were three on the wire"
    assert sum(counted) == 900_000


# Clocks ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("ahead_s", [HOUR_S, 25 * HOUR_S, -25 * HOUR_S])
def test_a_wrong_clock_and_a_lost_answer_publish_nothing_twice(
    world: World, ahead_s: float
) -> None:
    submission = world.submission(1)
    world.site.fail("submit", "cut", after=True)
    world.run(submission, retries={"look_pause_s": 0.1}, ahead_s=ahead_s)
    assert world.site.counts["submit"] == 1
    world.assert_all_published_once([submission])


def test_a_part_is_dated_by_the_sites_clock(world: World) -> None:
    submission = world.submission(1)
    world.run(submission, ahead_s=30 * 24 * HOUR_S)
    (part,) = world.get(submission).parts
    assert part.uploaded_at is not None
    assert abs(part.uploaded_at - world.site.archives[0].ctime) < 60


# Records that are older than the site ---------------------------------------------------------


def _restore(world: World, backup: Path) -> None:
    world.catalogue.close()
    database = world.settings.data_dir / "catalogue.db"
    for path in database.parent.glob("catalogue.db*"):
        path.unlink()
    shutil.copyfile(backup, database)
    world.catalogue = Catalogue.open(world.settings)


def test_a_backup_of_before_the_publication_sends_nothing_and_offers_to_adopt(
    world: World, tmp_path: Path
) -> None:
    submission = world.submission(2)
    world.catalogue.backup(tmp_path / "backup.db")
    world.run(submission)
    _restore(world, tmp_path / "backup.db")
    before = world.site.counts["preupload"]
    world.run(submission)
    held = world.get(submission)
    assert (held.state, held.hold_code) == ("held", "already_there")
    assert held.candidate_id == world.site.archives[0].bvid
    assert "change the title" not in held.message.lower()
    assert f"--adopt {submission.id}" in held.message
    assert world.site.counts["preupload"] == before
    world.catalogue.submissions.release("bilibili", "uta")
    assert world.get(submission).state == "held", "releasing the queue does not decide this"
    adopted = world.catalogue.submissions.adopt(submission.id)
    assert (adopted.state, adopted.remote_id) == ("published", held.candidate_id)
    assert len(world.site.archives) == 1


def test_a_backup_of_before_the_submit_request_is_recognised_by_its_parts(
    world: World, tmp_path: Path
) -> None:
    submission = world.submission(2)
    world.site.fail("cover", "500", times=99)
    world.run(submission)
    assert world.get(submission).n_uploaded == 2
    world.catalogue.submissions.move(submission.id, "queued")
    world.catalogue.backup(tmp_path / "backup.db")
    world.site.heal()
    world.run(submission)
    _restore(world, tmp_path / "backup.db")
    world.run(submission)
    assert world.site.counts["submit"] == 1
    world.assert_all_published_once([submission])


def test_a_backup_of_before_an_append_appends_nothing_again(world: World, tmp_path: Path) -> None:
    first = world.submission(1)
    world.run(first)
    archive = world.site.archives[0]
    archive.state = 0
    later = world.submission(1, append_to=archive.bvid)
    world.catalogue.backup(tmp_path / "backup.db")
    world.run(later)
    assert len(archive.filenames) == 2
    _restore(world, tmp_path / "backup.db")
    archive.state = 0
    world.run(later)
    assert world.get(later).hold_code == "already_there"
    assert len(archive.filenames) == 2


def test_what_a_person_calls_another_one_is_sent(world: World, tmp_path: Path) -> None:
    submission = world.submission(1)
    world.catalogue.backup(tmp_path / "backup.db")
    world.run(submission)
    _restore(world, tmp_path / "backup.db")
    world.run(submission)
    assert world.get(submission).state == "held"
    world.catalogue.submissions.move(submission.id, "queued", confirmed_new=True)
    world.run(submission)
    assert world.get(submission).state == "published"
    assert len(world.site.archives) == 2


def test_a_title_that_the_account_has_already_is_told_before_a_byte_is_sent(world: World) -> None:
    other = world.submission(3, title="[歌切] 同じ")
    world.run(other)
    store = world.catalogue.submissions
    with world.catalogue.write() as connection:  # made by hand: our records know nothing of it
        connection.exec_driver_sql("DELETE FROM submissions")
    mine = world.submission(1, title="[歌切] 同じ")
    parts = (Part(0, "x", "別の曲", mine.parts[0].path),)
    mine = store.move(store.set_parts(store.move(mine.id, "draft").id, parts).id, "queued")
    before = world.site.counts["preupload"]
    world.run(mine)
    held = world.get(mine)
    assert (held.state, held.hold_code) == ("held", "same_title")
    assert "[歌切] 同じ (別の曲)" in held.message
    assert world.site.counts["preupload"] == before


def test_titles_that_repeat_in_the_queue_are_told_before_a_byte_is_sent(world: World) -> None:
    world.site.same_title_refused = True
    series = [world.submission(1, title="[歌切] 連続") for _ in range(3)]
    world.run(*series)
    assert [world.get(one).state for one in series] == ["published", "held", "held"]
    assert world.site.counts["preupload"] == 1
    assert "take: [歌切] 連続 (" in world.get(series[1]).message


def test_a_folder_that_has_the_submission_is_offered_too(
    catalogue: Catalogue, tmp_path: Path
) -> None:
    video = tmp_path / "song.mp4"
    video.write_bytes(b"video")

    def publish() -> Submission:
        planned = Submission(
            id=0,
            target="folder",
            account="folder",
            title="夜の歌枠",
            parts=(Part(0, "s", "01 曲", str(video)),),
        )
        queued = catalogue.submissions.add_planned(lambda: [planned], queued=True)[0]
        return Queue(catalogue, FolderUploader(tmp_path / "target"), budget=UNLIMITED).run(
            queued.id
        )

    assert publish().state == "published"
    with catalogue.write() as connection:
        connection.exec_driver_sql("DELETE FROM submissions")
    held = publish()
    assert (held.state, held.hold_code) == ("held", "already_there")
    assert catalogue.submissions.adopt(held.id).remote_id == "夜の歌枠"
