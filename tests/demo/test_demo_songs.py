"""Songs made from nothing: what is said about them is what can be heard in them."""

import numpy as np
import pytest
from numpy.typing import NDArray

from utawaku.demo import SONGS, RenderedSong, render_song, speak
from utawaku.demo.arrangement import STYLES
from utawaku.demo.mixing import limiter_gain, loudness_lufs
from utawaku.demo.score import ScoreError, read_strain
from utawaku.demo.singer import VOICES, SungNote, sing
from utawaku.demo.songbook import songbook
from utawaku.demo.speech import LANGUAGES
from utawaku.library.errors import EngineError, NotFoundError
from utawaku.media.loudness import measure

RATE_HZ = 44100


@pytest.fixture(scope="module")
def song() -> RenderedSong:
    """One short song."""
    return render_song("ode_to_joy", seconds=30.0, seed=3)


def pitch_hz(mono: NDArray[np.float32], rate_hz: int) -> float:
    """Fundamental of a steady tone, from the highest peak of its autocorrelation (70 to 900 Hz)."""
    spectrum = np.abs(np.fft.rfft(mono * np.hanning(mono.size), 4 * mono.size)) ** 2
    lags = np.fft.irfft(spectrum)
    low, high = int(rate_hz / 900), int(rate_hz / 70)
    # The shortest period that is nearly as good as the best: not one of its multiples.
    inside = lags[low:high]
    peaks = np.flatnonzero((inside[1:-1] > inside[:-2]) & (inside[1:-1] >= inside[2:])) + 1
    best = peaks[inside[peaks] > 0.9 * inside[peaks].max()][0] + low
    left, here, right = lags[best - 1 : best + 2]
    return float(rate_hz / (best + 0.5 * (left - right) / (left - 2 * here + right)))


def test_every_song_can_be_read_and_they_differ_in_style_and_tempo() -> None:
    songs = songbook()
    assert tuple(songs) == SONGS
    assert len({song.bpm for song in songs.values()}) >= 9
    assert {song.style for song in songs.values()} == set(STYLES)


def test_a_song_that_is_not_in_the_book_is_refused_with_the_list_of_those_that_are() -> None:
    with pytest.raises(NotFoundError, match="greensleeves"):
        render_song("happy_birthday")


@pytest.mark.parametrize(
    ("melody", "chords", "problem"),
    [
        ("C4*4 | C4*3", "C | F", "bar 2 has 3 beats, not 4"),
        ("C4*4", "C | F", "1 bars of melody but 2 bars of chords"),
        ("H4*4", "C", "not a note"),
        ("C4*4", "Cx", "not a chord"),
    ],
)
def test_a_score_that_does_not_add_up_says_where(melody: str, chords: str, problem: str) -> None:
    with pytest.raises(ScoreError, match=problem):
        read_strain(melody, chords, "la", 4)


def test_the_stems_add_up_to_the_mix_and_nothing_clips(song: RenderedSong) -> None:
    assert song.vocals.shape == song.accompaniment.shape == song.mix.shape
    assert song.vocals.dtype == song.accompaniment.dtype == song.mix.dtype == np.float32
    np.testing.assert_array_equal(song.mix, song.vocals + song.accompaniment)
    assert np.abs(song.mix).max() < 0.95
    assert measure(song.mix, song.sample_rate_hz).integrated_lufs == pytest.approx(-16.0, abs=1.0)


def test_our_loudness_is_that_of_the_library_meter(song: RenderedSong) -> None:
    theirs = measure(song.vocals, song.sample_rate_hz).integrated_lufs
    assert loudness_lufs(song.vocals, song.sample_rate_hz) == pytest.approx(theirs, abs=0.1)


def test_the_lead_stands_in_the_middle(song: RenderedSong) -> None:
    left, right = song.vocals
    assert float(np.corrcoef(left, right)[0, 1]) > 0.7


def test_nobody_sings_outside_the_vocal_spans(song: RenderedSong) -> None:
    sung = np.zeros(song.vocals.shape[1], bool)
    for start_s, stop_s in song.vocal_spans:
        # A breath before and the room after belong to a phrase.
        sung[int((start_s - 0.6) * RATE_HZ) : int((stop_s + 1.6) * RATE_HZ)] = True
    power = (song.vocals**2).mean(axis=0)
    assert not sung.all()
    assert power[~sung].mean() < 1e-3 * power[sung].mean()


def test_the_chorus_is_louder_than_the_verse() -> None:
    song = render_song("jasmine_flower", seconds=50.0)
    start, stop = (int(at * RATE_HZ) for at in song.chorus_spans[0])
    verse = song.mix[:, start - (stop - start) : start]
    chorus = song.mix[:, start:stop]
    assert loudness_lufs(chorus, RATE_HZ) > loudness_lufs(verse, RATE_HZ) + 0.7


