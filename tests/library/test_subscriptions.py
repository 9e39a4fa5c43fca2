"""Rules of followed channels, and the files that they travel in."""

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from utawaku.library.errors import ConfigError
from utawaku.library.subscriptions import ChannelRules, Follow, SubscriptionSettings, judge
from utawaku.library.subscriptions.files import read_follows, write_opml, write_toml


@pytest.mark.parametrize(
    ("preset", "title", "held"),
    [
        ("@karaoke", "【歌枠】夜に歌う", True),
        ("@karaoke", "KARAOKE night", True),
        ("@karaoke", "ゲーム実況", False),
        ("@karaoke", "【うた枠】のんびり", True),
        ("@karaoke", "【UTAWAKU】late night", True),
        ("@karaoke", "저녁 우타와쿠", True),
        ("@singing", "Let's sing together", True),
        ("@singing", "Singapore trip", False),
        ("@singing", "みんなで歌おう", True),
        ("@acoustic", "ギター弾き語り", True),
        ("@singing", "【Singing】 hello", True),
        ("@song_session", "【歌回】点歌", True),
        ("@all", "弾き語り配信", True),
        ("@all", "マイクラ", False),
        ("ＡＢＣ", "abc", True),
    ],
)
def test_titles_are_matched_by_preset_or_expression(preset: str, title: str, held: bool) -> None:
    assert judge(ChannelRules(title=(preset,)), title=title).taken is held


def test_an_excluded_word_outweighs_a_match() -> None:
    rules = ChannelRules(title=("@karaoke",), exclude=("告知",))
    verdict = judge(rules, title="歌枠の告知")
    assert not verdict.taken
    assert "告知" in verdict.reason


@pytest.mark.parametrize(
    ("known", "reason"),
    [
        ({"duration_s": 599.0, "live_status": "was_live"}, "shorter than 600 s"),
        ({"duration_s": 9000.0, "live_status": "was_live"}, "longer than 7200 s"),
        ({"duration_s": 900.0, "live_status": "not_live"}, "an upload"),
        ({"duration_s": 900.0, "live_status": "was_live", "uploaded_at": 1e9}, "from before"),
        ({"duration_s": 900.0, "live_status": "was_live", "uploaded_at": 1.79e9}, ""),
    ],
)
def test_length_kind_and_date_decide(known: dict[str, object], reason: str) -> None:
    rules = ChannelRules(
        min_duration_s=600, max_duration_s=7200, kinds=("was_live",), since=dt.date(2026, 1, 1)
    )
    verdict = judge(rules, title="歌枠", **known)  # type: ignore[arg-type]
    assert verdict.taken is (reason == "")
    assert verdict.reason.startswith(reason)


def test_what_is_unknown_lets_through_for_now() -> None:
    rules = ChannelRules(min_duration_s=600)
    assert judge(rules, title="歌枠").for_now
    # The length that a running broadcast shows is no length.
    live = judge(rules, title="歌枠", duration_s=30.0, live_status="is_live")
    assert live.taken
    assert live.for_now


