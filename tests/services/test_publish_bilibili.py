"""Submissions reach the (emulated) site exactly once, whatever goes wrong on the way.

biliup's clients run unpatched in worker processes; a loopback proxy and a test authority lead
them to `tests.servers.bilibili`.
"""

import os
import subprocess
import sys

import pytest

from tests.services.publish_fixtures import authority as authority  # a fixture, as the next ones
from tests.services.publish_fixtures import proxy as proxy
from tests.services.publish_fixtures import workers as workers
from tests.services.publish_fixtures import world as world
from tests.services.publishing import World

STEPS = ("preupload", "init", "chunk", "complete", "cover", "pre_add", "submit")


def test_a_submission_arrives_with_every_byte_title_and_field(world: World) -> None:
    submission = world.submission(3, size=400_000)
    world.run(submission)
    world.assert_all_published_once([submission])
    fields = world.site.archives[0].fields
    assert fields["tid"] == 31
    assert fields["copyright"] == 2
    assert fields["tag"] == "歌切,歌枠"
    assert fields["desc"] == submission.description
    assert fields["dtime"] is None
    assert fields["cover"].startswith("//archive")
    assert fields["videos"][0]["filename"] == world.get(submission).parts[0].remote_name


def test_a_published_submission_is_never_sent_again(world: World) -> None:
    submission = world.submission(1)
    world.run(submission)
    before = dict(world.site.counts)
    world.run(submission)
    assert dict(world.site.counts) == before


# A killed client ------------------------------------------------------------------------------

KILL_POINTS = [(step, after) for step in STEPS for after in (False, True)]
# Enough for every day: while bytes travel, before and after the part and the submission count.
USUAL_KILL_POINTS = [("chunk", False), ("complete", True), ("submit", False), ("submit", True)]


def _kill_at(world: World, step: str, *, after: bool) -> None:
    submissions = [world.submission(2), world.submission(1)]
    fault = world.site.fail(step, "hang", after=after, skip=1 if step == "chunk" else 0)
    driver = world.workers.take(doomed=True)
    driver.send({"home": str(world.home), "submissions": [s.id for s in submissions]})
    assert fault.reached.wait(30)
    driver.kill()
    world.site.heal()
    for submission in submissions:
        world.assert_record_is_true(submission)
    world.run(*submissions, retries={"look_pause_s": 0.1})
    world.assert_all_published_once(submissions)


@pytest.mark.parametrize(("step", "after"), USUAL_KILL_POINTS)
def test_a_client_killed_in_the_middle_goes_on_where_it_was(
    world: World, step: str, after: bool
) -> None:
    _kill_at(world, step, after=after)


@pytest.mark.slow
@pytest.mark.parametrize(("step", "after"), KILL_POINTS)
def test_a_client_killed_at_any_step_goes_on_where_it_was(
    world: World, step: str, after: bool
) -> None:
    _kill_at(world, step, after=after)


def test_parts_that_arrived_are_not_sent_again_after_a_kill(world: World) -> None:
    submission = world.submission(3)
    fault = world.site.fail("preupload", "hang", skip=2)
    driver = world.workers.take(doomed=True)
    driver.send({"home": str(world.home), "submissions": [submission.id]})
    assert fault.reached.wait(30)
    driver.kill()
    world.site.heal()
    assert [part.state for part in world.get(submission).parts] == [
        "uploaded",
        "uploaded",
        "uploading",
    ]
    world.run(submission)
    assert len([u for u in world.site.uploads.values() if u.completed]) == 3
    world.assert_all_published_once([submission])


def test_a_submission_that_the_lists_show_late_is_not_sent_twice(world: World) -> None:
    submission = world.submission(1)
    world.site.lag = 2
    world.site.fail("submit", "cut", after=True)
    world.run(submission, retries={"looks": 4})
    assert world.site.counts["submit"] == 1
    world.assert_all_published_once([submission])


