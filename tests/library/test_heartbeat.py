"""A sign of life counts for half a minute, whatever the clock has done since."""

import json
import os
import time

import pytest

from utawaku.library.config import Settings
from utawaku.library.heartbeat import beat, is_alive, last_heartbeat_s, stop_beating


def test_the_pipeline_is_alive_until_it_says_that_it_ended(settings: Settings) -> None:
    assert last_heartbeat_s(settings) is None
    assert not is_alive(settings)
    beat(settings)
    assert is_alive(settings)
    stop_beating(settings)
    assert not is_alive(settings)


@pytest.mark.parametrize("hours", [-24, -0.1, 0.1, 24])
def test_an_old_sign_counts_for_nothing_also_where_the_clock_was_set_back(
    settings: Settings, hours: float
) -> None:
    settings.data_dir.mkdir(parents=True)
    told = {"at": time.time() + hours * 3600, "pid": os.getpid()}
    (settings.data_dir / "heartbeat.json").write_text(json.dumps(told), "utf-8")
    assert not is_alive(settings)
    beat(settings)
    assert is_alive(settings)
