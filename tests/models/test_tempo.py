"""Tempo, beats and key of sounds whose truth is known."""

import wave
from pathlib import Path

import numpy as np
import pytest

from utawaku.demo import render_song
from utawaku.library.errors import NoAudioError
from utawaku.models.tempo import (
    SAMPLE_RATE_HZ,
    Listener,
    beat_times,
    estimate_key,
    estimate_tempo,
    listen,
    listen_file,
)
from utawaku.models.tempo.key import key_place

RATE = SAMPLE_RATE_HZ


def clicks(bpm: float, seconds: float, first_s: float = 0.1) -> np.ndarray:
    """Short noises on every beat, every fourth one louder."""
    rng = np.random.default_rng(4)
    out = np.zeros(round(seconds * RATE), np.float32)
    for beat, at_s in enumerate(np.arange(first_s, seconds - 0.1, 60 / bpm)):
        at = round(at_s * RATE)
        decay = np.exp(-np.arange(400) / 80)
        out[at : at + 400] += (0.6 if beat % 4 == 0 else 0.3) * decay * rng.standard_normal(400)
    return out


def chords(midi: list[list[int]], seconds: float = 1.5, tuning: float = 0.0) -> np.ndarray:
    """Chords of four partials, one after the other."""
    time = np.arange(round(seconds * RATE)) / RATE
    out = []
    for chord in midi:
        tones = [440 * 2 ** ((note + tuning - 69) / 12) for note in chord]
        waves = [np.sin(2 * np.pi * f * n * time) / n for f in tones for n in (1, 2, 3, 4)]
        out.append(0.05 * np.sum(waves, axis=0))
    return np.concatenate(out).astype(np.float32)


@pytest.mark.parametrize("bpm", [63.0, 84.5, 110.0, 127.3, 150.0])
def test_finds_the_tempo_of_clicks_to_half_a_percent(bpm: float) -> None:
    found = estimate_tempo(listen(clicks(bpm, 40)))
    assert found.bpm is not None
    readings = [found.bpm, found.bpm / 2, found.bpm * 2]
    assert min(abs(reading / bpm - 1) for reading in readings) < 0.005


@pytest.mark.parametrize(
    ("name", "factor"), [("jasmine_flower", 0.95), ("amazing_grace", 1.1), ("ode_to_joy", 1.0)]
)
def test_finds_tempo_and_key_of_demo_songs(name: str, factor: float) -> None:
    song = render_song(name, seconds=25, tempo_factor=factor, sample_rate_hz=RATE)
    heard = listen(song.mix.mean(axis=0))
    found = estimate_tempo(heard)
    assert found.bpm == pytest.approx(song.bpm, rel=0.04)
    assert estimate_key(heard).name == song.key


def test_beats_lie_on_the_clicks() -> None:
    heard = listen(clicks(104, 30, first_s=0.31))
    beats = beat_times(heard, 104)
    truth = np.arange(0.31, 29.9, 60 / 104)
    distances = [np.abs(beats - at).min() for at in truth[1:-1]]
    assert max(distances) < 0.03
    assert abs(len(beats) - len(truth)) <= 2


@pytest.mark.parametrize("n_samples", [0, 1, round(0.1 * RATE), 10 * RATE])
def test_silence_and_scraps_have_no_tempo_and_no_key(n_samples: int) -> None:
    heard = listen(np.zeros(n_samples, np.float32))
    assert estimate_tempo(heard).bpm is None
    assert estimate_key(heard).name == ""
    assert len(beat_times(heard, 120)) == 0
    assert heard.duration_s == pytest.approx(n_samples / RATE)


def test_a_file_without_a_sample_is_told_apart_from_a_silent_one(tmp_path: Path) -> None:
    silent, empty = tmp_path / "silent.wav", tmp_path / "empty.wav"
    for path, n_samples in ((silent, 800), (empty, 0)):
        with wave.open(str(path), "wb") as file:
            file.setparams((1, 2, 8_000, 0, "NONE", ""))
            file.writeframes(bytes(2 * n_samples))
    assert estimate_tempo(listen_file(silent)).bpm is None
    with pytest.raises(NoAudioError, match=r"empty\.wav.*no sound"):
        listen_file(empty)


@pytest.mark.parametrize("tuning", [0.0, 0.3, -0.3])
def test_key_of_plain_cadences_whatever_the_tuning(tuning: float) -> None:
    c_major = [[60, 64, 67], [65, 69, 72], [67, 71, 74], [60, 64, 67]]
    a_minor = [[57, 60, 64], [62, 65, 69], [64, 68, 71], [57, 60, 64]]
    assert estimate_key(listen(chords(c_major, tuning=tuning))).name == "C major"
    assert estimate_key(listen(chords(a_minor, tuning=tuning))).name == "A minor"
    up = [[note + 3 for note in chord] for chord in c_major]
    assert estimate_key(listen(chords(up, tuning=tuning))).name == "Eb major"


def test_the_size_of_chunks_does_not_matter() -> None:
    sound = clicks(100, 12)
    listener = Listener()
    for at in range(0, len(sound), 997):
        listener.add(sound[at : at + 997])
    in_pieces, whole = listener.result(), listen(sound)
    np.testing.assert_allclose(in_pieces.bands, whole.bands, atol=1e-5)
    np.testing.assert_allclose(in_pieces.chroma, whole.chroma, atol=1e-5)


def test_damaged_samples_do_no_harm() -> None:
    sound = clicks(100, 20)
    sound[5_000] = np.nan
    found = estimate_tempo(listen(sound))
    assert found.bpm == pytest.approx(100, rel=0.01)


def test_relative_keys_share_a_place_on_the_circle() -> None:
    assert key_place("A minor") == key_place("C major") == 0
    assert key_place("G major") == 1
    assert key_place("F major") == 11
    assert key_place("nonsense") is None
