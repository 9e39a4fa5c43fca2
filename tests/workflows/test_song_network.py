"""The network that cuts songs: shipped, learnt, damaged, taken back."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from utawaku.library.config import Settings
from utawaku.library.errors import WeightsCorruptError, WeightsMissingError
from utawaku.models.songs.sequence import SequenceScorer, shipped_sequence_scorer
from utawaku.workflows.model_versions import MISSING, MODELS
from utawaku.workflows.song_network import (
    LearntNetwork,
    install,
    learnt_network,
    network_file,
    network_finding,
    record_file,
    reset,
    song_network,
)

VERSION = MODELS["song_scorer"].version


def another(by: float = 0.1) -> SequenceScorer:
    """The shipped network, a little different."""
    shipped = shipped_sequence_scorer()
    members = tuple(
        {name: array + np.float32(by) for name, array in one.items()} for one in shipped.members
    )
    return SequenceScorer(shipped.mean, shipped.deviation, members)


def learn(settings: Settings, by: float = 0.1) -> LearntNetwork:
    return install(another(by), settings, n_songs=9, n_no_songs=2, figures={"better": True})


def test_a_learnt_network_is_used_and_told_until_it_is_taken_back(settings: Settings) -> None:
    before = VERSION(settings)
    assert song_network(settings) is None
    assert network_finding(settings).level == "ok"
    told = learn(settings)
    used = song_network(settings)
    assert used is not None
    wanted = another().rounded().members[0]["output.bias"]
    assert np.array_equal(used.members[0]["output.bias"], wanted)
    assert learnt_network(settings) == told
    assert told.is_of_this_version
    assert "9 songs of yours and 2 that are none" in network_finding(settings).message
    assert VERSION(settings) == f"{before}+{told.version}"
    assert reset(settings)
    assert song_network(settings) is None
    assert VERSION(settings) == before
    assert list(record_file(settings).parent.iterdir()) == []
    assert not reset(settings)


def test_the_same_network_has_the_same_version_and_another_one_replaces_it(
    settings: Settings,
) -> None:
    first, again = learn(settings), learn(settings)
    assert first.version == again.version
    other = learn(settings, 0.2)
    assert other.version != first.version
    assert not network_file(first.version, settings).exists()
    assert song_network(settings) is not None


def test_a_lost_or_damaged_network_is_an_error_that_says_how_to_go_on(settings: Settings) -> None:
    told = learn(settings, 0.3)
    file = network_file(told.version, settings)
    whole = file.read_bytes()
    file.unlink()
    with pytest.raises(WeightsMissingError, match="--reset"):
        song_network(settings)
    assert VERSION(settings) == MISSING
    assert network_finding(settings).level == "error"
    file.write_bytes(whole[:-1000])
    with pytest.raises(WeightsCorruptError, match="--reset"):
        song_network(settings)
    another(0.4).save(file)
    with pytest.raises(WeightsCorruptError, match="not the song network that learnt"):
        song_network(settings)
    record_file(settings).write_text("{")
    with pytest.raises(WeightsCorruptError, match="--reset"):
        song_network(settings)
    assert VERSION(settings) == MISSING
    assert reset(settings)
    assert song_network(settings) is None


def test_a_network_that_began_with_an_older_one_is_told(settings: Settings) -> None:
    learn(settings)
    told = json.loads(record_file(settings).read_text())
    record_file(settings).write_text(json.dumps({**told, "base": "0" * 64}))
    found = network_finding(settings)
    assert found.level == "warning"
    assert "train songs" in found.next_step
    assert song_network(settings) is not None


def test_asking_for_the_network_imports_none_where_nothing_was_learnt(tmp_path: Path) -> None:
    code = (
        "import sys; from utawaku.library.config import load_settings; "
        "from utawaku.workflows.song_network import network_finding; "
        "assert network_finding(load_settings()).level == 'ok'; "
        "assert not {'scipy', 'onnxruntime'} & set(sys.modules)"
    )
    environment = {**os.environ, "UTAWAKU_HOME": str(tmp_path)}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)
