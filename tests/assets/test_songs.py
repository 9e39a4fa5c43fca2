"""Songs of a stream as an asset: found in its segments, kept as the user has them."""

import dagster as dg
import pytest

from tests.models.song_timelines import Timeline
from utawaku.assets.songs import songs_asset
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.records import Stream
from utawaku.orchestration.resources import make_resources
from utawaku.workflows.segments import analysis_file


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
