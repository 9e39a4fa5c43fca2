"""Cuts under talk: a song begins and ends with its music."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from tests.models.song_cues import cues
from tests.models.song_timelines import Timeline
from utawaku.models.songs import SongRules
from utawaku.models.songs.boundary_features import STEP_HOPS, cues_of
from utawaku.models.songs.features import SongListener
from utawaku.models.songs.music_edges import moved_to_music
from utawaku.models.songs.scorer import Scorer
from utawaku.models.songs.sequence import OUTPUTS, TURN, SequenceScorer
from utawaku.models.songs.smart import hear

N_STEPS = 400
MUSIC = OUTPUTS.index("music")
Span = tuple[int, int]


class Heard:
    """Log-odds of 200 s without music or edges; tests raise them by steps of half a second."""

    def __init__(self) -> None:
        self.evidence = np.full((N_STEPS, 3), -8.0, np.float32)
        self.heard = np.full((N_STEPS, len(OUTPUTS)), -8.0, np.float32)

    def music(self, first: int, last: int) -> Heard:
        self.heard[first:last, MUSIC] = 3.0
        return self

    def start(self, step: int, odds: float) -> Heard:
        self.evidence[step, 1] = odds
        return self

    def stop(self, step: int, odds: float) -> Heard:
        self.evidence[step, 2] = odds
        return self

    def turn(self, step: int, odds: float) -> Heard:
        self.heard[step, TURN] = odds
        return self

    def moved(self, *spans: Span) -> list[Span]:
        """Return where spans of steps are moved to, in steps."""
        recording = cues(np.zeros(N_STEPS * STEP_HOPS))
        hops = [(first * STEP_HOPS, last * STEP_HOPS) for first, last in spans]
        found = moved_to_music(hops, self.evidence, self.heard, recording)
        return [(round(a / STEP_HOPS), round(b / STEP_HOPS)) for a, b in found]


def near(step: int) -> object:
    """A cut looks for the quietest instant within a second."""
    return pytest.approx(step, abs=2)


def test_a_start_moves_back_to_the_music_under_the_talk() -> None:
    heard = Heard().music(80, 300).start(100, -0.5).start(80, -3.0)
    assert heard.moved((100, 300)) == [(near(80), 300)]


def test_an_end_moves_on_to_where_the_music_ends_under_the_talk() -> None:
    heard = Heard().music(100, 320).stop(300, -1.0).stop(320, -2.0)
    assert heard.moved((100, 300)) == [(100, near(320))]


def test_an_edge_that_is_heard_stays_though_music_sounds_outside() -> None:
    heard = Heard().music(80, 320).start(100, 1.5).start(80, 0.0).stop(300, 2.0).stop(320, 0.0)
    assert heard.moved((100, 300)) == [(100, 300)]


def test_an_edge_that_is_heard_by_far_more_than_that_of_the_music_stays() -> None:
    heard = Heard().music(80, 320).start(100, -0.5).stop(300, 0.5)
    assert heard.moved((100, 300)) == [(100, 300)]


def test_music_that_goes_on_for_40_s_is_music_under_talk() -> None:
    heard = Heard().music(10, 390).start(100, -2.0).start(10, -2.0).stop(300, -2.0).stop(390, -2.0)
    assert heard.moved((100, 300)) == [(100, 300)]


def test_no_cut_moves_into_the_song_beside_it() -> None:
    spans = [(20, 190), (200, 380)]
    assert Heard().music(185, 380).moved(*spans) == spans
    assert Heard().music(20, 205).moved(*spans) == spans


def test_a_turn_from_one_song_into_the_next_is_an_edge() -> None:
    heard = Heard().music(80, 300).start(100, -3.0).start(80, -3.0).turn(100, 2.0)
    assert heard.moved((100, 300)) == [(100, 300)]


def test_a_song_at_the_end_of_the_recording_stays() -> None:
    heard = Heard().music(0, N_STEPS)
    assert heard.moved((0, N_STEPS)) == [(0, N_STEPS)]
    assert heard.moved() == []


def heard_in_a_stream(music_under_talk: bool) -> Span:
    """Return the song, in steps, of a minute of talk, a song of 100 s, and another minute.

    The music begins 10 s before the talk stops.
    """
    n = 440
    by_cues = np.full((n, 3), -4.0, np.float32)
    by_cues[120:320, 0] = 4.0
    by_cues[120, 1] = by_cues[320, 2] = -0.5
    told = np.full((n, len(OUTPUTS)), -8.0, np.float32)
    told[:, :3] = by_cues
    told[100:320, MUSIC] = 6.0
    if music_under_talk:
        told[:80, MUSIC] = told[322:, MUSIC] = 6.0
    listener = SongListener()
    listener.feed(np.random.default_rng(0).normal(0, 0.1, n * 8_000).astype(np.float32))
    features = listener.finish()
    recording = replace(
        Timeline().talk(60).song(100).talk(60).segmentation(), listened=features.to_arrays()
    )
    names = cues_of(recording, features).names
    scorer = SimpleNamespace(names=names, score=lambda _cues: by_cues)
    sequence = SimpleNamespace(score=lambda _inputs: told)
    hearing = hear(recording, SongRules(), cast("Scorer", scorer), cast("SequenceScorer", sequence))
    ((start, stop),) = hearing.spans
    return round(start / STEP_HOPS), round(stop / STEP_HOPS)


def test_music_under_talk_is_no_sign_of_a_song_where_it_plays_all_evening() -> None:
    assert heard_in_a_stream(music_under_talk=False) == (near(100), near(320))
    assert heard_in_a_stream(music_under_talk=True) == (near(120), near(320))
