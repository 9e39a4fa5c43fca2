"""Stems of songs: those asked for, those good enough, and what is wrong with the others."""

from dataclasses import replace
from pathlib import Path

import dagster as dg
import numpy as np
import pytest

from tests.media.two_tracks import tone_of, write_two_tracks
from tests.models.separation import write_wav
from utawaku.assets.library_files import library_files
from utawaku.assets.recordings import recordings
from utawaku.assets.stems import stems
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings, load_settings
from utawaku.library.records import Song, SongSpan, Stream
from utawaku.library.requests import Separate
from utawaku.media.decode import load
from utawaku.models.playlist import make_playlist
from utawaku.orchestration.resources import make_resources
from utawaku.sensors.drain_requests import drain_requests
from utawaku.sensors.separate_good_songs import ask_for_good_songs
from utawaku.workflows.stems import fault_in, source_of

RATE = 16_000


@pytest.fixture
def songs(catalogue: Catalogue, settings: Settings) -> list[Song]:
    """A stream with two songs that have files, and one whose file is damaged."""
    folder = settings.stream_dir("file-1")
    folder.mkdir(parents=True)
    settings.songs_dir.mkdir(parents=True)
    rng = np.random.default_rng(3)
    catalogue.streams.save(Stream("file-1", "/evening.wav", duration_s=100))
    spans = [SongSpan(0, 10.0 * n, 10.0 * n + 2, "smart", 1) for n in (1, 2, 3)]
    catalogue.songs.reconcile("file-1", spans, made_by="x")
    for number, song in enumerate(catalogue.songs.of_stream("file-1")):
        file = settings.songs_dir / f"{number}.wav"
        write_wav(file, 0.3 * rng.standard_normal((2, 2 * RATE)), RATE)
        if number == 2:
            file.write_bytes(b"\0" * 3000)
        values = {
            "file_path": f"Songs/{number}.wav",
            "file_start_s": song.start_s,
            "file_stop_s": song.stop_s,
            "taste": (0.95, 0.2, 0.99)[number],
        }
        catalogue.songs.set_file(song.id, values)
    return catalogue.songs.of_stream("file-1")


def make(
    assets: list[dg.AssetsDefinition], config: dict[str, object] | None = None
) -> dg.ExecuteInProcessResult:
    instance = dg.DagsterInstance.ephemeral()
    instance.add_dynamic_partitions("stream", ["file-1"])
    return dg.materialize(
        assets,
        instance=instance,
        partition_key="file-1",
        resources=make_resources(),
        run_config=config,
        raise_on_error=False,
    )


def materialize(*song_ids: str) -> dg.ExecuteInProcessResult:
    return make([stems], {"ops": {"stems": {"config": {"song_ids": list(song_ids)}}}})


def test_a_song_asked_for_gets_stems_that_add_up(
    songs: list[Song], catalogue: Catalogue, settings: Settings
) -> None:
    result = materialize(songs[1].id)
    assert result.success
    assert [check.passed for check in result.get_asset_check_evaluations()] == [True, True]
    (made,) = catalogue.stems.of(songs[1].id)
    assert made.vocals_path == "Streams/file-1/stems/20000.builtin.vocals.flac"
    mix, _ = load(settings.library_root / songs[1].file_path)
    vocals, _ = load(settings.library_root / made.vocals_path)
    band, _ = load(settings.library_root / made.accompaniment_path)
    np.testing.assert_array_equal(vocals + band, mix)
    assert catalogue.insights.stem_paths(songs[1].id)["vocals"] == made.vocals_path


def test_without_names_only_good_songs_are_separated_and_a_damaged_one_stops_no_other(
    songs: list[Song], catalogue: Catalogue
) -> None:
    result = materialize()
    assert result.success
    assert [bool(catalogue.stems.of(song.id)) for song in songs] == [True, False, False]
    (done,) = result.asset_materializations_for_node("stems")
    assert done.metadata["n_made"].value == 1
    assert done.metadata["n_failed"].value == 1
    assert any("could not be separated" in notice.title for notice in catalogue.notices.recent())


def test_stems_that_are_there_are_not_made_twice(songs: list[Song], catalogue: Catalogue) -> None:
    materialize(songs[0].id)
    (first,) = catalogue.stems.of(songs[0].id)
    (done,) = materialize(songs[0].id).asset_materializations_for_node("stems")
    assert done.metadata["n_made"].value == 0
    assert catalogue.stems.of(songs[0].id) == [first]