@pytest.mark.parametrize(
    ("rules", "told"),
    [
        ({"title": "(歌枠"}, "no regular expression"),
        ({"title": "@karoke"}, "no preset is called @karoke"),
        ({"min_duration_s": 10, "max_duration_s": 5}, "nothing could pass"),
        ({"colour": "red"}, "rule 'colour'"),
        ({"kinds": []}, "rule 'kinds'"),
    ],
)
def test_rules_that_make_no_sense_are_refused_with_words(
    rules: dict[str, object], told: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        ChannelRules.read(rules, subject="channel")
    assert told in str(refused.value)


FULL = ChannelRules(
    title=("@karaoke", "歌う?"),
    exclude=('"quoted"',),
    min_duration_s=600,
    since=dt.date(2026, 1, 1),
    kinds=("was_live",),
    backlog=-1,
    want="video",
    cookies_file=Path("~/cookies.txt"),
    songs={"strategy": "classic", "min_song_s": 60},
    path_template="{channel}/{title}",
)


def test_toml_carries_all_rules_there_and_back(tmp_path: Path) -> None:
    follows = [
        Follow("https://example.org/a?x=1&y=2", '歌 "a" \\', FULL),
        Follow("https://example.org/b"),
    ]
    write_toml(follows, tmp_path / "f.toml")
    assert read_follows(tmp_path / "f.toml") == follows


def test_opml_carries_addresses_and_titles_there_and_back(tmp_path: Path) -> None:
    follows = [Follow("https://example.org/a?x=1&y=2", "歌 <a> & b")]
    write_opml(follows, tmp_path / "f.opml")
    assert read_follows(tmp_path / "f.opml") == follows


def test_other_readers_youtube_feeds_become_the_channels_pages(tmp_path: Path) -> None:
    (tmp_path / "f.opml").write_text(
        '<opml version="1.1"><body><outline text="Subscriptions"><outline text="A Singer" '
        'xmlUrl="https://www.youtube.com/feeds/videos.xml?channel_id=UC0123456789"/>'
        '<outline title="P" xmlUrl="https://www.youtube.com/feeds/videos.xml?playlist_id=PL1"/>'
        '<outline xmlUrl="javascript:alert(1)"/></outline></body></opml>',
        "utf-8",
    )
    assert [follow.url for follow in read_follows(tmp_path / "f.opml")] == [
        "https://www.youtube.com/channel/UC0123456789",
        "https://www.youtube.com/playlist?list=PL1",
    ]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("[[channel]]\ntitle = 'x'", "no address"),
        ("[[channel]]\nurl = 'file:///etc/passwd'", "no address"),
        ("channel = 3", r"no \[\[channel\]\] tables"),
        ("[[channel", "not a TOML file"),
        ("<opml>", "not an OPML file"),
        ("<opml></opml>", "holds no feeds"),
        ('<!DOCTYPE x [<!ENTITY a "b">]><opml>&a;</opml>', "document type"),
        ("[[channel]]\nurl = 'https://a.org'\nrules.backlog = -5", "rule 'backlog'"),
    ],
)
def test_files_that_are_neither_are_refused_with_words(
    tmp_path: Path, content: str, told: str
) -> None:
    (tmp_path / "f").write_text(content, "utf-8")
    with pytest.raises(ConfigError, match=told):
        read_follows(tmp_path / "f")


def test_quiet_hours_end_at_the_right_moment() -> None:
    evening = SubscriptionSettings(quiet_hours="19:00-23:30")
    assert evening.quiet_until(dt.datetime(2026, 1, 1, 18, 59)) is None
    assert evening.quiet_until(dt.datetime(2026, 1, 1, 19)) == dt.datetime(2026, 1, 1, 23, 30)
    assert evening.quiet_until(dt.datetime(2026, 1, 1, 23, 30)) is None
    night = SubscriptionSettings(quiet_hours="22:00-06:00")
    assert night.quiet_until(dt.datetime(2026, 1, 1, 23)) == dt.datetime(2026, 1, 2, 6)
    assert night.quiet_until(dt.datetime(2026, 1, 2, 5)) == dt.datetime(2026, 1, 2, 6)
    assert night.quiet_until(dt.datetime(2026, 1, 2, 12)) is None


@given(st.times(), st.times(), st.datetimes(dt.datetime(2020, 1, 1), dt.datetime(2030, 1, 1)))
def test_quiet_hours_always_end_within_a_day(
    first: dt.time, last: dt.time, now: dt.datetime
) -> None:
    hours = SubscriptionSettings(quiet_hours=f"{first:%H:%M}-{last:%H:%M}")
    until = hours.quiet_until(now)
    assert until is None or now < until <= now + dt.timedelta(days=1)
