"""MP4 files whose parts were joined byte by byte."""

from pathlib import Path

import av
import numpy as np
import pytest

from tests.media.joining import (
    EVENING,
    NOT_FOR_TS,
    OTHER_FORMAT,
    PART_S,
    SAME_FORMAT,
    fragments,
    joined_mp4,
)
from utawaku.library.errors import EncodeError
from utawaku.media.decode import decode
from utawaku.media.joined_mp4 import (
    misplaced_parts,
    mixed_parts,
    rewrite_as_ts,
    rewrite_if_mixed,
)

RATE_HZ = 48_000


def pitch_hz(sound: np.ndarray) -> float:
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(sound.size)))
    return float(spectrum.argmax() * RATE_HZ / sound.size)


def test_parts_of_another_format_keep_their_pitch_and_length(tmp_path: Path) -> None:
    path = joined_mp4(tmp_path / "evening.mp4", EVENING, OTHER_FORMAT)
    parts = mixed_parts(path)
    assert parts[0].start == 0
    assert parts[0].stop == parts[1].start
    assert parts[1].stop == path.stat().st_size

    rewrite_as_ts(path, parts, tmp_path / "evening.ts")

    reader = decode(tmp_path / "evening.ts", sample_rate_hz=RATE_HZ, n_channels=1)
    sound = np.concatenate(list(reader))
    assert sound.size / RATE_HZ == pytest.approx(2 * PART_S, abs=0.1)
    assert pitch_hz(sound[RATE_HZ : 3 * RATE_HZ]) == pytest.approx(440, abs=2)
    assert pitch_hz(sound[5 * RATE_HZ : 7 * RATE_HZ]) == pytest.approx(880, abs=2)


def test_parts_of_one_format_are_no_mixture(tmp_path: Path) -> None:
    path = joined_mp4(tmp_path / "evening.mp4", EVENING, SAME_FORMAT)
    assert mixed_parts(path) == []


def test_a_single_mp4_is_no_mixture(tmp_path: Path) -> None:
    assert mixed_parts(joined_mp4(tmp_path / "evening.mp4", (440, 48_000, "stereo", "aac"))) == []


def test_a_part_that_breaks_off_does_not_hide_the_others(tmp_path: Path) -> None:
    path = joined_mp4(tmp_path / "evening.mp4", EVENING, OTHER_FORMAT)
    path.write_bytes(path.read_bytes()[:-5_000])
    assert len(mixed_parts(path)) == 2


def test_what_is_no_mp4_has_no_parts(tmp_path: Path) -> None:
    path = tmp_path / "notes.mp4"
    path.write_bytes(b"\x00\x00\x00\x02moov" + bytes(100))
    assert mixed_parts(path) == []


def test_sound_that_mpeg_ts_cannot_hold_is_refused_with_a_way_out(tmp_path: Path) -> None:
    path = joined_mp4(tmp_path / "evening.mp4", NOT_FOR_TS, OTHER_FORMAT)
    with pytest.raises(EncodeError, match="MPEG-TS cannot hold") as caught:
        rewrite_as_ts(path, mixed_parts(path), tmp_path / "evening.ts")
    assert "Split the file" in caught.value.next_step


def test_the_clock_of_the_rewritten_file_runs_through(tmp_path: Path) -> None:
    path = joined_mp4(
        tmp_path / "evening.mp4",
        EVENING,
        OTHER_FORMAT,
        (660, 48_000, "mono", "aac"),
    )
    rewrite_as_ts(path, mixed_parts(path), tmp_path / "evening.ts")
    with av.open(str(tmp_path / "evening.ts")) as container:
        stamps = [
            float(packet.dts * packet.time_base)
            for packet in container.demux(audio=0)
            if packet.dts is not None and packet.time_base is not None
        ]
    steps = np.diff(stamps)
    assert steps.min() > 0
    assert steps.max() < 0.1
    assert stamps[-1] - stamps[0] == pytest.approx(3 * PART_S, abs=0.15)


def test_parts_that_name_places_in_a_file_are_put_right(tmp_path: Path) -> None:
    old_style = {"movflags": "empty_moov", "frag_duration": "1000000"}
    pieces = [
        fragments(tmp_path / "part.mp4", tone_hz, RATE_HZ, "mono", options=old_style)
        for tone_hz in (440, 880)
    ]
    path = tmp_path / "evening.mp4"
    path.write_bytes(b"".join(pieces))
    assert mixed_parts(path) == []
    assert len(misplaced_parts(path)) == 2
    assert misplaced_parts(joined_mp4(tmp_path / "new.mp4", EVENING, SAME_FORMAT)) == []
    warnings: list[str] = []
    assert rewrite_if_mixed(path, tmp_path / "evening.ts", warnings)
    assert "point to places in the first" in warnings[0]
    sound = np.concatenate(list(decode(tmp_path / "evening.ts", n_channels=1)))
    assert sound.size / RATE_HZ == pytest.approx(2 * PART_S, abs=0.15)
    assert pitch_hz(sound[RATE_HZ : 3 * RATE_HZ]) == pytest.approx(440, abs=2)
    assert pitch_hz(sound[5 * RATE_HZ : 7 * RATE_HZ]) == pytest.approx(880, abs=2)
