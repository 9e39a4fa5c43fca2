"""Few grades are enough: AUC at 10, 20 and 50 labels on music of two kinds."""

import os
from pathlib import Path

import pytest

from benchmarks.taste import (
    by_model,
    corpus_clips,
    demo_clips,
    embeddings,
    learning_curve,
    mel_statistics,
)
from tests.models.taste_world import tagger as tagger  # a fixture
from utawaku.models.tagger import Tagger

TARGETS = {10: 0.78, 20: 0.87, 50: 0.93}


@pytest.mark.slow
def test_songs_that_the_demo_renders_are_told_apart_by_few_grades(tagger: Tagger) -> None:
    # The synthetic band and its one singer are farther from the network's world than real music.
    clips = demo_clips(n_variants=2, n_each=4)
    curve = learning_curve(clips, by_model(embeddings(clips, tagger)), n_users=30)
    assert curve[10] < curve[20] < curve[50]
    assert curve[10] > 0.6
    assert curve[50] > 0.8


@pytest.mark.corpus
@pytest.mark.skipif("UTAWAKU_CORPUS" not in os.environ, reason="needs the development corpus")
def test_real_music_meets_the_targets_and_beats_mel_statistics(tagger: Tagger) -> None:
    clips = corpus_clips(Path(os.environ["UTAWAKU_CORPUS"]))
    curve = learning_curve(clips, by_model(embeddings(clips, tagger)), n_users=40)
    plain = learning_curve(clips, by_model(mel_statistics(clips)), n_users=40)
    for n, target in TARGETS.items():
        assert curve[n] >= target
        assert curve[n] > plain[n] + 0.02
