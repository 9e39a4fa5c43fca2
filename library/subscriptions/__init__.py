"""Whom the user follows and by which rules; how the rules travel as files."""

from utawaku.library.subscriptions.files import read_follows, write_opml, write_toml
from utawaku.library.subscriptions.rules import PRESETS, ChannelRules, Follow, Verdict, judge
from utawaku.library.subscriptions.settings import (
    CrawlSettings,
    FollowSettings,
    HousekeepingSettings,
    NoticeSettings,
)

__all__ = [
    "PRESETS",
    "ChannelRules",
    "CrawlSettings",
    "Follow",
    "FollowSettings",
    "HousekeepingSettings",
    "NoticeSettings",
    "Verdict",
    "judge",
    "read_follows",
    "write_opml",
    "write_toml",
]
