"""The cursor of followed channels: never twice, never missed."""

import time
from dataclasses import replace
from pathlib import Path

import pytest

from tests.fixtures.pipeline import QUICK, Pipeline
from tests.servers.media_site import Fault, Resource
from tests.servers.youtube_site import CHANNEL_ID, Video, YoutubeSite
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import load_settings
from utawaku.library.records import Channel, Request
from utawaku.library.subscriptions import ChannelRules
from utawaku.library.subscriptions.rules import FOR_MEMBERS
from utawaku.services.downloader import Downloader
from utawaku.workflows.subscriptions import follow, judge_again

STREAMS = f"https://www.youtube.com/channel/{CHANNEL_ID}/streams"


def videos(*numbers: int) -> list[Video]:
    return [Video(f"stream{number:05}", f"歌枠 {number}", 3600 + number) for number in numbers]


@pytest.fixture
def channel(site: YoutubeSite, catalogue: Catalogue) -> Channel:
    site.streams = videos(3, 2, 1)
    downloader = Downloader(load_settings().download, tuning=QUICK)
    return follow(STREAMS, ChannelRules(), catalogue, downloader)


def asked(catalogue: Catalogue) -> list[int]:
    """Numbers of the streams that were asked for, in order."""
    requests: list[Request] = sorted(catalogue.requests.recent(), key=lambda one: one.id)
    return [int(one.target[-5:]) for one in requests if one.kind == "ingest"]


def now_due(catalogue: Catalogue, channel: Channel) -> None:
    catalogue.channels.put_off(channel.id, time.time() - 1)


def test_the_first_look_reads_the_whole_list_and_asks_for_it(
    channel: Channel, catalogue: Catalogue, pipeline: Pipeline
) -> None:
    assert (channel.id, channel.title) == (f"youtube:{CHANNEL_ID}", "A Singer")
    (run,) = pipeline.look()
    assert run.tags["utawaku/channel"] == channel.id
    assert sorted(asked(catalogue)) == [1, 2, 3]
    seen = catalogue.channels.get(channel.id)
    assert seen.cursor["reconciled_at"] == seen.last_look_at
    assert seen.next_look_at is not None
    assert seen.next_look_at > time.time() + 25 * 60
    assert pipeline.look() == []  # its turn has not come


def test_nothing_new_costs_one_request_and_asks_for_nothing(
    channel: Channel, site: YoutubeSite, catalogue: Catalogue, pipeline: Pipeline
) -> None:
    pipeline.look()
    site.seen.clear()
    now_due(catalogue, channel)
    assert pipeline.look() == []
    assert len(site.seen) == 1
    assert len(asked(catalogue)) == 3


def test_new_streams_are_asked_for_on_one_tab_on_the_other_and_on_both(
    site: YoutubeSite, catalogue: Catalogue, pipeline: Pipeline
) -> None:
    site.streams = videos(1)
    site.uploads = [Video("upload00101", "歌ってみた")]
    downloader = Downloader(load_settings().download, tuning=QUICK)
    url = f"https://www.youtube.com/channel/{CHANNEL_ID}"
    channel = follow(url, ChannelRules(), catalogue, downloader)
    pipeline.look()
    assert asked(catalogue) == [1, 101]
    site.streams = videos(2, 1)
    now_due(catalogue, channel)
    pipeline.look()
    assert asked(catalogue) == [1, 101, 2]
    site.uploads.insert(0, Video("upload00102", "歌"))
    now_due(catalogue, channel)
    pipeline.look()
    assert asked(catalogue) == [1, 101, 2, 102]
    site.streams = videos(3, 2, 1)
    site.uploads.insert(0, Video("upload00103", "歌"))
    now_due(catalogue, channel)
    pipeline.look()
    assert asked(catalogue) == [1, 101, 2, 102, 3, 103]


def test_a_list_that_shrinks_or_is_reordered_asks_for_nothing_twice(
    channel: Channel, site: YoutubeSite, catalogue: Catalogue, pipeline: Pipeline
) -> None:
    pipeline.look()
    for order in ([2], [1, 3, 2], [], [3, 2, 1]):
        site.streams = videos(*order)
        now_due(catalogue, channel)
        pipeline.look()
    assert sorted(asked(catalogue)) == [1, 2, 3]
    assert catalogue.channels.get(channel.id).last_error == ""


def test_a_new_stream_below_known_ones_is_found_within_the_overlap(
    channel: Channel, site: YoutubeSite, catalogue: Catalogue, pipeline: Pipeline
) -> None:
    pipeline.look()
    site.streams = videos(3, 2, 9, 1)
    now_due(catalogue, channel)
    pipeline.look()
    assert asked(catalogue)[-1] == 9


def test_what_becomes_public_far_down_is_found_by_the_full_look(
    channel: Channel, site: YoutubeSite, catalogue: Catalogue, pipeline: Pipeline
) -> None:
    site.streams = videos(*range(60, 20, -1))
    pipeline.look()
    many = len(asked(catalogue))
    site.streams = videos(*range(60, 30, -1), 77, *range(30, 20, -1))
    now_due(catalogue, channel)
    pipeline.look()
    assert 77 not in asked(catalogue)
    known = catalogue.channels.get(channel.id)
    last_month = time.time() - 30 * 86_400
    catalogue.channels.save(replace(known, cursor={**known.cursor, "reconciled_at": last_month}))
    now_due(catalogue, channel)
    assert len(pipeline.look()) == 1
    assert asked(catalogue)[many:] == [77]


