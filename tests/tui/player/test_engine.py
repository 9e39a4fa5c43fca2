"""Playing: exact samples, no gaps, honest positions."""

import threading
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from tests.tui.conftest import HandOutput, pitch_of, write_tone
from utawaku.library.errors import NotFoundError
from utawaku.tui.player.engine import Engine, Event, Track


class Listener:
    """Collects what an engine tells and answers what follows."""

    def __init__(self, following: dict[int, Track] | None = None) -> None:
        self.events: list[Event] = []
        self.following = following or {}
        self.asked = threading.Event()

    def next(self, track: Track) -> Track | None:
        self.asked.set()
        return self.following.get(track.key)

    def kinds(self) -> list[str]:
        return [event.kind for event in self.events]


def ready(engine: Engine, seconds: float = 0.5) -> None:
    """Wait until the feeder is this far ahead, or has fed everything."""
    deadline = time.monotonic() + 10
    while engine._buffered < seconds * 48_000 and not engine._fed_all:
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.fixture
def low(tmp_path: Path) -> Path:
    return write_tone(tmp_path / "low.wav", 220, 0.5)


@pytest.fixture
def high(tmp_path: Path) -> Path:
    return write_tone(tmp_path / "high.wav", 880, 0.5)


def play_out(output: HandOutput, listener: Listener) -> np.ndarray:
    """Turn until the engine says that the music has ended; what was heard."""
    heard = [np.zeros((0, 2), np.float32)]
    deadline = time.monotonic() + 10
    while listener.kinds()[-1] != "ended":
        assert time.monotonic() < deadline
        heard.append(output.turn(0.01))
    return np.concatenate(heard)


def play(output: HandOutput, listener: Listener, track: Track) -> Engine:
    engine = Engine(output, listener.next, listener.events.append)
    engine.play(track)
    ready(engine)
    return engine


def test_two_tracks_follow_each_other_without_a_gap(
    output: HandOutput, low: Path, high: Path
) -> None:
    second = Track(2, high)
    listener = Listener({1: second})
    engine = play(output, listener, Track(1, low))
    heard = output.turn(0.3)
    ready(engine, 0.7)
    heard = np.concatenate([heard, output.turn(0.7), play_out(output, listener)])
    engine.close()
    assert pitch_of(heard[4800:24000]) == pytest.approx(220, abs=4)
    assert pitch_of(heard[24000:48000]) == pytest.approx(880, abs=4)
    # A sine never stays at zero for two samples; a gap would.
    loud = np.abs(heard[480 : 48000 - 1, 0])
    assert np.max(np.convolve(loud < 1e-4, np.ones(5), "valid")) < 5
    assert listener.kinds() == ["started", "started", "ended"]
    assert [event.track.key for event in listener.events if event.track] == [1, 2, 2]


def test_the_position_is_told_in_seconds_of_the_song_inside_a_long_file(
    output: HandOutput, tmp_path: Path
) -> None:
    path = write_tone(tmp_path / "stream.wav", 440, 4)
    listener = Listener()
    engine = play(output, listener, Track(1, path, file_start_s=1.0, to_s=2.0))
    output.turn(0.5)
    assert engine.position_s == pytest.approx(0.5, abs=0.011)
    engine.seek(1.9)
    ready(engine, 0.09)
    heard = play_out(output, listener)
    assert np.abs(heard[:4800]).max() > 0.1
    assert np.abs(heard[4800 + 480 :]).max(initial=0) == 0
    assert not engine.playing
    engine.close()


def test_a_seek_lands_on_the_exact_sample(output: HandOutput, tmp_path: Path) -> None:
    path = write_tone(tmp_path / "a.wav", 441, 3)
    engine = play(output, Listener(), Track(1, path))
    output.turn(0.1)
    engine.seek(1.25)
    ready(engine)
    heard = output.turn(0.1)[:, 0]
    at = np.arange(60_000, 60_000 + len(heard)) / 48_000
    assert heard == pytest.approx(0.25 * np.sin(2 * np.pi * 441 * at), abs=2e-3)
    engine.close()


def test_a_pause_fades_and_stands_still_and_goes_on_where_it_was(
    output: HandOutput, tmp_path: Path
) -> None:
    engine = play(output, Listener(), Track(1, write_tone(tmp_path / "a.wav", 440, 3)))
    output.turn(0.2)
    engine.pause()
    fading = output.turn(0.01)
    assert np.abs(np.diff(fading[:, 0])).max() < 0.05
    before = engine.position_s
    assert np.abs(output.turn(0.2)).max() == 0
    assert engine.position_s == before
    engine.resume()
    assert np.abs(output.turn(0.1)).max() > 0.2
    assert engine.position_s == pytest.approx(before + 0.1)
    engine.close()


def test_gain_and_volume_scale_and_never_clip_round(output: HandOutput, tmp_path: Path) -> None:
    path = write_tone(tmp_path / "a.wav", 440, 2)
    engine = play(output, Listener(), Track(1, path, gain_db=-6.02))
    assert np.abs(output.turn(0.2)).max() == pytest.approx(0.125, abs=0.002)
    engine.volume = 0.5
    output.turn(0.01)
    assert np.abs(output.turn(0.2)).max() == pytest.approx(0.0625, abs=0.002)
    engine.play(Track(2, path, gain_db=30))
    ready(engine)
    engine.volume = 1.0
    output.turn(0.01)
    assert np.abs(output.turn(0.1)).max() == 1.0
    engine.close()


