"""The recording of a stream as an asset: local files that can be used, and one that cannot."""

from dataclasses import replace
from pathlib import Path

import dagster as dg
import pytest

from tests.media.two_tracks import tone_of, write_two_tracks
from tests.tui.conftest import write_tone
from utawaku.assets.recordings import recordings
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.records import Stream
from utawaku.media.decode import load
from utawaku.orchestration.pending_assets import pending_assets
from utawaku.orchestration.resources import make_resources
from utawaku.workflows.recordings import recording_file


def materialize() -> dg.ExecuteInProcessResult:
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions("stream", ["file-1"])
        return dg.materialize(
            [recordings],
            instance=instance,
            partition_key="file-1",
            resources=make_resources(),
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


def test_a_chosen_track_is_kept_with_the_stream_and_read_again(
    catalogue: Catalogue, settings: Settings, tmp_path: Path
) -> None:
    file = write_two_tracks(tmp_path / "two.mkv", 2, picture=False)
    catalogue.streams.save(Stream("file-1", str(file), site="file"))
    assert materialize().success
    first = catalogue.assets.of("file-1")["recordings"]
    assert tone_of(load(recording_file(catalogue.streams.get("file-1"), settings))[0]) == 1000
    catalogue.streams.save(replace(catalogue.streams.get("file-1"), track="ja"))
    assert pending_assets(catalogue.streams.get("file-1"), catalogue, settings)[0] == "recordings"
    for _ in range(2):
        assert materialize().success
        stream = catalogue.streams.get("file-1")
        assert stream.track == "ja"
        assert tone_of(load(recording_file(stream, settings))[0]) == 440
    state = catalogue.assets.of("file-1")["recordings"]
    assert state.metadata["data_version"] != first.metadata["data_version"]
    assert state.metadata["bytes"] == file.stat().st_size


def test_a_rule_chooses_where_nobody_else_did_and_is_kept(
    catalogue: Catalogue, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write_two_tracks(tmp_path / "two.mkv", 2, picture=False)
    monkeypatch.setenv("UTAWAKU_DOWNLOAD__TRACK", "jpn")
    catalogue.streams.save(Stream("file-1", str(file), site="file"))
    assert materialize().success
    stream = catalogue.streams.get("file-1")
    assert (stream.track, tone_of(load(recording_file(stream, settings))[0])) == ("jpn", 440)


def test_the_length_that_was_read_outlives_what_the_header_claims(
    catalogue: Catalogue, settings: Settings, tmp_path: Path
) -> None:
    file = write_tone(tmp_path / "evening.wav", 440.0, 3.0)
    catalogue.streams.save(Stream("file-1", str(file), site="file"))
    assert materialize().success
    # As the asset `segments` leaves it, once the recording was read.
    catalogue.assets.done(
        "file-1", "segments", engine="sm", engine_version="1", metadata={"duration_s": 2.5}
    )
    assert materialize().success
    assert catalogue.streams.get("file-1").duration_s == 2.5
    write_tone(file, 440.0, 4.0)
    assert materialize().success
    assert catalogue.streams.get("file-1").duration_s == pytest.approx(4.0)
