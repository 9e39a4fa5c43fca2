"""The recording of a stream as an asset: local files that can be used, and one that cannot."""

from pathlib import Path

import dagster as dg

from tests.tui.conftest import write_tone
from utawaku.assets.recordings import recordings
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.records import Stream
from utawaku.orchestration.resources import LibraryResource
from utawaku.workflows.recordings import recording_file


def materialize() -> dg.ExecuteInProcessResult:
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions("stream", ["file-1"])
        return dg.materialize(
            [recordings],
            instance=instance,
            partition_key="file-1",
            resources={"library": LibraryResource()},
            raise_on_error=False,
        )


def test_a_local_file_is_recorded_with_its_length(
    catalogue: Catalogue, settings: Settings, tmp_path: Path
) -> None:
    file = write_tone(tmp_path / "evening.wav", 440.0, 3.0)
    catalogue.streams.save(Stream("file-1", str(file), site="file"))
    result = materialize()
    assert result.success
    assert [check.passed for check in result.get_asset_check_evaluations()] == [True]
    stream = catalogue.streams.get("file-1")
    assert abs(stream.duration_s - 3.0) < 0.05
    assert recording_file(stream, settings) == file
    state = catalogue.assets.of("file-1")["recordings"]
    assert (state.state, state.engine) == ("done", "file")
    assert state.metadata["bytes"] == file.stat().st_size


def test_a_file_that_is_gone_fails_with_its_path_and_leaves_a_notice(
    catalogue: Catalogue, tmp_path: Path
) -> None:
    gone = tmp_path / "gone.wav"
    catalogue.streams.save(Stream("file-1", str(gone), site="file"))
    assert not materialize().success
    state = catalogue.assets.of("file-1")["recordings"]
    assert state.state == "failed"
    assert str(gone) in state.message
    assert any(notice.stream_id == "file-1" for notice in catalogue.notices.recent(limit=10))
