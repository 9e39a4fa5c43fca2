"""Pieces of recordings between subtitles: made once, checked, found again, stale, kept."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import dagster as dg
import numpy as np
import pytest

from tests.fixtures.pipeline import Pipeline
from tests.fixtures.pipeline import pipeline as pipeline  # a fixture
from tests.media.two_tracks import tone_of, write_two_tracks
from tests.models.separation import Shy, grid, write_wav
from utawaku.assets.pieces import pieces
from utawaku.commands.repairs import check_files
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.errors import NotFoundError, UsageError
from utawaku.library.progress import Progress, silent
from utawaku.library.records import Stream
from utawaku.library.requests import Rematerialize, SeparatePieces
from utawaku.library.staleness import stale_streams
from utawaku.media.decode import load
from utawaku.media.tracks import with_track
from utawaku.models.separator import Separator
from utawaku.models.separator.joining import join_pieces
from utawaku.models.setlist.subtitles import TimedText, to_srt
from utawaku.orchestration.pending_assets import pending_assets
from utawaku.orchestration.present_versions import present_versions
from utawaku.orchestration.rematerialize import advance_rematerializations
from utawaku.orchestration.resources import SeparatorResource, make_resources
from utawaku.services.downloader.languages import same_language
from utawaku.workflows.maintenance import may_go
from utawaku.workflows.pieces import PiecesOptions, asked_for, known_pieces

RATE = 16_000
LINES = [TimedText(2, 3.25, "first line"), TimedText(4.5, 5, "second line")]
ID = "file-1"


@pytest.fixture
def subtitles(tmp_path: Path) -> Path:
    path = tmp_path / "lines.srt"
    path.write_text(to_srt(LINES), "utf-8")
    return path


@pytest.fixture
def stream(catalogue: Catalogue, settings: Settings) -> Stream:
    """A stream whose recording is eight seconds of noise."""
    folder = settings.stream_dir(ID)
    folder.mkdir(parents=True)
    samples = np.random.default_rng(3).uniform(-1, 1, (2, 8 * RATE))
    samples[:, 3 * RATE] = -1
    write_wav(folder / "recording.wav", samples, RATE)
    where = f"Streams/{ID}/recording.wav"
    return catalogue.streams.save(
        Stream(ID, "/evening.wav", "An evening", site="file", recording_path=where, duration_s=8)
    )


def recording(settings: Settings) -> Path:
    return settings.stream_dir(ID) / "recording.wav"


def materialize(
    subtitles: Path | str = "", resource: type[SeparatorResource] = SeparatorResource, **span: float
) -> dg.ExecuteInProcessResult:
    instance = dg.DagsterInstance.ephemeral()
    instance.add_dynamic_partitions("stream", [ID])
    config = {"subtitles": str(subtitles), **span}
    return dg.materialize(
        [pieces],
        instance=instance,
        partition_key=ID,
        resources=make_resources(separator=resource),
        run_config={"ops": {"pieces": {"config": config}}},
        raise_on_error=False,
    )


def told(result: dg.ExecuteInProcessResult, name: str) -> object:
    (done,) = result.asset_materializations_for_node("pieces")
    return done.metadata[name].value


def checks(result: dg.ExecuteInProcessResult) -> dict[str, bool]:
    return {check.check_name: check.passed for check in result.get_asset_check_evaluations()}


def test_a_recording_cut_at_subtitles_joins_to_itself_and_its_checks_say_so(
    stream: Stream, settings: Settings, subtitles: Path, tmp_path: Path
) -> None:
    result = materialize(subtitles, shift_s=0.5, start_s=1.5, stop_s=7.25)
    assert result.success
    assert checks(result) == {
        "pieces_are_as_long_as_their_place": True,
        "pieces_add_up_to_their_mix": True,
        "pieces_join_to_their_recording": True,
    }
    folder = settings.stream_dir(ID) / "stems" / "lines 1500-7250 pieces"
    rows = json.loads((folder / "pieces.json").read_text("utf-8"))["pieces"]
    assert [(row["start_s"], row["stop_s"], row["text"]) for row in rows] == [
        (0.0, 1.0, ""),
        (1.0, 2.25, "first line"),
        (2.25, 3.5, ""),
        (3.5, 4.0, "second line"),
        (4.0, 5.75, ""),
    ]
    done = join_pieces(folder, tmp_path / "out", name="evening")
    expected = grid(recording(settings))[:, round(1.5 * RATE) : round(7.25 * RATE)]
    np.testing.assert_array_equal(grid(done.mix), expected)


def test_pieces_are_cut_from_the_track_that_was_chosen_for_the_stream(
    catalogue: Catalogue, settings: Settings, subtitles: Path, tmp_path: Path
) -> None:
    film = write_two_tracks(tmp_path / "two.mkv", 6, picture=False)
    folder = settings.stream_dir(ID)
    listed = with_track(film, "ja", folder, same_language)
    where = listed.relative_to(settings.library_root).as_posix()
    catalogue.streams.save(Stream(ID, str(film), site="file", recording_path=where, track="ja"))
    assert told(materialize(subtitles), "n_made") == 5
    done = join_pieces(known_pieces(ID, settings)[0], tmp_path / "out", name="evening")
    assert tone_of(load(done.mix)[0]) == 440


def test_asking_again_makes_only_what_is_missing(
    stream: Stream, settings: Settings, subtitles: Path
) -> None:
    assert told(materialize(subtitles), "n_made") == 5
    (folder,) = known_pieces(ID, settings)
    assert folder.name == "lines pieces"
    (folder / "0002.vocals.flac").unlink()
    subtitles.unlink()
    again = materialize()  # what was cut before is on record
    assert (told(again, "n_made"), told(again, "n_pieces")) == (1, 5)
    assert all(checks(again).values())
    assert told(materialize(), "n_made") == 0


def test_a_stream_s_own_subtitles_go_by_their_name(
    stream: Stream, settings: Settings, subtitles: Path
) -> None:
    shutil.copy(subtitles, settings.stream_dir(ID) / "subtitles.ja.srt")
    assert materialize("subtitles.ja.srt").success
    assert [path.name for path in known_pieces(ID, settings)] == ["subtitles.ja pieces"]
    with pytest.raises(NotFoundError, match=r"in the stream's own folder: subtitles\.ja\.srt"):
        asked_for(PiecesOptions(subtitles="other.srt"), ID, settings)


def test_several_cuts_of_a_recording_lie_side_by_side(
    stream: Stream, settings: Settings, subtitles: Path
) -> None:
    materialize(subtitles, stop_s=4.0)
    both = materialize(subtitles, start_s=4.0)
    names = [path.name for path in known_pieces(ID, settings)]
    assert names == ["lines 0-4000 pieces", "lines 4000- pieces"]
    assert told(both, "n_made") == 3  # of the other span nothing was missing
    assert told(both, "n_pieces") == 6


def test_what_cannot_be_read_of_an_older_cut_is_told_and_stops_no_other(
    stream: Stream, settings: Settings, catalogue: Catalogue, subtitles: Path
) -> None:
    materialize(subtitles, stop_s=4.0)
    (older,) = known_pieces(ID, settings)
    (older / "pieces.json").write_text("{")
    result = materialize(subtitles)
    assert result.success
    assert "there is no list of pieces" in str(told(result, "failed"))
    (notice,) = [one for one in catalogue.notices.recent() if "could not be" in one.title]
    assert older.name in notice.body


class WithShyEngine(SeparatorResource):
    """The real resource, with an engine that fails at times."""

    def engine(self, progress: Progress = silent) -> Separator:
        return Shy()


def test_a_piece_that_cannot_be_separated_is_reported_and_stops_no_other(
    stream: Stream, settings: Settings, catalogue: Catalogue, subtitles: Path
) -> None:
    samples = 0.5 * np.random.default_rng(3).uniform(-1, 1, (2, 30 * RATE))
    samples[:, RATE // 2] = -1  # what that engine will not hear
    write_wav(recording(settings), samples, RATE)
    subtitles.write_text(to_srt([TimedText(10, 11, "a"), TimedText(20, 21, "b")]))
    result = materialize(subtitles, resource=WithShyEngine)
    assert result.success
    assert told(result, "failed") == {"lines pieces/0001": "the network: will not sing this"}
    assert checks(result) == {
        "pieces_are_as_long_as_their_place": True,
        "pieces_add_up_to_their_mix": True,
        "pieces_join_to_their_recording": False,
    }
    (notice,) = [one for one in catalogue.notices.recent() if "could not be" in one.title]
    assert "0001: the network" in notice.body
    mended = materialize()
    assert told(mended, "n_made") == 5  # by another engine than the one that made the rest
    assert all(checks(mended).values())


def test_an_engine_that_fails_with_all_of_it_fails_the_run(
    stream: Stream, settings: Settings, catalogue: Catalogue, subtitles: Path
) -> None:
    assert not materialize(subtitles, resource=WithShyEngine).success
    assert "will not sing this" in catalogue.assets.of(ID)["pieces"].message


def test_a_dropped_recording_says_how_to_get_it_back(
    stream: Stream, settings: Settings, catalogue: Catalogue, subtitles: Path
) -> None:
    catalogue.streams.save(replace(stream, dropped_at=1.0, recording_path=""))
    assert not materialize(subtitles).success
    state = catalogue.assets.of(ID)["pieces"]
    assert "dropped to make room" in state.message
    assert "ingest --again recordings" in state.message


@pytest.mark.parametrize(
    ("content", "span", "why"),
    [
        ("", {}, "holds no subtitles"),
        (to_srt(LINES), {"shift_s": -60.0}, "none of the 2 lines shows"),
        (to_srt(LINES), {"start_s": 6.0}, "none of the 2 lines shows"),
        (to_srt(LINES), {"shift_s": 60.0}, "it ends after 8.0 s, before the first line"),
        (to_srt(LINES), {"start_s": 3.0, "stop_s": 2.0}, "not a span"),
    ],
)
def test_subtitles_that_do_not_fit_say_so_and_leave_nothing(
    stream: Stream, settings: Settings, catalogue: Catalogue, subtitles: Path,
    content: str, span: dict[str, float], why: str,
) -> None:  # fmt: skip
    subtitles.write_text(content)
    assert not materialize(subtitles, **span).success
    assert why in catalogue.assets.of(ID)["pieces"].message
    assert known_pieces(ID, settings) == []


def test_without_subtitles_there_must_be_pieces_already(
    stream: Stream, settings: Settings, subtitles: Path
) -> None:
    with pytest.raises(NotFoundError, match="no subtitles were given"):
        asked_for(PiecesOptions(), ID, settings)
    materialize(subtitles)
    assert asked_for(PiecesOptions(), ID, settings) == {}
    with pytest.raises(UsageError, match="go with subtitles"):
        asked_for(PiecesOptions(shift_s=1.0), ID, settings)


def test_hostile_names_of_subtitles_stay_inside_the_stream(
    stream: Stream, settings: Settings, tmp_path: Path
) -> None:
    file = tmp_path / "..\x1b[31m\u202e: .srt"
    file.write_text(to_srt(LINES), "utf-8")
    assert materialize(file).success
    (folder,) = known_pieces(ID, settings)
    assert folder.parent == settings.stream_dir(ID) / "stems"
    assert not set("\x1b\u202e:") & set(folder.name)


def test_a_request_for_a_stream_is_carried_out(
    stream: Stream, settings: Settings, catalogue: Catalogue, pipeline: Pipeline, subtitles: Path
) -> None:
    asked = catalogue.requests.file(
        SeparatePieces(stream_id=ID, subtitles=str(subtitles), stop_s=6.0)
    )
    gone = catalogue.requests.file(SeparatePieces(stream_id="file-9"))
    (run,) = pipeline.drain()
    assert (run.job_name, run.partition_key) == ("separate_pieces", ID)
    assert catalogue.requests.get(gone.id).state == "failed"
    assert pipeline.carry_out(run).success
    pipeline.drain()
    assert catalogue.requests.get(asked.id).state == "done"
    assert [path.name for path in known_pieces(ID, settings)] == ["lines 0-6000 pieces"]


def test_a_recording_stays_while_pieces_of_it_are_asked_for(
    stream: Stream, settings: Settings, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    for asset in ("recordings", "segments", "songs", "labels", "library_files", "highlights"):
        catalogue.assets.done(ID, asset, engine="e", engine_version="1")
    free = replace(stream, dropped_at=1.0)  # of which nothing is due
    assert may_go(free, catalogue, settings, pending_assets)
    request = catalogue.requests.file(SeparatePieces(stream_id=ID))
    assert not may_go(free, catalogue, settings, pending_assets)
    catalogue.requests.cancel(request.id)
    assert may_go(free, catalogue, settings, pending_assets)
    catalogue.assets.started(ID, "pieces")
    assert not may_go(free, catalogue, settings, pending_assets)


def test_a_newer_separator_makes_pieces_stale_and_one_request_brings_them_up_to_date(
    stream: Stream, settings: Settings, catalogue: Catalogue, pipeline: Pipeline,
    subtitles: Path, weights_of: Callable[[str], None],
) -> None:  # fmt: skip
    weights_of("1")
    catalogue.requests.file(SeparatePieces(stream_id=ID, subtitles=str(subtitles)))
    (run,) = pipeline.drain()
    assert pipeline.carry_out(run).success
    assert stale_streams(catalogue, present_versions(settings)) == []
    (folder,) = known_pieces(ID, settings)
    before = (folder / "0001.vocals.flac").stat().st_mtime_ns
    weights_of("2")
    stale = stale_streams(catalogue, present_versions(settings))
    assert [(one.stream_id, one.asset) for one in stale] == [(ID, "pieces")]
    request = catalogue.requests.file(Rematerialize(asset="pieces"))
    (run,) = pipeline.drain()
    assert pipeline.carry_out(run).success
    assert stale_streams(catalogue, present_versions(settings)) == []
    assert (folder / "0001.vocals.flac").stat().st_mtime_ns > before
    pipeline.drain()
    advance_rematerializations(catalogue, settings)
    assert catalogue.requests.get(request.id).state == "done"


@pytest.fixture
def weights_of(settings: Settings) -> Callable[[str], None]:
    """Puts the shipped separator in place as of some release: the same network, other bytes."""
    import onnx

    from utawaku.models import registry

    def put(release: str) -> None:
        file = registry.pull("vocal-unet", settings.weights_dir)
        network = onnx.load(file)
        del network.metadata_props[:]
        network.metadata_props.add(key="release", value=release)
        file.write_bytes(network.SerializeToString())
        known = registry.entry("vocal-unet")
        registry.store._keep(known, settings.weights_dir, file, known.raw_files[0])

    return put


def test_the_doctor_lets_pieces_alone(
    stream: Stream, settings: Settings, catalogue: Catalogue, subtitles: Path
) -> None:
    materialize(subtitles)
    (folder,) = known_pieces(ID, settings)
    changed = write_wav(folder / "0002.changed.wav", np.zeros((2, 100)), RATE)
    before = sorted(folder.iterdir())
    findings = {one.name: one.level for one in check_files(catalogue, settings, fix=True)}
    assert set(findings.values()) == {"ok"}
    assert sorted(folder.iterdir()) == before
    assert changed.is_file()