def test_a_vanished_file_is_told_and_the_next_track_plays(
    output: HandOutput, low: Path, tmp_path: Path
) -> None:
    listener = Listener({1: Track(2, low)})
    engine = play(output, listener, Track(1, tmp_path / "gone.opus"))
    assert np.abs(output.turn(0.3)).max() > 0.1
    failed = [event for event in listener.events if event.kind == "failed"]
    assert isinstance(failed[0].error, NotFoundError)
    assert engine.current is not None
    assert engine.current.key == 2
    engine.close()


def test_what_is_not_media_is_told(output: HandOutput, tmp_path: Path) -> None:
    path = tmp_path / "a.opus"
    path.write_text("no music in here")
    listener = Listener()
    engine = play(output, listener, Track(1, path))
    play_out(output, listener)
    assert "failed" in listener.kinds()
    assert not engine.playing
    engine.close()


def test_a_changed_queue_is_heard_although_the_old_track_was_decoded_ahead(
    output: HandOutput, low: Path, high: Path
) -> None:
    listener = Listener({1: Track(2, low)})
    engine = play(output, listener, Track(1, low))
    output.turn(0.1)
    ready(engine, 0.7)
    listener.following = {1: Track(3, high)}
    engine.forget_following()
    ready(engine, 0.9)
    heard = output.turn(0.9)
    assert pitch_of(heard[24000:40000]) == pytest.approx(880, abs=5)
    engine.close()


def test_close_ends_the_feeder_even_while_it_is_ahead(output: HandOutput, tmp_path: Path) -> None:
    engine = play(output, Listener(), Track(1, write_tone(tmp_path / "a.wav", 440, 5)))
    engine.close()
    assert output.closed
    assert not engine._feeder.is_alive()


def biggest_step(heard: np.ndarray) -> float:
    """The largest step between two samples, where a click would show."""
    return float(np.abs(np.diff(heard[:, 0])).max())


def test_key_and_tempo_change_while_it_plays_without_a_click(
    output: HandOutput, tmp_path: Path
) -> None:
    listener = Listener()
    engine = play(output, listener, Track(1, write_tone(tmp_path / "long.wav", 440, 6)))
    heard = [output.turn(0.2)]
    engine.stretch(5, 0.8)
    ready(engine)
    heard.append(output.turn(0.3))
    at_s = engine.position_s
    ready(engine)
    heard.append(output.turn(0.5))
    assert engine.position_s - at_s == pytest.approx(0.5 * 0.8, abs=0.02)
    assert pitch_of(heard[-1]) == pytest.approx(440 * 2 ** (5 / 12), rel=0.02)
    engine.stretch(0, 1.0)
    ready(engine)
    heard.append(output.turn(0.3))
    ready(engine)
    heard.append(output.turn(0.4))
    assert pitch_of(heard[-1]) == pytest.approx(440, rel=0.02)
    engine.close()
    slope = 0.25 * 2 * np.pi * 440 * 2 ** (5 / 12) / 48_000
    assert biggest_step(np.concatenate(heard)) < 2 * slope


def test_a_part_is_repeated_without_clicks_until_the_loop_ends(
    output: HandOutput, tmp_path: Path
) -> None:
    listener = Listener()
    engine = play(output, listener, Track(1, write_tone(tmp_path / "long.wav", 440, 4)))
    heard = [output.turn(0.1)]
    engine.repeat_part(0.5, 1.0)
    ready(engine)
    positions = []
    for _ in range(30):
        ready(engine, 0.2)
        heard.append(output.turn(0.1))
        positions.append(engine.position_s)
    inside = positions[6:]
    assert min(inside) >= 0.5
    assert max(inside) <= 1.01
    assert sum(b < a for a, b in pairwise(inside)) >= 2
    assert biggest_step(np.concatenate(heard)) < 2 * 0.25 * 2 * np.pi * 440 / 48_000
    engine.end_loop()
    for _ in range(12):
        ready(engine, 0.2)
        output.turn(0.1)
    assert engine.position_s > 1.3
    engine.close()


def test_another_file_of_the_song_goes_on_at_the_same_moment(
    output: HandOutput, tmp_path: Path
) -> None:
    listener = Listener()
    mix, stem = write_tone(tmp_path / "mix.wav", 440, 3), write_tone(tmp_path / "stem.wav", 660, 3)
    engine = play(output, listener, Track(1, mix))
    heard = [output.turn(0.2)]
    engine.change_to(Track(1, stem))
    ready(engine)
    heard.append(output.turn(0.3))
    ready(engine)
    heard.append(output.turn(0.3))
    engine.close()
    assert engine.position_s == pytest.approx(0.8, abs=0.02)
    assert pitch_of(heard[-1]) == pytest.approx(660, rel=0.02)
    assert biggest_step(np.concatenate(heard)) < 2 * 0.25 * 2 * np.pi * 660 / 48_000
