"""Subscriptions and their rules; `files` has their import and export."""

from utawaku.library.subscriptions.rules import PRESETS, ChannelRules, Follow, Verdict, judge
from utawaku.library.subscriptions.settings import (
    CrawlSearch,
    CrawlSettings,
    MaintenanceSettings,
    NoticeSettings,
    SubscriptionSettings,
    WatchSettings,
)

__all__ = [
    "PRESETS",
    "ChannelRules",
    "CrawlSearch",
    "CrawlSettings",
    "Follow",
    "MaintenanceSettings",
    "NoticeSettings",
    "SubscriptionSettings",
    "Verdict",
    "WatchSettings",
    "judge",
]
