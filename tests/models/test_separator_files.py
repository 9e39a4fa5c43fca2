"""Stems as files: exact sums, pieces that join, vocals laid over again."""

from pathlib import Path

import numpy as np
import pytest

from library.errors import MediaError, NotMediaError
from models.audio import load, probe
from models.separator import make_separator
from models.separator.files import (
    plan_pieces,
    remix,
    separate_file,
    separate_pieces,
)
from models.separator.joining import join_pieces
from models.setlist.subtitles import TimedText
from tests.models.separation import Halver, write_wav

RATE = 22_050


@pytest.fixture
def song(tmp_path: Path) -> Path:
    rng = np.random.default_rng(5)
    samples = 0.9 * rng.uniform(-1, 1, (2, RATE * 7 + 123))
    return write_wav(tmp_path / "song.wav", samples, RATE)


def grid(path: Path) -> np.ndarray:
    samples, _ = load(path)
    return np.rint(np.atleast_2d(samples) * 32768).astype(int)


def test_stems_add_up_to_the_mix_bit_by_bit(song: Path, tmp_path: Path) -> None:
    done = separate_file(Halver(), song, tmp_path / "stems")
    assert done.vocals.name == "song.vocals.flac"
    assert done.n_samples == RATE * 7 + 123
    np.testing.assert_array_equal(grid(done.vocals) + grid(done.accompaniment), grid(song))


def test_a_span_is_separated_to_the_sample(song: Path, tmp_path: Path) -> None:
    done = separate_file(Halver(), song, tmp_path, name="span", start_s=1.5, stop_s=3.25)
    assert done.n_samples == round(3.25 * RATE) - round(1.5 * RATE)