def test_what_is_made_of_songs_follows_the_track_that_was_chosen_for_the_stream(
    catalogue: Catalogue, settings: Settings, tmp_path: Path
) -> None:
    film = write_two_tracks(tmp_path / "two.mkv", 3, picture=False)
    catalogue.streams.save(Stream("file-1", str(film), site="file"))
    for track, hertz in (("", 1000), ("jpn", 440)):
        stream = catalogue.streams.save(replace(catalogue.streams.get("file-1"), track=track))
        assert make([recordings]).success
        catalogue.songs.reconcile("file-1", [SongSpan(0, 0.5, 2.5, "smart", 1)], made_by="x")
        # The span is the same as before, but the file holds another track now.
        assert make([library_files]).success
        (song,) = catalogue.songs.of_stream("file-1")
        assert tone_of(load(settings.library_root / song.file_path)[0]) == hertz
        assert make([stems], {"ops": {"stems": {"config": {"song_ids": [song.id]}}}}).success
        (made,) = catalogue.stems.of(song.id)
        paths = [made.vocals_path, made.accompaniment_path]
        mix = sum(load(settings.library_root / path)[0] for path in paths)
        assert tone_of(np.asarray(mix)) == hertz
        mixed = make_playlist([song], settings.library_root, tmp_path / "mix.mka").mix
        assert tone_of(load(mixed.path, n_channels=1)[0]) == hertz
        # Without a file of its own, a song is heard in the recording.
        bare = replace(song, file_path="")
        source, start_s, stop_s = source_of(bare, catalogue.streams.get(stream.id), settings)
        assert tone_of(load(source, start_s=start_s, stop_s=stop_s)[0]) == hertz
    assert (
        make([library_files])
        .asset_materializations_for_node("library_files")[0]
        .metadata["n_cut"]
        .value
        == 0
    )


def test_checks_see_stems_that_are_short_or_do_not_add_up(
    songs: list[Song], catalogue: Catalogue, settings: Settings
) -> None:
    materialize(songs[0].id)
    (made,) = catalogue.stems.of(songs[0].id)
    stream = catalogue.streams.get("file-1")
    assert fault_in(made, songs[0], stream, settings) == ""
    vocals = settings.library_root / made.vocals_path
    short = write_wav(vocals.with_suffix(".wav"), np.zeros((2, RATE)), RATE)
    short.replace(vocals)
    assert fault_in(made, songs[0], stream, settings) == "length"
    wrong = write_wav(vocals.with_suffix(".wav"), np.full((2, 2 * RATE), 0.2), RATE)
    wrong.replace(vocals)
    assert fault_in(made, songs[0], stream, settings) == "sum"
    (done,) = materialize(songs[0].id).asset_materializations_for_node("stems")
    assert done.metadata["n_made"].value == 1, "stems of something else are made again"
    assert fault_in(made, songs[0], stream, settings) == ""


def test_only_damaged_songs_is_a_failure(songs: list[Song]) -> None:
    assert not materialize(songs[2].id).success


def test_good_songs_are_asked_for_once(
    songs: list[Song],
    catalogue: Catalogue,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert ask_for_good_songs(catalogue, settings) == [songs[0].id, songs[2].id]
    assert ask_for_good_songs(catalogue, settings) == []
    catalogue.grades.give(songs[1].id, grade=1)
    monkeypatch.setenv("UTAWAKU_STEMS__MIN_GRADE", "1")
    assert ask_for_good_songs(catalogue, load_settings()) == [songs[1].id]


def test_a_request_becomes_a_run_over_the_songs_stream(
    songs: list[Song], catalogue: Catalogue
) -> None:
    catalogue.requests.file(Separate(song_id=songs[1].id))
    gone = catalogue.requests.file(Separate(song_id="file-1@99"))
    instance = dg.DagsterInstance.ephemeral()
    with dg.build_sensor_context(instance=instance, resources=make_resources()) as context:
        runs = [answer for answer in drain_requests(context) if isinstance(answer, dg.RunRequest)]
    assert [(run.job_name, run.partition_key) for run in runs] == [("separate_songs", "file-1")]
    assert runs[0].run_config["ops"]["stems"]["config"]["song_ids"] == [songs[1].id]
    ended = catalogue.requests.get(gone.id)
    assert ended.state == "failed"
    assert "file-1@99" in ended.message


def test_a_song_that_vanished_before_its_run_is_told_and_stops_no_other(
    songs: list[Song], catalogue: Catalogue
) -> None:
    result = materialize(songs[0].id, "file-1@99")
    assert result.success
    (done,) = result.asset_materializations_for_node("stems")
    assert done.metadata["failed"].value == {"file-1@99": "there is no such song any more"}
    assert catalogue.stems.of(songs[0].id)
    assert not materialize("file-1@99").success


def test_the_library_root_holds_everything(
    songs: list[Song], catalogue: Catalogue, settings: Settings
) -> None:
    materialize(songs[0].id)
    (made,) = catalogue.stems.of(songs[0].id)
    assert not Path(made.vocals_path).is_absolute()
    assert (settings.library_root / made.accompaniment_path).is_file()
