"""One clock: a sound is where a player plays it, however the recording's own clock ran."""

import os
import struct
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from utawaku.media.clock import PacketClock
from utawaku.media.containers import may_restart
from utawaku.media.cut.audio import cut_audio
from utawaku.media.cut.ogg_opus import ogg_crc
from utawaku.media.decode import decode, load
from utawaku.media.probe import probe

RATE_HZ = 48_000


def noise(seconds: float, rate_hz: int = RATE_HZ, seed: int = 5) -> np.ndarray:
    """Make sound in which every moment is unlike any other: (n_samples,)."""
    white = np.random.default_rng(seed).normal(0, 0.1, round(seconds * rate_hz) + 4)
    return (white[4:] + white[3:-1] + white[2:-2] + white[1:-3]).astype(np.float32)


def write(
    path: Path,
    sound: np.ndarray,
    codec: str,
    *,
    rate_hz: int = RATE_HZ,
    layout: str = "stereo",
    gap: tuple[float, float] | None = None,
    start_s: float = 0.0,
) -> Path:
    """Encode mono samples; `gap` moves the stamps from a time on by so many seconds."""
    n_channels = av.AudioLayout(layout).nb_channels
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream(codec, rate=rate_hz, layout=layout)
        stacked = np.ascontiguousarray(np.stack([sound] * n_channels))
        frame = av.AudioFrame.from_ndarray(stacked, "fltp", layout)
        frame.sample_rate = rate_hz
        frame.pts = 0
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            shift_s = start_s
            if gap is not None and packet.pts * packet.time_base >= gap[0]:
                shift_s += gap[1]
            packet.pts += round(shift_s / packet.time_base)
            packet.dts = packet.pts
            container.mux(packet)
    return path


def place_of(needle: np.ndarray, hay: np.ndarray) -> int:
    """Return the sample of `hay` at which `needle` is found."""
    size = 1 << (len(hay) + len(needle)).bit_length()
    product = np.fft.rfft(hay, size) * np.conj(np.fft.rfft(needle, size))
    return int(np.argmax(np.fft.irfft(product, size)[: len(hay)]))


def concatenated(target: Path, *parts: Path) -> Path:
    """Write files behind each other, as `cat` does."""
    target.write_bytes(b"".join(part.read_bytes() for part in parts))
    return target


@pytest.mark.parametrize(
    ("name", "codec", "exact"),
    [("a.webm", "libopus", 96), ("a.mka", "aac", 96), ("a.ts", "aac", 1), ("a.flv", "aac", 96)],
)
def test_a_gap_in_the_time_stamps_is_silence_of_its_length(
    tmp_path: Path, name: str, codec: str, exact: int
) -> None:
    sound = noise(12.0)
    path = write(tmp_path / name, sound, codec, gap=(6.0, 3.5))
    reader = decode(path, n_channels=1)
    whole = np.concatenate(list(reader))
    assert len(whole) / RATE_HZ == pytest.approx(15.5, abs=0.06)
    before = place_of(sound[2 * RATE_HZ : 3 * RATE_HZ], whole) - 2 * RATE_HZ
    after = place_of(sound[9 * RATE_HZ : 10 * RATE_HZ], whole) - round(12.5 * RATE_HZ)
    assert abs(after - before) <= exact
    assert np.abs(whole[7 * RATE_HZ : 9 * RATE_HZ]).max() == 0
    assert reader.timeline.n_gaps == 1
    assert reader.timeline.silent_s == pytest.approx(3.5, abs=0.05)
    for at_s in (2.5, 8.0, 11.3, 13.017):
        part, _ = load(path, n_channels=1, start_s=at_s, stop_s=at_s + 0.5)
        expected = whole[round(at_s * RATE_HZ) :][: len(part)]
        assert len(part) == round(0.5 * RATE_HZ)
        if np.abs(expected).max() > 0:
            assert place_of(part, whole) == round(at_s * RATE_HZ)
        assert np.abs(part - expected).max() < 0.05


