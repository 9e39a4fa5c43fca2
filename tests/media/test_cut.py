"""Cuts that are encoded, spans at the edges, bad input, and what a cut costs."""

import time
from pathlib import Path

import av
import numpy as np
import pytest

from tests.models.song_files import sound, write
from utawaku.library.errors import EncodeError, MediaError, NoAudioError, NotMediaError
from utawaku.media.cut import AudioCodec, cut_audio
from utawaku.media.cut.encode import faded
from utawaku.media.decode import load
from utawaku.media.loudness import measure_file
from utawaku.media.probe import probe

RATE = 48_000


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recordings")
    write(folder / "a.flac", sound(8.0), RATE, "flac")
    write(folder / "a.wav", sound(8.0, 44_100), 44_100, "pcm_s16le")
    write(folder / "mono8k.wav", sound(4.0, 8_000, 1), 8_000, "pcm_s16le")
    write(folder / "high.wav", sound(3.0, 96_000), 96_000, "pcm_s16le")
    write(folder / "surround.flac", sound(3.0, RATE, 6), RATE, "flac")
    write(folder / "a.mp3", sound(8.0, 44_100), 44_100, "libmp3lame", bit_rate=128_000)
    write(folder / "a.webm", sound(8.0), RATE, "libopus", bit_rate=96_000)
    return folder


def lag(expected: np.ndarray, played: np.ndarray) -> int:
    """By how many samples `played` is late."""
    a, b = np.atleast_2d(expected)[0], np.atleast_2d(played)[0]
    size = 1 << (2 * max(a.size, b.size)).bit_length()
    correlation = np.fft.irfft(np.fft.rfft(b, size) * np.conj(np.fft.rfft(a, size)), size)
    peak = int(np.argmax(correlation))
    return peak if peak < size // 2 else peak - size


@pytest.mark.parametrize("codec", ["opus", "mp3", "flac", "m4a"])
@pytest.mark.parametrize("name", ["a.flac", "a.wav", "mono8k.wav", "high.wav", "surround.flac"])
def test_an_encoded_cut_is_in_time_to_the_sample(
    name: str, codec: str, recordings: Path, tmp_path: Path
) -> None:
    cut = cut_audio(recordings / name, 1.2345, 2.8, tmp_path / "cut", codec=codec)
    played, rate = load(cut.path)
    channels = np.atleast_2d(played).shape[0]
    expected, _ = load(
        recordings / name,
        sample_rate_hz=rate,
        n_channels=channels if channels <= 2 else None,
        start_s=1.2345,
        stop_s=2.8,
    )
    assert not cut.copied
    assert (cut.path.suffix, rate) == (f".{codec}", cut.sample_rate_hz)
    assert cut.n_samples == expected.shape[-1]
    # Players built on FFmpeg play the encoder's own padding after the end of an m4a: silence.
    assert 0 <= played.shape[-1] - cut.n_samples <= (1023 if codec == "m4a" else 0)
    assert lag(expected, played) == 0
    error = np.atleast_2d(played)[:, : cut.n_samples] - np.atleast_2d(expected)
    error[3:4] = 0  # lossy codecs cut the highs of the bass channel
    assert np.sqrt(np.mean(error**2)) < 0.2 * np.sqrt(np.mean(expected**2))


@pytest.mark.parametrize("name", ["a.flac", "a.wav", "surround.flac"])
def test_lossless_recordings_are_cut_without_loss(
    name: str, recordings: Path, tmp_path: Path
) -> None:
    whole, rate = load(recordings / name)
    cut = cut_audio(recordings / name, 0.7777, 2.5, tmp_path / "cut")
    start = round(0.7777 * rate)
    played, _ = load(cut.path)
    assert cut.codec == "flac"
    assert np.array_equal(played, whole[:, start : start + cut.n_samples])


