"""Damaged recordings: nothing crashes or hangs, and no more is lost than what was hit."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

from tests.media.damaging import FORMATS, damaged, measure, write_recording
from utawaku.media.decode import decode, load

N_DAMAGES = 40
N_BY_DEFAULT = 4
"""One of each kind; the rest is slow."""


def compare_with_plain_decodes(folder: Path, names: Iterable[str], seeds: range) -> None:
    """Fail unless every damaged file is as long as FFmpeg decodes it, to half a second."""
    paths = []
    for name in names:
        whole = write_recording(folder / name, 12.0).read_bytes()
        for seed in seeds:
            paths.append(folder / f"{seed}-{name}")
            paths[-1].write_bytes(damaged(whole, seed))
    for path, found in zip(paths, measure(paths), strict=True):
        if found["plain"] is None:
            assert found["error"], f"{path.name}: FFmpeg does not open it, yet it was read"
            continue
        least, most = min(found["plain"]), max(found["plain"])
        assert least - 0.5 <= found["ours"] <= most + 0.5, f"{path.name}: {found}"


def test_a_damaged_recording_is_as_long_as_ffmpeg_decodes_it(tmp_path: Path) -> None:
    compare_with_plain_decodes(tmp_path, FORMATS, range(N_BY_DEFAULT))


@pytest.mark.slow
@pytest.mark.parametrize("name", FORMATS)
def test_forty_random_damages_of_each_format_are_survived(tmp_path: Path, name: str) -> None:
    compare_with_plain_decodes(tmp_path, [name], range(N_BY_DEFAULT, N_DAMAGES))


@pytest.mark.parametrize("name", FORMATS)
def test_a_damage_behind_a_span_changes_nothing_in_it(tmp_path: Path, name: str) -> None:
    whole = write_recording(tmp_path / name, 12.0).read_bytes()
    expected, _ = load(tmp_path / name, start_s=1.5, stop_s=4.5)
    seeds = (4, 5, 6) if name == "a.m4a" else (4, 5, 6, 7)  # its index stands at its end
    for seed in seeds:
        start = len(whole) * 2 // 3
        path = tmp_path / f"{seed}-{name}"
        path.write_bytes(damaged(whole[:-4000], seed, start=start) + whole[-4000:])
        if name == "a.m4a":
            path.write_bytes(whole[:start] + bytes(2000) + whole[start + 2000 :])
        found, _ = load(path, start_s=1.5, stop_s=4.5)
        assert found.shape == expected.shape
        assert np.abs(found - expected).max() < 1e-4


def test_an_undecodable_packet_is_a_hole_of_silence_and_one_warning(tmp_path: Path) -> None:
    path = write_recording(tmp_path / "a.aac", 12.0)
    data = bytearray(path.read_bytes())
    at = n = 0
    while n < 234:  # frames of 1024 samples: 234 of them are 4.992 s
        at += (data[at + 3] & 3) << 11 | data[at + 4] << 3 | data[at + 5] >> 5
        n += 1
    data[at + 8 : at + 60] = bytes((k * 73 + 11) & 255 for k in range(52))
    path.write_bytes(data)
    reader = decode(path, sample_rate_hz=16_000, n_channels=1)
    sound = np.concatenate(list(reader))
    assert len(sound) / 16_000 == pytest.approx(12.0, abs=0.05)
    assert reader.timeline.n_holes == 1
    assert reader.timeline.lost_s == pytest.approx(1024 / 48_000)
    assert reader.timeline.holes[0].start_s == pytest.approx(4.992, abs=0.03)
    assert len(reader.timeline.warnings()) == 1
    assert "1 damaged packet could not be decoded" in reader.timeline.warnings()[0]
    inside = sound[round(4.995 * 16_000) : round(5.010 * 16_000)]
    assert np.abs(inside).max() < 1e-3 < 0.1 < np.abs(sound).max()