def test_a_cut_behind_a_gap_holds_what_is_heard_there(tmp_path: Path) -> None:
    path = write(tmp_path / "a.webm", noise(12.0), "libopus", gap=(6.0, 3.5))
    whole, _ = load(path, n_channels=1)
    cut = cut_audio(path, 11.0, 14.0, tmp_path / "song", with_loudness=False)
    played, _ = load(cut.path, n_channels=1)
    assert cut.copied, cut.note
    assert place_of(played[:24_000], whole) == 11 * RATE_HZ


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("a.ts", "aac"),
        ("a.opus", "libopus"),
        ("a.mp3", "libmp3lame"),
        ("a.aac", "aac"),
        ("a.webm", "libopus"),
        ("a.flac", "flac"),
    ],
)
def test_recordings_behind_each_other_go_on_where_the_first_ended(
    tmp_path: Path, name: str, codec: str
) -> None:
    first, second = noise(6.0, seed=1), noise(6.0, seed=2)
    one = write(tmp_path / f"1{name}", first, codec)
    two = write(tmp_path / f"2{name}", second, codec)
    path = concatenated(tmp_path / name, one, two)
    whole, _ = load(path, n_channels=1)
    assert len(whole) / RATE_HZ == pytest.approx(12.0, abs=0.15)
    at_1 = place_of(first[RATE_HZ : 2 * RATE_HZ], whole)
    at_2 = place_of(second[RATE_HZ : 2 * RATE_HZ], whole)
    assert (at_2 - at_1) / RATE_HZ == pytest.approx(6.0, abs=0.1)
    part, _ = load(path, n_channels=1, start_s=8.25, stop_s=9.25)
    assert place_of(part[:24_000], whole) == round(8.25 * RATE_HZ)
    cut = cut_audio(path, 8.25, 11.0, tmp_path / "song", with_loudness=False)
    played, _ = load(cut.path, n_channels=1)
    assert abs(place_of(played[:24_000], whole) - round(cut.start_s * RATE_HZ)) <= 1


@pytest.mark.parametrize("name", ["a.webm", "a.mka", "a.opus"])
def test_packets_that_were_left_out_in_silence_are_silence(tmp_path: Path, name: str) -> None:
    """Discontinuous transmission: a recorder stores no packets while nobody makes a sound."""
    sound = noise(9.0)
    sound[3 * RATE_HZ : 6 * RATE_HZ] = 0
    path = tmp_path / name
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("libopus", rate=RATE_HZ, layout="mono")
        frame = av.AudioFrame.from_ndarray(sound[None], "fltp", "mono")
        frame.sample_rate, frame.pts = RATE_HZ, 0
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            if not 3.2 < packet.pts * packet.time_base < 5.8:
                container.mux(packet)
    whole, _ = load(path)
    assert len(whole) / RATE_HZ == pytest.approx(9.0, abs=0.05)
    assert place_of(sound[7 * RATE_HZ : 8 * RATE_HZ], whole) == pytest.approx(7 * RATE_HZ, abs=50)
    part, _ = load(path, start_s=7.2, stop_s=7.7)
    assert place_of(part, whole) == round(7.2 * RATE_HZ)


@pytest.mark.parametrize("name", ["a.mp4", "a.m4a", "a.mov"])
def test_an_edit_list_says_where_a_recording_begins(tmp_path: Path, name: str) -> None:
    sound, skipped_s = noise(6.0), 1.5
    path = tmp_path / name
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("aac", rate=RATE_HZ, layout="mono")
        frame = av.AudioFrame.from_ndarray(sound[None], "fltp", "mono")
        frame.sample_rate, frame.pts = RATE_HZ, 0
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            packet.pts -= round(skipped_s * RATE_HZ)  # becomes an edit list
            packet.dts = packet.pts
            container.mux(packet)
    whole, _ = load(path)
    at = place_of(sound[3 * RATE_HZ : 4 * RATE_HZ], whole)
    assert at == round((3 - skipped_s) * RATE_HZ)
    cut = cut_audio(path, 2.0, 3.5, tmp_path / "song", with_loudness=False)
    played, _ = load(cut.path)
    assert place_of(played[:24_000], whole) == 2 * RATE_HZ


