"""Decoding: every format, rate and layout; spans exact to the sample; typed errors."""

import shutil
import subprocess
from pathlib import Path

import av
import numpy as np
import pytest
from mutagen.ogg import OggPage

from tests.models.segmenter_media import music_like, write_wav
from tests.services.downloader_media import write_media
from utawaku.library.errors import MediaError, NoAudioError, NotMediaError, TruncatedMediaError
from utawaku.media.decode import decode, load
from utawaku.media.probe import probe


def encode(
    path: Path,
    codec: str,
    samples: np.ndarray,
    rate_hz: int = 48000,
    layout: str = "stereo",
    *,
    sound: bool = True,
    picture: bool = False,
) -> Path:
    """Write samples (n_channels, n) with a codec, perhaps beside a small film."""
    with av.open(str(path), "w") as container:
        film = container.add_stream("mpeg4", rate=10) if picture else None
        if film is not None:
            film.width, film.height, film.pix_fmt = 64, 64, "yuv420p"
        if sound:
            stream = container.add_stream(codec, rate=rate_hz, layout=layout)
            frame = av.AudioFrame.from_ndarray(
                np.ascontiguousarray(samples, np.float32), "fltp", layout
            )
            frame.sample_rate = rate_hz
            for packet in [*stream.encode(frame), *stream.encode(None)]:
                container.mux(packet)
        if film is not None:
            for _ in range(20):
                container.mux(film.encode(av.VideoFrame(64, 64, "yuv420p")))
            container.mux(film.encode(None))
    return path


@pytest.fixture(scope="module")
def stereo() -> np.ndarray:
    left = np.repeat(music_like(6.0, 1), 3)
    return np.stack([left, 0.5 * np.roll(left, 4800)])


FORMATS = [
    ("a.flac", "flac"),
    ("a.mp3", "libmp3lame"),
    ("a.m4a", "aac"),
    ("a.webm", "libopus"),
    ("a.opus", "libopus"),
    ("a.mkv", "aac"),
    ("a.wav", "pcm_s16le"),
]


@pytest.mark.parametrize(("name", "codec"), FORMATS)
def test_a_span_is_what_the_whole_holds_there(
    tmp_path: Path, stereo: np.ndarray, name: str, codec: str
) -> None:
    path = encode(tmp_path / name, codec, stereo)
    for options in ({"sample_rate_hz": 16000, "n_channels": 1}, {}, {"sample_rate_hz": 44100}):
        whole, rate = load(path, **options)
        for start_s in (0.0125, 0.9, 2.34567, 4.0):
            part, _ = load(path, start_s=start_s, stop_s=start_s + 1, **options)
            first = round(start_s * rate)
            expected = whole[..., first : first + part.shape[-1]]
            assert part.shape[-1] == pytest.approx(rate, abs=1)
            # AAC fills bands with random noise of its own; other decoders agree to the last bits.
            assert np.abs(part - expected).max() < (0.06 if codec == "aac" else 2e-3)
            shifted = whole[..., first + 1 : first + 1 + part.shape[-1]]
            assert np.abs(part - shifted).mean() > 5 * np.abs(part - expected).mean()