def test_more_than_16_bits_stay(tmp_path: Path) -> None:
    samples = (np.arange(RATE) / (1 << 22)).astype(np.float32)[None]
    with av.open(str(tmp_path / "deep.wav"), "w") as container:
        stream = container.add_stream("pcm_s24le", rate=RATE, layout="mono")
        frame = av.AudioFrame.from_ndarray(samples, "fltp", "mono")
        frame.sample_rate = RATE
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    cut = cut_audio(tmp_path / "deep.wav", 0.25, 0.75, tmp_path / "cut")
    whole, _ = load(tmp_path / "deep.wav")
    played, _ = load(cut.path)
    assert np.array_equal(played, whole[RATE // 4 : 3 * RATE // 4])


def test_fades_shape_both_ends_and_nothing_between(recordings: Path, tmp_path: Path) -> None:
    plain, _ = load(recordings / "a.flac", start_s=1.0, stop_s=3.0)
    cut = cut_audio(
        recordings / "a.flac", 1.0, 3.0, tmp_path / "cut", fade_in_s=0.1, fade_out_s=0.5
    )
    played, _ = load(cut.path)
    n_in, n_out = RATE // 10, RATE // 2
    assert np.abs(played[:, 0]).max() < 1e-4
    assert np.abs(played[:, -1]).max() < 1e-4
    assert np.array_equal(played[:, n_in:-n_out], plain[:, n_in:-n_out])
    middle = plain[:, n_in // 2 - 50 : n_in // 2 + 50] * 0.5
    assert np.allclose(played[:, n_in // 2 - 50 : n_in // 2 + 50], middle, atol=0.02)


@pytest.mark.parametrize("pieces", [1, 7, 1000])
def test_fades_do_not_depend_on_the_pieces(pieces: int) -> None:
    whole = np.ones((2, 1000), np.float32)
    chunks = np.array_split(whole, pieces, axis=1)
    result = np.concatenate(list(faded(chunks, 1000, 0.2, 0.3)), axis=1)
    assert result.shape == whole.shape
    assert np.allclose(result[:, 200:700], 1)
    assert np.allclose(result[:, 99:101], 0.5, atol=0.02)
    assert np.all(np.diff(result[0, 700:]) < 0)


def test_a_fade_means_an_encode_also_where_a_copy_was_possible(
    recordings: Path, tmp_path: Path
) -> None:
    cut = cut_audio(recordings / "a.webm", 1.0, 3.0, tmp_path / "cut", fade_out_s=0.05)
    assert (cut.codec, cut.copied) == ("opus", False)


def test_the_loudness_is_that_of_the_written_file(recordings: Path, tmp_path: Path) -> None:
    for name, codec in (("a.webm", "auto"), ("a.webm", "mp3"), ("a.flac", "flac")):
        cut = cut_audio(recordings / name, 1.0, 6.0, tmp_path / "cut", codec=codec)
        measured = measure_file(cut.path)
        assert cut.loudness
        assert cut.loudness.integrated_lufs == pytest.approx(measured.integrated_lufs, abs=0.1)


def test_a_span_to_the_end_or_just_past_it_is_taken(recordings: Path, tmp_path: Path) -> None:
    for name in ("a.webm", "a.mp3", "a.flac"):
        whole, rate = load(recordings / name)
        for stop_s in (None, 8.0, 8.7):
            cut = cut_audio(recordings / name, 6.0, stop_s, tmp_path / "cut")
            assert cut.n_samples == pytest.approx(whole.shape[1] - 6 * rate, abs=2)
            assert cut.stop_s == pytest.approx(whole.shape[1] / rate, abs=1e-4)


@pytest.mark.parametrize(
    "span", [(5.0, 5.0), (5.0, 4.0), (9.0, 12.0), (1.0, 30.0), (float("nan"), 3.0), (9.0, None)]
)
@pytest.mark.parametrize("name", ["a.webm", "a.mp3", "a.flac"])
def test_a_span_outside_the_recording_is_refused(
    name: str, span: tuple[float, float | None], recordings: Path, tmp_path: Path
) -> None:
    with pytest.raises(EncodeError) as caught:
        cut_audio(recordings / name, *span, tmp_path / "cut")
    assert caught.value.subject.endswith(name)
    assert caught.value.next_step
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["a.webm", "a.mp3", "a.flac"])
def test_a_truncated_recording_gives_the_songs_it_still_has(
    name: str, recordings: Path, tmp_path: Path
) -> None:
    data = (recordings / name).read_bytes()
    short = tmp_path / name
    short.write_bytes(data[: len(data) // 2])
    early = cut_audio(short, 1.0, 2.0, tmp_path / "early")
    whole, _ = load(recordings / name, start_s=1.0, stop_s=2.0)
    assert np.abs(load(early.path)[0] - whole).max() < 1e-3
    with pytest.raises(EncodeError):
        cut_audio(short, 2.0, 7.0, tmp_path / "late")
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([name, early.path.name])


def test_what_is_no_recording_gets_its_own_error(tmp_path: Path) -> None:
    text = tmp_path / "a.txt"
    text.write_text("just text\n" * 100)
    with pytest.raises((NotMediaError, NoAudioError)):
        cut_audio(text, 0.0, 1.0, tmp_path / "cut")
    with pytest.raises(MediaError, match="no such file"):
        cut_audio(tmp_path / "missing.mp3", 0.0, 1.0, tmp_path / "cut")


def test_an_existing_file_is_replaced_only_by_a_whole_one(recordings: Path, tmp_path: Path) -> None:
    old = tmp_path / "cut.opus"
    old.write_bytes(b"old")
    with pytest.raises(EncodeError):
        cut_audio(recordings / "a.webm", 9.0, 12.0, old)
    assert old.read_bytes() == b"old"
    assert cut_audio(recordings / "a.webm", 1.0, 2.0, old).path == old
    assert old.read_bytes()[:4] == b"OggS"


@pytest.mark.parametrize("codec", ["auto", "mp3"])
def test_progress_rises_to_one(codec: AudioCodec, recordings: Path, tmp_path: Path) -> None:
    seen: list[float] = []
    cut_audio(
        recordings / "a.webm",
        1.0,
        6.0,
        tmp_path / "cut",
        codec=codec,
        progress=lambda fraction, _: seen.append(fraction),
    )
    assert seen == sorted(seen)
    assert seen[-1] == 1.0


def test_a_late_cut_costs_no_more_than_an_early_one(tmp_path: Path) -> None:
    minute = sound(60.0, RATE, 1)
    long = write(tmp_path / "long.webm", np.tile(minute, 4), RATE, "libopus", bit_rate=32_000)

    def seconds(start_s: float) -> float:
        begin = time.process_time()
        cut_audio(long, start_s, start_s + 5, tmp_path / "cut", with_loudness=False)
        return time.process_time() - begin

    seconds(20.0)
    early = min(seconds(20.0) for _ in range(3))
    late = min(seconds(230.0) for _ in range(3))
    assert late < 3 * early + 0.05


def test_an_mp3_that_lies_about_its_length_is_cut_all_the_same(
    recordings: Path, tmp_path: Path
) -> None:
    dense = write(tmp_path / "b.mp3", sound(0.5, 44_100), 44_100, "libmp3lame", bit_rate=320_000)
    frames = []
    for path in (dense, recordings / "a.mp3"):
        with av.open(str(path)) as container:
            frames += [bytes(packet) for packet in container.demux(audio=0)]
    joined = tmp_path / "joined.mp3"
    joined.write_bytes(b"".join(frames))
    assert probe(joined).duration_s < 6.0
    cut = cut_audio(joined, 6.0, 7.5, tmp_path / "cut")
    whole, rate = load(joined)
    played, _ = load(cut.path)
    assert cut.copied
    assert cut.n_samples == 1.5 * rate
    assert np.array_equal(played, whole[:, 6 * rate : 6 * rate + cut.n_samples])
    with pytest.raises(EncodeError):
        cut_audio(joined, 100.0, 110.0, tmp_path / "none")