@pytest.mark.parametrize(("rate_hz", "layout"), [(44_100, "stereo"), (48_000, "mono")])
def test_a_rate_or_layout_that_changes_inside_a_stream_is_converted(
    tmp_path: Path, rate_hz: int, layout: str
) -> None:
    advert = write(tmp_path / "1.ts", noise(5.0, rate_hz), "aac", rate_hz=rate_hz, layout=layout)
    sound = noise(5.0, seed=2)
    stream = write(tmp_path / "2.ts", sound, "aac")
    path = concatenated(tmp_path / "a.ts", advert, stream)
    whole, rate = load(path, sample_rate_hz=48_000, n_channels=1)
    assert len(whole) / rate == pytest.approx(10.0, abs=0.15)
    at = place_of(sound[RATE_HZ : 2 * RATE_HZ], whole)
    assert at / rate == pytest.approx(6.0, abs=0.1)
    assert np.std(whole[at : at + RATE_HZ]) == pytest.approx(np.std(sound), rel=0.1)


def film(path: Path, sound: np.ndarray, late_s: float) -> Path:
    """Write a film of 6 s whose sound begins `late_s` after its picture."""
    with av.open(str(path), "w") as container:
        video: Any = container.add_stream("mpeg4", rate=10)
        video.width, video.height, video.pix_fmt = 64, 64, "yuv420p"
        stream: Any = container.add_stream("aac", rate=RATE_HZ, layout="mono")
        frame = av.AudioFrame.from_ndarray(sound[None], "fltp", "mono")
        frame.sample_rate = RATE_HZ
        frame.pts = 0
        packets = [*stream.encode(frame), *stream.encode(None)]
        for packet in packets:
            packet.pts += round(late_s * RATE_HZ)
            packet.dts = packet.pts
        for _ in range(60):
            packets += video.encode(av.VideoFrame(64, 64, "yuv420p"))
        packets += video.encode(None)
        for packet in sorted(packets, key=lambda one: float(one.dts * one.time_base)):
            container.mux(packet)
    return path


@pytest.mark.parametrize("name", ["a.mkv", "a.mp4", "a.ts"])
def test_sound_that_starts_late_stays_where_a_player_plays_it(tmp_path: Path, name: str) -> None:
    sound = noise(4.0)
    path = film(tmp_path / name, sound, late_s=2.0)
    whole, _ = load(path)
    at = place_of(sound[RATE_HZ : 2 * RATE_HZ], whole)
    assert at / RATE_HZ == pytest.approx(3.0, abs=0.03)
    assert np.abs(whole[: round(1.9 * RATE_HZ)]).max() == 0
    part, _ = load(path, start_s=3.5, stop_s=4.0)
    assert place_of(part, whole) == round(3.5 * RATE_HZ)
    cut = cut_audio(path, 3.5, 5.0, tmp_path / "song", with_loudness=False)
    played, _ = load(cut.path)
    assert place_of(played[:24_000], whole) == round(cut.start_s * RATE_HZ)


def test_the_track_flagged_as_default_is_read_unless_another_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "two.mka"
    with av.open(str(path), "w") as container:
        streams: list[Any] = [
            container.add_stream("flac", rate=RATE_HZ, layout="mono") for _ in range(2)
        ]
        streams[0].disposition = 0
        streams[1].disposition = av.stream.Disposition.default
        for level, stream in zip((0.5, 0.25), streams, strict=True):
            samples = np.full((1, RATE_HZ), level, np.float32)
            frame = av.AudioFrame.from_ndarray((samples * 32767).astype(np.int16), "s16", "mono")
            frame.sample_rate = RATE_HZ
            frame.pts = 0
            for packet in [*stream.encode(frame), *stream.encode(None)]:
                container.mux(packet)
    assert probe(path).audio_index == 1
    assert load(path)[0][1000] == pytest.approx(0.25, abs=1e-3)
    assert load(path, track=0)[0][1000] == pytest.approx(0.5, abs=1e-3)


class Stamp:
    """A packet as the clock sees it."""

    def __init__(self, pts: int | None, duration: int = 1920) -> None:
        self.pts, self.duration, self.size = pts, duration, 100


def followed(stamps: list[int | None], **options: Any) -> tuple[list[int | None], PacketClock]:
    """Return where a clock of 1/90000 s puts packets of 1920 ticks, and the clock."""
    clock = PacketClock(Fraction(1, 90_000), **options)
    packets: Any = [Stamp(pts) for pts in stamps]
    return [one.at for one in clock.follow(packets)], clock