def test_an_outcome_that_nobody_tells_is_held_and_looked_up_first_next_time(world: World) -> None:
    submission = world.submission(1)
    world.site.fail("submit", "cut", after=True)
    world.site.fail("archives", "500", times=99, skip=1)  # the look before the first byte works
    world.run(submission)
    kept = world.get(submission)
    assert (kept.state, kept.hold_code) == ("held", "unknown_outcome")
    assert kept.submit_sent_at is not None
    world.site.heal()
    world.catalogue.submissions.move(submission.id, "queued")
    world.run(submission)
    assert world.site.counts["submit"] == 1
    world.assert_all_published_once([submission])


# Refusals and breakdowns ----------------------------------------------------------------------

HOLDS = ("406", "601", "21566", "137022", "http:406", "-101")
ACTIONS = ("500", "cut", "html", "slow", "http:403", "21012", "21070", *HOLDS)
MATRIX = [(step, action, after) for step in STEPS for action in ACTIONS for after in (False, True)]
USUAL = [
    ("preupload", "601", False),
    ("preupload", "406", False),
    ("preupload", "html", False),
    ("init", "500", False),
    ("init", "-101", False),
    ("chunk", "500", False),
    ("chunk", "cut", True),
    ("complete", "html", True),
    ("cover", "cut", False),
    ("submit", "500", True),
    ("submit", "500", False),
    ("submit", "html", True),
    ("submit", "21012", False),
    ("submit", "21070", False),
    ("submit", "137022", False),
    ("submit", "21566", False),
    ("submit", "-101", False),
]


def _break_at(world: World, step: str, action: str, *, after: bool) -> None:
    submissions = [world.submission(2), world.submission(1)]
    world.site.fail(step, action, after=after, seconds=0.5)
    world.run(*submissions, retries={"look_pause_s": 0.1})
    for submission in submissions:
        world.assert_record_is_true(submission)
    world.until_published(submissions)
    world.assert_all_published_once(submissions)


@pytest.mark.parametrize(("step", "action", "after"), USUAL)
def test_a_failing_site_gets_everything_once_in_the_end(
    world: World, step: str, action: str, after: bool
) -> None:
    _break_at(world, step, action, after=after)


@pytest.mark.slow
@pytest.mark.parametrize(("step", "action", "after"), MATRIX)
def test_a_site_that_fails_anywhere_gets_everything_once_in_the_end(
    world: World, step: str, action: str, after: bool
) -> None:
    _break_at(world, step, action, after=after)


@pytest.mark.parametrize(
    ("step", "action", "code"),
    [
        ("preupload", "406", "too_fast"),
        ("preupload", "601", "captcha"),
        ("preupload", "http:406", "too_fast"),
        ("submit", "21566", "captcha"),
        ("submit", "137022", "too_frequent"),
        ("submit", "-101", "login"),
        ("submit", "-111", "login"),
    ],
)
def test_what_asks_for_a_human_stops_the_queue_and_is_not_tried_again(
    world: World, step: str, action: str, code: str
) -> None:
    first, second = world.submission(1), world.submission(1)
    world.site.fail(step, action, times=99)
    world.run(first, second)
    kept = world.get(first)
    assert (kept.state, kept.hold_code) == ("held", code)
    assert world.site.counts[step] == 1
    assert world.get(second).state == "queued"
    assert [hold.code for hold in world.catalogue.submissions.holds()] == [code]
    assert world.catalogue.submissions.due(now=2e9) == []
    notice = world.catalogue.notices.recent()[0]
    assert "on hold" in notice.title
    assert notice.next_step
    world.site.heal()
    assert world.catalogue.submissions.release("bilibili", "uta")
    world.run(first, second)
    world.assert_all_published_once([first, second])


def test_a_refused_line_is_changed(world: World) -> None:
    submission = world.submission(1)
    world.site.fail("preupload", "html", times=99, line="bda2")
    world.run(submission)
    world.assert_all_published_once([submission])
    lines = [text for step, text in world.site.requests if step == "preupload"]
    assert ["bda2" in text for text in lines] == [True, False]


