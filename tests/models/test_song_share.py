"""The weight of the sequence network, by the music between the songs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from utawaku.library.errors import WeightsCorruptError, WeightsMissingError
from utawaku.models.songs.sequence import OUTPUTS
from utawaku.models.songs.share import LEAST_SHARE, ShareCurve, music_between, shipped_share
from utawaku.models.training.song_share import GAIN, LOSS, Told, fitted_share, told_rightly

SONG, MUSIC = OUTPUTS.index("song"), OUTPUTS.index("music")


def between(n_steps: int, music: float, n_silent: int = 0) -> float:
    """Music of log-odds `music` in `n_steps` beside a song of as many steps."""
    by_cues = np.full((2 * n_steps, 3), -4.0, np.float32)
    heard = np.full((2 * n_steps, len(OUTPUTS)), -4.0, np.float32)
    by_cues[n_steps:, SONG] = heard[n_steps:, SONG] = 4.0
    heard[:n_steps, MUSIC], heard[n_steps:, MUSIC] = music, 9.0
    silent = np.zeros(2 * n_steps)
    silent[:n_silent] = 1.0
    heard[:n_silent, MUSIC] = 9.0
    return music_between(by_cues, heard, silent)


def test_only_sound_between_songs_counts_for_the_music_between_them() -> None:
    assert between(4000, music=6.0) > 0.95
    assert between(4000, music=-6.0) < 0.05
    assert between(4000, music=-6.0, n_silent=2000) < 0.05


def test_where_music_sounds_between_songs_the_sequence_network_decides_alone() -> None:
    curve = shipped_share()
    assert curve.share(between(2000, music=4.0)) > 0.95
    assert curve.share(between(2000, music=-1.0)) == pytest.approx(LEAST_SHARE, abs=0.01)
    shares = [curve.share(music) for music in np.linspace(0, 1, 21)]
    assert shares == sorted(shares)
    assert LEAST_SHARE <= shares[0] <= shares[-1] <= 1


def test_a_short_recording_tells_too_little_for_that() -> None:
    assert shipped_share().share(between(20, music=9.0)) < 0.6
    assert shipped_share().share(music_between(*(np.zeros((0, 7), np.float32),) * 2, np.zeros(0)))


def told(seed: int = 0, n: int = 80) -> list[Told]:
    rng = np.random.default_rng(seed)
    return [
        Told("ab"[i % 2], i % 4 < 2, float(rng.normal(0.7 if i % 4 < 2 else 0.45, 0.1)))
        for i in range(n)
    ]


def test_a_curve_is_fitted_whose_halfway_point_is_where_gain_and_loss_are_even() -> None:
    streams = told()
    curve = fitted_share(streams)
    assert LOSS > GAIN
    assert 0.6 < curve.threshold < 0.75  # a chance of one in two lies at about .575
    assert curve.slope > 0
    rightly = told_rightly(streams)
    assert set(rightly) == {"a", "b"}
    assert all(n == 40 and right > 0.8 * n for right, n in rightly.values())


def test_a_curve_is_the_same_after_it_was_written_and_a_damaged_one_is_told(
    tmp_path: Path,
) -> None:
    path = tmp_path / "share.json"
    fitted_share(told()).save(path)
    again = ShareCurve.load(path)
    assert again.share(0.6) == pytest.approx(fitted_share(told()).share(0.6), abs=1e-3)
    with pytest.raises(WeightsMissingError):
        ShareCurve.load(tmp_path / "none.json")
    path.write_text('{"threshold": []}')
    with pytest.raises(WeightsCorruptError):
        ShareCurve.load(path)