def test_the_backlog_is_bounded_and_stays_so(
    site: YoutubeSite, catalogue: Catalogue, pipeline: Pipeline
) -> None:
    site.streams = videos(*range(30, 0, -1))
    downloader = Downloader(load_settings().download, tuning=QUICK)
    channel = follow(STREAMS, ChannelRules(backlog=2), catalogue, downloader)
    pipeline.look()
    assert sorted(asked(catalogue)) == [29, 30]
    site.streams.insert(0, *videos(31))
    now_due(catalogue, channel)
    pipeline.look()
    assert sorted(asked(catalogue)) == [29, 30, 31]
    assert judge_again(catalogue.channels.get(channel.id), catalogue) == 0


def test_rules_decide_and_an_edited_title_is_looked_at_again(
    site: YoutubeSite, catalogue: Catalogue, pipeline: Pipeline
) -> None:
    site.streams = [
        Video("stream00001", "雑談"),
        *videos(2),
        Video("stream00003", "歌枠 short", 60),
    ]
    downloader = Downloader(load_settings().download, tuning=QUICK)
    rules = ChannelRules(title=("@karaoke",), min_duration_s=600)
    channel = follow(STREAMS, rules, catalogue, downloader)
    pipeline.look()
    assert asked(catalogue) == [2]
    reasons = {e.key: e.reason for e in catalogue.channels.entries(channel.id, state="skipped")}
    assert reasons == {
        "youtube-stream00001": "the title does not match",
        "youtube-stream00003": "shorter than 600 s",
    }
    site.streams[0] = Video("stream00001", "【歌枠】雑談", 3600)
    now_due(catalogue, channel)
    pipeline.look()
    assert asked(catalogue) == [2, 1]
    loose = follow(STREAMS, ChannelRules(title=("@karaoke",)), catalogue, downloader)
    assert loose.id == channel.id
    assert asked(catalogue) == [2, 1, 3]


def test_a_failing_channel_is_put_off_and_starves_nobody(
    channel: Channel, site: YoutubeSite, catalogue: Catalogue, pipeline: Pipeline
) -> None:
    pipeline.look()
    gone = "https://www.youtube.com/playlist?list=PLgone"
    site.resources["/playlist"] = Resource(b"", "text/html", always=Fault(status=500))
    catalogue.channels.save(
        Channel("youtube:gone", gone, site="youtube", cursor={"reconciled_at": time.time()})
    )
    site.streams = videos(4, 3, 2, 1)
    now_due(catalogue, channel)
    pipeline.look()
    assert asked(catalogue)[-1] == 4
    first = catalogue.channels.get("youtube:gone")
    assert first.last_error
    assert first.cursor["failures"] == 1
    catalogue.channels.put_off("youtube:gone", time.time() - 1)
    pipeline.look()
    second = catalogue.channels.get("youtube:gone")
    assert second.next_look_at is not None
    assert first.next_look_at is not None
    assert second.next_look_at - time.time() > 1.5 * (first.next_look_at - time.time())
    del site.resources["/playlist"]


def test_a_429_leaves_the_whole_site_alone_with_the_wait_shown(
    channel: Channel, site: YoutubeSite, catalogue: Catalogue, pipeline: Pipeline
) -> None:
    pipeline.look()
    limited = Fault(status=429, headers={"Retry-After": "7200"})
    for path in (
        f"/channel/{CHANNEL_ID}/streams",
        "/youtubei/v1/browse",
        "/youtubei/v1/navigation/resolve_url",
    ):
        site.resources[path] = Resource(b"", "text/html", always=limited)
    now_due(catalogue, channel)
    pipeline.look()
    rest = catalogue.sites.rest("youtube")
    assert rest is not None
    assert 7100 < rest.until - time.time() <= 7200
    site.seen.clear()
    now_due(catalogue, channel)
    pipeline.look()
    assert site.seen == []  # nobody asks a site that wants to be left alone
    assert "on cooldown until" in catalogue.channels.get(channel.id).last_error
    assert pipeline.drain() == []
    assert all("on cooldown" in one.message for one in catalogue.requests.waiting())
    site.resources.clear()
    catalogue.sites.welcome("youtube")
    now_due(catalogue, channel)
    pipeline.look()
    assert catalogue.channels.get(channel.id).last_error == ""


def test_a_daemon_that_dies_between_look_and_drain_loses_and_doubles_nothing(
    channel: Channel, site: YoutubeSite, catalogue: Catalogue, pipeline: Pipeline
) -> None:
    site.streams = videos(2, 1)
    pipeline.look()
    (lost,) = pipeline.drain()  # claimed, but the process dies before the run is launched
    assert pipeline.drain() == []
    for request in catalogue.requests.running():
        with catalogue.write() as connection:
            connection.exec_driver_sql(
                f"UPDATE requests SET started_at = started_at - 999 WHERE id = {request.id}"
            )
    (again,) = pipeline.drain()
    assert again.run_key == lost.run_key  # Dagster starts one run for a key
    assert again.run_config == lost.run_config
    now_due(catalogue, channel)
    pipeline.look()
    assert sorted(asked(catalogue)) == [1, 2]


