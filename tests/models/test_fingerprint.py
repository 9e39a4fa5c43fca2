"""The library's own index: same backing, other key, other tempo, other voice."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.models.melodies import RATE, melody
from utawaku.library.errors import FingerprintError
from utawaku.models.fingerprint import (
    Constellation,
    FingerprintIndex,
    find_constellation,
    find_covers,
    find_matches,
    fingerprint,
    identify,
    search,
    sight,
)
from utawaku.models.fingerprint.constellation import (
    FRAME_S,
    HOP,
    LOWEST_HZ,
    N_BINS,
    log_spectrogram,
)
from utawaku.models.fingerprint.index import FLUSH_AT
from utawaku.models.fingerprint.match import Aligner, raster_of
from utawaku.models.fingerprint.parts import MERGE_FACTOR, Part, due_merge
from utawaku.models.fingerprint.triples import (
    MAX_INTERVAL,
    N_KEYS,
    asked_keys,
    build_postings,
    look_up,
    merged,
    strongest,
    triples_of,
)
from utawaku.services.recognizer.transpose import pitch_shift, time_stretch

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


def test_votes_of_a_large_library_elect_the_same_cells(
    index: FingerprintIndex, songs: list[NDArray[np.float32]], monkeypatch: pytest.MonkeyPatch
) -> None:
    piece = pitch_shift(cut(songs[2], 12), 3, RATE)
    queries = [mixed(piece, voice(len(piece), 5)), cut(songs[1], 20), voice(15 * RATE, 9)]
    before = [find_matches(index, query) for query in queries]
    monkeypatch.setattr(search, "DENSE_CELLS", 0)
    assert [find_matches(index, query) for query in queries] == before


@pytest.mark.parametrize("n_elected", [1, 7, 400, 100_000])
def test_the_cells_with_most_votes_are_elected(n_elected: int) -> None:
    rng = np.random.default_rng(n_elected)
    cells = [rng.integers(0, 4_000, n).astype(np.uint32) for n in (3_000, 0, 500)]
    weights = [rng.random(len(cell)).astype(np.float32) for cell in cells]
    elected = search._elect_sparsely(cells, weights, 4_000, n_elected)
    votes = np.bincount(np.concatenate(cells), np.concatenate(weights), minlength=4_000)
    best = np.argsort(-votes)[: min(n_elected, np.count_nonzero(votes))]
    assert set(np.concatenate(cells)[np.concatenate(elected)].tolist()) == set(best.tolist())
    assert [len(mask) for mask in elected] == [3_000, 0, 500]


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
        assert len(list(tmp_path.glob("part-*"))) == 1
    with FingerprintIndex(tmp_path) as again:
        assert find_matches(again, query)[0] == before[0]


def test_what_was_added_becomes_a_part_and_like_parts_are_merged(tmp_path: Path) -> None:
    made = fingerprint(melody(50, 4))
    with FingerprintIndex(tmp_path) as index:
        for number in range(FLUSH_AT - 1):
            index.add(f"x{number}", made.peaks, made.chroma, title="x")
        n_before = sum(len(part) for part in index.postings())
        assert not list(tmp_path.glob("part-*"))
        index.add("last", made.peaks, made.chroma, title="x")
        index.postings()
        assert len(list(tmp_path.glob("part-*"))) == 1
        for number in range(FLUSH_AT):
            index.add(f"y{number}", made.peaks, made.chroma, title="y")
            index.postings()
        # Two parts of one size became one; nothing was lost or counted twice.
        assert len(list(tmp_path.glob("part-*"))) == 1
        size = index.size()
        assert size.n_recordings == 2 * FLUSH_AT
        assert size.n_postings == n_before // (FLUSH_AT - 1) * 2 * FLUSH_AT
        assert size.bytes_per_recording < 20_000


def test_parts_are_merged_while_they_are_alike() -> None:
    def parts(*sizes: int) -> list[Part]:
        return [Part(str(size), 0, 0, size) for size in sizes]

    assert due_merge([]) == 0
    assert due_merge(parts(64)) == 1
    assert due_merge(parts(64 * MERGE_FACTOR, 64)) == 2
    assert due_merge(parts(10_000, 64)) == 1
    assert due_merge(parts(900, 300, 100, 64)) == 4
    assert due_merge(parts(100_000, 300, 100, 64)) == 3


def test_merging_piece_by_piece_gives_what_building_at_once_gives() -> None:
    songs = [(number, find_constellation(melody(number, 6))) for number in range(1, 6)]
    whole = build_postings(songs)
    alive = np.ones(6, bool)
    alive[4] = False
    pieces = list(merged([build_postings(songs[:2]), build_postings(songs[2:])], alive, at_once=99))
    assert len(pieces) > 3
    living = build_postings(pair for pair in songs if pair[0] != 4)
    assert np.array_equal(np.concatenate([piece.keys for piece in pieces]), living.keys)
    counts = np.concatenate([np.diff(piece.starts) for piece in pieces])
    assert np.array_equal(counts, np.diff(living.starts))
    for key in whole.keys[::97].tolist():
        found = [
            set(zip(part.where[a:b].tolist(), part.frame[a:b].tolist(), strict=True))
            for part in (living, *pieces)
            for i in np.flatnonzero(part.keys == key)
            for a, b in [(part.starts[i], part.starts[i + 1])]
        ]
        assert len(found) in (0, 2)
        assert not found or found[0] == found[1]


def test_an_index_of_another_format_or_no_index_is_refused(tmp_path: Path) -> None:
    with FingerprintIndex(tmp_path / "old") as index:
        index._db.execute("UPDATE meta SET value = '0' WHERE name = 'format'")
    with pytest.raises(FingerprintError, match="format 0"):
        FingerprintIndex(tmp_path / "old")
    (tmp_path / "file").write_text("")
    with pytest.raises(FingerprintError, match="cannot be opened"):
        FingerprintIndex(tmp_path / "file")


@pytest.mark.parametrize("damage", ["emptied", "gone"])
def test_a_damaged_part_is_built_anew_from_the_peaks(
    tmp_path: Path, songs: list[NDArray[np.float32]], damage: str
) -> None:
    with FingerprintIndex(tmp_path) as index:
        add(index, "a", songs[0])
        index.compact()
    part = next(tmp_path.glob("part-*"))
    if damage == "emptied":
        (part / "where.u32").write_bytes(b"")
    else:
        shutil.rmtree(part)
    with FingerprintIndex(tmp_path) as index:
        assert find_matches(index, cut(songs[0], 5))[0].reference.key == "a"
        index.compact()
        assert len(list(tmp_path.glob("part-*"))) == 1


def test_an_index_of_the_former_kind_is_built_anew_from_its_peaks(
    tmp_path: Path, songs: list[NDArray[np.float32]]
) -> None:
    with FingerprintIndex(tmp_path) as index:
        add(index, "a", songs[0])
        index._db.execute("INSERT INTO meta VALUES ('base', 'base-1'), ('base_last', '1')")
    (tmp_path / "base-1").mkdir()
    (tmp_path / "base-1" / "song.u32").write_bytes(b"old")
    with FingerprintIndex(tmp_path) as index:
        assert find_matches(index, cut(songs[0], 5))[0].reference.key == "a"
        index.compact()
    assert not (tmp_path / "base-1").exists()


def test_two_writers_at_once_lose_nothing(tmp_path: Path, songs: list[NDArray[np.float32]]) -> None:
    made = fingerprint(melody(51, 4))

    def work(name: str) -> None:
        with FingerprintIndex(tmp_path) as index:
            for number in range(FLUSH_AT):
                index.add(f"{name}{number}", made.peaks, made.chroma, title=name)
                if number % 16 == 0:
                    index.postings()
            index.compact()

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(work, "abc"))
    with FingerprintIndex(tmp_path) as index:
        add(index, "song", songs[0])
        assert find_matches(index, cut(songs[0], 5))[0].reference.key == "song"
        one = len(build_postings([(1, made.peaks)]))
        song = len(build_postings([(1, fingerprint(songs[0]).peaks)]))
        assert sum(len(part) for part in index.postings()) == 3 * FLUSH_AT * one + song


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
@given(shift=st.integers(0, 12), seed=st.integers(0, 5))
def test_looking_up_meets_exactly_the_triples_within_the_tolerance(shift: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    frame = np.sort(rng.integers(0, 300, 80)).astype(np.uint16)
    column = rng.integers(20, 140, 80).astype(np.uint8)
    peaks = Constellation(frame, column, rng.integers(1, 99, 80).astype(np.uint8), 300)
    postings = build_postings([(3, peaks)])
    known = triples_of(peaks, 10, apart_frames=2)
    assert postings.starts[-1] == len(postings) == len(known)
    assert np.all(np.diff(postings.keys.astype(np.int64)) > 0)
    assert known.keys().max(initial=0) < N_KEYS
    moved = replace(peaks, bin=(column + shift).astype(np.uint8))
    query = triples_of(moved, 10, apart_frames=2)
    met = list(look_up([postings], query, shift_bins=12, tempo=0.0, budget=10**9))
    right = sum(int(((m.shift == shift) & (m.frame == m.asked)).sum()) for m in met)
    assert right >= len(query)
    assert all(np.abs(m.shift).max(initial=0) <= 12 for m in met)
    assert all((m.song == 3).all() for m in met)
    # Against looking at every pair of triples.
    near = [
        np.abs(q[:, None] - k[None, :]) <= 12 if of == "bin" else q[:, None] == k[None, :]
        for of, q, k in (
            ("bin", query.bin, known.bin),
            ("interval", query.interval[0], known.interval[0]),
            ("interval", query.interval[1], known.interval[1]),
        )
    ]
    for q, k in zip(query.distance, known.distance, strict=True):
        # Cells of two frames, those that a frame either way can reach.
        low, high = (q - 1).clip(3), (q + 1).clip(max=34)
        cell = (k - 3) // 2
        near.append(((low - 3)[:, None] // 2 <= cell) & (cell <= (high - 3)[:, None] // 2))
    assert sum(len(m.song) for m in met) == int(np.logical_and.reduce(near).sum())
    assert column.max() < N_BINS


def test_a_tempo_is_met_by_the_keys_that_are_asked() -> None:
    peaks = find_constellation(melody(9, 8))
    query = triples_of(peaks, 20)
    exact, wide = (asked_keys(query, shift_bins=0, tempo=tempo) for tempo in (0.0, 0.06))
    assert len(wide.owner) > len(exact.owner)
    assert {*zip(exact.owner, exact.first_key, strict=True)} <= {
        *zip(wide.owner, wide.first_key, strict=True)
    }
    assert np.abs(np.concatenate(query.interval)).max() <= MAX_INTERVAL


def test_a_budget_keeps_the_rarest_triples(
    index: FingerprintIndex, songs: list[NDArray[np.float32]]
) -> None:
    query = triples_of(find_constellation(cut(songs[2], 12)), 30)

    def met(budget: int) -> tuple[int, float]:
        blocks = list(look_up(index.postings(), query, shift_bins=18, tempo=0.0, budget=budget))
        return (
            sum(len(one.song) for one in blocks),
            min(float(one.weight.min(initial=1)) for one in blocks),
        )

    n_all, commonest = met(10**9)
    n_some, rarest = met(n_all // 4)
    assert 0 < n_some <= n_all // 4
    assert rarest > commonest


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


def test_a_song_at_another_tempo_agrees_with_itself_all_along(
    index: FingerprintIndex, songs: list[NDArray[np.float32]]
) -> None:
    sung = mixed(time_stretch(songs[4], 1 / 1.04), voice(round(len(songs[4]) / 1.04), 3))
    best = identify(index, sung)[0]
    assert best.title == "Title song-4"
    assert best.evidence["tempo"] == pytest.approx(1.04, abs=0.011)
    for window in best.evidence["windows"]:
        assert window["offset_s"] == pytest.approx(1.04 * window["start_s"], abs=0.5)
        assert window["sigmas"] > 8


def test_songs_without_a_name_are_seen_but_name_nothing(
    tmp_path: Path, songs: list[NDArray[np.float32]]
) -> None:
    made = fingerprint(songs[0])
    with FingerprintIndex(tmp_path) as index:
        index.add("nameless", made.peaks, made.chroma, title="")
        sung = mixed(pitch_shift(songs[0], 3, RATE), voice(len(songs[0]), 4))
        (seen, *_) = sight(index, sung)
        assert (seen.reference.key, round(seen.semitones)) == ("nameless", 3)
        assert seen.score > 0.97
        assert identify(index, sung) == []
        assert sight(index, sung, exclude="nameless") == []


def test_a_glance_at_a_whole_recording_is_one_at_the_place_around_it() -> None:
    song, other = (find_constellation(noise_and_tones(seed)) for seed in (1, 2))
    aligner = Aligner(find_constellation(noise_and_tones(1)[80_000:240_000]))
    whole = {id(known): raster_of(known) for known in (song, other)}
    for known in (song, other):
        for offset in (-200, 0, 3, 234, 300, known.n_frames, known.n_frames + 400):
            for shift, tempo in ((0, 0.0), (-3, 0.03), (18, -0.06)):
                around = aligner.glance(known, offset, shift, tempo)
                assert aligner.glance(
                    known, offset, shift, tempo, whole=whole[id(known)]
                ) == pytest.approx(around)
    assert aligner.glance(song, 312, 0, 0.0) > 2 * aligner.glance(other, 312, 0, 0.0)


def test_the_spectrogram_is_the_one_of_double_precision() -> None:
    audio = noise_and_tones(3)[:100_000]
    before = (4096 - HOP) // 2
    padded = np.pad(audio.astype(np.float64), (before, 4096))
    frames = np.lib.stride_tricks.sliding_window_view(padded, 4096)[::HOP][: len(audio) // HOP]
    power = np.abs(np.fft.rfft(frames * np.hanning(4097)[:-1] * (2 / 4096), axis=1)) ** 2
    decibel = 10 * np.log10(power + 1e-12)
    place = LOWEST_HZ * 2 ** (np.arange(N_BINS) / 36) * 4096 / 16_000
    low = np.floor(place).astype(int)
    expected = decibel[:, low] * (low + 1 - place) + decibel[:, low + 1] * (place - low)
    assert np.abs(log_spectrogram(audio) - expected).max() < 0.05


def noise_and_tones(seed: int) -> NDArray[np.float32]:
    """Twenty seconds of tones that change each quarter of a second, over noise."""
    rng = np.random.default_rng(seed)
    t = np.arange(20 * 16_000) / 16_000
    steps = (t * 4).astype(int)
    tones = sum(
        np.sin(2 * np.pi * rng.uniform(200, 3500, steps.max() + 1)[steps] * t) for _ in range(4)
    )
    return (0.1 * tones + 0.02 * rng.standard_normal(len(t))).astype(np.float32)


@pytest.mark.parametrize("seed", range(8))
def test_the_strongest_peaks_of_each_second_are_kept_of_equal_ones_the_earlier(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n_frames, n_peaks, n_kept = int(rng.integers(1, 2000)), int(rng.integers(0, 900)), 5
    frame = np.sort(rng.integers(0, n_frames, n_peaks)).astype(np.uint16)
    strength = rng.integers(0, 12, n_peaks).astype(np.uint8)
    peaks = Constellation(frame, np.zeros(n_peaks, np.uint8), strength, n_frames)
    seconds: dict[int, list[int]] = {}
    for place in range(n_peaks):
        seconds.setdefault(int(frame[place]) // round(1 / FRAME_S), []).append(place)
    wanted = [
        place
        for places in seconds.values()
        for place in sorted(places, key=lambda place: (-int(strength[place]), place))[:n_kept]
    ]
    assert strongest(peaks, n_kept).tolist() == sorted(wanted)
