"""Dagster's modules as services that stay for weeks."""

import gc
import subprocess
import sys
import weakref
from pathlib import Path

from utawaku.commands.service_runner import FIRST_SET_ASIDE, SET_ASIDE_EVERY, give_back


def test_a_lasting_module_runs_as_if_it_had_been_started_itself(tmp_path: Path) -> None:
    (tmp_path / "shown.py").write_text(
        "import sys\n"
        "if __name__ == '__main__':\n"
        "    print(sys.argv[1:], sys.modules['__main__'].__spec__.name, __file__ == sys.argv[0])\n",
        "utf-8",
    )
    answer = subprocess.run(
        [sys.executable, "-m", "utawaku.commands.service_runner", "shown", "run", "-w", "x.yaml"],
        capture_output=True,
        text=True,
        timeout=120,
        env={"PYTHONPATH": f"{Path(__file__).parents[2]}:{tmp_path}"},
    )
    assert answer.stdout.split(" ", 3)[:3] == ["['run',", "'-w',", "'x.yaml']"], answer.stderr
    assert answer.stdout.split()[3:] == ["shown", "True"]


def test_what_hangs_together_in_circles_is_given_back_also_when_it_had_come_to_stay() -> None:
    class Engine:
        """Refers to itself."""

        def __init__(self) -> None:
            self.dialect = self

    gc.disable()
    try:
        young, old = Engine(), Engine()
        left = weakref.ref(young)
        del young
        give_back(0)
        assert left() is None
        give_back(FIRST_SET_ASIDE)
        assert gc.get_freeze_count() > 1000
        left = weakref.ref(old)
        del old
        give_back(FIRST_SET_ASIDE + 1)
        assert left() is not None, "what was set aside costs nothing each minute"
        give_back(FIRST_SET_ASIDE + SET_ASIDE_EVERY)
        assert left() is None
    finally:
        gc.unfreeze()
        gc.enable()


def test_opening_dagsters_storage_again_and_again_leaves_nothing_for_the_end(
    tmp_path: Path,
) -> None:
    script = """
import atexit, sys, tempfile
from utawaku.commands.service_runner import find_each_folder_once
import dagster as dg
find_each_folder_once()
def open_storage():
    with dg.DagsterInstance.local_temp(sys.argv[1]) as instance:
        instance.get_runs_count()
open_storage()
before = atexit._ncallbacks()
for _ in range(5):
    open_storage()
print(atexit._ncallbacks() - before)
"""
    answer = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=200,
        cwd=Path(__file__).parents[2],
        check=False,
    )
    assert answer.stdout.strip() == "0", answer.stderr
