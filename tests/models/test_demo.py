"""The demo stream: what its makers promise to everybody who tests with it."""

import json
from pathlib import Path

import numpy as np
import pytest

from library.errors import EncodeError, NotFoundError
from models.demo import SONGS, DemoTruth, make_demo_stream, read_truth, render_song, speak
from models.demo.mixing import loudness_lufs
from models.demo.score import ScoreError, read_strain
from models.demo.songbook import songbook


@pytest.fixture(scope="module")
def short_stream(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, DemoTruth]:
    """The short variant, made once."""
    target = tmp_path_factory.mktemp("demo") / "short.flac"
    return target, make_demo_stream(target, seed=0, minutes=3.0)


def test_every_song_of_the_book_can_be_read_and_their_tempi_differ() -> None:
    songs = songbook()
    assert tuple(songs) == SONGS
    assert len({song.bpm for song in songs.values()}) >= 8
    assert len({song.style for song in songs.values()}) == len(songs)


def test_a_bar_that_is_not_full_is_named() -> None:
    with pytest.raises(ScoreError, match="bar 2 has 3 beats, not 4"):
        read_strain("C4*4 | C4*3", "C | F", "la", 4)


def test_the_stems_of_a_song_add_up_to_its_mix_and_nothing_clips() -> None:
    song = render_song("ode_to_joy", seconds=20.0, seed=3)
    assert song.vocals.shape == song.accompaniment.shape == song.mix.shape
    assert song.vocals.dtype == np.float32
    np.testing.assert_array_equal(song.mix, song.vocals + song.accompaniment)
    assert np.abs(song.mix).max() < 0.95
    assert -18.0 < loudness_lufs(song.mix, song.sample_rate_hz) < -14.0


def test_the_same_seed_gives_the_same_song() -> None:
    one, same, other = (render_song("aura_lee", seconds=10.0, seed=n) for n in (1, 1, 2))
    np.testing.assert_array_equal(one.mix, same.mix)
    assert not np.array_equal(one.mix, other.mix)


def test_the_voice_talks_and_an_unknown_one_is_refused() -> None:
    audio = speak("Good evening everybody, and welcome.", "guest", "en-us", 16000)
    assert audio.ndim == 1
    assert 1.0 < audio.size / 16000 < 5.0
    assert 0.05 < float(np.sqrt(np.mean(audio**2))) < 0.2
    with pytest.raises(NotFoundError, match="host"):
        speak("Hello", "nobody")
    with pytest.raises(NotFoundError, match="lacks this language"):
        speak("Hello", "host", "xx-none")


def test_the_truth_tiles_the_stream_and_is_written_beside_it(
    short_stream: tuple[Path, DemoTruth],
) -> None:
    target, truth = short_stream
    assert truth.regions[0].start_s == 0.0
    assert truth.regions[-1].stop_s == truth.duration_s
    for before, after in zip(truth.regions, truth.regions[1:], strict=False):
        assert before.stop_s == after.start_s
    assert [song.stop_s - song.start_s >= 80.0 for song in truth.songs] == [True, True]
    read = read_truth(target)
    assert read.setlist == truth.setlist
    assert [song.name for song in read.songs] == [song.name for song in truth.songs]
    info = json.loads(target.with_suffix(".info.json").read_text(encoding="utf-8"))
    assert "【歌枠】" in info["title"]
    assert info["chapters"] is None
    assert any(truth.setlist in comment["text"] for comment in info["comments"])


def test_a_file_that_cannot_hold_the_stream_is_refused_before_any_work(tmp_path: Path) -> None:
    with pytest.raises(EncodeError, match=r"\.opus"):
        make_demo_stream(tmp_path / "stream.txt")
    with pytest.raises(EncodeError, match="holds no picture"):
        make_demo_stream(tmp_path / "stream.mp3", video=True)
    assert list(tmp_path.iterdir()) == []
