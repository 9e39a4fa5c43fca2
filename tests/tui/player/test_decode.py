"""The player's first sample is the one at the moment that was asked for."""

from pathlib import Path

import numpy as np
import pytest

from tests.models.song_files import sound, write
from utawaku.library.errors import MediaError, NotFoundError
from utawaku.library.progress import silent
from utawaku.media.cut.ogg_opus import RUN_UPS, _copy_with_run_up
from utawaku.media.decode import load
from utawaku.media.probe import probe
from utawaku.tui.player.decode import RATE_HZ, Decoder

PLACES_S = (0.0, 0.013, 0.5, 1.111, 2.05, 2.35, 3.0, 4.444, 5.25, 6.5)
N_COMPARED = 4_800


def samples_from(path: Path, at_s: float, stop_s: float | None = None) -> np.ndarray:
    return np.concatenate([*Decoder(path, at_s, stop_s).blocks(), np.zeros((0, 2), np.float32)])


def lag(whole: np.ndarray, at_s: float, played: np.ndarray) -> int:
    """By how many samples `played` is late, looked for within 0.4 s on both sides."""
    first = max(0, round(at_s * RATE_HZ) - 20_000)
    around = whole[first : first + 40_000 + N_COMPARED, 0]
    size = 1 << 17
    spectrum = np.conj(np.fft.rfft(played[:N_COMPARED, 0], size))
    correlation = np.fft.irfft(np.fft.rfft(around, size) * spectrum, size)[: len(around)]
    return first + int(np.argmax(correlation)) - round(at_s * RATE_HZ)


@pytest.mark.parametrize("run_up", RUN_UPS)
def test_an_opus_song_with_any_run_up_starts_on_the_sample_asked_for(
    run_up: int, tmp_path: Path
) -> None:
    source = write(tmp_path / "a.opus", sound(13.0), RATE_HZ, "libopus", bit_rate=96_000)
    song = tmp_path / "song.opus"
    _copy_with_run_up(probe(source), 3 * RATE_HZ, 8 * RATE_HZ, run_up, song, silent)
    whole = samples_from(song, 0.0)
    assert len(whole) == 8 * RATE_HZ
    for at_s in PLACES_S:
        assert lag(whole, at_s, samples_from(song, at_s, at_s + 0.2)) == 0
        span, _ = load(song, start_s=at_s, stop_s=at_s + 0.2)
        assert lag(whole, at_s, span.T) == 0


@pytest.mark.parametrize(
    ("suffix", "encoder", "rate"),
    [
        ("mp3", "libmp3lame", 44_100),
        ("m4a", "aac", 22_050),
        ("flac", "flac", 48_000),
        ("webm", "libopus", 48_000),
        ("wav", "pcm_s16le", 8_000),
    ],
)
def test_every_format_starts_on_the_sample_asked_for(
    suffix: str, encoder: str, rate: int, tmp_path: Path
) -> None:
    bit_rate = 128_000 if encoder in ("libmp3lame", "aac", "libopus") else 0
    path = write(tmp_path / f"a.{suffix}", sound(8.0, rate), rate, encoder, bit_rate=bit_rate)
    whole = samples_from(path, 0.0)
    for at_s in PLACES_S:
        played = samples_from(path, at_s, at_s + 0.2)
        assert len(played) == 0.2 * RATE_HZ
        assert lag(whole, at_s, played) == 0


def test_mono_is_heard_at_its_own_level_on_both_sides(tmp_path: Path) -> None:
    samples = sound(1.0, RATE_HZ, 1)
    path = write(tmp_path / "a.flac", samples, RATE_HZ, "flac")
    played = samples_from(path, 0.25)
    assert np.array_equal(played[:, 0], played[:, 1])
    assert np.abs(played[:, 0] - samples[0, RATE_HZ // 4 :]).max() < 1e-4


def test_a_moment_behind_the_end_plays_nothing(tmp_path: Path) -> None:
    path = write(tmp_path / "a.flac", sound(1.0), RATE_HZ, "flac")
    assert len(samples_from(path, 5.0)) == 0


def test_what_cannot_be_played_says_why(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="gone"):
        Decoder(tmp_path / "none.opus")
    (tmp_path / "text.opus").write_bytes(b"\x00\x01 no song " * 100)
    with pytest.raises(MediaError):
        Decoder(tmp_path / "text.opus")
