"""Garbage collection around the start and the end of a program."""

import gc
import subprocess
import sys

import pytest

from utawaku.library.garbage import without_collecting

SCRIPT = """
import atexit, gc
from utawaku.library.garbage import START_OBJECTS, collect_after_start

found = []
gc.callbacks.append(lambda phase, facts: found.append(phase))
usual = gc.get_threshold()
atexit.register(lambda: print(gc.get_freeze_count() > 1000))
collect_after_start()
kept = [[] for _ in range(START_OBJECTS // 2)]
print(found, gc.get_threshold() == usual)
kept += [[] for _ in range(START_OBJECTS)]
print(found[:2], gc.get_threshold() == usual, len(gc.callbacks))
"""


def test_a_start_is_not_looked_through_and_a_long_run_is_as_usual() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == ["[] False", "['start', 'stop'] True 1", "True"]


def test_garbage_is_collected_again_after_imports_but_not_looked_for_in_what_they_brought() -> None:
    frozen = gc.get_freeze_count()
    with pytest.raises(ValueError, match="broken"), without_collecting():  # noqa: PT012
        brought = [[] for _ in range(50)]
        assert not gc.isenabled()
        raise ValueError("a broken module")
    assert gc.isenabled()
    assert gc.get_freeze_count() >= frozen + len(brought)
    gc.unfreeze()
