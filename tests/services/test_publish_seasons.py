"""Published submissions are added to their season (合集) on the emulated site, once."""

import time
from collections.abc import Iterator

import pytest

from tests.services.publish_fixtures import authority as authority  # a fixture, as the next ones
from tests.services.publish_fixtures import proxy as proxy
from tests.services.publish_fixtures import workers as workers
from tests.services.publish_fixtures import world as world
from tests.services.publishing import World
from utawaku.library.publish.records import Submission


@pytest.fixture(autouse=True)
def asked_for_as_the_site_wants_it(world: World) -> Iterator[None]:
    yield
    assert world.site.violations == []


def is_due(world: World, submission: Submission, after_s: float) -> bool:
    due = world.catalogue.submissions.due(time.time() + after_s)
    return submission.id in [one.id for one in due]


def test_it_waits_for_the_review_and_is_added_once_also_where_the_answer_is_lost(
    world: World,
) -> None:
    for number in range(31):
        world.site.add_season(world.member, f"合集 {number}")
    season = world.site.add_season(world.member, "夜の歌切")
    submission = world.submission(2, season="夜の歌切")
    world.run(submission)
    kept = world.get(submission)
    assert kept.waits_for_season
    assert "once the site has reviewed it" in kept.message
    assert [is_due(world, submission, after_s) for after_s in (0, 7200)] == [False, True]
    (archive,) = world.site.archives
    assert season.episodes == []

    archive.state = 0
    world.site.fail("section_add", "cut", after=True)
    world.run(submission)
    assert world.get(submission).waits_for_season
    world.run(submission)
    kept = world.get(submission)
    assert (kept.season_done, kept.message, is_due(world, submission, 7200)) == (True, "", False)
    (episode,) = season.episodes
    assert (episode["aid"], episode["title"]) == (archive.aid, archive.fields["title"])
    world.run(submission)
    assert len(season.episodes) == len(world.site.archives) == 1


def test_a_season_that_cannot_be_told_leaves_it_published_with_a_notice(world: World) -> None:
    first = world.site.add_season(world.member, "歌切")
    second = world.site.add_season(world.member, "歌切")
    for wanted, told in (("歌会", "There are: 歌切, 歌切"), ("歌切", str(first.number))):
        submission = world.submission(1, season=wanted)
        world.run(submission)
        world.site.archives[-1].state = 0
        world.run(submission)
        kept = world.get(submission)
        assert (kept.state, kept.season_done) == ("published", True)
        notice = world.catalogue.notices.recent()[0]
        assert told in notice.next_step
        assert not is_due(world, submission, 7200)
    by_number = world.submission(1, season=str(second.number))
    world.run(by_number)
    world.site.archives[-1].state = 0
    world.run(by_number)
    assert len(second.episodes) == 1
    assert first.episodes == []


def test_a_log_in_that_ended_holds_the_queue_and_nothing_is_lost(world: World) -> None:
    season = world.site.add_season(world.member, "歌切")
    submission = world.submission(1, season="歌切")
    world.run(submission)
    world.site.archives[0].state = 0
    world.site.fail("seasons", "-101")
    world.run(submission)
    assert [hold.code for hold in world.catalogue.submissions.holds()] == ["login"]
    assert not is_due(world, submission, 7200)
    world.run(submission)
    assert season.episodes == []
    world.catalogue.submissions.release("bilibili", "uta")
    world.run(submission)
    assert world.get(submission).season_done
    assert len(season.episodes) == 1
