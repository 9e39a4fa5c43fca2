"""A cut plays exactly the span that was asked for: sample by sample where packets are copied."""

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from mutagen.mp3 import MP3

from tests.models.song_files import sound, write
from utawaku.library.errors import EncodeError
from utawaku.library.tags import SongTags, write_tags
from utawaku.media.cut import cut_audio, plan_cut
from utawaku.media.cut.mp3 import FrameHeader
from utawaku.media.cut.ogg_opus import TOLERANCE, ogg_crc, packet_samples
from utawaku.media.decode import load

SPANS = [(2.3456, 7.1), (0.0, 3.0), (0.013, 4.0), (9.9, 12.0), (5.5, None)]


@dataclass(frozen=True)
class Kind:
    name: str
    encoder: str
    rate: int = 48_000
    n_channels: int = 2
    bit_rate: int = 96_000
    tolerance: float = 0.0
    """Largest sample difference to a decode of the source; 0 is bit by bit."""
    snap: int = 0
    """By how many samples the end may move."""
    options: tuple[tuple[str, str], ...] = ()


NO_PNS = (("aac_pns", "0"),)
"""Noise substitution is random in every decoder, so it cannot be compared sample by sample."""

KINDS = [
    Kind("webm.webm", "libopus", tolerance=TOLERANCE),
    Kind("ogg.opus", "libopus", tolerance=TOLERANCE),
    Kind("mono.webm", "libopus", n_channels=1, bit_rate=48_000, tolerance=TOLERANCE),
    Kind("surround.webm", "libopus", n_channels=6, bit_rate=256_000, tolerance=TOLERANCE),
    Kind("cbr128.mp3", "libmp3lame", 44_100, bit_rate=128_000),
    Kind("cbr48.mp3", "libmp3lame", 44_100, bit_rate=48_000),
    Kind("cbr320.mp3", "libmp3lame", bit_rate=320_000),
    Kind("vbr.mp3", "libmp3lame", 32_000, bit_rate=0, options=(("qscale", "4"),)),
    Kind("mpeg2.mp3", "libmp3lame", 22_050, n_channels=1, bit_rate=32_000),
    Kind("mpeg25.mp3", "libmp3lame", 8_000, n_channels=1, bit_rate=16_000),
    Kind("aac.m4a", "aac", 44_100, bit_rate=128_000, snap=512, options=NO_PNS),
    Kind("aac.mp4", "aac", 96_000, n_channels=1, bit_rate=128_000, snap=512, options=NO_PNS),
]


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recordings")
    for kind in KINDS:
        samples = sound(12.0, kind.rate, kind.n_channels)
        write(folder / kind.name, samples, kind.rate, kind.encoder,
              bit_rate=kind.bit_rate, options=dict(kind.options))  # fmt: skip
    return folder


@pytest.mark.parametrize("span", SPANS, ids=str)
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_copied_cut_plays_the_span_sample_by_sample(
    kind: Kind, span: tuple[float, float | None], recordings: Path, tmp_path: Path
) -> None:
    source = recordings / kind.name
    whole, rate = load(source)
    whole = np.atleast_2d(whole)
    start = round(span[0] * rate)
    stop = whole.shape[1] if span[1] is None else min(round(span[1] * rate), whole.shape[1])
    cut = cut_audio(source, *span, tmp_path / "cut", with_loudness=False)
    played, played_rate = load(cut.path)
    played = np.atleast_2d(played)
    assert cut.copied, cut.note
    assert played_rate == cut.sample_rate_hz == rate
    assert round(cut.start_s * rate) == start
    assert abs(cut.n_samples - (stop - start)) <= kind.snap
    assert played.shape == (kind.n_channels, cut.n_samples)
    expected = whole[:, start : start + cut.n_samples]
    # An end that snapped to a packet of the source may reach past what the source itself plays.
    both = min(expected.shape[1], played.shape[1])
    assert both >= cut.n_samples - kind.snap
    assert np.abs(played[:, :both] - expected[:, :both]).max() <= kind.tolerance


def test_a_copy_survives_tagging_to_the_sample(recordings: Path, tmp_path: Path) -> None:
    for kind in KINDS[::2]:
        cut = cut_audio(recordings / kind.name, 2.0, 5.0, tmp_path / kind.name, with_loudness=False)
        before, _ = load(cut.path)
        write_tags(cut.path, SongTags(title="歌" * 100, comment="x" * 5000))
        after, _ = load(cut.path)
        assert np.array_equal(before, after)


def test_a_cut_of_a_cut_is_still_exact(recordings: Path, tmp_path: Path) -> None:
    for kind in (KINDS[0], KINDS[4], KINDS[10]):
        source = recordings / kind.name
        first = cut_audio(source, 2.0, 9.0, tmp_path / "first")
        second = cut_audio(first.path, 1.5, 4.0, tmp_path / "second")
        whole, rate = load(source)
        played, _ = load(second.path)
        start = round(2.0 * rate) + round(1.5 * rate)
        assert second.copied
        assert np.abs(played - whole[:, start : start + played.shape[-1]]).max() <= 2e-4


