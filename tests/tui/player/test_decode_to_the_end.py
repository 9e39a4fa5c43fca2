"""Samples of a file, to the last one."""

import math
import wave
from pathlib import Path

import numpy as np
import pytest

from utawaku.tui.player.decode import Decoder


def write_ramp(path: Path, rate_hz: int, n_frames: int, n_channels: int) -> Path:
    """A tone that is loud to its last sample, as 16-bit WAV."""
    t = np.arange(n_frames) / rate_hz
    tone = (0.5 * 32767 * np.cos(2 * math.pi * 441 * t)).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(n_channels)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes(np.repeat(tone[:, None], n_channels, axis=1).tobytes())
    return path


@pytest.mark.parametrize("n_channels", [1, 2])
@pytest.mark.parametrize("rate_hz", [22_050, 44_100, 48_000])
def test_a_song_is_heard_to_its_last_sample(tmp_path: Path, rate_hz: int, n_channels: int) -> None:
    path = write_ramp(tmp_path / "song.wav", rate_hz, rate_hz, n_channels)
    decoder = Decoder(path)
    heard = np.concatenate(list(decoder.blocks()))
    assert len(heard) == pytest.approx(48_000, abs=1)
    assert np.abs(heard[-120:]).max() > 0.4


def test_a_span_ends_at_its_sample(tmp_path: Path) -> None:
    path = write_ramp(tmp_path / "song.wav", 44_100, 44_100, 2)
    decoder = Decoder(path, 0.25, 0.5)
    heard = np.concatenate(list(decoder.blocks()))
    assert len(heard) == 12_000