def test_the_fastest_line_is_found_by_test_and_a_failing_test_is_survived(world: World) -> None:
    submission = world.submission(1)
    world.site.fail("line", "500")
    world.run(submission, lines=["AUTO", "tx"])
    world.assert_all_published_once([submission])
    assert world.site.counts["probe"] == 1
    other = world.submission(1)
    world.run(other, lines=["AUTO", "tx"])
    world.assert_all_published_once([submission, other])
    assert world.site.counts["probe"] == 2


def test_a_chunk_that_never_gets_through_fails_the_part_and_is_never_dropped(world: World) -> None:
    submission = world.submission(1)
    world.site.fail("chunk", "500", times=999, skip=1)
    world.run(submission, retries={"part_attempts": 1})
    kept = world.get(submission)
    assert kept.state == "failed"
    assert kept.parts[0].state == "failed"
    assert "chunk" in kept.parts[0].message
    assert world.site.counts["complete"] == 0
    assert world.site.counts["submit"] == 0


def test_bytes_are_capped_over_all_attempts(world: World) -> None:
    submission = world.submission(1)
    world.site.fail("complete", "html", times=999)
    world.run(submission, retries={"part_attempts": 99, "part_bytes": 3.0})
    kept = world.get(submission)
    assert kept.state == "failed"
    assert world.site.counts["preupload"] == 3
    assert kept.parts[0].bytes_sent <= 3 * kept.parts[0].size_bytes


def test_a_same_title_is_held_for_the_human_unless_it_is_our_own(world: World) -> None:
    first = world.submission(1, title="[歌切] 同じ")
    world.run(first)
    world.site.same_title_refused = True
    second = world.submission(1, title="[歌切] 同じ")
    world.run(second)
    assert (world.get(second).state, world.get(second).hold_code) == ("held", "same_title")
    world.catalogue.submissions.move(second.id, "queued", title="[歌切] 別")
    world.run(second)
    world.digests = {first.id: world.digests[first.id], second.id: world.digests[second.id]}
    world.assert_all_published_once([first, second])


def test_a_rate_limit_is_waited_for(world: World) -> None:
    submission = world.submission(1)
    world.site.fail("submit", "21070")
    answer = world.run(submission)
    assert 30.0 in answer["slept"]
    world.assert_all_published_once([submission])


def test_a_spent_budget_gives_the_queue_back_until_it_is_open_again(world: World) -> None:
    first, second = world.submission(2), world.submission(1)
    budget = {"parts_per_hour": 2, "submit_spacing_s": 90.0, "part_spacing_s": 0.0}
    answer = world.run(first, second, budget=budget)
    assert world.get(first).state == "published"
    kept = world.get(second)
    assert kept.state == "queued"
    assert kept.not_before is not None
    assert world.site.counts["preupload"] == 2
    assert "budget" in kept.message
    assert answer["slept"] == []


def test_what_would_be_refused_is_told_before_a_byte_is_sent(world: World) -> None:
    submission = world.submission(1, title="長" * 81)
    world.run(submission)
    kept = world.get(submission)
    assert kept.state == "failed"
    assert "80" in kept.message
    assert world.site.counts["preupload"] == 0


# Appending ------------------------------------------------------------------------------------


def test_later_songs_are_appended_to_the_submission_as_it_is_on_the_site(world: World) -> None:
    first = world.submission(2)
    world.run(first)
    archive = world.site.archives[0]
    archive.state = 0
    archive.fields["title"] = "[歌切] renamed by hand"
    later = world.submission(1, append_to=archive.bvid)
    world.run(later)
    assert world.get(later).state == "published"
    assert archive.fields["title"] == "[歌切] renamed by hand"
    assert len(archive.filenames) == 3
    assert world.site.violations == []


def test_nothing_is_appended_while_in_review(world: World) -> None:
    first = world.submission(1)
    world.run(first)
    later = world.submission(1, append_to=world.site.archives[0].bvid)
    world.run(later)
    kept = world.get(later)
    assert kept.state == "queued"
    assert kept.not_before is not None
    assert world.site.violations == []
    world.site.archives[0].state = 0
    world.run(later)
    assert world.get(later).state == "published"