def test_beats_fall_where_the_tempo_says() -> None:
    song = render_song("korobeiniki", seconds=20.0, tempo_factor=1.1)
    assert song.bpm == pytest.approx(148 * 1.1)
    frame = 256
    mono = song.accompaniment.mean(axis=0)
    energy = (mono[: mono.size // frame * frame].reshape(-1, frame) ** 2).mean(axis=1)
    onsets = np.maximum(np.diff(np.log(energy + 1e-6)), 0.0)
    times_s = np.arange(1, energy.size) * frame / song.sample_rate_hz
    phase = ((times_s - song.first_beat_s) * song.bpm / 60.0 + 1 / 16) % 1.0
    # The drums strike eighths; on the beat the kick joins in.
    heights = np.bincount((phase * 8).astype(int), onsets)
    assert int(np.argmax(heights)) == 0
    # A tempo that is off by 3% smears the beats out.
    wrong = ((times_s - song.first_beat_s) * song.bpm * 1.03 / 60.0 + 1 / 16) % 1.0
    assert heights.max() > 1.5 * np.bincount((wrong * 8).astype(int), onsets).max()


def semitone_spectrum(mono: NDArray[np.float32], rate_hz: int) -> NDArray[np.float64]:
    """Peaks of the long-term spectrum on a scale of five bins a semitone, 110 to 1760 Hz."""
    blocks = mono[: mono.size // 16384 * 16384].reshape(-1, 16384) * np.hanning(16384)
    power = (np.abs(np.fft.rfft(blocks, 65536)) ** 2).mean(axis=0)
    at_hz = 110.0 * 2.0 ** (np.arange(4 * 60) / 60.0)
    level = np.log(np.interp(at_hz, np.fft.rfftfreq(65536, 1 / rate_hz), power) + 1e-9)
    return np.asarray(level - np.convolve(level, np.ones(15) / 15, "same"))


def test_a_transposed_song_is_the_same_song_in_another_key() -> None:
    plain = render_song("aura_lee", seconds=16.0)
    higher = render_song("aura_lee", seconds=16.0, transpose=2)
    assert (plain.key, higher.key) == ("Bb major", "C major")
    assert plain.chorus_spans == higher.chorus_spans
    low, high = (semitone_spectrum(song.mix.mean(axis=0), RATE_HZ) for song in (plain, higher))
    likeness = [
        np.corrcoef(low[25:-25], np.roll(high, -shift)[25:-25])[0, 1] for shift in range(-20, 21)
    ]
    assert (int(np.argmax(likeness)) - 20) / 5.0 == pytest.approx(2.0, abs=0.2)


@pytest.mark.parametrize(("voice", "midi"), [("female", 64), ("female", 74), ("male", 50)])
def test_the_singer_is_in_tune(voice: str, midi: int) -> None:
    sound = sing([SungNote(0.2, 2.2, midi, "la")], VOICES[voice], 3 * 22050, 22050, seed=1)
    heard = pitch_hz(sound[int(0.4 * 22050) : int(2.0 * 22050)], 22050)
    assert 12 * np.log2(heard / 440.0) + 69 == pytest.approx(midi, abs=0.3)


def test_the_same_arguments_give_the_same_samples_and_another_seed_others() -> None:
    first, again, other = (
        render_song("amazing_grace", seconds=10.0, sample_rate_hz=16000, seed=n).mix
        for n in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first[:, :16000], other[:, :16000])


def test_the_limiter_keeps_under_the_ceiling() -> None:
    rng = np.random.default_rng(0)
    loud = rng.normal(0.0, 0.2, (2, 44100)).astype(np.float32)
    loud[:, 20000] = 3.0
    assert np.abs(loud * limiter_gain(loud, 44100, 0.8)).max() <= 0.8 + 1e-6


def test_the_synthesiser_talks_in_every_language_it_claims() -> None:
    for language in LANGUAGES:
        audio = speak(
            "こんばんは、みなさん" if language == "ja" else "Radio", "guest", language, 16000
        )
        assert audio.ndim == 1
        assert 0.2 < audio.size / 16000 < 4.0
        assert 0.05 < float(np.sqrt(np.mean(audio**2))) < 0.2


def test_an_unknown_voice_or_language_or_nothing_to_say_is_an_error() -> None:
    with pytest.raises(NotFoundError, match="host"):
        speak("Hello", "nobody")
    with pytest.raises(NotFoundError, match="lacks this language"):
        speak("Hello", "host", "xx-none")
    with pytest.raises(EngineError, match="said nothing"):
        speak("   ", "host", "en-us")