@pytest.mark.parametrize("rate_hz", [8000, 11025, 22050, 32000, 44100, 96000])
@pytest.mark.parametrize("n_channels", [1, 2])
def test_any_rate_and_channel_count_comes_out_as_asked(
    tmp_path: Path, rate_hz: int, n_channels: int
) -> None:
    tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(2 * rate_hz) / rate_hz)
    path = write_wav(tmp_path / "tone.wav", np.stack([tone] * n_channels), rate_hz)
    info = probe(path)
    assert (info.sample_rate_hz, info.n_channels) == (rate_hz, n_channels)
    mono, rate = load(path, sample_rate_hz=16000, n_channels=1)
    assert rate == 16000
    assert mono.dtype == np.float32
    assert len(mono) == pytest.approx(32000, abs=2)
    expected = 0.5 * np.sin(2 * np.pi * 440 * np.arange(len(mono)) / 16000)
    assert np.abs(mono - expected)[400:-400].max() < 0.01
    own, _ = load(path)
    assert own.shape == ((2 * rate_hz,) if n_channels == 1 else (2, 2 * rate_hz))


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="needs an ffmpeg binary to compare with")
def test_the_mono_mix_of_surround_is_ffmpegs_own(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    surround = rng.normal(size=(6, 48000 * 2)) * 0.1
    path = encode(tmp_path / "surround.flac", "flac", surround, layout="5.1")
    command = ["ffmpeg", "-v", "error", "-i", str(path), "-f", "s16le", "-ac", "1", "-ar", "16000"]
    raw = subprocess.run([*command, "pipe:1"], check=True, capture_output=True).stdout
    expected = np.frombuffer(raw, np.int16).astype(np.float32) / 32768
    found = np.concatenate(list(decode(path, sample_rate_hz=16000, n_channels=1, as_s16=True)))
    assert np.abs(found - expected).max() <= 1 / 32768 + 1e-9


def test_chunks_join_without_seam_and_the_reader_counts_them(
    tmp_path: Path, stereo: np.ndarray
) -> None:
    path = encode(tmp_path / "a.flac", "flac", stereo)
    reader = decode(path, n_channels=1, chunk_s=0.7)
    chunks = list(reader)
    assert [len(chunk) for chunk in chunks[:-1]] == [33600] * (len(chunks) - 1)
    assert np.array_equal(np.concatenate(chunks), load(path, n_channels=1)[0])
    assert reader.n_samples == 48000 * 6
    assert not reader.truncated


def test_a_films_sound_is_read_and_its_picture_is_named(tmp_path: Path, stereo: np.ndarray) -> None:
    path = encode(tmp_path / "film.mp4", "aac", stereo, picture=True)
    info = probe(path)
    assert info.video_codec == "mpeg4"
    assert info.duration_s == pytest.approx(6, abs=0.1)
    assert load(path)[0].shape[0] == 2


def test_hostile_names_are_only_names(tmp_path: Path) -> None:
    for name in ("a:b,[c];d='e'.wav", "concat:x|y.wav", "%d \\n 歌枠 -i.wav", "-y.wav"):
        path = write_wav(tmp_path / name, music_like(0.5, 1))
        assert load(path)[0].shape == (8000,)


def test_what_is_not_sound_gets_the_error_that_says_so(tmp_path: Path, stereo: np.ndarray) -> None:
    text, noise, empty = tmp_path / "a.txt", tmp_path / "b.mp3", tmp_path / "c.wav"
    text.write_text("00:01:00 a song\n" * 100)
    noise.write_bytes(b"\x00\x01\x02\x03" * 500)
    empty.write_bytes(b"")
    with pytest.raises(NotMediaError, match=r"a\.txt"):
        decode(text)
    with pytest.raises(MediaError, match=r"b\.mp3"):
        list(decode(noise))
    with pytest.raises(TruncatedMediaError, match=r"c\.wav"):
        decode(empty)
    silent_film = encode(tmp_path / "d.mp4", "", stereo, sound=False, picture=True)
    with pytest.raises(NoAudioError, match=r"d\.mp4"):
        decode(silent_film)
    with pytest.raises(MediaError, match="no such file"):
        decode(tmp_path / "none.wav")


@pytest.mark.parametrize(("name", "codec"), [("a.flac", "flac"), ("a.webm", "libopus")])
def test_a_file_cut_short_gives_what_is_there_and_says_so(
    tmp_path: Path, stereo: np.ndarray, name: str, codec: str
) -> None:
    path = encode(tmp_path / name, codec, stereo)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 2 // 3])
    reader = decode(path, sample_rate_hz=16000, n_channels=1)
    n_samples = sum(len(chunk) for chunk in reader)
    assert reader.truncated
    assert 2 < n_samples / 16000 < 5.5


def test_a_film_without_its_index_is_called_cut_short(tmp_path: Path, stereo: np.ndarray) -> None:
    path = encode(tmp_path / "a.m4a", "aac", stereo)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(TruncatedMediaError, match="cut short"):
        decode(path)


def test_a_capture_of_a_station_is_as_long_as_it_plays(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "capture.opus"
    write_media(path, "ogg", "libopus", duration_s=3.0, rate_hz=48_000)
    pages = []
    with path.open("rb") as file:
        while file.peek(1):
            pages.append(OggPage(file))
    for page in pages:
        if page.position > 0:
            page.position += 3600 * 48_000
    path.write_bytes(b"".join(page.write() for page in pages))
    assert probe(path).duration_s == pytest.approx(3.0, abs=0.05)
    reader = decode(path)
    assert sum(block.shape[-1] for block in reader) > 0
    assert reader.duration_s == pytest.approx(3.0, abs=0.05)
    assert not reader.truncated
    assert not caplog.records
