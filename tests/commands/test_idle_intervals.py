"""Intervals of Dagster and gRPC that `up` lengthens: those of the releases that are here."""

import importlib
import subprocess
import sys

from utawaku.commands.idle_intervals import INTERVALS_S


def test_each_is_a_constant_of_the_release_with_the_value_that_we_replace() -> None:
    for (module, name), (theirs, ours) in INTERVALS_S.items():
        assert getattr(importlib.import_module(module), name) == theirs, name
        assert ours > theirs


def test_they_are_longer_in_the_fork_server() -> None:
    script = (
        "from utawaku.commands import fork_server, idle_intervals\n"
        "import importlib\n"
        "fork_server.MODULES = ()\n"
        "fork_server.load()\n"
        "for (module, name), (_, ours) in idle_intervals.INTERVALS_S.items():\n"
        "    assert getattr(importlib.import_module(module), name) == ours, name\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=120)