@pytest.mark.parametrize(("n_channels", "rate"), [(1, 8_000), (6, 96_000)])
def test_rate_and_channels_are_kept(tmp_path: Path, n_channels: int, rate: int) -> None:
    samples = 0.5 * np.random.default_rng(6).uniform(-1, 1, (n_channels, rate // 10))
    source = write_wav(tmp_path / "odd.wav", samples, rate)
    done = separate_file(Halver(), source, tmp_path / "out")
    info = probe(done.vocals)
    assert (info.n_channels, info.sample_rate_hz) == (n_channels, rate)
    np.testing.assert_array_equal(grid(done.vocals) + grid(done.accompaniment), grid(source))


@pytest.mark.parametrize(
    ("n_channels", "rate", "seconds", "level"),
    [(1, 8_000, 0.1, 0.5), (6, 96_000, 0.3, 0.1), (2, 44_100, 0.001, 0.5), (2, 44_100, 1.0, 0.0)],
)
def test_the_shipped_engine_takes_apart_scraps_odd_formats_and_silence(
    tmp_path: Path, n_channels: int, rate: int, seconds: float, level: float
) -> None:
    engine = make_separator("builtin", tmp_path / "weights", threads=1)
    rng = np.random.default_rng(7)
    samples = level * rng.uniform(-1, 1, (n_channels, round(rate * seconds)))
    source = write_wav(tmp_path / "odd.wav", samples, rate)
    done = separate_file(engine, source, tmp_path / "out")
    info = probe(done.vocals)
    assert (info.n_channels, info.sample_rate_hz) == (n_channels, rate)
    assert done.n_samples == samples.shape[1]
    np.testing.assert_array_equal(grid(done.vocals) + grid(done.accompaniment), grid(source))
    if not level:
        assert not grid(done.vocals).any()


def test_what_is_no_audio_leaves_nothing_behind(tmp_path: Path) -> None:
    source = tmp_path / "text.mp3"
    source.write_bytes(b"\0" * 4096)
    with pytest.raises(NotMediaError):
        separate_file(Halver(), source, tmp_path / "out")
    assert not list((tmp_path / "out").glob("*"))


CUES = [
    TimedText(0.5, 1.75, "first line"),
    TimedText(1.5, 2.5, "sung into the first"),
    TimedText(2.5, 4.001, "third\x1b[31m"),
    TimedText(6.9, 60.0, "beyond the end"),
]


def test_pieces_cover_everything_and_every_gap_is_kept() -> None:
    pieces = plan_pieces(CUES, 70_000, 10_000)
    assert [(piece.start, piece.stop) for piece in pieces] == [
        (0, 5_000),
        (5_000, 17_500),
        (17_500, 25_000),
        (25_000, 40_010),
        (40_010, 69_000),
        (69_000, 70_000),
    ]
    assert [bool(piece.text) for piece in pieces] == [False, True, True, True, False, True]


def test_pieces_joined_are_the_stems_of_the_whole(song: Path, tmp_path: Path) -> None:
    whole = separate_file(Halver(), song, tmp_path / "whole")
    folder = tmp_path / "pieces"
    pieces = separate_pieces(Halver(), song, CUES, folder)
    assert pieces[-1].stop == whole.n_samples
    joined = join_pieces(folder, tmp_path / "joined", name="song")
    assert (joined.n_samples, joined.n_changed) == (whole.n_samples, 0)
    np.testing.assert_array_equal(grid(joined.vocals), grid(whole.vocals))
    np.testing.assert_array_equal(grid(joined.accompaniment), grid(whole.accompaniment))
    np.testing.assert_array_equal(grid(joined.mix), grid(song))


def test_a_changed_piece_takes_its_place_whatever_its_rate_and_length(
    song: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "pieces"
    pieces = separate_pieces(Halver(), song, CUES, folder)
    before = join_pieces(folder, tmp_path / "before", name="song")
    # Half as long as its place, mono, at another rate.
    n_own = round((pieces[1].stop - pieces[1].start) / RATE * 8_000 / 2)
    write_wav(folder / "0002.changed.wav", np.full((1, n_own), 0.25), 8_000)
    # Far too long.
    write_wav(folder / "0004.changed.wav", np.full((2, 20 * RATE), -0.125), RATE)
    after = join_pieces(folder, tmp_path / "after", name="song", vocals_gain_db=0.0)
    assert (after.n_changed, after.n_samples) == (2, before.n_samples)
    old, new = grid(before.vocals), grid(after.vocals)
    first, third = pieces[1], pieces[3]
    untouched = np.ones(before.n_samples, bool)
    for piece in (first, third):
        untouched[piece.start : piece.stop] = False
    np.testing.assert_array_equal(new[:, untouched], old[:, untouched])
    middle = (first.start + first.stop) // 2
    assert np.abs(new[:, first.start + 500 : middle - 500] / 32768 - 0.25).max() < 0.01
    assert not new[:, middle + 500 : first.stop].any()
    assert (new[:, third.start : third.stop] == -4096).all()
    np.testing.assert_array_equal(grid(after.accompaniment), grid(before.accompaniment))


def test_a_missing_piece_is_told(song: Path, tmp_path: Path) -> None:
    separate_pieces(Halver(), song, CUES, tmp_path / "pieces")
    (tmp_path / "pieces" / "0002.vocals.flac").unlink()
    with pytest.raises(MediaError, match=r"0002\.vocals"):
        join_pieces(tmp_path / "pieces", tmp_path / "out", name="song")
    assert not list((tmp_path / "out").glob("*"))
    with pytest.raises(MediaError, match="list of pieces"):
        join_pieces(tmp_path, tmp_path / "out", name="song")


def test_a_remix_of_untouched_stems_is_the_mix(song: Path, tmp_path: Path) -> None:
    done = separate_file(Halver(), song, tmp_path)
    target = tmp_path / "again.flac"
    turned_down_db = remix(done.vocals, done.accompaniment, target)
    assert turned_down_db == 0.0
    np.testing.assert_array_equal(grid(target), grid(song))


def test_a_changed_vocal_is_laid_over_louder_later_and_without_clipping(tmp_path: Path) -> None:
    band = write_wav(tmp_path / "band.wav", np.full((2, 4_000), 0.5), 8_000)
    voice = write_wav(tmp_path / "voice.wav", np.full((1, 2_000), 0.5), 8_000)
    target = tmp_path / "mix.flac"
    turned_down_db = remix(voice, band, target, vocals_gain_db=6.0206, vocals_shift_s=0.25)
    mixed, _ = load(target)
    assert mixed.shape == (2, 4_000)
    assert turned_down_db == pytest.approx(-3.52, abs=0.02)
    gain = 10 ** (turned_down_db / 20)
    np.testing.assert_allclose(mixed[:, :1_900], 0.5 * gain, atol=1e-3)
    np.testing.assert_allclose(mixed[:, 2_100:3_900], 1.5 * gain, atol=1e-3)
