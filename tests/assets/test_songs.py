"""Songs of a stream as an asset: found in its segments, kept as the user has them."""

from dataclasses import replace
from typing import Any

import dagster as dg
import pytest

from tests.models.song_timelines import Timeline
from utawaku.assets.songs import songs_asset
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.records import Channel, Setlist, SetlistLine, Stream
from utawaku.library.song_rules import SongRules
from utawaku.orchestration.resources import make_resources
from utawaku.workflows.segments import analysis_file
from utawaku.workflows.songs import made_with


@pytest.fixture
def evening(catalogue: Catalogue, settings: Settings) -> Timeline:
    """Segments of a stream with two songs between talk."""
    timeline = Timeline().talk(60).silence(3).song(200, 1).silence(3).talk(60)
    timeline = timeline.silence(3).song(180, 2).silence(3).talk(60)
    catalogue.streams.save(Stream("file-1", "/evening.wav", duration_s=timeline.now_s))
    path = analysis_file("file-1", settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    timeline.segmentation().save(path)
    return timeline


def materialize() -> dg.ExecuteInProcessResult:
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions("stream", ["file-1"])
        return dg.materialize(
            [songs_asset],
            instance=instance,
            partition_key="file-1",
            resources=make_resources(),
            raise_on_error=False,
        )


def test_songs_are_found_once_and_keep_their_identity(
    catalogue: Catalogue, settings: Settings, evening: Timeline
) -> None:
    result = materialize()
    assert result.success
    assert [check.passed for check in result.get_asset_check_evaluations()] == [True]
    found = catalogue.songs.of_stream("file-1")
    assert len(found) == len(evening.marks) == 2
    for song, (start_s, stop_s) in zip(found, evening.marks, strict=True):
        assert abs(song.start_s - start_s) < 3
        assert abs(song.stop_s - stop_s) < 5
    assert (settings.stream_dir("file-1") / "timeline.png").stat().st_size > 0
    catalogue.grades.give(found[0].id, grade=1)
    assert materialize().success
    again = catalogue.songs.of_stream("file-1")
    assert [song.id for song in again] == [song.id for song in found]
    assert again[0].grade == 1
    state = catalogue.assets.of("file-1")["songs"]
    assert (state.metadata["n_songs"], state.metadata["n_new"]) == (2, 0)


def test_a_stream_without_segments_fails_with_words(catalogue: Catalogue) -> None:
    catalogue.streams.save(Stream("file-1", "/evening.wav", duration_s=60.0))
    assert not materialize().success
    state = catalogue.assets.of("file-1")["songs"]
    assert (state.state, bool(state.message)) == ("failed", True)
    assert catalogue.songs.of_stream("file-1") == []


def keep(timeline: Timeline, catalogue: Catalogue, settings: Settings, **rules: object) -> None:
    """Keep a stream of which this was heard, on a channel with these song rules."""
    if rules:
        catalogue.channels.save(Channel("x:c", "https://x.example/c", rules={"songs": rules}))
    heard = timeline.segmentation()
    catalogue.streams.save(
        Stream("file-1", "/a.mp3", site="x", channel_id="c", duration_s=heard.duration_s)
    )
    path = analysis_file("file-1", settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    heard.save(path)


def spans(catalogue: Catalogue) -> list[tuple[float, float, str]]:
    assert materialize().success
    found = catalogue.songs.of_stream("file-1")
    return [(song.start_s, song.stop_s, song.boundary_source) for song in found]


def test_a_finished_track_is_one_song_from_its_start_to_its_stop(
    catalogue: Catalogue, settings: Settings
) -> None:
    keep(Timeline().silence(2).song(180).silence(4), catalogue, settings)
    assert spans(catalogue) == [(0.0, 186.0, "whole")]
    assert catalogue.assets.of("file-1")["songs"].metadata["strategy"] == "whole"


def test_a_channel_of_streams_never_takes_a_recording_whole(
    catalogue: Catalogue, settings: Settings
) -> None:
    keep(Timeline().song(180), catalogue, settings, whole="never")
    assert spans(catalogue) == []


def test_the_users_choice_for_a_stream_goes_before_the_rules_of_its_channel(
    catalogue: Catalogue, settings: Settings
) -> None:
    keep(Timeline().talk(120), catalogue, settings, whole="never")
    stream = catalogue.streams.get("file-1")
    catalogue.streams.save(replace(stream, holds="song"))
    assert spans(catalogue) == [(0.0, 120.0, "whole")]
    catalogue.streams.save(replace(stream, holds="songs"))
    assert spans(catalogue) == []


def test_a_list_of_the_user_goes_before_a_recording_that_is_one_song(
    catalogue: Catalogue, settings: Settings
) -> None:
    keep(Timeline().song(100, 1).silence(2).song(100, 2), catalogue, settings, whole="always")
    lines = (SetlistLine(0.0, "One"), SetlistLine(102.0, "Two"))
    catalogue.setlists.replace_found("file-1", [Setlist(lines, "user", 1.0)])
    assert [source for _, _, source in spans(catalogue)] == ["setlist", "setlist"]


def test_only_short_streams_are_stale_by_rules_about_whole_recordings() -> None:
    rules = SongRules()
    assert made_with(rules, None, 3600.0) == made_with(
        rules.model_copy(update={"whole": "never"}), None, 3600.0
    )
    assert made_with(rules, None, 200.0) != made_with(
        rules.model_copy(update={"whole": "never"}), None, 200.0
    )


def test_another_end_in_a_list_makes_the_songs_stale() -> None:
    def made(**changes: float | bool) -> dict[str, Any]:
        line = replace(SetlistLine(30.0, "One", stop_s=100.0), **changes)
        return made_with(SongRules(), Setlist((line,), "user", 1.0), 3600.0)

    assert made() == made()
    assert made() != made(stop_s=110.0)
    assert made() != made(is_cut=True)
