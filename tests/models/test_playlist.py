"""Playlists: order, crossfades of equal power, matched loudness, chapters."""

from pathlib import Path

import numpy as np
import pytest

from library.errors import EncodeError, NotFoundError
from models.audio import load, probe
from models.loudness import measure
from models.playlist import PlaylistItem, by_key, by_tempo, render_playlist
from models.playlist.mix import fades
from tests.models.separation import write_wav


def noise(
    seconds: float, rate: int, level: float, n_channels: int = 2, seed: int = 0
) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.clip(level * rng.standard_normal((n_channels, round(seconds * rate))), -1, 1)


def test_fades_keep_the_power_and_begin_and_end_in_silence() -> None:
    down, up = fades(48_000)
    np.testing.assert_allclose(down**2 + up**2, 1, atol=1e-6)
    assert down[0] > 0.999
    assert up[-1] > 0.999
    assert up[0] < 0.01
    assert (np.diff(up) >= 0).all()


def test_songs_go_from_slow_to_fast_and_those_without_tempo_come_last() -> None:
    items = [PlaylistItem(Path("x"), t, bpm=b) for t, b in (("a", None), ("b", 140), ("c", 70))]
    assert [item.title for item in by_tempo(items)] == ["c", "b", "a"]


def test_by_key_each_next_song_is_the_nearest_on_the_circle_of_fifths() -> None:
    songs = [("C major", 80), ("F# major", 82), ("G major", 120), ("D major", 90), ("", 60)]
    items = [PlaylistItem(Path("x"), key, key=key, bpm=bpm) for key, bpm in songs]
    assert [item.key for item in by_key(items)] == [
        "C major", "G major", "D major", "F# major", ""
    ]  # fmt: skip


def test_any_rates_and_channels_are_joined_at_one_loudness_without_a_dip(tmp_path: Path) -> None:
    files = [
        write_wav(tmp_path / "a.wav", noise(9, 44_100, 0.3, seed=1), 44_100),
        write_wav(tmp_path / "b.wav", noise(9, 8_000, 0.02, 1, seed=2), 8_000),
        write_wav(tmp_path / "c.wav", noise(9, 96_000, 0.1, 6, seed=3), 96_000),
    ]
    items = [PlaylistItem(path, path.stem) for path in files]
    made = render_playlist(items, tmp_path / "mix.mka", crossfade_s=2.0, target_lufs=-20)
    assert made.duration_s == pytest.approx(9 * 3 - 2 * 2, abs=0.05)
    samples, rate = load(made.path)
    for at in (3.0, 10.0, 18.0):
        piece = samples[:, round(at * rate) : round((at + 3) * rate)]
        assert measure(piece, rate).integrated_lufs == pytest.approx(-20, abs=1.0)
    # The middle of the crossfade of uncorrelated sounds is as loud as what surrounds it.
    middle = samples[:, round(7.8 * rate) : round(8.2 * rate)]
    assert measure(middle, rate).integrated_lufs == pytest.approx(-20, abs=1.5)


@pytest.mark.parametrize("ending", ["m4a", "mp3", "opus", "mka"])
def test_chapters_say_where_each_song_is(tmp_path: Path, ending: str) -> None:
    files = [
        write_wav(tmp_path / f"{n}.wav", noise(8, 16_000, 0.1, seed=n), 16_000) for n in (1, 2)
    ]
    items = [PlaylistItem(files[0], "One", "Mio"), PlaylistItem(files[1], "Two", "", 1.0, 6.0)]
    made = render_playlist(items, tmp_path / f"mix.{ending}", crossfade_s=1.0)
    found = probe(made.path).chapters
    assert [chapter.title for chapter in found] == ["Mio - One", "Two"]
    tolerance = 1.0 if ending == "opus" else 0.01
    assert found[1].start_s == pytest.approx(7.5, abs=tolerance)
    assert made.chapters[1].stop_s == pytest.approx(12.0, abs=0.05)


def test_what_cannot_be_played_is_left_out_and_told(tmp_path: Path) -> None:
    good = write_wav(tmp_path / "good.wav", noise(3, 16_000, 0.1), 16_000)
    silent = write_wav(tmp_path / "silent.wav", np.zeros((1, 1_600)), 16_000)
    broken = tmp_path / "broken.mp3"
    broken.write_bytes(b"\0" * 5_000)
    items = [PlaylistItem(path, path.stem) for path in (broken, silent, good)]
    items.append(PlaylistItem(tmp_path / "gone.wav", "gone"))
    made = render_playlist(items, tmp_path / "mix.m4a")
    assert [item.title for item, _ in made.left_out] == ["broken", "gone"]
    assert [chapter.title for chapter in made.chapters] == ["silent", "good"]
    with pytest.raises(NotFoundError):
        render_playlist(items[:1], tmp_path / "none.m4a")
    assert not (tmp_path / "none.m4a").exists()


def test_an_ending_that_holds_no_chapters_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EncodeError, match="m4a"):
        render_playlist([], tmp_path / "mix.wav")
