"""The library's own index: same backing, other key, other tempo, other voice."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from library.errors import FingerprintError
from models.fingerprint import (
    Constellation,
    FingerprintIndex,
    find_constellation,
    find_covers,
    find_matches,
    fingerprint,
    identify,
)
from models.fingerprint.index import _MERGE_AT
from models.fingerprint.pairs import (
    MAX_INTERVAL,
    N_KEYS,
    Pairs,
    affordable,
    build_postings,
    look_up,
    pairs_of,
)
from models.recognizer.transpose import pitch_shift, time_stretch
from tests.models.melodies import RATE, melody

N_SONGS = 6


@pytest.fixture(scope="module")
def songs() -> list[NDArray[np.float32]]:
    return [melody(seed, 45) for seed in range(N_SONGS)]


@pytest.fixture(scope="module")
def index(
    songs: list[NDArray[np.float32]], tmp_path_factory: pytest.TempPathFactory
) -> FingerprintIndex:
    made = FingerprintIndex(tmp_path_factory.mktemp("index"))
    for number, audio in enumerate(songs):
        add(made, f"song-{number}", audio)
    return made


def add(index: FingerprintIndex, key: str, audio: NDArray[np.float32], **more: str) -> None:
    made = fingerprint(audio)
    index.add(key, made.peaks, made.chroma, title=f"Title {key}", artist="Someone", **more)


def voice(n_samples: int, seed: int) -> NDArray[np.float32]:
    """A gliding, vibrating harmonic voice with pauses."""
    rng = np.random.default_rng(seed)
    t = np.arange(n_samples) / RATE
    steps = rng.uniform(180, 420, n_samples // 6000 + 1)
    hz = np.repeat(steps, 6000)[:n_samples] * (1 + 0.02 * np.sin(2 * np.pi * 5.5 * t))
    phase = 2 * np.pi * np.cumsum(hz) / RATE
    sung = sum(np.sin(k * phase) / k for k in range(1, 8))
    return (sung * (np.sin(2 * np.pi * 0.4 * t) > -0.6)).astype(np.float32)


def mixed(music: NDArray[np.float32], over: NDArray[np.float32]) -> NDArray[np.float32]:
    """`over` on top of `music` at the same level."""
    level = np.sqrt(np.mean(music**2)) / np.sqrt(np.mean(over**2))
    return (music + level * over).astype(np.float32)


def cut(audio: NDArray[np.float32], start_s: float, seconds: float = 15) -> NDArray[np.float32]:
    return audio[round(start_s * RATE) : round((start_s + seconds) * RATE)]


@pytest.mark.parametrize("semitones", [-6, -3, 0, 0.5, 3, 6])
def test_a_transposed_excerpt_under_a_voice_is_found_with_key_and_place(
    index: FingerprintIndex, songs: list[NDArray[np.float32]], semitones: float
) -> None:
    piece = pitch_shift(cut(songs[2], 12), semitones, RATE)
    found = find_matches(index, mixed(piece, voice(len(piece), 5)))
    assert found[0].reference.key == "song-2"
    assert found[0].probability > 0.9
    assert found[0].alignment.semitones == pytest.approx(semitones, abs=0.4)
    assert found[0].alignment.offset_s == pytest.approx(12, abs=0.2)
    assert all(other.probability < 0.5 for other in found[1:])


@pytest.mark.parametrize("tempo", [0.95, 1.05])
def test_another_tempo_and_key_at_once_is_found(
    index: FingerprintIndex, songs: list[NDArray[np.float32]], tempo: float
) -> None:
    piece = pitch_shift(time_stretch(cut(songs[4], 10, 16), 1 / tempo), 2, RATE)
    found = find_matches(index, mixed(piece, voice(len(piece), 6)))
    assert found[0].reference.key == "song-4"
    assert found[0].alignment.tempo == pytest.approx(tempo, abs=0.011)


def test_noise_as_loud_as_the_music_does_not_hide_it(
    index: FingerprintIndex, songs: list[NDArray[np.float32]]
) -> None:
    piece = cut(songs[1], 20)
    noise = np.random.default_rng(1).normal(0, 1, len(piece)).astype(np.float32)
    assert find_matches(index, mixed(piece, noise))[0].reference.key == "song-1"


def test_what_is_not_in_the_index_is_not_accepted(index: FingerprintIndex) -> None:
    strangers = [melody(seed, 15) for seed in range(100, 110)] + [voice(15 * RATE, 9)]
    best = [max((m.probability for m in find_matches(index, s)), default=0) for s in strangers]
    assert max(best) < 0.8


def test_silence_and_nothing_match_nothing(index: FingerprintIndex) -> None:
    assert find_matches(index, np.zeros(15 * RATE, np.float32)) == []
    assert find_matches(index, np.zeros(0, np.float32)) == []
    assert find_matches(index, np.zeros(100, np.float32)) == []


def test_an_empty_index_knows_nothing(tmp_path: Path) -> None:
    with FingerprintIndex(tmp_path) as empty:
        assert find_matches(empty, melody(1, 5)) == []
        assert identify(empty, melody(1, 5)) == []


def test_a_whole_song_becomes_a_candidate_with_evidence(
    index: FingerprintIndex, songs: list[NDArray[np.float32]]
) -> None:
    sung = mixed(pitch_shift(songs[3], -2, RATE), voice(len(songs[3]), 8))
    best = identify(index, sung)[0]
    assert (best.title, best.artist, best.source) == ("Title song-3", "Someone", "reference")
    assert best.score > 0.99
    assert best.evidence["semitones"] == pytest.approx(-2, abs=0.4)
    assert len(best.evidence["windows"]) == 3
    for window in best.evidence["windows"]:
        assert window["offset_s"] == pytest.approx(window["start_s"], abs=0.3)


def test_a_song_does_not_find_itself_when_excluded(
    index: FingerprintIndex, songs: list[NDArray[np.float32]]
) -> None:
    found = identify(index, songs[0], exclude="song-0", covers=False)
    assert all(candidate.evidence["recording"] != "song-0" for candidate in found)
    assert all(candidate.score < 0.8 for candidate in found)


def test_songs_come_and_go_and_are_renamed(
    tmp_path: Path, songs: list[NDArray[np.float32]]
) -> None:
    with FingerprintIndex(tmp_path) as index:
        add(index, "a", songs[0])
        assert find_matches(index, cut(songs[0], 5))[0].reference.key == "a"
        add(index, "b", songs[1], kind="reference")
        assert find_matches(index, cut(songs[1], 5))[0].reference.key == "b"
        assert (len(index), "a" in index, "c" in index) == (2, True, False)
        assert (index.keys(), index.keys("reference")) == ({"a", "b"}, {"b"})
        index.rename("a", "New name", "New artist", "ISRC1")
        reference = find_matches(index, cut(songs[0], 5))[0].reference
        assert (reference.title, reference.artist, reference.isrc) == (
            "New name",
            "New artist",
            "ISRC1",
        )
        assert index.remove("a")
        assert not index.remove("a")
        assert all(m.reference.key != "a" for m in find_matches(index, cut(songs[0], 5)))
        add(index, "b", songs[2], kind="reference")
        assert find_matches(index, cut(songs[2], 5))[0].reference.key == "b"
        assert len(index) == 1


def test_merging_changes_no_answer_and_is_seen_by_another_process(
    tmp_path: Path, songs: list[NDArray[np.float32]]
) -> None:
    with FingerprintIndex(tmp_path) as index, FingerprintIndex(tmp_path) as other:
        for number, audio in enumerate(songs[:4]):
            add(index, f"song-{number}", audio)
        query = cut(songs[1], 9)
        before = find_matches(index, query)
        assert find_matches(other, query) == before
        index.compact()
        assert find_matches(index, query) == before
        index.remove("song-3")
        add(index, "song-5", songs[5])
        index.compact()
        assert find_matches(index, query)[0] == replace(before[0])
        assert find_matches(other, cut(songs[5], 9))[0].reference.key == "song-5"
        assert all(m.reference.key != "song-3" for m in find_matches(other, cut(songs[3], 9)))
        assert len(list(tmp_path.glob("base-*"))) == 1
    with FingerprintIndex(tmp_path) as again:
        assert find_matches(again, query)[0] == before[0]


def test_the_tail_is_merged_by_itself_when_it_has_grown(
    tmp_path: Path, songs: list[NDArray[np.float32]]
) -> None:
    made = fingerprint(melody(50, 4))
    with FingerprintIndex(tmp_path) as index:
        for number in range(_MERGE_AT + 2):
            index.add(f"x{number}", made.peaks, made.chroma, title="x")
        size = index.size()
        assert size.n_recordings == _MERGE_AT + 2
        assert len(list(tmp_path.glob("base-*"))) == 1
        assert size.bytes_per_recording < 20_000


def test_an_index_of_another_format_or_no_index_is_refused(tmp_path: Path) -> None:
    with FingerprintIndex(tmp_path / "old") as index:
        index._db.execute("UPDATE meta SET value = '0' WHERE name = 'format'")
    with pytest.raises(FingerprintError, match="format 0"):
        FingerprintIndex(tmp_path / "old")
    (tmp_path / "file").write_text("")
    with pytest.raises(FingerprintError, match="cannot be opened"):
        FingerprintIndex(tmp_path / "file")


def test_a_damaged_base_is_named(tmp_path: Path, songs: list[NDArray[np.float32]]) -> None:
    with FingerprintIndex(tmp_path) as index:
        add(index, "a", songs[0])
        index.compact()
    base = next(tmp_path.glob("base-*"))
    (base / "song.u32").write_bytes(b"")
    with FingerprintIndex(tmp_path) as index, pytest.raises(FingerprintError, match="damaged"):
        find_matches(index, cut(songs[0], 5))


def test_peaks_are_stored_and_read_back() -> None:
    peaks = find_constellation(melody(3, 10))
    again = Constellation.from_bytes(peaks.to_bytes())
    assert again.n_frames == peaks.n_frames
    assert np.array_equal(again.frame, peaks.frame)
    assert np.array_equal(again.bin, peaks.bin)
    assert len(peaks.to_bytes()) == 4 + 4 * len(peaks)
    with pytest.raises(FingerprintError, match="damaged"):
        Constellation.from_bytes(peaks.to_bytes()[:-1])


def test_a_transposition_moves_every_peak_by_the_same_number_of_bins() -> None:
    audio = melody(4, 12)
    low, high = find_constellation(audio), find_constellation(pitch_shift(audio, 2, RATE))
    place = {(int(f), int(b)) for f, b in zip(low.frame, low.bin, strict=True)}
    shares = {
        shift: np.mean(
            [
                any((f + df, b - shift) in place for df in (-1, 0, 1))
                for f, b in zip(high.frame.astype(int), high.bin.astype(int), strict=True)
            ]
        )
        for shift in range(-9, 10)
    }
    assert max(shares, key=lambda shift: shares[shift]) == 6
    assert shares[6] > 0.5


@settings(max_examples=20, deadline=None)
@given(shift=st.integers(0, 12), stretch=st.integers(-1, 1), seed=st.integers(0, 5))
def test_looking_up_meets_exactly_the_pairs_within_the_tolerance(
    shift: int, stretch: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    frame = np.sort(rng.integers(0, 300, 80)).astype(np.uint16)
    column = rng.integers(20, 140, 80).astype(np.uint8)
    peaks = Constellation(frame, column, rng.integers(1, 99, 80).astype(np.uint8), 300)
    postings = build_postings([(3, peaks)])
    assert postings.starts[-1] == len(postings.song) == len(pairs_of(peaks, 10).frame)
    assert len(postings.starts) == N_KEYS + 1
    query = pairs_of(replace(peaks, bin=(column + shift).astype(np.uint8)), 10)
    met = list(look_up(postings, query, shift_bins=12, tempo=0.0))
    right = sum(int(((m.shift == shift) & (m.offset == 0)).sum()) for m in met)
    assert right >= len(query.frame)
    assert all(np.abs(m.shift).max(initial=0) <= 12 for m in met)
    assert np.abs(query.interval).max(initial=0) <= MAX_INTERVAL


def test_a_budget_keeps_the_rarest_pairs(
    index: FingerprintIndex, songs: list[NDArray[np.float32]]
) -> None:
    query = pairs_of(find_constellation(cut(songs[2], 12)), 30)
    parts = index.postings()
    kept = affordable(parts, query, shift_bins=18, budget=2000)

    def n_met(asked: Pairs) -> int:
        found = (look_up(part, asked, shift_bins=18, tempo=0.0) for part in parts)
        return sum(len(met.song) for blocks in found for met in blocks)

    assert 0 < len(kept.frame) < 0.5 * len(query.frame)
    assert 2000 < n_met(kept) < 0.5 * n_met(query)
    everything = affordable(parts, query, shift_bins=18, budget=10**9)
    assert np.array_equal(everything.frame, query.frame)


def chords(seed: int, step_s: float, semitones: int, partials: int) -> NDArray[np.float32]:
    """A chord sequence as two different bands would play it."""
    rng = np.random.default_rng(seed)
    roots = rng.choice([0, 2, 4, 5, 7, 9, 11], 60)
    out = []
    t = np.arange(round(step_s * RATE)) / RATE
    for root in roots:
        third = 3 if root in (2, 4, 9, 11) else 4
        notes = [220 * 2 ** ((root + n + semitones) / 12) for n in (0, third, 7)]
        tone = sum(
            np.sin(2 * np.pi * hz * k * t + seed) / k for hz in notes for k in range(1, partials)
        )
        out.append(tone * np.exp(-partials / 6 * t))
    return (0.05 * np.concatenate(out)).astype(np.float32)


def test_a_cover_is_guessed_by_its_harmonies_and_marked_as_a_guess(tmp_path: Path) -> None:
    with FingerprintIndex(tmp_path) as index:
        for seed in range(8):
            add(index, f"song-{seed}", chords(seed, 1.6, 0, 4))
        cover = chords(5, 1.3, 3, 7)
        matches = find_covers(index, fingerprint(cover).chroma)
        assert matches[0].reference.key == "song-5"
        assert matches[0].semitones == 3
        assert matches[0].score > 1.3 * matches[1].score
        guesses = [c for c in identify(index, cover) if c.source == "cover"]
        assert guesses[0].title == "Title song-5"
        assert guesses[0].evidence["guess"]
        assert guesses[0].score <= 0.6
