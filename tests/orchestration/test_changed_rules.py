"""Artefacts that other rules made: stale in the catalogue and in Dagster, and no more once made."""

import dagster as dg
import pytest
from dagster._core.definitions.data_version import CachingStaleStatusResolver, StaleStatus
from dagster._core.loader import LoadingContextForTest

import utawaku.assets  # noqa: F401  binds the artefacts
from tests.fixtures.pipeline import Pipeline, everything
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import load_settings
from utawaku.library.records import Channel, Stream
from utawaku.library.staleness import stale_artefacts
from utawaku.orchestration.bindings import binding_of
from utawaku.orchestration.changed_rules import note_changed_rules, tell_outdated
from utawaku.orchestration.present_versions import present_versions
from utawaku.orchestration.versions import inputs_of
from utawaku.workflows.subscriptions import settings_for
from utawaku.workflows.timelines import OTHER_CLOCK

FILES = "library_files"


class Views:
    """The artefact `library_files` of two streams, one of them of a channel with rules."""

    def __init__(self, catalogue: Catalogue, pipeline: Pipeline) -> None:
        self.catalogue, self.instance = catalogue, pipeline.instance
        self.instance.add_dynamic_partitions("stream", ["a", "b"])
        catalogue.channels.save(Channel("youtube:UC1", "https://www.youtube.com/channel/UC1"))
        for stream in (Stream("a", "/a.opus"), self.of_channel()):
            catalogue.streams.save(stream)
            for name in ("segments", FILES):
                self.made(stream, name)

    @staticmethod
    def of_channel() -> Stream:
        url = "https://www.youtube.com/watch?v=stream00001"
        return Stream("b", url, site="youtube", channel_id="UC1")

    def made(self, stream: Stream, name: str) -> None:
        """Record a success on both sides, as a run does."""
        settings = load_settings()
        own = settings_for(stream, self.catalogue, settings)
        binding = binding_of(name)
        inputs = inputs_of(name, stream.id, self.catalogue, settings)
        self.catalogue.assets.done(
            stream.id,
            name,
            engine="x",
            engine_version=binding.code_version,
            metadata={
                "made_with": binding.made_with(stream, self.catalogue, own),
                "data_version": f"{name}-1",
                "inputs": inputs,
            },
        )
        tags = {
            "dagster/data_version": f"{name}-1",
            "dagster/data_version_is_user_provided": "true",
            "dagster/code_version": binding.code_version,
            **{f"dagster/input_data_version/{one}": version for one, version in inputs.items()},
        }
        self.instance.report_runless_asset_event(
            dg.AssetMaterialization(name, partition=stream.id, tags=tags)
        )

    def ours(self, name: str = FILES) -> set[str]:
        note_changed_rules(self.catalogue, load_settings())
        present = present_versions(load_settings())
        return {one.stream_id for one in stale_artefacts(self.catalogue, present, name)}

    def theirs(self, name: str = FILES) -> set[str]:
        """Streams whose artefact Dagster calls stale because of its own record."""
        tell_outdated(self.instance, self.catalogue)
        graph = everything().resolve_asset_graph()
        resolver = CachingStaleStatusResolver(
            self.instance, graph, LoadingContextForTest(self.instance)
        )
        key = dg.AssetKey(name)
        with dg.partition_loading_context(dynamic_partitions_store=self.instance):
            return {
                stream_id
                for stream_id in ("a", "b")
                if resolver.get_status(key, stream_id) == StaleStatus.STALE
                and any(
                    "code version" in one.reason
                    for one in resolver.get_stale_causes(key, stream_id)
                )
            }


@pytest.fixture
def views(catalogue: Catalogue, pipeline: Pipeline) -> Views:
    made = Views(catalogue, pipeline)
    assert made.ours() == made.theirs() == set()
    return made


def test_another_form_of_song_files_makes_all_stale_and_the_former_one_none(
    views: Views, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UTAWAKU_CUT__TEMPLATE", "{artist}/{title}")
    assert views.ours() == views.theirs() == {"a", "b"}
    monkeypatch.delenv("UTAWAKU_CUT__TEMPLATE")
    assert views.ours() == views.theirs() == set()


def test_what_one_look_does_not_compare_the_next_one_does(
    views: Views, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UTAWAKU_CUT__TEMPLATE", "{artist}/{title}")
    settings = load_settings()

    def marked() -> set[str]:
        return {one.stream_id for one in catalogue.assets.outdated()}

    assert note_changed_rules(catalogue, settings, within_s=0.0, at_once=1) == 1
    assert marked() == {"a"}
    assert note_changed_rules(catalogue, settings, within_s=0.0, at_once=1) == 1
    assert marked() == {"a", "b"}
    monkeypatch.delenv("UTAWAKU_CUT__TEMPLATE")
    # Other rules begin with the first stream again.
    assert note_changed_rules(catalogue, load_settings()) == 2
    assert marked() == set()


def test_a_rule_of_a_channel_makes_its_streams_stale_until_they_are_made_by_it(
    views: Views, catalogue: Catalogue
) -> None:
    (channel,) = catalogue.channels.all()
    rules = {"path_template": "{channel}/{title}"}
    catalogue.channels.save(
        Channel(channel.id, channel.url, rules=rules, followed_at=channel.followed_at)
    )
    assert views.ours() == views.theirs() == {"b"}
    views.made(views.of_channel(), FILES)
    assert views.ours() == views.theirs() == set()


def test_segments_of_another_clock_are_stale_on_both_sides(
    views: Views, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogue.assets.outdate("a", "segments", OTHER_CLOCK)
    monkeypatch.setenv("UTAWAKU_CUT__TEMPLATE", "{artist}/{title}")  # all is compared once more
    assert views.ours("segments") == views.theirs("segments") == {"a"}
    views.made(Stream("a", "/a.opus"), "segments")
    assert views.ours("segments") == views.theirs("segments") == set()


def test_each_dagster_instance_is_told_of_what_is_stale(
    views: Views, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UTAWAKU_CUT__TEMPLATE", "{artist}/{title}")
    assert views.ours() == {"a", "b"}
    with dg.DagsterInstance.ephemeral() as second:
        assert tell_outdated(second, catalogue) == 2
    assert views.theirs() == {"a", "b"}
