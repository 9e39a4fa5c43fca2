"""Dagster's daemon of `up` opens the storage that the settings of its services name."""

import os
import subprocess
import sys
from pathlib import Path

import yaml

from tests.commands.waiting import until
from utawaku.commands.pipeline import prepare_dagster_home
from utawaku.library.config import Settings
from utawaku.orchestration.dagster_settings import FORK_SERVER_VARIABLE, write_services_file


def test_it_goes_by_the_settings_of_the_services(settings: Settings, tmp_path: Path) -> None:
    home = prepare_dagster_home(settings)
    path = write_services_file(home)
    told = yaml.safe_load(path.read_text("utf-8"))
    told["storage"]["custom"]["config"]["base_dir"] = str(tmp_path / "elsewhere")
    path.write_text(yaml.safe_dump(told), "utf-8")
    (tmp_path / "workspace.yaml").write_text("load_from: []\n", "utf-8")
    command = [sys.executable, "-m", "utawaku.commands.pipeline_daemon"]
    process = subprocess.Popen(
        [*command, "-w", str(tmp_path / "workspace.yaml")],
        env={**os.environ, "DAGSTER_HOME": str(home), FORK_SERVER_VARIABLE: ""},
    )
    try:
        until((tmp_path / "elsewhere" / "history" / "runs.db").exists)
        assert not (home / "history").exists()
    finally:
        process.terminate()
        process.wait(60)
