"""Picture and sound of a cut start together, and where they should."""

import errno
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from tests.models.song_files import sound, write
from utawaku.library.errors import DiskFullError, EncodeError
from utawaku.media.cut import cut_audio, cut_video
from utawaku.media.decode import load
from utawaku.media.write_errors import write_error

RATE = 48_000
SIZE = (160, 64)
N_BITS = 10


def numbered_picture(number: int) -> np.ndarray:
    """A picture whose bars spell its number in bits."""
    picture = np.full((SIZE[1] * 3 // 2, SIZE[0]), 128, np.uint8)
    for bit in range(N_BITS):
        picture[: SIZE[1], bit * 16 : bit * 16 + 16] = 220 if number >> bit & 1 else 30
    return picture


def number_of(frame: av.VideoFrame) -> int:
    grey = frame.to_ndarray(format="gray")
    return sum(1 << bit for bit in range(N_BITS) if grey[SIZE[1] // 2, bit * 16 + 8] > 125)


def film(path: Path, video: str, audio: str, *, fps: int = 30, duration_s: int = 12) -> Path:
    samples = sound(duration_s, RATE, 1)
    options = {"preset": "ultrafast", "sc_threshold": "0"} if video == "libx264" else {}
    if video == "libvpx-vp9":
        options = {"deadline": "realtime", "cpu-used": "8"}
    with av.open(str(path), "w") as container:
        stream = container.add_stream(video, rate=fps, options=options)
        stream.width, stream.height = SIZE
        stream.pix_fmt = "yuv420p"
        stream.codec_context.gop_size = 90
        if video == "libx264":
            stream.codec_context.max_b_frames = 2
        tone = container.add_stream(audio, rate=RATE, layout="mono")
        for second in range(duration_s):
            for index in range(second * fps, (second + 1) * fps):
                frame = av.VideoFrame.from_ndarray(numbered_picture(index), "yuv420p")
                frame.pts, frame.time_base = index, Fraction(1, fps)
                container.mux(stream.encode(frame))
            chunk = np.ascontiguousarray(samples[:, second * RATE : (second + 1) * RATE])
            heard = av.AudioFrame.from_ndarray(chunk, "fltp", "mono")
            heard.sample_rate, heard.pts, heard.time_base = RATE, second * RATE, Fraction(1, RATE)
            container.mux(tone.encode(heard))
        container.mux(stream.encode(None))
        container.mux(tone.encode(None))
    return path


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("films")
    film(folder / "h264.mp4", "libx264", "aac")
    film(folder / "h264.mkv", "libx264", "libopus", fps=25)
    film(folder / "vp9.webm", "libvpx-vp9", "libopus")
    return folder


def lag_s(expected: np.ndarray, played: np.ndarray) -> float:
    size = 1 << (2 * max(expected.size, played.size)).bit_length()
    spectrum = np.fft.rfft(played, size) * np.conj(np.fft.rfft(expected, size))
    peak = int(np.argmax(np.fft.irfft(spectrum, size)))
    return (peak if peak < size // 2 else peak - size) / RATE


@pytest.mark.parametrize("span", [(4.37, 8.91), (0.0, 3.0), (7.0, None)], ids=str)
@pytest.mark.parametrize(
    ("name", "suffix", "copied"),
    [
        ("h264.mp4", ".mp4", True),
        ("vp9.webm", ".mp4", True),
        ("h264.mkv", ".mp4", True),
        ("h264.mkv", ".mkv", False),
        ("h264.mp4", ".mkv", False),
    ],
)
def test_picture_and_sound_start_together(
    name: str,
    suffix: str,
    copied: bool,
    span: tuple[float, float | None],
    films: Path,
    tmp_path: Path,
) -> None:
    fps = 25 if name == "h264.mkv" else 30
    cut = cut_video(films / name, *span, tmp_path / f"cut{suffix}")
    assert cut.copied == copied, cut.note
    with av.open(str(cut.path)) as container:
        shown = [(float(f.pts * f.time_base), number_of(f)) for f in container.decode(video=0)]
    stop_s = 12.0 if span[1] is None else span[1]
    for time_s, number in shown[:20]:
        assert abs(number / fps - span[0] - time_s) <= 0.04
    numbers = [number for _, number in shown]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert numbers[-1] / fps == pytest.approx(stop_s, abs=4 / fps)
    played, _ = load(cut.path, n_channels=1)
    expected, _ = load(films / name, n_channels=1, start_s=span[0], stop_s=stop_s)
    assert abs(lag_s(expected, played)) <= 0.001
    assert abs(played.size - expected.size) <= 1024 + RATE // 50


def test_an_mp4_can_be_encoded_for_players_without_edit_lists(films: Path, tmp_path: Path) -> None:
    cut = cut_video(films / "h264.mp4", 4.37, 6.0, tmp_path / "cut.mp4", copy=False)
    assert not cut.copied
    with av.open(str(cut.path)) as container:
        first = next(container.decode(video=0))
    assert number_of(first) in (131, 132)


def test_bad_requests_are_refused_and_leave_nothing(films: Path, tmp_path: Path) -> None:
    deaf = write(tmp_path / "sound.m4a", sound(3.0), RATE, "aac")
    for source, span, target in (
        (deaf, (0.0, 1.0), "cut.mp4"),
        (films / "h264.mp4", (0.0, 1.0), "cut.avi"),
        (films / "h264.mp4", (20.0, 30.0), "cut.mp4"),
        (films / "h264.mp4", (5.0, 2.0), "cut.mkv"),
    ):
        with pytest.raises(EncodeError):
            cut_video(source, *span, tmp_path / target)
    assert [p.name for p in tmp_path.iterdir()] == ["sound.m4a"]


def film_with(
    path: Path,
    *,
    n_pictures: int,
    first: int = 0,
    seconds: int = 8,
    shown_s: Sequence[float] = (),
) -> Path:
    """Write sound of some seconds with so many pictures, 10 a second, from number `first` on.

    With `shown_s` there is a picture at each of these times instead.
    """
    times_s = shown_s or [number / 10 for number in range(first, first + n_pictures)]
    with av.open(str(path), "w") as container:
        video: Any = container.add_stream("libx264", rate=10, options={"g": "30", "bf": "2"})
        video.width, video.height, video.pix_fmt = 64, 64, "yuv420p"
        video.codec_context.time_base = Fraction(1, 100 if shown_s else 10)
        audio: Any = container.add_stream("aac", rate=48_000, layout="mono")
        sound = np.random.default_rng(3).normal(0, 0.1, (1, seconds * 48_000)).astype(np.float32)
        frame = av.AudioFrame.from_ndarray(sound, "fltp", "mono")
        frame.sample_rate, frame.pts = 48_000, 0
        packets = [*audio.encode(frame), *audio.encode(None)]
        for number, at_s in enumerate(times_s, first):
            picture = av.VideoFrame.from_ndarray(
                np.full((64, 64, 3), number % 250, np.uint8), "rgb24"
            )
            picture.pts, picture.time_base = round(100 * at_s), Fraction(1, 100)
            packets += video.encode(picture)
        packets += video.encode(None)
        for packet in sorted(packets, key=lambda one: float((one.dts or 0) * one.time_base)):
            container.mux(packet)
    return path


@pytest.mark.parametrize(
    ("name", "n_pictures", "first"),
    [("still.mp4", 1, 0), ("early.mp4", 25, 0), ("early.mkv", 25, 0), ("late.mkv", 40, 40)],
)
def test_a_film_that_ends_early_or_stands_still_is_held_over_the_whole_sound(
    tmp_path: Path, name: str, n_pictures: int, first: int
) -> None:
    path = film_with(tmp_path / name, n_pictures=n_pictures, first=first)
    result = cut_video(path, 3.0, 7.0, tmp_path / "song.mp4")
    with av.open(str(result.path)) as container:
        times = [float(frame.time) for frame in container.decode(video=0)]
    with av.open(str(result.path)) as container:
        n_samples = sum(frame.samples for frame in container.decode(audio=0))
    assert times[0] == 0.0
    assert times[-1] >= 2.9
    assert n_samples / 48_000 == pytest.approx(4.0, abs=0.05)


def test_a_transport_stream_gives_every_picture_of_the_span(tmp_path: Path) -> None:
    path = film_with(tmp_path / "a.ts", n_pictures=80)
    result = cut_video(path, 4.4, 6.4, tmp_path / "song.mp4")
    with av.open(str(result.path)) as container:
        times = [float(frame.time) for frame in container.decode(video=0)]
    assert times[0] == 0.0
    assert 20 <= len(times) <= 21


@pytest.mark.parametrize("copy", [True, False])
def test_pictures_at_uneven_times_stay_where_they_are_shown(tmp_path: Path, copy: bool) -> None:
    shown_s = np.cumsum([0.0, *np.random.default_rng(5).choice([0.04, 0.1, 0.5], 40)]).round(2)
    path = film_with(tmp_path / "uneven.mkv", n_pictures=0, shown_s=list(shown_s))
    key = next(at for at in shown_s if at >= 2.0)
    result = cut_video(path, float(key), 6.0, tmp_path / "song.mp4", copy=copy)
    with av.open(str(result.path)) as container:
        times = [float(frame.time) for frame in container.decode(video=0)]
    with av.open(str(result.path)) as container:
        n_samples = sum(frame.samples for frame in container.decode(audio=0))
    wanted = [at - key for at in shown_s if key <= at < 6.0]
    assert times[0] == 0.0
    assert times[: len(wanted)] == pytest.approx(wanted, abs=0.02)
    assert n_samples / 48_000 == pytest.approx(6.0 - key, abs=0.05)


def test_a_full_disk_is_called_so_and_nothing_else_is() -> None:
    full = write_error("x", OSError(errno.ENOSPC, "No space"), Path("a.mp4"), "Do this")
    assert isinstance(full, DiskFullError)
    assert full.exit_code == 7
    other = write_error("it failed", ValueError("odd"), Path("a.mp4"), "Do this")
    assert isinstance(other, EncodeError)
    assert "disk" not in str(other)


@pytest.mark.parametrize("copy", [True, False])
@pytest.mark.parametrize(
    ("muxer", "options"),
    [
        ("mp4", {"movflags": "frag_keyframe+empty_moov+default_base_moof"}),
        ("matroska", {}),
    ],
)
def test_a_film_whose_clock_starts_again_is_cut_before_and_refused_behind(
    tmp_path: Path, muxer: str, options: dict[str, str], copy: bool
) -> None:
    path = tmp_path / "film"
    data = b""
    for number in range(2):
        part = tmp_path / f"{number}.mp4"
        film(part, "libx264", "aac", duration_s=4)
        remuxed(part, tmp_path / "part", muxer, options)
        data += (tmp_path / "part").read_bytes()
    path.write_bytes(data)
    whole, _ = load(path)
    assert whole.shape[-1] / RATE == pytest.approx(8.0, abs=0.2)
    before = cut_video(path, 1.0, 3.0, tmp_path / "before.mp4", copy=copy)
    with av.open(str(before.path)) as container:
        pictures = [number_of(frame) for frame in container.decode(video=0)]
    assert pictures == list(range(pictures[0], pictures[0] + len(pictures)))
    assert pictures[0] == pytest.approx(30, abs=2)  # fragments start late
    for span in ((5.0, 7.0), (3.0, 5.0)):
        with pytest.raises(EncodeError, match="clock starts again") as caught:
            cut_video(path, *span, tmp_path / "behind.mp4", copy=copy)
        assert "leave the video out" in caught.value.next_step
        assert not (tmp_path / "behind.mp4").exists()
        song = cut_audio(path, *span, tmp_path / "song", with_loudness=False)
        assert song.n_samples / RATE == pytest.approx(2.0, abs=0.05)


def remuxed(source: Path, target: Path, muxer: str, options: dict[str, str]) -> None:
    """Copy the packets of a film into another container."""
    with (
        av.open(str(source)) as read,
        av.open(str(target), "w", format=muxer, options=options) as made,
    ):
        copies = {stream.index: made.add_stream_from_template(stream) for stream in read.streams}
        for packet in read.demux():
            if packet.dts is not None:
                packet.stream = copies[packet.stream.index]
                made.mux(packet)
