"""The demo stream: the truth about it is true, and the real networks take it for what it is."""

import json
import time
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from tests.conftest import DemoStream
from utawaku.demo import SONGS, make_demo_stream, read_truth
from utawaku.demo.container import format_of, open_stream
from utawaku.demo.stream import plan
from utawaku.demo.talk import FLOOR_DBFS, applause, floor_noise, talk
from utawaku.library.errors import EncodeError, MediaError
from utawaku.library.time_format import clock
from utawaku.media.probe import probe
from utawaku.models.registry import pull
from utawaku.models.segmenter import Segmenter

SUFFIXES = (".opus", ".ogg", ".webm", ".mkv", ".mp4", ".m4a", ".mp3", ".flac", ".wav")


def test_the_regions_tile_the_stream_and_every_song_is_one_of_them(demo_stream: DemoStream) -> None:
    truth = demo_stream.truth
    assert truth.regions[0].start_s == 0.0
    assert truth.regions[-1].stop_s == truth.duration_s
    assert all(before.stop_s == after.start_s for before, after in pairwise(truth.regions))
    music = {(r.start_s, r.stop_s) for r in truth.regions if r.label == "music"}
    assert {(song.start_s, song.stop_s) for song in truth.songs} < music
    assert len(truth.songs) == 2
    for song in truth.songs:
        assert 85.0 <= song.stop_s - song.start_s <= 150.0
        assert all(song.start_s < a < b <= song.stop_s + 1e-6 for a, b in song.chorus_spans)


def test_the_file_is_as_long_as_the_truth_says(demo_stream: DemoStream) -> None:
    assert probe(demo_stream.path).duration_s == pytest.approx(
        demo_stream.truth.duration_s, abs=0.05
    )


def test_the_truth_is_read_back_as_it_was(demo_stream: DemoStream) -> None:
    read = read_truth(demo_stream.path)
    assert read.setlist == demo_stream.truth.setlist
    assert read.songs == demo_stream.truth.songs
    assert read.duration_s == pytest.approx(demo_stream.truth.duration_s, abs=0.001)
    with pytest.raises(MediaError, match="truth cannot be read"):
        read_truth(demo_stream.path.with_name("other.opus"))


def test_the_info_file_looks_like_a_karaoke_stream_with_a_setlist_in_a_comment(
    demo_stream: DemoStream,
) -> None:
    path = demo_stream.path.with_suffix(".info.json")
    info = json.loads(path.read_text(encoding="utf-8"))
    assert "【歌枠】" in info["title"]
    assert info["chapters"] is None
    assert info["duration"] == round(demo_stream.truth.duration_s)
    holding = [c for c in info["comments"] if demo_stream.truth.setlist in c["text"]]
    assert len(holding) == 1


def test_the_real_networks_take_it_for_what_it_is(
    demo_stream: DemoStream, weights_dir: Path
) -> None:
    truth = demo_stream.truth
    weights = pull("sm", weights_dir)
    segments = Segmenter(weights, engine="sm").analyse(demo_stream.path).segments
    for song in truth.songs:
        middle_s = (song.start_s + song.stop_s) / 2
        (found,) = [s for s in segments if s.start_s <= middle_s < s.stop_s]
        assert found.label == "music"
        assert found.start_s == pytest.approx(song.start_s, abs=0.5)
        assert found.stop_s == pytest.approx(song.stop_s, abs=2.0)
    for region in truth.regions:
        if region.label != "speech":
            continue
        heard = {"speech": 0.0, "music": 0.0, "noEnergy": 0.0}
        for s in segments:
            heard[s.label] += max(
                0.0, min(s.stop_s, region.stop_s) - max(s.start_s, region.start_s)
            )
        assert heard["speech"] > 0.8 * (region.stop_s - region.start_s)
        assert heard["music"] < 0.5


def test_a_longer_stream_repeats_its_first_song_in_another_key() -> None:
    cues = plan(7.5, np.random.default_rng(5))
    assert len(cues) == 4
    assert len({cue.name for cue in cues}) == 3
    assert cues[-1].name == cues[0].name
    assert cues[-1].repeats == 0
    assert cues[-1].transpose in (2, -3)


def test_a_stream_of_hours_sings_the_whole_book_again_and_again() -> None:
    names = [cue.name for cue in plan(120.0, np.random.default_rng(0))]
    assert len(names) > 50
    assert set(names[:11]) == set(SONGS)
    assert all(before != after for before, after in pairwise(names[:11]))


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_suffix_holds_the_sound_it_was_given(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"tone{suffix}"
    chosen = format_of(path, video=False)
    time = np.arange(int(1.5 * chosen.sample_rate_hz)) / chosen.sample_rate_hz
    tone = np.stack([0.3 * np.sin(2 * np.pi * 440 * time)] * 2).astype(np.float32)
    with open_stream(path, chosen, {"title": "tone"}, video=False) as writer:
        writer.write(tone, "music")
        assert writer.position_s == pytest.approx(1.5)
    info = probe(path)
    assert info.duration_s == pytest.approx(1.5, abs=0.08)
    with av.open(str(path)) as container:
        heard = np.concatenate(
            [f.to_ndarray().reshape(1, -1).astype(np.float64) for f in container.decode(audio=0)], 1
        )
    assert np.abs(heard).max() > 0.0


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".webm"])
def test_the_picture_track_runs_as_long_as_the_sound(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"picture{suffix}"
    chosen = format_of(path, video=True)
    rng = np.random.default_rng(0)
    with open_stream(path, chosen, {}, video=True) as writer:
        for label in ("speech", "music"):
            writer.write(floor_noise(2 * chosen.sample_rate_hz, chosen.sample_rate_hz, rng), label)
    with av.open(str(path)) as container:
        pictures = [f.to_ndarray(format="rgb24") for f in container.decode(video=0)]
    assert len(pictures) == 20
    assert np.abs(pictures[2][5, 5].astype(int) - pictures[17][5, 5].astype(int)).max() > 20


def test_a_file_that_cannot_hold_the_stream_is_refused_before_any_work(tmp_path: Path) -> None:
    with pytest.raises(EncodeError, match=r"\.opus"):
        make_demo_stream(tmp_path / "stream.txt")
    with pytest.raises(EncodeError, match="holds no picture"):
        make_demo_stream(tmp_path / "stream.mp3", video=True)
    assert list(tmp_path.iterdir()) == []


def test_talk_is_the_same_for_the_same_seed_also_in_another_second() -> None:
    first = talk(3.0, 22050, np.random.default_rng(4))[0]
    time.sleep(1.1)  # the synthesiser would seed itself with the time, in whole seconds
    again = talk(3.0, 22050, np.random.default_rng(4))[0]
    np.testing.assert_array_equal(first, again)
    assert first.shape[1] >= 3.0 * 22050


def test_the_floor_is_as_low_as_it_says_and_applause_swells_and_dies() -> None:
    floor = floor_noise(22050, 22050, np.random.default_rng(0))
    assert 20 * np.log10(np.sqrt(np.mean(floor**2))) == pytest.approx(FLOOR_DBFS, abs=0.5)
    claps = applause(2.0, 22050, np.random.default_rng(0))
    thirds = [np.mean(part**2) for part in np.array_split(claps, 4, axis=1)]
    assert max(thirds[1:3]) > 2 * thirds[3]


def test_times_are_written_as_people_write_them() -> None:
    assert [clock(s) for s in (58.9, 119.0, 3723.0)] == ["0:58", "1:59", "1:02:03"]