def run(start: int, n: int = 400) -> list[int | None]:
    """Stamps of `n` packets that follow each other."""
    return [start + 1920 * k for k in range(n)]


def test_a_file_that_grew_by_a_recording_is_looked_through_again(tmp_path: Path) -> None:
    recording = tmp_path / "recorder.ogg"
    first, page = b"OggS\x00\x02" + bytes(60), b"OggS\x00\x00" + bytes(60)
    recording.write_bytes(first + page)
    assert not may_restart(recording, "ogg")
    with recording.open("ab") as file:
        file.write(first + page)
    assert may_restart(recording, "ogg")


def test_a_file_that_stays_as_it_is_is_looked_through_once(tmp_path: Path) -> None:
    recording = tmp_path / "recording.ogg"
    recording.write_bytes(b"OggS\x00\x02" + bytes(60))
    seen = recording.stat()
    assert not may_restart(recording, "ogg")
    recording.write_bytes((b"OggS\x00\x02" + bytes(4) + b"OggS\x00\x00" + bytes(4)) * 4)
    recording.write_bytes(recording.read_bytes()[: seen.st_size])
    os.utime(recording, ns=(seen.st_atime_ns, seen.st_mtime_ns))
    assert not may_restart(recording, "ogg"), "its bytes were read again"


def test_a_gap_up_to_ten_minutes_is_silence_and_a_longer_one_a_restart() -> None:
    nine, eleven = 9 * 60 * 90_000, 11 * 60 * 90_000
    places, clock = followed([*run(0), *run(400 * 1920 + nine)])
    assert places[400] == 400 * 1920 + nine
    assert not clock.restarts
    places, clock = followed([*run(0), *run(400 * 1920 + eleven)])
    assert places[400] == 400 * 1920
    assert len(clock.restarts) == 1


def test_a_marked_discontinuity_is_a_restart() -> None:
    jump = 400 * 1920 + 30 * 90_000
    places, clock = followed([*run(0), *run(jump)], is_marked=lambda _before, _after: True)
    assert places[400] == 400 * 1920
    assert len(clock.restarts) == 1


def test_a_wrap_of_33_bits_is_neither_gap_nor_restart() -> None:
    start = (1 << 33) - 400 * 1920
    places, clock = followed([*run(start), *run(0)], wrap_bits=33)
    assert places[400] == 1 << 33
    assert not clock.restarts
    places, clock = followed([*run(start), *run(90_000)], wrap_bits=33)
    assert places[400] == (1 << 33) + 90_000


def test_a_clock_that_jumps_back_goes_on_where_it_was() -> None:
    places, clock = followed([*run(900_000), *run(0), *run(5_000_000_000)])
    assert places == run(900_000, 1200)
    assert [round(restart.jump_s) for restart in clock.restarts] == [-19, 55547]


def test_packets_that_claim_to_last_too_long_are_no_restart() -> None:
    clock = PacketClock(Fraction(1, 90_000))
    stamps = [17_640 * k for k in range(40)]
    packets: Any = [Stamp(pts, duration=33_390) for pts in stamps]
    assert [one.at for one in clock.follow(packets)] == stamps
    assert clock.restarts == []


def test_stamps_that_stray_and_return_move_nothing() -> None:
    stamps = run(0)
    stamps[100:120] = run(50_000_000, 20)
    stamps[200] = 3
    stamps[300] = None
    places, clock = followed(stamps)
    assert places == run(0)
    assert not clock.restarts


def test_stamps_without_any_order_do_not_take_long() -> None:
    rng = np.random.default_rng(1)
    stamps: list[int | None] = [int(at) for at in rng.integers(0, 1 << 40, 5_000)]
    places, _ = followed(stamps)
    assert len(places) == 5_000


