"""Highlights of a stream's songs: from what people left, else from what they sound like."""

import json
from pathlib import Path

import dagster as dg
import numpy as np
import pytest

from tests.models.separation import write_wav
from tests.models.test_deepchorus import random_weights
from utawaku.assets.highlights import highlights
from utawaku.demo import render_song
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.records import Song, SongSpan, Stream
from utawaku.models.highlight.crowd import LAG_S
from utawaku.models.highlight.deepchorus.graph import to_onnx
from utawaku.orchestration.resources import make_resources

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
        resources=make_resources(),
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
    assert 0 < demo.highlight_certainty < 1
    assert silence.highlight_certainty is None or silence.highlight_certainty < 0.5
    assert scrap.highlight_certainty is None  # there is no other span
    assert len(found.curve) == int(np.ceil(demo.duration_s))
    np.testing.assert_array_equal(catalogue.insights.interest_curve(demo.id), found.curve)
    assert (silence.bpm, silence.key) == (None, "")
    assert scrap.highlight_stop_s == pytest.approx(0.1, abs=0.01)
    assert damaged.highlight_start_s is None
    (done,) = result.asset_materializations_for_node("highlights")
    assert done.metadata["n_failed"].value == 1


def test_the_sites_replays_count_beside_the_model(
    songs: list[Song], catalogue: Catalogue, settings: Settings
) -> None:
    heatmap = [
        {"start_time": 3.0 * i, "end_time": 3.0 * i + 3, "value": 1.0 if i in (41, 42) else 0.0}
        for i in range(100)
    ]
    (settings.stream_dir("file-1") / "info.json").write_text(json.dumps({"heatmap": heatmap}))
    assert materialize().success
    found, other = (catalogue.highlights.of(song.id) for song in (songs[1], songs[0]))
    assert found.source == "heatmap"
    assert found.model_version == other.model_version  # the model has its say in it
    assert other.source == "model"


def write_subtitles(folder: Path, texts: list[str]) -> None:
    """A line every five seconds from 100 s of the stream on, where the second song starts."""
    blocks = []
    for number, text in enumerate(texts):
        at = 100 + 5 * number
        start, stop = (f"00:{time // 60:02d}:{time % 60:02d},000" for time in (at, at + 4))
        blocks.append(f"{number + 1}\n{start} --> {stop}\n{text}\n")
    (folder / "lyrics.srt").write_text("\n".join(blocks), "utf-8")


def write_chat(folder: Path) -> None:
    """Many write about what is 18 to 22 s after the second song's start, some seconds later."""
    at_s = [100 + LAG_S + 18 + number / 12 for number in range(48)]
    rows = [
        {"time_in_seconds": at, "message": "うまい", "author": {"id": f"v{number}"}}
        for number, at in enumerate(at_s)
    ]
    (folder / "live_chat.json").write_text(json.dumps(rows), "utf-8")


LINES = ["first verse", "more verse", "la la love", "come back", "other verse", "la la love",
         "come back", "the very end"]  # fmt: skip


def test_each_kind_of_evidence_gives_way_to_a_better_one(
    songs: list[Song], catalogue: Catalogue, settings: Settings
) -> None:
    song = songs[1]
    folder = settings.stream_dir("file-1")

    def source() -> str:
        assert materialize().success
        return catalogue.highlights.of(song.id).source

    assert source() == "model"
    by_model = catalogue.highlights.of(song.id)
    write_chat(folder)
    assert source() == "chat"
    by_both = catalogue.highlights.of(song.id)
    assert by_both.model_version == by_model.model_version  # the model has its say in it
    assert by_both.curve[18:22].min() > by_both.curve[32:38].max()
    assert catalogue.songs.get(song.id).title == ""
    heatmap = [
        {"start_time": 3.0 * i, "end_time": 3.0 * i + 3, "value": 1.0 if i in (41, 42) else 0.0}
        for i in range(100)
    ]
    (folder / "info.json").write_text(json.dumps({"heatmap": heatmap}))
    assert source() == "heatmap"
    for start_s, stop_s in [(20.0, 28.0), (21.0, 30.0), (22.0, 29.0), (19.0, 27.0)]:
        catalogue.grades.played(song.id, start_s, stop_s)
    assert source() == "plays"
    curve = catalogue.highlights.of(song.id).curve
    assert curve[22:27].min() > curve[:15].max()
    write_subtitles(folder, LINES)
    assert source() == "lyrics"
    curve = catalogue.highlights.of(song.id).curve
    assert curve[13:17].min() > curve[2:6].max()
    # The other songs, of which nobody left anything, are told by the model all along.
    assert catalogue.highlights.of(songs[0].id).source == "model"


def test_deepchorus_draws_the_curves_when_the_settings_name_it(
    songs: list[Song], catalogue: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert materialize().success
    by_shipped = catalogue.highlights.of(songs[0].id)
    path = tmp_path / "mine.onnx"
    path.write_bytes(to_onnx(random_weights(), pool=9).SerializeToString())
    monkeypatch.setenv("UTAWAKU_HIGHLIGHT__ENGINE", "deepchorus")
    monkeypatch.setenv("UTAWAKU_HIGHLIGHT__WEIGHTS", str(path))
    assert materialize().success
    found = catalogue.highlights.of(songs[0].id)
    assert found.source == "model"
    assert found.model_version not in ("", by_shipped.model_version)
    assert found.curve.shape == by_shipped.curve.shape
    assert not np.array_equal(found.curve, by_shipped.curve)
    np.testing.assert_array_equal(catalogue.highlights.of(songs[1].id).curve, 0.5)  # silence
    assert catalogue.assets.of("file-1")["highlights"].model_version == found.model_version


@pytest.mark.parametrize(
    ("content", "problem"),
    [(None, "no highlight model"), (b"no network", "cannot be read"), (b"", "needs a network")],
)
def test_a_missing_or_broken_network_fails_the_artefact_and_says_why(
    songs: list[Song], catalogue: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    content: bytes | None, problem: str,
) -> None:  # fmt: skip
    monkeypatch.setenv("UTAWAKU_HIGHLIGHT__ENGINE", "deepchorus")
    if content != b"":
        monkeypatch.setenv("UTAWAKU_HIGHLIGHT__WEIGHTS", str(tmp_path / "mine.onnx"))
    if content:
        (tmp_path / "mine.onnx").write_bytes(content)
    assert not materialize().success
    state = catalogue.assets.of("file-1")["highlights"]
    assert state.state == "failed"
    assert problem in state.message
    assert catalogue.highlights.of(songs[0].id) is None


def test_any_rate_and_number_of_channels_is_listened_to(
    songs: list[Song], catalogue: Catalogue, settings: Settings
) -> None:
    demo = render_song("korobeiniki", seconds=45, sample_rate_hz=24_000).mix
    write_wav(settings.songs_dir / "0.wav", demo[:1, ::3], 8_000)
    surround = np.repeat(np.repeat(demo[:1], 4, axis=1), 6, axis=0) / 2
    write_wav(settings.songs_dir / "1.wav", surround, 96_000)
    assert materialize().success
    for song in songs[:2]:
        found = catalogue.highlights.of(song.id)
        assert np.isfinite(found.curve).all()
        assert np.ptp(found.curve) > 0.5
