"""Dagster's own command lines work on this project."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

BIN = Path(sys.executable).parent
pytestmark = pytest.mark.slow


def run(tmp_path: Path, *arguments: str) -> str:
    """The output of a program of this environment, in the project's folder."""
    home = tmp_path / "dagster"
    home.mkdir(exist_ok=True)
    (home / "dagster.yaml").write_text((ROOT / "dagster.yaml").read_text("utf-8"), "utf-8")
    done = subprocess.run(
        [str(BIN / arguments[0]), *arguments[1:]],
        cwd=ROOT,
        env={**os.environ, "UTAWAKU_HOME": str(tmp_path / "home"), "DAGSTER_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_dg_lists_every_kind_of_definition(tmp_path: Path) -> None:
    listed = json.loads(run(tmp_path, "dg", "list", "defs", "--json"))
    names = {one["asset_key"] for one in listed["assets"]}
    assert {"segments", "taste_scores", "segmenter_weights"} <= names
    assert listed["sensors"]
    assert listed["schedules"]
    assert listed["jobs"]


def test_dg_and_dagster_find_nothing_wrong_with_the_definitions(tmp_path: Path) -> None:
    run(tmp_path, "dg", "check", "defs")
    run(tmp_path, "dagster", "definitions", "validate")


def test_dagster_materializes_an_asset_from_its_command_line(tmp_path: Path) -> None:
    run(tmp_path, "dagster", "asset", "materialize", "--select", "song_scorer", "-m",
        "utawaku.definitions")  # fmt: skip
