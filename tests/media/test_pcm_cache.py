"""Sound kept for a while."""

import logging
from pathlib import Path

import numpy as np
import pytest

from tests.models.song_files import write
from utawaku.media.decode import load
from utawaku.media.pcm_cache import SAMPLE_RATE_HZ, SpoolWriter, read_spool


def test_a_span_is_what_decoding_gives_rounded_to_16_bits(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    sound = rng.uniform(-0.9, 0.9, (1, 5 * SAMPLE_RATE_HZ)).astype(np.float32)
    path = write(tmp_path / "song.flac", sound, SAMPLE_RATE_HZ, "flac")
    with SpoolWriter(tmp_path / "kept" / "a.s16") as spool:
        for part in np.array_split(load(path, n_channels=1)[0], 7):
            spool.add(part)
    for start_s, stop_s in ((0.0, 5.0), (1.234, 3.21), (4.5, 9.0), (6.0, 7.0)):
        wanted, _ = load(path, n_channels=1, start_s=start_s, stop_s=stop_s)
        made = read_spool(tmp_path / "kept" / "a.s16", start_s, stop_s)
        assert made.dtype == np.float32
        assert made.shape == wanted.shape
        assert np.abs(made - wanted).max(initial=0) <= 0.5 / 32768 + 1e-7


def test_too_loud_sound_is_held_at_full_scale(tmp_path: Path) -> None:
    with SpoolWriter(tmp_path / "a.s16") as spool:
        spool.add(np.array([1.0, -1.0, 7.0, -7.0], np.float32))
    made = read_spool(tmp_path / "a.s16", 0, 1)
    assert made == pytest.approx([1.0, -1.0, 1.0, -1.0], abs=1e-4)


def test_what_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    def broken_off() -> None:
        with SpoolWriter(tmp_path / "a.s16") as spool:
            spool.add(np.zeros(100, np.float32))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        broken_off()
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(FileNotFoundError):
        read_spool(tmp_path / "a.s16", 0, 1)


def test_an_empty_recording_leaves_no_file(tmp_path: Path) -> None:
    with SpoolWriter(tmp_path / "a.s16"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_without_room_the_work_goes_on(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_bytes(b"")
    with caplog.at_level(logging.WARNING), SpoolWriter(tmp_path / "file" / "a.s16") as spool:
        spool.add(np.zeros(100, np.float32))
    assert "no sound is kept" in caplog.text
    assert (tmp_path / "file").is_file()