def test_unfollowed_channels_are_not_looked_at(
    channel: Channel, site: YoutubeSite, catalogue: Catalogue, pipeline: Pipeline
) -> None:
    catalogue.channels.save(replace(channel, followed=False))
    site.seen.clear()
    assert pipeline.look() == []
    assert site.seen == []


def test_a_clock_that_was_a_day_ahead_costs_no_day_without_a_look(
    channel: Channel, site: YoutubeSite, catalogue: Catalogue, pipeline: Pipeline
) -> None:
    pipeline.look()
    tomorrow = time.time() + 86_400
    known = catalogue.channels.get(channel.id)
    catalogue.channels.save(replace(known, last_look_at=tomorrow, next_look_at=tomorrow + 1800))
    site.streams = videos(4, 3, 2, 1)
    site.browse_fault = Fault(status=500)
    pipeline.look()
    n_asked = len(site.seen)
    pipeline.look()  # the look has failed: its next one has its own time, as ever
    assert len(site.seen) == n_asked
    site.browse_fault = None
    now_due(catalogue, channel)
    pipeline.look()
    assert 4 in asked(catalogue)


def test_a_clock_that_was_years_ahead_does_not_stop_the_looks(
    channel: Channel, site: YoutubeSite, catalogue: Catalogue, pipeline: Pipeline
) -> None:
    pipeline.look()
    ahead = time.time() + 3 * 365 * 86_400
    known = catalogue.channels.get(channel.id)
    catalogue.channels.save(
        replace(known, next_look_at=ahead, cursor={**known.cursor, "reconciled_at": ahead})
    )
    site.streams = videos(4, 3, 2, 1)
    pipeline.look()
    assert 4 in asked(catalogue)


def test_what_is_for_members_is_known_from_the_listing_and_left_out(
    site: YoutubeSite, catalogue: Catalogue, pipeline: Pipeline, tmp_path: Path
) -> None:
    site.streams = videos(3, 2, 1)
    site.streams[1].members_only = True
    downloader = Downloader(load_settings().download, tuning=QUICK)
    channel = follow(STREAMS, ChannelRules(), catalogue, downloader)
    pipeline.look()
    assert sorted(asked(catalogue)) == [1, 3]
    (left_out,) = catalogue.channels.entries(channel.id, state="skipped")
    assert left_out.reason == FOR_MEMBERS
    assert site.gets("/watch") == []  # the listing told, nobody asked the page
    cookies = tmp_path / "cookies.txt"
    cookies.write_text("# Netscape HTTP Cookie File\n.youtube.com\tTRUE\t/\tTRUE\t0\tSID\tx\n")
    cookies.chmod(0o600)
    follow(STREAMS, ChannelRules(cookies_file=cookies), catalogue, downloader)
    assert sorted(asked(catalogue)) == [1, 2, 3]


@pytest.mark.parametrize(("rule", "numbers"), [(True, [1, 2]), (False, [1])])
def test_a_rule_decides_about_members_only_streams(
    site: YoutubeSite,
    catalogue: Catalogue,
    pipeline: Pipeline,
    rule: bool,
    numbers: list[int],
) -> None:
    site.streams = videos(2, 1)
    site.streams[0].members_only = True
    downloader = Downloader(load_settings().download, tuning=QUICK)
    follow(STREAMS, ChannelRules(members_only=rule), catalogue, downloader)
    pipeline.look()
    assert sorted(asked(catalogue)) == numbers


def test_a_playlist_that_grows_at_its_end_is_seen_at_the_next_poll(
    site: YoutubeSite, catalogue: Catalogue, pipeline: Pipeline
) -> None:
    site.playlist = videos(*range(1, 71))
    downloader = Downloader(load_settings().download, tuning=QUICK)
    rules = ChannelRules(backlog=-1)
    url = "https://www.youtube.com/playlist?list=PLkaraoke"
    channel = follow(url, rules, catalogue, downloader)
    assert channel.title == "Karaoke archive"
    pipeline.look()
    assert len(asked(catalogue)) == 70

    def poll() -> int:
        """One poll; returns how many requests it cost."""
        site.seen.clear()
        now_due(catalogue, channel)
        pipeline.look()
        return len(site.seen)

    one_page = poll()  # nothing has changed: the first page is enough
    site.playlist += videos(71, 72)
    assert poll() == one_page + 2
    assert asked(catalogue)[70:] == [71, 72]
    site.playlist.insert(0, *videos(73))
    assert poll() == one_page  # what came was found on the first page
    site.playlist[-1:] = videos(74)  # one out, one in: only the day of change tells
    site.playlist_changed = "Last updated on Jul 2, 2026"
    assert poll() == one_page + 2
    assert asked(catalogue)[72:] == [73, 74]
    assert poll() == one_page