def test_the_mp3_header_is_valid_for_other_readers(recordings: Path, tmp_path: Path) -> None:
    cut = cut_audio(recordings / "cbr128.mp3", 2.3456, 7.1, tmp_path / "cut")
    info = MP3(cut.path).info
    assert not info.sketchy
    assert info.length == pytest.approx(cut.duration_s, abs=0.06)
    data = cut.path.read_bytes()
    frame = data.find(b"LAME") + 21
    pads = int.from_bytes(data[frame : frame + 3], "big")
    n_frames = struct.unpack_from(">I", data, data.find(b"Xing") + 8)[0]
    assert n_frames * 1152 - (pads >> 12) - (pads & 0xFFF) == cut.n_samples


def test_every_page_of_a_copied_ogg_has_its_checksum_and_rising_positions(
    recordings: Path, tmp_path: Path
) -> None:
    data = cut_audio(recordings / "webm.webm", 1.0, 11.0, tmp_path / "cut").path.read_bytes()
    offset, positions, flags = 0, [], []
    while offset < len(data):
        magic, _, flag, granule, _, number, crc = struct.unpack_from("<4sBBqIII", data, offset)
        n_segments = data[offset + 26]
        lacing = data[offset + 27 : offset + 27 + n_segments]
        end = offset + 27 + n_segments + sum(lacing)
        page = bytearray(data[offset:end])
        page[22:26] = bytes(4)
        assert magic == b"OggS"
        assert number == len(positions)
        assert crc == ogg_crc(bytes(page))
        positions.append(granule)
        flags.append(flag)
        offset = end
    skip = struct.unpack_from("<H", data, data.find(b"OpusHead") + 10)[0]
    assert positions == sorted(positions)
    assert positions[-1] == skip + 480_000
    assert flags == [2, *[0] * (len(flags) - 2), 4]
    assert skip >= 3840


def test_the_ogg_checksum_is_the_one_of_the_specification() -> None:
    def slow(data: bytes) -> int:
        crc = 0
        for byte in data:
            crc ^= byte << 24
            for _ in range(8):
                crc = (crc << 1 ^ 0x04C11DB7 if crc >> 31 else crc << 1) & 0xFFFFFFFF
        return crc

    for data in (b"", b"\0", b"OggS", bytes(range(256)) * 3):
        assert ogg_crc(data) == slow(data)


@pytest.mark.parametrize(
    ("packet", "n_samples"),
    [(b"\xfc", 960), (b"\xfd\0", 1920), (b"\xff\x03", 2880), (b"\x08", 960), (b"\x18", 2880),
     (b"\x80", 120), (b"", 0), (b"\xff", 0)],
)  # fmt: skip
def test_the_length_of_an_opus_packet_is_read_from_its_first_bytes(
    packet: bytes, n_samples: int
) -> None:
    assert packet_samples(packet) == n_samples


def test_a_silent_mp3_frame_carries_the_reservoir_at_its_end() -> None:
    header = FrameHeader.of(b"\xff\xfb\x90\x00" + bytes(400))
    frame = header.empty_frame(b"x" * 511, at_end=True)
    assert frame.endswith(b"x" * 511)
    assert FrameHeader.of(frame).main_data_begin == 0
    assert set(frame[4:36]) == {0}
    with pytest.raises(Exception, match="layer III"):
        FrameHeader.of(b"ID3 not a frame")


def test_aac_is_encoded_where_its_end_must_not_move(recordings: Path, tmp_path: Path) -> None:
    cut = cut_audio(recordings / "aac.m4a", 2.3456, 7.1, tmp_path / "cut", snap_s=0.0)
    assert not cut.copied
    assert "between two AAC packets" in cut.note
    with pytest.raises(EncodeError, match="cannot be copied exactly"):
        cut_audio(recordings / "aac.m4a", 2.3456, 7.1, tmp_path / "x", codec="copy", snap_s=0.0)
    assert not (tmp_path / "x.m4a").exists()


def test_a_damaged_stretch_is_not_copied_over(recordings: Path, tmp_path: Path) -> None:
    data = (recordings / "ogg.opus").read_bytes()
    third = data.find(b"OggS", len(data) // 2)
    following = data.find(b"OggS", third + 4)
    holed = tmp_path / "holed.opus"
    holed.write_bytes(data[:third] + data[following:])
    cut = cut_audio(holed, 2.0, 10.0, tmp_path / "cut")
    assert not cut.copied
    assert cut.note


def test_plans_say_what_will_happen(recordings: Path) -> None:
    from utawaku.media.probe import probe

    webm, mp3 = probe(recordings / "webm.webm"), probe(recordings / "cbr128.mp3")
    assert (plan_cut(webm).ext, plan_cut(webm).copy) == ("opus", True)
    assert (plan_cut(webm, fades=True).ext, plan_cut(webm, fades=True).copy) == ("opus", False)
    assert (plan_cut(mp3, "opus").ext, plan_cut(mp3, "opus").copy) == ("opus", False)
    assert (plan_cut(mp3, "mp3").ext, plan_cut(mp3, "mp3").copy) == ("mp3", True)
    with pytest.raises(EncodeError, match="fade"):
        plan_cut(webm, "copy", fades=True)
