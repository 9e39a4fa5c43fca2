"""A channel's rules over the general settings, each where it counts."""

from pathlib import Path
from typing import Any

import pytest

from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.records import Channel, ChannelEntry, Stream
from utawaku.workflows.songs import rules_of
from utawaku.workflows.subscriptions import settings_for


def stream_of(catalogue: Catalogue, rules: dict[str, Any]) -> Stream:
    """A stream that a channel with these rules listed."""
    channel = Channel("youtube:x", "https://www.youtube.com/@x", site="youtube", rules=rules)
    catalogue.channels.save(channel)
    stream = catalogue.streams.save(Stream("youtube-a", "https://youtu.be/a", site="youtube"))
    entry = ChannelEntry(channel.id, stream.id, stream.url)
    catalogue.channels.record_look(channel, [entry], ask={})
    return stream


@pytest.mark.parametrize(
    ("rules", "section", "name", "value"),
    [
        ({"want": "video"}, "download", "want", "video"),
        ({"cookies_file": "/c.txt"}, "download", "cookies_file", Path("/c.txt")),
        ({"path_template": "{channel}/{title}"}, "cut", "template", "{channel}/{title}"),
    ],
)
def test_each_rule_counts_for_the_channels_streams_and_for_no_others(
    catalogue: Catalogue,
    settings: Settings,
    rules: dict[str, Any],
    section: str,
    name: str,
    value: object,
) -> None:
    stream = stream_of(catalogue, rules)
    own = settings_for(stream, catalogue, settings)
    assert getattr(getattr(own, section), name) == value
    general = getattr(getattr(settings, section), name)
    assert general != value
    others = catalogue.streams.save(Stream("youtube-b", "https://youtu.be/b", site="youtube"))
    unchanged = settings_for(others, catalogue, settings)
    assert getattr(getattr(unchanged, section), name) == general


def test_song_rules_of_a_channel_stand_over_the_general_ones(
    catalogue: Catalogue, settings: Settings
) -> None:
    general = settings.model_copy(update={"songs": {"min_song_s": 30.0, "strategy": "classic"}})
    stream = stream_of(catalogue, {"songs": {"min_song_s": 75.0}})
    others = catalogue.streams.save(Stream("youtube-b", "https://youtu.be/b", site="youtube"))
    own = rules_of(stream, catalogue, general)
    assert (own.min_song_s, own.strategy) == (75.0, "classic")
    assert rules_of(others, catalogue, general).min_song_s == 30.0
