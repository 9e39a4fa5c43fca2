"""Songs out of segmentations, by both strategies, stated on synthetic streams."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from benchmarks.song_scores import score
from tests.models.song_timelines import Timeline
from utawaku.library.records import Segment, SetlistLine, SongSpan
from utawaku.models.segmentation import Segmentation
from utawaku.models.segmenter import Segmenter
from utawaku.models.songs import SongListener, SongRules, find_songs, segment_and_listen
from utawaku.models.songs.boundaries import falls_into_sound, hop_of
from utawaku.models.songs.boundary_features import cues_of
from utawaku.models.songs.classic import bridged, classic_songs
from utawaku.models.songs.decoding import best_songs, likeliest_edges
from utawaku.models.songs.features import N_BANDS, N_SEMITONES, SongFeatures
from utawaku.models.songs.filters import opening_likeness

CLASSIC = SongRules(strategy="classic")
CORPUS = os.environ.get("UTAWAKU_CORPUS", "")


def assert_cut_as_marked(songs: list[SongSpan], timeline: Timeline) -> None:
    """Starts within 3 s and stops within 5 s, and nothing else."""
    found = [(round(s.start_s, 1), round(s.stop_s, 1)) for s in songs]
    assert len(found) == len(timeline.marks), f"{found} for {timeline.marks}"
    for (start, stop), (true_start, true_stop) in zip(found, timeline.marks, strict=True):
        assert abs(start - true_start) <= 3.0, f"{found} for {timeline.marks}"
        assert abs(stop - true_stop) <= 5.0, f"{found} for {timeline.marks}"


def test_a_song_between_two_talks_is_cut_where_it_starts_and_stops() -> None:
    stream = Timeline().talk(30).silence(2).song(180).silence(1).talk(40)
    songs = find_songs(stream.segmentation())
    assert_cut_as_marked(songs, stream)
    assert songs[0].source == "smart"
    assert songs[0].confidence > 0.7


def test_talk_over_the_same_music_between_two_runs_stays_inside_the_song() -> None:
    stream = Timeline().talk(30).song(80, 1).talk_over(20, 1, bed_db=-20).music(60, 1)
    stream.extend_last_song().talk(30)
    assert_cut_as_marked(find_songs(stream.segmentation()), stream)


def test_talk_over_the_outro_belongs_to_the_song_until_the_music_ends() -> None:
    stream = Timeline().talk(30).song(120).talk_over(10, 1).extend_last_song().talk(30)
    assert_cut_as_marked(find_songs(stream.segmentation()), stream)


def test_talk_over_the_intro_belongs_to_the_song_from_where_the_music_starts() -> None:
    stream = Timeline().talk(30).song(0.1).talk_over(8, 1).music(120, 1)
    stream.extend_last_song().talk(30)
    assert_cut_as_marked(find_songs(stream.segmentation()), stream)


def test_two_songs_without_a_gap_are_two_songs() -> None:
    stream = Timeline().talk(30).song(150, 1).silence(0.5).song(120, 2).talk(30)
    assert_cut_as_marked(find_songs(stream.segmentation()), stream)


def test_a_pause_inside_a_song_does_not_split_it() -> None:
    stream = Timeline().talk(30).song(60, 1).silence(1.5).music(80, 1).extend_last_song().talk(30)
    assert_cut_as_marked(find_songs(stream.segmentation()), stream)


def test_minutes_of_talk_over_soft_music_are_no_song() -> None:
    stream = Timeline().talk(30).talk_over(100, 3, bed_db=-34).talk(30).song(120).talk(20)
    assert_cut_as_marked(find_songs(stream.segmentation()), stream)


def test_jingles_at_both_ends_are_no_songs() -> None:
    stream = Timeline().music(25, 5).talk(30).song(120).talk(30).music(25, 5)
    assert_cut_as_marked(find_songs(stream.segmentation()), stream)


def test_a_countdown_of_minutes_is_no_song() -> None:
    stream = Timeline().music(120, 5).talk(60).song(120, 1).talk(30)
    assert_cut_as_marked(find_songs(stream.segmentation()), stream)


def test_a_song_broken_off_and_begun_again_is_cut_once() -> None:
    stream = Timeline().talk(30).silence(1)
    stream.music(35, 1)
    opening = stream.segmentation().bands_db[310:660]
    stream.silence(1).talk(12).silence(1).song(120, 1).talk(30)
    whole = stream.segmentation()
    bands = whole.bands_db.copy()
    again = round(stream.marks[0][0] * 10)
    bands[again : again + len(opening)] = opening
    assert_cut_as_marked(find_songs(replace(whole, bands_db=bands)), stream)
    kept = find_songs(replace(whole, bands_db=bands), SongRules(drop_false_starts=False))
    assert len(kept) == 2


def test_a_short_song_is_kept_and_flagged() -> None:
    stream = Timeline().talk(30).silence(1).song(32).silence(1).talk(30)
    songs = find_songs(stream.segmentation())
    assert_cut_as_marked(songs, stream)
    assert "short" in songs[0].flags
    assert not find_songs(stream.segmentation(), SongRules(min_song_s=45))


def test_a_song_over_ten_minutes_is_flagged_not_lost() -> None:
    stream = Timeline().talk(30).song(700).talk(30)
    songs = find_songs(stream.segmentation())
    assert_cut_as_marked(songs, stream)
    assert "long" in songs[0].flags


def test_cuts_fall_into_silence_where_there_is_some_and_ask_for_a_fade_where_not() -> None:
    calm = Timeline().talk(30).silence(2).song(100).silence(2).talk(30)
    (song,) = find_songs(calm.segmentation())
    assert not {"fade_in", "fade_out"} & set(song.flags)
    assert 31.5 <= song.start_s <= 32.0
    assert 132.0 <= song.stop_s <= 132.5
    cues = cues_of(calm.segmentation(), None)
    assert not falls_into_sound(cues, hop_of(song.start_s))
    assert falls_into_sound(cues, hop_of(song.start_s + 30))


def test_levels_do_not_matter() -> None:
    stream = Timeline().talk(30).silence(2).song(120).silence(1).talk(40)
    loud = stream.segmentation()
    soft = replace(loud, energy_db=loud.energy_db - 18, bands_db=loud.bands_db - 18)
    assert find_songs(soft) == find_songs(loud)


@pytest.mark.parametrize("strategy", ["smart", "classic"])
def test_streams_without_songs_give_none(strategy: str) -> None:
    rules = SongRules(strategy=strategy)  # type: ignore[arg-type]
    assert find_songs(Timeline().talk(200).segmentation(), rules) == []
    assert find_songs(Timeline().silence(20).segmentation(), rules) == []
    assert find_songs(Timeline().talk(0.3).segmentation(), rules) == []


def test_an_empty_recording_has_no_songs() -> None:
    nothing = Segmentation(
        segments=(),
        duration_s=0.0,
        labels=("speech", "music"),
        probability=np.zeros((0, 2), np.float32),
        energy_db=np.zeros(0, np.float32),
        bands_db=np.zeros((0, 24), np.float32),
        wave_min=np.zeros(0, np.float32),
        wave_max=np.zeros(0, np.float32),
    )
    assert find_songs(nothing) == []
    assert find_songs(nothing, CLASSIC) == []


def test_the_same_input_gives_the_same_songs() -> None:
    stream = Timeline(seed=4).talk(30).song(150, 1).song(120, 2).talk(30).segmentation()
    assert find_songs(stream) == find_songs(stream)


def test_every_song_of_twelve_hours_is_found() -> None:
    stream = Timeline()
    for number in range(12 * 12):
        stream.talk(60).silence(1).song(238, number).silence(1)
    stream.talk(30)
    assert len(find_songs(stream.segmentation())) == 144


# --- classic ---------------------------------------------------------------------------------


def segments_of(*rows: tuple[str, float, float]) -> list[Segment]:
    return [Segment(*row) for row in rows]


def test_classic_pads_one_second_before_and_two_after() -> None:
    rows = segments_of(("speech", 0, 30), ("music", 30, 150), ("speech", 150, 200))
    (song,) = classic_songs(rows, 200.0, CLASSIC)
    assert (song.start_s, song.stop_s, song.source) == (29.0, 152.0, "classic")


def test_classic_bridges_silence_under_two_seconds_between_like_neighbours() -> None:
    rows = segments_of(
        ("speech", 0, 30), ("music", 30, 75), ("noEnergy", 75, 76.9), ("music", 76.9, 120),
        ("speech", 120, 200),
    )  # fmt: skip
    (song,) = classic_songs(rows, 200.0, CLASSIC)
    assert (song.start_s, song.stop_s) == (29.0, 122.0)
    apart = segments_of(
        ("speech", 0, 30), ("music", 30, 75), ("noEnergy", 75, 77.0), ("music", 77.0, 120),
        ("speech", 120, 200),
    )  # fmt: skip
    assert classic_songs(apart, 200.0, CLASSIC) == []
    assert [s.label for s in bridged(rows, 2.0)] == ["speech", "music", "speech"]


def test_classic_merges_runs_at_most_five_seconds_apart_after_padding() -> None:
    rows = segments_of(
        ("speech", 0, 30), ("music", 30, 100), ("speech", 100, 108), ("music", 108, 180),
        ("speech", 180, 250),
    )  # fmt: skip
    (song,) = classic_songs(rows, 250.0, CLASSIC)
    assert (song.start_s, song.stop_s) == (29.0, 182.0)
    wider = segments_of(
        ("speech", 0, 30), ("music", 30, 120), ("speech", 120, 128.5), ("music", 128.5, 230),
        ("speech", 230, 250),
    )  # fmt: skip
    assert len(classic_songs(wider, 250.0, CLASSIC)) == 2


def test_classic_drops_the_edges_and_what_is_short_and_flags_what_is_long() -> None:
    rows = segments_of(
        ("music", 0, 100), ("speech", 100, 130), ("music", 130, 206), ("speech", 206, 230),
        ("music", 230, 900), ("speech", 900, 950), ("music", 950, 1100),
    )  # fmt: skip
    (song,) = classic_songs(rows, 1100.0, CLASSIC)
    assert (song.start_s, song.flags) == (229.0, ("long",))


def test_every_classic_threshold_is_a_setting() -> None:
    rows = segments_of(("speech", 0, 30), ("music", 30, 60), ("speech", 60, 100))
    rules = SongRules(
        strategy="classic", classic_keep_music_s=20, classic_min_song_s=20, classic_pad_before_s=0
    )
    (song,) = classic_songs(rows, 100.0, rules)
    assert song.start_s == 30.0


def test_unknown_or_impossible_rules_are_refused() -> None:
    with pytest.raises(ValidationError):
        SongRules.model_validate({"min_song": 3})
    with pytest.raises(ValidationError):
        SongRules(min_song_s=-1)


# --- setlists --------------------------------------------------------------------------------


def test_a_listed_song_too_short_to_be_found_is_cut_and_named() -> None:
    stream = Timeline().talk(30).silence(1).song(16).silence(1).talk(30).song(100, 2).talk(30)
    assert len(find_songs(stream.segmentation())) == 1
    lines = [SetlistLine(30.0, "Little One", "Someone"), SetlistLine(78.0, "Big One")]
    songs = find_songs(stream.segmentation(), setlist=lines)
    assert_cut_as_marked(songs, stream)
    assert [s.title for s in songs] == ["Little One", "Big One"]
    assert {s.source for s in songs} == {"setlist"}
    assert [s.index for s in songs] == [0, 1]


def test_a_listed_start_is_moved_to_the_onset_nearby() -> None:
    stream = Timeline().talk(40).silence(1).song(120).talk(40)
    (song,) = find_songs(stream.segmentation(), setlist=[SetlistLine(33.0, "Song")])
    assert song.start_s == pytest.approx(41.0, abs=0.5)


def test_a_listed_start_wins_over_a_found_one_farther_away() -> None:
    stream = Timeline().talk(40).silence(1).song(120).talk(40)
    (song,) = find_songs(stream.segmentation(), setlist=[SetlistLine(70.0, "Song")])
    assert song.start_s == pytest.approx(70.0, abs=13)
    assert song.start_s > 55
    assert song.stop_s == pytest.approx(161.0, abs=3)


def test_a_song_that_no_line_names_stays() -> None:
    stream = Timeline().talk(30).song(120, 1).talk(60).song(100, 2).talk(30)
    songs = find_songs(stream.segmentation(), setlist=[SetlistLine(31.0, "First")])
    assert_cut_as_marked(songs, stream)
    assert [s.title for s in songs] == ["First", ""]


def test_listed_songs_never_overlap_and_lie_inside_the_recording() -> None:
    stream = Timeline().talk(30).song(120, 1).talk(60).segmentation()
    lines = [
        SetlistLine(30.0, "A"), SetlistLine(35.0, "B"), SetlistLine(36.0, "C"),
        SetlistLine(9999.0, "beyond"), SetlistLine(-4.0, "before"),
        SetlistLine(100.0, "talk", is_song=False),
    ]  # fmt: skip
    songs = find_songs(stream, setlist=lines)
    assert songs
    for song, following in pairwise(songs):
        assert song.stop_s <= following.start_s
    assert all(0 <= s.start_s < s.stop_s <= stream.duration_s for s in songs)
    assert "talk" not in {s.title for s in songs}


def test_a_listed_stop_is_believed() -> None:
    stream = Timeline().talk(30).song(120).talk(60).segmentation()
    (song,) = find_songs(stream, setlist=[SetlistLine(30.0, "A", stop_s=100.0)])
    assert song.stop_s == pytest.approx(100.0, abs=0.2)


@pytest.mark.parametrize("rules", [SongRules(), CLASSIC], ids=["smart", "classic"])
def test_a_song_whose_ends_were_set_on_the_sound_is_cut_there(rules: SongRules) -> None:
    stream = Timeline().talk(30).song(120, 1).talk(30).segmentation()
    listed = SetlistLine(33.46, "A", stop_s=141.25, is_cut=True)
    (song,) = find_songs(stream, rules, [listed])
    assert (song.start_s, song.stop_s) == pytest.approx((33.46, 141.25), abs=0.06)
    assert (song.confidence, song.start_confidence, song.stop_confidence) == (1.0, 1.0, 1.0)


def test_classic_takes_a_setlist_too() -> None:
    stream = Timeline().talk(30).song(70, 1).talk(60).song(120, 2).talk(30)
    assert len(find_songs(stream.segmentation(), CLASSIC)) == 1
    lines = [SetlistLine(31.0, "A"), SetlistLine(160.0, "B")]
    assert_cut_as_marked(find_songs(stream.segmentation(), CLASSIC, lines), stream)


# --- the parts -------------------------------------------------------------------------------


def test_the_decoder_cuts_at_the_strongest_edges_and_turns_from_song_to_song() -> None:
    evidence = np.full((200, 3), -6.0, np.float32)
    evidence[20:180, 0] = 5.0
    evidence[20, 1] = evidence[100, 1] = 3.0
    evidence[100, 2] = evidence[180, 2] = 3.0
    assert best_songs(evidence) == [(20, 100), (100, 180)]
    assert best_songs(evidence[:150]) == [(20, 100), (100, 150)]
    assert best_songs(np.full((50, 3), -6.0, np.float32)) == []


def test_the_decoder_turns_where_only_the_turn_itself_is_heard() -> None:
    evidence = np.full((200, 3), -2.0, np.float32)
    evidence[20:180, 0] = 5.0
    evidence[20, 1] = evidence[180, 2] = 3.0
    turns = np.full(200, -6.0, np.float32)
    assert best_songs(evidence, turns=turns) == [(20, 180)]
    turns[100] = 1.0
    assert best_songs(evidence, turns=turns) == [(20, 100), (100, 180)]


def spread(*starts: tuple[int, float]) -> np.ndarray:
    """Evidence of a song until step 180, with log-odds of its start by step."""
    evidence = np.full((220, 3), -6.0, np.float32)
    evidence[20:180, 0], evidence[180, 2] = 0.0, 4.0
    for step, odds in starts:
        evidence[step, 1] = odds
    return evidence


def test_an_edge_that_is_heard_at_one_instant_stays() -> None:
    assert likeliest_edges([(40, 180)], spread((40, 3.0))) == [(40, 180)]
    assert likeliest_edges([(40, 180)], spread((40, 4.0), (48, 0.0))) == [(40, 180)]


def test_an_edge_whose_evidence_is_spread_lies_within_reach_of_most_of_it() -> None:
    heard = spread((40, 2.0), (46, 1.8), (48, 1.8), (50, 1.8))
    ((start, stop),) = likeliest_edges([(40, 180)], heard)
    assert 45 <= start <= 50
    assert stop == 180


def test_no_edge_moves_by_more_than_ten_seconds_or_into_the_song_beside_it() -> None:
    far = spread((40, -2.0), (64, 3.0))
    assert likeliest_edges([(40, 180)], far) == [(40, 180)]
    beside = spread((40, 1.0), (32, 1.5), (33, 1.5), (34, 1.5))
    assert likeliest_edges([(40, 180)], beside)[0][0] < 35
    ((_, _), (start, _)) = likeliest_edges([(2, 33), (40, 180)], beside)
    assert 34 < start < 40
    assert likeliest_edges([(2, 40), (40, 180)], beside)[1] == (40, 180)


def test_a_song_at_the_edges_of_the_recording_stays() -> None:
    evidence = np.full((60, 3), -6.0, np.float32)
    evidence[:, 0] = 5.0
    assert likeliest_edges([(0, 60)], evidence) == [(0, 60)]
    assert likeliest_edges([], evidence) == []


def test_the_listener_gives_the_same_frames_whatever_the_chunks() -> None:
    rng = np.random.default_rng(3)
    audio = rng.normal(0, 0.1, 16_000 * 60 + 777).astype(np.float32)
    whole, pieces = SongListener(), SongListener()
    whole.feed(audio)
    at = 0
    while at < len(audio):
        size = int(rng.integers(1, 50_000))
        pieces.feed(audio[at : at + size])
        at += size
    one, other = whole.finish(), pieces.finish()
    assert one.n_frames == 601
    for name, values in one.to_arrays().items():
        assert np.allclose(values, other.to_arrays()[name], atol=0.02), name


def test_a_tone_is_steadier_and_more_tonal_than_noise_and_stands_at_its_pitch() -> None:
    t = np.arange(16_000 * 5) / 16_000
    listener = SongListener()
    listener.feed((0.3 * np.sin(2 * np.pi * 440 * t)).astype(np.float32))
    tone = listener.finish()
    listener = SongListener()
    listener.feed(np.random.default_rng(0).normal(0, 0.1, len(t)).astype(np.float32))
    noise = listener.finish()
    middle = slice(5, 45)
    assert tone.steadiness[middle].mean() > 0.8 > 0.3 > noise.steadiness[middle].mean()
    assert tone.flatness_db[middle].mean() > noise.flatness_db[middle].mean() + 20
    assert int(tone.pitch_db[20].argmax()) == 69 - 48
    assert tone.level_db[middle].mean() == pytest.approx(-13.5, abs=0.2)


def test_features_survive_the_segmentation_file(tmp_path: Path) -> None:
    stream = Timeline().talk(20).song(60).talk(20).segmentation()

    class Engine:
        def analyse(self, path, *, observers=(), own=None, progress=None):  # type: ignore[no-untyped-def]
            for observer in observers:
                observer(np.zeros(1_600_000, np.float32))
            return stream

    heard = segment_and_listen(Engine(), Path("nowhere"))
    heard.save(tmp_path / "analysis.npz")
    features = SongFeatures.from_arrays(Segmentation.load(tmp_path / "analysis.npz").listened)
    assert features is not None
    assert features.bands_db.shape == (1000, N_BANDS)
    assert features.pitch_db.shape == (1000, N_SEMITONES)
    assert SongFeatures.from_arrays({}) is None


def test_the_same_opening_is_recognised_and_another_is_not() -> None:
    rng = np.random.default_rng(0)
    song = rng.normal(0, 4, (400, 24))
    other = rng.normal(0, 4, (400, 24))
    profile = np.concatenate([song, other, song + rng.normal(0, 1.5, song.shape)])
    assert opening_likeness(0, 810, profile, 150) > 0.8
    assert opening_likeness(0, 400, profile, 150) < 0.3


# --- real audio ------------------------------------------------------------------------------


@pytest.mark.corpus
@pytest.mark.skipif(not CORPUS, reason="UTAWAKU_CORPUS is not set")
@pytest.mark.parametrize("stream", ["dev_stream_a", "dev_stream_b"])
def test_every_song_of_the_development_streams_is_cut_cleanly(
    stream: str, weights_dir: Path
) -> None:
    truth = json.loads((Path(CORPUS) / "streams" / f"{stream}.truth.json").read_text())
    segmenter = Segmenter.from_registry(weights_dir)
    heard = segment_and_listen(segmenter, Path(CORPUS) / "streams" / truth["stream"])
    found = [(song.start_s, song.stop_s) for song in find_songs(heard)]
    assert score(found, [(s["start"], s["end"]) for s in truth["songs"]]).clean_f1 == 1.0
    without = [(s.start_s, s.stop_s) for s in find_songs(replace(heard, listened={}))]
    assert score(without, [(s["start"], s["end"]) for s in truth["songs"]]).found_f1 == 1.0
