"""`utawaku demo`: from nothing to songs that are compared with the truth."""

import json

import pytest

from tests.conftest import Program


@pytest.mark.slow
def test_the_short_demo_cuts_its_songs_clean(program: Program) -> None:
    program.environment["UTAWAKU_LABELS__SHAZAM"] = "false"
    done = program.run("demo", "--short", "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert (report["n_clean"], report["n_extra"]) == (len(report["true"]), 0)
    assert report["stream"]["state"] == "done"