LAYOUTS_CHILD = """
import sys, wave
import av, numpy as np
from pathlib import Path
from utawaku.library.errors import MediaError
from utawaku.media.decode import load
folder = Path(sys.argv[1])
names = sys.argv[2:]
for name in names:
    layout = av.AudioLayout(name)
    path = folder / "layout.mka"
    try:
        with av.open(str(path), "w") as container:
            stream = container.add_stream("pcm_s16le", rate=8000, layout=name)
            samples = np.full((1, layout.nb_channels * 8000), 8192, np.int16)
            frame = av.AudioFrame.from_ndarray(samples, "s16", name)
            frame.sample_rate = 8000
            frame.pts = 0
            container.mux([*stream.encode(frame), *stream.encode(None)])
    except (av.FFmpegError, ValueError) as error:
        print(name, "unwritable", error)
        continue
    for n_channels in (1, 2, None):
        try:
            samples, rate = load(path, n_channels=n_channels, start_s=0.1)
            count = n_channels or layout.nb_channels
            assert samples.shape == ((7200,) if count == 1 else (count, 7200)), samples.shape
            print(name, "read")
        except MediaError as error:
            assert "layout" in str(error), error
            print(name, "refused")
"""


def test_every_channel_layout_is_read_or_refused_with_an_error(tmp_path: Path) -> None:
    names = [
        "mono", "stereo", "2.1", "3.0", "3.0(back)", "4.0", "quad", "quad(side)", "3.1", "5.0",
        "5.0(side)", "4.1", "5.1", "5.1(side)", "6.0", "6.0(front)", "3.1.2", "hexagonal", "6.1",
        "6.1(back)", "6.1(front)", "7.0", "7.0(front)", "7.1", "7.1(wide)", "7.1(wide-side)",
        "5.1.2", "5.1.2(back)", "octagonal", "cube", "5.1.4", "7.1.2", "7.1.4", "7.2.3", "9.1.4",
        "9.1.6", "hexadecagonal", "binaural", "downmix", "22.2", "ambisonic 1", "ambisonic 2",
        "3 channels", "9 channels", "24 channels",
    ]  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", LAYOUTS_CHILD, str(tmp_path), *names],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == 0, done.stderr[-3000:]
    lines = done.stdout.splitlines()
    assert sum(line.endswith("read") for line in lines) >= 90, done.stdout
    for name in ("mono", "stereo", "5.1", "7.1", "22.2", "9.1.6"):
        assert f"{name} read" in lines


CODECS = [
    ("mp2.ts", "mp2"), ("mp2.mp2", "mp2"), ("mp2.mpg", "mp2"),
    ("ac3.vob", "ac3"), ("ac3.ac3", "ac3"), ("eac3.eac3", "eac3"),
    ("alac.m4a", "alac"), ("wma.wma", "wmav2"), ("wma.asf", "wmav1"),
    ("tta.tta", "tta"), ("wavpack.wv", "wavpack"),
    ("aiff.aiff", "pcm_s16be"), ("au.au", "pcm_mulaw"),
    ("alaw.wav", "pcm_alaw"), ("u8.wav", "pcm_u8"),
    ("s24.wav", "pcm_s24le"), ("f64.wav", "pcm_f64le"),
    ("adpcm.wav", "adpcm_ms"), ("ima.wav", "adpcm_ima_wav"), ("g722.wav", "g722"),
    ("caf.caf", "pcm_s32le"), ("dts.dts", "dca"), ("s64.nut", "pcm_s64le"),
    ("vorbis.ogg", "vorbis"), ("nelly.flv", "nellymoser"), ("pcm.mkv", "pcm_f32le"),
    ("adpcm.flv", "adpcm_swf"), ("ima.mov", "adpcm_ima_qt"), ("mulaw.mov", "pcm_mulaw"),
    ("bluray.m2ts", "pcm_bluray"), ("dvd.vob", "pcm_dvd"), ("opus.ts", "libopus"),
    ("vidc.caf", "pcm_alaw"), ("yamaha.wav", "adpcm_yamaha"), ("sbc.sbc", "sbc"),
    ("aptx.aptx", "aptx"), ("s16be.aiff", "pcm_s24be"),
    ("w64.w64", "pcm_s16le"), ("mp3.avi", "libmp3lame"),
    ("flac.ogg", "flac"), ("alac.caf", "alac"), ("voc.voc", "pcm_u8"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "codec"), CODECS)
