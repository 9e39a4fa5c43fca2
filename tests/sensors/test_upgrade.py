"""A home of version 0.1 goes on: its requests are drained once, its subscriptions are not lost."""

from collections import Counter
from collections.abc import Sequence

import dagster as dg

from tests.fixtures.home_of_version_0_1 import old_home as old_home
from tests.fixtures.pipeline import Pipeline
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.records import ChannelEntry
from utawaku.library.requests import Ingest, RecheckLength


def streams_of(runs: Sequence[dg.RunRequest]) -> Counter[str | None]:
    return Counter(run.partition_key for run in runs if run.job_name == "ingest_stream")


def test_open_requests_are_drained_and_nothing_is_ingested_twice(
    old_home: Settings, pipeline: Pipeline
) -> None:
    catalogue = Catalogue.open(old_home)
    try:
        look_ups = [
            row.id for kind in (Ingest, RecheckLength) for row in catalogue.requests.waiting(kind)
        ]
        assert len(look_ups) == 4
        first = pipeline.drain()
        (resolve,) = [run for run in first if run.job_name == "resolve_source"]
        config = resolve.run_config["ops"]["resolve_requests"]["config"]
        assert sorted(config["request_ids"]) == sorted(look_ups)
        second = pipeline.drain()
        assert not [run for run in second if run.job_name == "resolve_source"]
        assert max(streams_of([*first, *second]).values()) == 1
        told = [row.message for row in catalogue.requests.recent(limit=100)]
        assert not [message for message in told if "this version" in message]
    finally:
        catalogue.close()


def test_the_cursor_of_a_subscription_keeps_known_streams_known(old_home: Settings) -> None:
    catalogue = Catalogue.open(old_home)
    try:
        channel = catalogue.channels.get("youtube:UC1")
        before = len(catalogue.requests.of_kind(Ingest))
        seen = [ChannelEntry(channel.id, "youtube-9", "https://www.youtube.com/watch?v=9")]
        assert catalogue.channels.record_look(channel, seen, ask={"youtube-9"}) == 0
        assert len(catalogue.requests.of_kind(Ingest)) == before
        assert channel.cursor["newest"] == ["youtube-9"]
    finally:
        catalogue.close()
