"""Lengths of cut songs as their headers tell them, for every rate and run-up."""

from pathlib import Path

import numpy as np
import pytest

from tests.models.song_files import sound, write
from utawaku.library.progress import silent
from utawaku.library.tags import SongTags, write_tags
from utawaku.media.cut import cut_audio
from utawaku.media.cut.ogg_opus import RUN_UPS, _copy_with_run_up
from utawaku.media.decode import decode, load
from utawaku.media.probe import probe

RATES = [
    *(("m4a", "aac", rate) for rate in (8_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)),
    *(("mp3", "libmp3lame", rate) for rate in (16_000, 24_000, 44_100, 48_000)),
    *(("opus", "libopus", rate) for rate in (16_000, 48_000)),
    ("flac", "flac", 44_100),
]


@pytest.mark.parametrize(("suffix", "encoder", "rate"), RATES)
def test_a_song_is_as_long_as_its_header_says(
    suffix: str, encoder: str, rate: int, tmp_path: Path
) -> None:
    bit_rate = 0 if suffix == "flac" else 64_000
    source = write(tmp_path / f"a.{suffix}", sound(9.0, rate), rate, encoder, bit_rate=bit_rate)
    whole, own_rate = load(source)
    # Players built on FFmpeg play the padding of an encoder's last AAC packet.
    padding_s = 1023 / rate if suffix == "m4a" else 0.0
    assert -0.02 <= whole.shape[1] / own_rate - probe(source).duration_s <= 0.02 + padding_s
    for start_s in (0.0, 2.0173, 3.0346):
        cut = cut_audio(source, start_s, start_s + 4.0, tmp_path / "song", with_loudness=False)
        write_tags(cut.path, SongTags(title="t"))
        told_s = probe(cut.path).duration_s
        assert told_s == pytest.approx(cut.n_samples / cut.sample_rate_hz, abs=0.02)
        played, played_rate = load(cut.path)
        extra_s = 0.0 if cut.copied else padding_s
        assert -0.02 <= played.shape[1] / played_rate - told_s <= 0.02 + extra_s


@pytest.mark.parametrize("run_up", RUN_UPS)
def test_the_run_up_of_a_copied_opus_song_is_no_part_of_its_length(
    run_up: int, tmp_path: Path
) -> None:
    source = write(tmp_path / "a.opus", sound(9.0), 48_000, "libopus", bit_rate=64_000)
    song = tmp_path / "song.opus"
    n_skip = _copy_with_run_up(probe(source), 3 * 48_000, 4 * 48_000, run_up, song, silent)
    assert n_skip >= run_up
    assert probe(song).duration_s == pytest.approx(4.0, abs=1e-6)
    reader = decode(song)
    assert np.concatenate(list(reader), axis=1).shape == (2, 4 * 48_000)
    assert not reader.truncated