def test_every_codec_of_the_bundled_encoders_is_read(tmp_path: Path, name: str, codec: str) -> None:
    try:
        encoder: Any = av.Codec(codec, "w")
    except av.codec.codec.UnknownCodecError:
        pytest.skip("the bundled FFmpeg has no such encoder")
    rates = encoder.audio_rates or [48_000]
    rate = 16_000 if codec == "g722" else (48_000 if 48_000 in rates else rates[0])
    if name.endswith(".flv"):
        rate = 8_000 if codec == "nellymoser" else 44_100
    layout = "mono" if codec in ("g722", "nellymoser") else "stereo"
    sound = noise(2.0, rate)
    path = tmp_path / name
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream(
            codec, rate=rate, layout=layout, options={"strict": "experimental"}
        )
        if codec.startswith("wma"):
            stream.bit_rate = 128_000
        count = av.AudioLayout(layout).nb_channels
        frame = av.AudioFrame.from_ndarray(np.stack([sound] * count), "fltp", layout)
        frame.sample_rate = rate
        frame.pts = 0
        resampler = av.AudioResampler(
            stream.codec_context.format, layout, rate, frame_size=stream.codec_context.frame_size
        )
        for piece in [*resampler.resample(frame), *resampler.resample(None)]:
            container.mux(stream.encode(piece))
        container.mux(stream.encode(None))
    whole, _ = load(path, sample_rate_hz=16_000, n_channels=1)
    assert len(whole) / 16_000 == pytest.approx(2.0, abs=0.2)
    assert np.std(whole) > 0.02
    part, _ = load(path, sample_rate_hz=16_000, n_channels=1, start_s=1.0, stop_s=1.5)
    assert len(part) == 8_000


def mp1(path: Path, n_frames: int) -> Path:
    """Write MPEG-1 Layer I at 48 kHz and 384 kbit/s; no encoder of it is at hand.

    A frame is 384 bytes: a header, 4 bits of allocation for each of 32 subbands, a scale factor,
    and 12 samples of 8 bits of the one subband that is used.
    """
    rng = np.random.default_rng(1)
    frames = []
    for _ in range(n_frames):
        bits = "1111111111111111" + "11000100" + "11000000"
        bits += "".join("0111" if band == 1 else "0000" for band in range(32))
        bits += f"{6:06b}" + "".join(f"{value:08b}" for value in rng.integers(40, 215, 12))
        frames.append(int(bits.ljust(384 * 8, "0"), 2).to_bytes(384, "big"))
    path.write_bytes(b"".join(frames))
    return path


def speex(path: Path, n_frames: int) -> Path:
    """Write Speex at 8 kbit/s in Ogg, of random frames; no encoder of it is at hand."""
    rng = np.random.default_rng(1)
    head = b"Speex   " + b"1.2".ljust(20, b"\0")
    head += struct.pack("<13i", 1, 80, 8_000, 0, 4, 1, -1, 160, 0, 1, 0, 0, 0)
    packets = [head, struct.pack("<i", 4) + b"test" + struct.pack("<i", 0)]
    for _ in range(n_frames):
        random = "".join(map(str, rng.integers(0, 2, 155)))
        packets.append(int("0" + "0011" + random, 2).to_bytes(20, "big"))
    pages = []
    for number, packet in enumerate(packets):
        granule = max(0, number - 1) * 160
        kind = 2 if number == 0 else (4 if number == len(packets) - 1 else 0)
        page = b"OggS" + struct.pack("<BBqIIIB", 0, kind, granule, 7, number, 0, 1)
        page += bytes([len(packet)]) + packet
        pages.append(page[:22] + struct.pack("<I", ogg_crc(page)) + page[26:])
    path.write_bytes(b"".join(pages))
    return path


@pytest.mark.parametrize(
    ("name", "codec", "n_frames"),
    [("a.mp1", "mp1", 250), ("a.mp3", "mp1", 250), ("a.spx", "speex", 100)],
)
def test_codecs_without_an_encoder_are_read(
    tmp_path: Path, name: str, codec: str, n_frames: int
) -> None:
    path = (mp1 if codec == "mp1" else speex)(tmp_path / name, n_frames)
    assert probe(path).audio_codec.removesuffix("float") == codec
    whole, _ = load(path, sample_rate_hz=16_000, n_channels=1)
    assert len(whole) / 16_000 == pytest.approx(2.0, abs=0.05)
    assert np.std(whole) > 0.005
    part, _ = load(path, sample_rate_hz=16_000, n_channels=1, start_s=1.0, stop_s=1.5)
    assert len(part) == 8_000
