"""Every consumer calls the same moment of a recording by the same time."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from tests.models.separation import Halver
from utawaku.library.exports import cue_sheet
from utawaku.library.records import SongSpan, Stream
from utawaku.media.cut import cut_audio, cut_video
from utawaku.media.decode import load
from utawaku.models.separator.pieces import separate_pieces
from utawaku.models.separator.plan import cut_at_subtitles
from utawaku.models.setlist import parse_setlist
from utawaku.tui.player.decode import RATE_HZ as PLAYER_RATE_HZ
from utawaku.tui.player.decode import Decoder
from utawaku.workflows.song_tags import address_of

RATE_HZ = 48_000
SOUND_S = 10
AT_S = 11.0
"""A moment behind the gap."""


def film(path: Path, *, picture_s: float, sound_s: float, gap_s: float) -> Path:
    """Write a film whose sound of 10 s has another tone in each second.

    Picture and sound begin at `picture_s` and `sound_s`; after 5 s of sound `gap_s` are missing.
    """
    tones = np.repeat(300.0 + 50 * np.arange(SOUND_S), RATE_HZ)
    sound = 0.3 * np.sin(2 * np.pi * np.cumsum(tones) / RATE_HZ)
    with av.open(str(path), "w") as container:
        video: Any = container.add_stream("libx264", rate=10, options={"preset": "ultrafast"})
        video.width, video.height, video.pix_fmt = 64, 64, "yuv420p"
        audio: Any = container.add_stream("aac", rate=RATE_HZ, layout="mono")
        frame = av.AudioFrame.from_ndarray(sound.astype(np.float32)[None], "fltp", "mono")
        frame.sample_rate, frame.pts = RATE_HZ, 0
        packets = [*audio.encode(frame), *audio.encode(None)]
        for packet in packets:
            behind = packet.pts >= 5 * RATE_HZ
            packet.pts += round((sound_s + gap_s * behind) * RATE_HZ)
            packet.dts = packet.pts
        for number in range(round(10 * (sound_s + SOUND_S + gap_s - picture_s))):
            picture = av.VideoFrame(64, 64, "yuv420p")
            picture.pts, picture.time_base = number + round(10 * picture_s), Fraction(1, 10)
            packets += video.encode(picture)
        packets += video.encode(None)
        for packet in sorted(packets, key=lambda one: float((one.dts or 0) * one.time_base)):
            container.mux(packet)
    return path


def tone_of(samples: np.ndarray, rate_hz: int) -> int:
    """Return the strongest frequency of half a second of float32 (..., n_samples), in Hz."""
    mono = np.atleast_2d(samples)[0][: rate_hz // 2]
    spectrum = np.abs(np.fft.rfft(mono * np.hanning(mono.size)))
    return int(round(spectrum.argmax() * rate_hz / mono.size / 50) * 50)


def tone_by_time_stamps(path: Path, at_s: float) -> int:
    """Return the tone that a plain decode, which believes the time stamps, has at a moment."""
    with av.open(str(path)) as container:
        start_s = (container.start_time or 0) / av.time_base
        near = [
            frame.to_ndarray()
            for frame in container.decode(audio=0)
            if at_s <= frame.time - start_s < at_s + 0.55
        ]
    return tone_of(np.concatenate(near, axis=1), RATE_HZ)


@pytest.mark.parametrize(
    ("name", "picture_s", "sound_s", "gap_s"),
    [
        pytest.param("late.mkv", 0.0, 2.0, 3.0, marks=pytest.mark.slow),
        pytest.param("early.mkv", 1.5, 0.0, 3.0, marks=pytest.mark.slow),
        ("late.mp4", 0.0, 2.5, 0.0),
        pytest.param("early.ts", 1.5, 0.0, 2.5, marks=pytest.mark.slow),
    ],
)
def test_a_moment_has_one_time_in_cut_player_subtitles_setlist_and_exports(
    tmp_path: Path, name: str, picture_s: float, sound_s: float, gap_s: float
) -> None:
    path = film(tmp_path / name, picture_s=picture_s, sound_s=sound_s, gap_s=gap_s)
    hertz = round(300 + 50 * int(AT_S + 0.2 - sound_s - gap_s))
    assert tone_by_time_stamps(path, AT_S + 0.2) == hertz
    whole, rate = load(path)
    assert tone_of(whole[round((AT_S + 0.2) * rate) :], rate) == hertz
    heard, rate = load(path, start_s=AT_S + 0.2, stop_s=AT_S + 0.7)
    assert tone_of(heard, rate) == hertz
    song = cut_audio(path, AT_S, AT_S + 1.5, tmp_path / "song", with_loudness=False)
    clip = cut_video(path, AT_S, AT_S + 1.5, tmp_path / "song.mp4")
    for made in (song.path, clip.path):
        assert tone_of(load(made, start_s=0.2)[0], RATE_HZ) == hertz
    blocks = Decoder(path, at_s=AT_S + 0.2, stop_s=AT_S + 0.8).blocks()
    assert tone_of(np.concatenate(list(blocks)).T, PLAYER_RATE_HZ) == hertz

    (line,) = parse_setlist("0:11 夜明けの歌 / 青井ソラ")
    assert line.start_s == AT_S
    words = tmp_path / "words.srt"
    words.write_text(f"1\n00:00:{AT_S:02.0f},000 --> 00:00:{AT_S + 1:02.0f},000\n{line.title}\n")
    pieces = tmp_path / "pieces"
    pieces.mkdir()
    separate_pieces(Halver(), path, cut_at_subtitles(words), pieces)
    assert tone_of(load(pieces / "0002.vocals.flac", start_s=0.2)[0], RATE_HZ) == hertz
    stream = Stream("x", "https://www.youtube.com/watch?v=abc", recording_path=path.name)
    span = SongSpan(0, line.start_s, AT_S + 1.5, "smart", 1.0, title=line.title)
    assert "INDEX 01 00:11:00" in cue_sheet(stream, [span])
    assert (address_of(stream, line.start_s) or "").endswith("t=11")
