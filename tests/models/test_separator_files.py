"""Stems as files: exact sums, vocals laid over again."""

from pathlib import Path

import numpy as np
import pytest

from tests.models.separation import Halver, grid, write_wav
from utawaku.library.errors import NotMediaError
from utawaku.media.cut.audio import cut_audio
from utawaku.media.cut.result import AudioCodec
from utawaku.media.decode import load
from utawaku.media.probe import probe
from utawaku.models.separator import make_separator
from utawaku.models.separator.checking import Samples, fault_of
from utawaku.models.separator.files import open_mix, remix, separate_file

RATE = 22_050


@pytest.fixture
def song(tmp_path: Path) -> Path:
    rng = np.random.default_rng(5)
    samples = 0.9 * rng.uniform(-1, 1, (2, RATE * 7 + 123))
    return write_wav(tmp_path / "song.wav", samples, RATE)


def test_stems_add_up_to_the_mix_bit_by_bit(song: Path, tmp_path: Path) -> None:
    done = separate_file(Halver(), song, tmp_path / "stems")
    assert done.vocals.name == "song.vocals.flac"
    assert done.n_samples == RATE * 7 + 123
    np.testing.assert_array_equal(grid(done.vocals) + grid(done.accompaniment), grid(song))


@pytest.mark.parametrize("codec", ["mp3", "m4a", "opus"])
def test_stems_of_a_file_that_decodes_above_full_scale_add_up_to_what_is_heard(
    tmp_path: Path, codec: AudioCodec
) -> None:
    time = np.arange(3 * RATE) / RATE
    square = np.sign(np.sin(2 * np.pi * 180 * time)) * (np.sin(2 * np.pi * 1.5 * time) > 0)
    loud = write_wav(tmp_path / "loud.wav", np.stack([square, -square]) * 0.999, RATE)
    source = cut_audio(loud, 0.0, None, tmp_path / "song", codec=codec).path
    decoded, _ = load(source)
    assert np.abs(decoded).max() > 1.02
    done = separate_file(Halver(), source, tmp_path / "stems")
    # A player cuts what is above full scale; so does a file of 16 bits.
    heard = np.clip(np.rint(decoded * 32768), -32768, 32767).astype(int)
    np.testing.assert_array_equal(grid(done.vocals) + grid(done.accompaniment), heard)
    fault, n_samples = fault_of(Samples(open_mix(source)), [done.vocals, done.accompaniment])
    assert (fault, n_samples) == ("", decoded.shape[1])


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
