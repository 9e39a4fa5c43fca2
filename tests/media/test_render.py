"""A song without a picture becomes a video that plays, moves and says what it is."""

import wave
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from utawaku.library.errors import ConfigError, MediaError
from utawaku.media.render import CardText, TextFont, VideoStyle, find_font, render_song
from utawaku.media.render.card import draw_card
from utawaku.media.render.scene import N_BARS, Planes, Scene, envelope, spectrum

RATE_HZ = 44_100
SMALL = VideoStyle(width=320, height=180, fps=10)
LATIN = TextFont(None)


def tone(hz: float, seconds: float, level: float = 0.5) -> np.ndarray:
    return (level * np.sin(2 * np.pi * hz * np.arange(int(seconds * RATE_HZ)) / RATE_HZ)).astype(
        np.float32
    )


def write_wav(path: Path, samples: np.ndarray) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes((samples * 32767).astype("<i2").tobytes())
    return path


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    samples = np.concatenate([tone(200, 3), tone(4000, 3, 0.1)])
    return write_wav(tmp_path_factory.mktemp("song") / "song.wav", samples)


def frames_of(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def test_the_video_has_the_songs_length_and_formats_that_sites_take(
    song: Path, tmp_path: Path
) -> None:
    told: list[float] = []
    result = render_song(
        song,
        tmp_path / "song.mp4",
        CardText("Song"),
        font=LATIN,
        style=SMALL,
        progress=lambda fraction, _message: told.append(fraction),
    )
    assert result.n_frames == 60
    assert result.speed > 1
    assert told == sorted(told)
    assert told[-1] == 1.0
    with av.open(str(result.path)) as container:
        video, sound = container.streams.video[0], container.streams.audio[0]
        assert (video.codec_context.name, sound.codec_context.name) == ("h264", "aac")
        assert (video.width, video.height, video.average_rate) == (320, 180, 10)
        assert video.codec_context.pix_fmt == "yuv420p"
        assert float(video.duration * video.time_base) == pytest.approx(6.0, abs=0.01)
        assert float(sound.duration * sound.time_base) == pytest.approx(6.0, abs=0.06)
        assert sound.sample_rate == RATE_HZ
    head = result.path.read_bytes()
    assert head.index(b"moov") < head.index(b"mdat"), "it must start before it is all there"


def test_the_sound_of_the_video_is_the_song(song: Path, tmp_path: Path) -> None:
    result = render_song(song, tmp_path / "song.mp4", CardText("Song"), font=LATIN, style=SMALL)
    with av.open(str(result.path)) as container:
        heard = np.concatenate([f.to_ndarray()[0] for f in container.decode(audio=0)])
    expected = np.concatenate([tone(200, 3), tone(4000, 3, 0.1)])
    heard = heard[: len(expected)]
    error = heard - expected[: len(heard)]
    assert np.sqrt(np.mean(error**2)) < 0.03


def test_the_picture_moves_with_the_sound(song: Path, tmp_path: Path) -> None:
    result = render_song(song, tmp_path / "song.mp4", CardText("Song"), font=LATIN, style=SMALL)
    frames = frames_of(result.path)
    low, high = frames[20].astype(int), frames[50].astype(int)
    bars = np.s_[108:144]
    blueness = (low[bars, :, 2] - high[bars, :, 2]).sum(axis=0)
    assert blueness[:160].sum() > 0, "the low tone lifts bars on the left"
    assert blueness[220:].sum() < 0, "the high tone lifts bars on the right"
    played = [(f[151:171, :, 0].astype(int) - f[151:171, :, 2] > 50).sum() for f in frames[5::10]]
    assert played == sorted(played)
    assert played[-1] > 3 * max(played[0], 1)


def test_the_card_shows_cover_and_title(tmp_path: Path) -> None:
    cover = tmp_path / "cover.png"
    Image.new("RGB", (400, 400), (250, 10, 10)).save(cover)
    with_cover = draw_card(CardText("Song"), cover, LATIN, 640, 360)
    assert (with_cover[..., 0].astype(int) - with_cover[..., 1] > 200).mean() > 0.05
    blank = draw_card(CardText(""), None, LATIN, 640, 360)
    titled = draw_card(CardText("Song", "Artist", "Channel"), None, LATIN, 640, 360)
    assert (titled.max(axis=-1) > 200).sum() > (blank.max(axis=-1) > 200).sum() + 200


def test_a_damaged_cover_is_done_without(song: Path, tmp_path: Path) -> None:
    broken = tmp_path / "cover.jpg"
    broken.write_bytes(b"\xff\xd8\xff not a picture")
    blank = draw_card(CardText("Song"), None, LATIN, 320, 180)
    assert (draw_card(CardText("Song"), broken, LATIN, 320, 180) == blank).all()


@pytest.mark.parametrize("title", ["", "W" * 400, "word " * 80, "\x1b[31m", "🎤" * 5])
def test_any_title_fits_on_the_card(title: str) -> None:
    card = draw_card(CardText(title, title, title, title), None, LATIN, 320, 180)
    empty = draw_card(CardText(""), None, LATIN, 320, 180)
    assert card.shape == (180, 320, 3)
    changed = (card != empty).any(axis=-1)
    assert not changed[:, :8].any()
    assert not changed[:, -8:].any()
    assert not changed[110:].any(), "text stays out of the moving part"


def test_characters_that_no_font_can_write_are_left_out_and_told(
    song: Path, tmp_path: Path
) -> None:
    result = render_song(song, tmp_path / "song.mp4", CardText("夜 Song"), font=LATIN, style=SMALL)
    assert result.unwritable == "夜"
    assert LATIN.writable("夜 Song 夜") == "Song"


def test_the_font_that_is_found_writes_japanese_and_chinese() -> None:
    font = find_font()
    if font.path is None:
        pytest.skip("no Japanese font on this machine; the `fonts` extra brings one")
    assert font.missing("夜に駆ける、カラオケ歌切・翻唱") == ""
    assert font.missing("\U0001f3a4") == "\U0001f3a4"


def test_a_configured_font_that_is_none_is_refused(tmp_path: Path) -> None:
    wrong = tmp_path / "font.ttf"
    wrong.write_text("no font")
    with pytest.raises(ConfigError, match="no font"):
        find_font(wrong)


def test_a_file_without_sound_leaves_nothing_behind(tmp_path: Path) -> None:
    source = tmp_path / "not-a-song.mp3"
    source.write_text("text")
    target = tmp_path / "out" / "song.mp4"
    with pytest.raises(MediaError):
        render_song(source, target, CardText("Song"), font=LATIN, style=SMALL)
    assert not target.exists()


def test_silence_and_a_very_short_song_can_be_rendered(tmp_path: Path) -> None:
    silence = write_wav(tmp_path / "silence.wav", np.zeros(RATE_HZ // 20, np.float32))
    result = render_song(silence, tmp_path / "s.mp4", CardText("?"), font=LATIN, style=SMALL)
    assert result.n_frames == 1
    assert len(frames_of(result.path)) == 1


def test_colours_survive_the_conversion_to_video_planes() -> None:
    rng = np.random.default_rng(1)
    rgb = np.repeat(np.repeat(rng.integers(0, 256, (8, 8, 3), np.uint8), 2, 0), 2, 1)
    frame = av.VideoFrame.from_ndarray(Planes.from_rgb(rgb).joined(), format="yuv420p")
    frame.colorspace, frame.color_range = 1, 1
    # Compare inside the doubled pixels: the scaler blends colour across their borders.
    back = frame.to_ndarray(format="rgb24").astype(int)
    grey = np.array([0.2126, 0.7152, 0.0722])
    assert np.abs(back @ grey - rgb @ grey).max() < 6


def test_the_spectrum_puts_a_tone_in_its_place_and_falls_slowly() -> None:
    samples = np.concatenate([tone(1000, 1), np.zeros(RATE_HZ, np.float32)])
    heights = spectrum(samples, RATE_HZ, 10, 20)
    edges = np.geomspace(60, 9000, N_BARS + 1)
    assert abs(int(heights[5].argmax()) - int(np.searchsorted(edges, 1000) - 1)) <= 1
    assert heights.min() >= 0
    assert heights.max() <= 1
    after = heights[11:, heights[5].argmax()]
    assert (np.diff(after) <= 0).all()
    assert 0 < after[0] < heights[5].max()


def test_the_envelope_follows_loudness() -> None:
    levels = envelope(np.concatenate([tone(300, 1, 0.1), tone(300, 1, 0.9)]), 10)
    assert levels[7] == pytest.approx(1.0, abs=0.01)
    assert levels[2] == pytest.approx(1 / 3, abs=0.02)
    assert (envelope(np.zeros(0, np.float32), 4) == 0).all()


def test_painting_a_frame_leaves_the_card_alone() -> None:
    card = draw_card(CardText("Song"), None, LATIN, 320, 180)
    scene = Scene(card, np.ones(40, np.float32), np.ones((2, N_BARS), np.float32))
    before = scene.card.y.copy()
    first, second = scene.frame(0, 0.0), scene.frame(1, 1.0)
    assert (scene.card.y == before).all()
    assert (first[:100] == second[:100]).all()
    assert (first != second).any()
