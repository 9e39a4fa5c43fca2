"""Streams of songs composed to train and to judge the song cutting on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.models.stream_sources import write_parts
from utawaku.models.training.song_streams import compose
from utawaku.models.training.stream_parts import SOFT, Parts


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_the_host_talks_over_as_many_beginnings_as_asked(share: float, tmp_path: Path) -> None:
    parts = Parts(write_parts(tmp_path / "train"), "ab")
    mix = replace(SOFT, n_songs=2, intro_talk_share=share)
    truth = compose(parts, 3, mix)[1]
    under_talk = ["talk-over-intro" in song["note"] for song in truth["songs"]]
    assert under_talk == [share > 0] * 2