@pytest.mark.parametrize("action", ["cut", "500", "html"])
def test_an_append_without_an_answer_is_not_repeated(world: World, action: str) -> None:
    first = world.submission(1)
    world.run(first)
    world.site.archives[0].state = 0
    later = world.submission(1, append_to=world.site.archives[0].bvid)
    world.site.fail("edit", action, after=True)
    world.run(later)
    assert world.get(later).state == "published"
    assert world.site.counts["edit"] == 1
    assert len(world.site.archives[0].filenames) == 2
    assert world.site.violations == []


@pytest.mark.slow
@pytest.mark.parametrize("step", ["view", "edit"])
@pytest.mark.parametrize("after", [False, True])
def test_a_client_killed_while_appending_appends_once(world: World, step: str, after: bool) -> None:
    first = world.submission(1)
    world.run(first)
    world.site.archives[0].state = 0
    later = world.submission(2, append_to=world.site.archives[0].bvid)
    fault = world.site.fail(step, "hang", after=after)
    driver = world.workers.take(doomed=True)
    driver.send({"home": str(world.home), "submissions": [later.id]})
    assert fault.reached.wait(30)
    driver.kill()
    world.site.heal()
    world.run(later, retries={"look_pause_s": 0.1})
    assert world.get(later).state == "published"
    assert len(world.site.archives[0].filenames) == 3
    assert world.site.violations == []


# What biliup 1.2.9 does by itself. When one of these fails, a guard of ours has become idle.


def _bare(world: World, program: str) -> str:
    """Run a few lines with biliup's bare client, logged in as `client`."""
    cookies = world.home / "accounts" / "uta.json"
    done = subprocess.run(
        [sys.executable, "-c", _PRELUDE + program, str(cookies), str(world.home / "x y.mp4")],
        env={**os.environ, **world.workers.environment},
        cwd=world.home,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.stdout + done.stderr


_PRELUDE = """
import json, sys
from biliup.plugins.bili_webup import BiliBili, Data
client = BiliBili(Data())
client.login_by_cookies(json.load(open(sys.argv[1])))
open(sys.argv[2], 'wb').write(b'x' * 200_000)
"""


@pytest.mark.slow
def test_biliup_takes_a_refused_preupload_for_a_missing_key(world: World) -> None:
    world.site.fail("preupload", "601")
    assert "KeyError" in _bare(world, "client.upload_file(sys.argv[2], 'bda2')")


@pytest.mark.slow
def test_biliup_tells_the_site_the_local_path(world: World) -> None:
    _bare(world, "client.upload_file(sys.argv[2], 'bda2')")
    assert any("a path was sent as a name" in told for told in world.site.violations)


@pytest.mark.slow
def test_biliup_drops_a_chunk_and_asks_to_complete_without_it(world: World) -> None:
    world.site.fail("chunk", "500", times=10)
    fault = world.site.fail("complete", "hang", times=9)
    with pytest.raises(subprocess.TimeoutExpired):
        subprocess.run(
            [
                sys.executable,
                "-c",
                _PRELUDE + "client.upload_file(sys.argv[2], 'bda2', 1)",
                str(world.home / "accounts" / "uta.json"),
                str(world.home / "x.mp4"),
            ],
            env={**os.environ, **world.workers.environment},
            capture_output=True,
            timeout=30,
            check=False,
        )
    assert fault.reached.is_set()
    (upload,) = world.site.uploads.values()
    assert len(upload.chunks) < upload.n_chunks


@pytest.mark.slow
def test_biliup_gives_up_on_a_password_that_is_not_there_when_cookies_expire(world: World) -> None:
    world.site.log_out(world.member)
    program = "client.login('bili.cookie', sys.argv[1])"
    assert "TypeError" in _bare_unlogged(world, program)


def _bare_unlogged(world: World, program: str) -> str:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; from biliup.plugins.bili_webup import BiliBili, Data; "
            "client = BiliBili(Data()); " + program,
            str(world.home / "accounts" / "uta.json"),
        ],
        env={**os.environ, **world.workers.environment},
        cwd=world.home,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.stdout + done.stderr
