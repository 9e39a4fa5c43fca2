"""Highlights of a stream's songs: from what people left, else from what they sound like."""

import json

import dagster as dg
import numpy as np
import pytest

from assets.highlights import highlights
from assets.resources import LibraryResource
from library.catalogue import Catalogue
from library.config import Settings
from library.records import Song, SongSpan, Stream
from models.demo import render_song
from tests.models.separation import write_wav

RATE = 11_025


@pytest.fixture
def songs(catalogue: Catalogue, settings: Settings) -> list[Song]:
    """A stream with a demo song, silence, a scrap of 0.1 s, and a damaged file."""
    settings.stream_dir("file-1").mkdir(parents=True)
    settings.songs_dir.mkdir(parents=True)
    demo = render_song("jasmine_flower", seconds=45, sample_rate_hz=RATE).mix
    catalogue.streams.save(Stream("file-1", "/evening.wav", duration_s=300))
    n_s = demo.shape[1] / RATE
    spans = [(10.0, 10.0 + n_s), (100.0, 140.0), (200.0, 200.1), (250.0, 290.0)]
    catalogue.songs.reconcile(
        "file-1", [SongSpan(index, a, b, "smart", 1) for index, (a, b) in enumerate(spans)],
        made_by="x",
    )  # fmt: skip
    sounds = [demo, np.zeros((1, 40 * RATE)), np.zeros((1, round(0.1 * RATE))), None]
    for number, song in enumerate(catalogue.songs.of_stream("file-1")):
        path = settings.songs_dir / f"{number}.wav"
        sound = sounds[number]
        if sound is None:
            path.write_bytes(b"\0" * 2000)
        else:
            write_wav(path, sound, RATE)
        catalogue.songs.set_file(
            song.id,
            {
                "file_path": f"Songs/{number}.wav",
                "file_start_s": song.start_s,
                "file_stop_s": song.stop_s,
            },
        )
    return catalogue.songs.of_stream("file-1")


def materialize() -> dg.ExecuteInProcessResult:
    instance = dg.DagsterInstance.ephemeral()
    instance.add_dynamic_partitions("stream", ["file-1"])
    return dg.materialize(
        [highlights],
        instance=instance,
        partition_key="file-1",
        resources={"library": LibraryResource()},
        raise_on_error=False,
    )


def test_every_song_gets_a_curve_a_span_a_tempo_and_a_key(
    songs: list[Song], catalogue: Catalogue
) -> None:
    result = materialize()
    assert result.success
    assert [check.passed for check in result.get_asset_check_evaluations()] == [True]
    demo, silence, scrap, damaged = (catalogue.songs.get(song.id) for song in songs)
    assert demo.bpm == pytest.approx(100, rel=0.04)
    assert demo.key == "F major"
    assert demo.highlight_stop_s - demo.highlight_start_s == pytest.approx(30)
    found = catalogue.highlights.of(demo.id)
    assert found.source == "model"
    assert len(found.curve) == int(np.ceil(demo.duration_s))
    np.testing.assert_array_equal(catalogue.insights.interest_curve(demo.id), found.curve)
    assert (silence.bpm, silence.key) == (None, "")
    assert scrap.highlight_stop_s == pytest.approx(0.1, abs=0.01)
    assert damaged.highlight_start_s is None
    (done,) = result.asset_materializations_for_node("highlights")
    assert done.metadata["n_failed"].value == 1


def test_the_sites_replays_count_more_than_the_model(
    songs: list[Song], catalogue: Catalogue, settings: Settings
) -> None:
    heatmap = [
        {"start_time": 3.0 * i, "end_time": 3.0 * i + 3, "value": 1.0 if i in (35, 36) else 0.0}
        for i in range(100)
    ]
    (settings.stream_dir("file-1") / "info.json").write_text(json.dumps({"heatmap": heatmap}))
    assert materialize().success
    found = catalogue.highlights.of(songs[1].id)
    assert found.source == "heatmap"
    assert found.start_s <= 5
    assert found.curve[6:10].min() > 0.9
